"""A program on a pseudo terminal whose keys, processor time and memory are measured."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from pty_program import PtyProgram

SILENCE_SECONDS = 0.1
"""Output that is followed by so much silence is the last of a key's."""

_SEQUENCES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P].*?(?:\x07|\x1b\\)|\x1b[@-Z\\-_]", re.DOTALL)

KEYS: Mapping[str, bytes] = {
    "down": b"\x1b[B",
    "up": b"\x1b[A",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "page_down": b"\x1b[6~",
    "page_up": b"\x1b[5~",
    "enter": b"\r",
    "f5": b"\x1b[15~",
    "f9": b"\x1b[20~",
    "quit": b"\x11",
}


class PtyApp(PtyProgram):
    """One program at work, whose keys, time and memory are measured."""

    @property
    def plain_output(self) -> str:
        """All output without the sequences that a terminal acts on."""
        return _SEQUENCES.sub(b"", bytes(self.raw)).decode("utf-8", "replace")

    def settle(self, silence: float = SILENCE_SECONDS, at_most: float = 20.0) -> None:
        """Read until nothing comes any more."""
        end = time.perf_counter() + at_most
        while time.perf_counter() < end and self.read(silence):
            pass

    def wait_for(self, text: str, seconds: float = 30.0) -> float:
        """Seconds since the start until the text was read.

        Raises:
            TimeoutError: it did not come.
        """
        end = time.perf_counter() + seconds
        wanted = text.encode()
        while time.perf_counter() < end:
            self.read(0.2)
            if wanted in _SEQUENCES.sub(b"", bytes(self.raw)):
                return time.perf_counter() - self.started_at
        raise TimeoutError(f"{text!r} did not appear; the end of the output: {bytes(self.raw[-600:])!r}")

    def press(self, key: str, silence: float = SILENCE_SECONDS) -> tuple[float, int]:
        """Seconds from a key to the last byte that it caused, and how many bytes."""
        self.read(0)
        start = last = time.perf_counter()
        self.send(KEYS.get(key) or key.encode())
        size = 0
        while data := self.read(silence if size else 3.0):
            last = time.perf_counter()
            size += len(data)
        return last - start, size

    def cpu_seconds(self) -> float:
        """Processor time that the program's own process has used, all threads; finer than `times`."""
        nanos = 0
        for schedule in Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"):
            nanos += int(schedule.read_text().split()[0])
        return nanos / 1e9

    def memory_bytes(self) -> int:
        """Resident bytes of the program's own process."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def children_memory_bytes(self) -> int:
        """Resident bytes of all processes below it."""
        return sum(_resident(pid) for pid in descendants(self.process.pid))

    def close(self) -> None:
        """End the program and everything it started, also what has a session of its own."""
        for pid in descendants(self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        super().close()


def python_app(*arguments: str, extra: Mapping[str, str] | None = None) -> PtyApp:
    """A Python program in a pty; `extra` is added to its environment."""
    return PtyApp([sys.executable, *arguments], env=extra)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def descendants(pid: int) -> list[int]:
    """All processes below one, nearest first."""
    children = _children(pid)
    return children + [below for child in children for below in descendants(child)]


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
