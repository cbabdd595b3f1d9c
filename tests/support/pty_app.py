"""A program in a terminal of its own: started in a pty, its questions answered, its bytes timed as they are read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.readiness import is_readable

SILENCE_SECONDS = 0.1
"""Output that is followed by so much silence is the last of a key's."""

_ANSWERS = {
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
}
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


class PtyApp:
    """One program at work; `output` is every byte it wrote."""

    def __init__(
        self, command: Sequence[str], *, width: int = 160, height: int = 48, extra: Mapping[str, str] | None = None
    ) -> None:
        self.output = bytearray()
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "TEXTUAL")},
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **(extra or {}),
        }
        self.started = time.perf_counter()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), environment)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    @property
    def plain_output(self) -> str:
        """All output without the sequences that a terminal acts on."""
        return _SEQUENCES.sub(b"", bytes(self.output)).decode("utf-8", "replace")

    def read(self, timeout: float) -> bytes:
        """What comes within the time, as soon as something does; empty on silence or at the end."""
        if not is_readable(self._terminal, timeout):
            return b""
        try:
            data = os.read(self._terminal, 1 << 16)
        except OSError:
            return b""
        for question, answer in _ANSWERS.items():
            if question in data:
                os.write(self._terminal, answer)
        self.output += data
        return data

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
            if wanted in _SEQUENCES.sub(b"", bytes(self.output)):
                return time.perf_counter() - self.started
        raise TimeoutError(f"{text!r} did not appear; the end of the output: {bytes(self.output[-600:])!r}")

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self._terminal, keys)

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
        for schedule in Path(f"/proc/{self.pid}/task").glob("*/schedstat"):
            nanos += int(schedule.read_text().split()[0])
        return nanos / 1e9

    def memory_bytes(self) -> int:
        """Resident bytes of the program's own process."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def children_memory_bytes(self) -> int:
        """Resident bytes of all processes below it."""
        return sum(_resident(pid) for pid in descendants(self.pid))

    def close(self) -> None:
        """End the program and everything it started."""
        for pid in [*descendants(self.pid), self.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        os.waitpid(self.pid, 0)
        os.close(self._terminal)

    def __enter__(self) -> PtyApp:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def python_app(*arguments: str, **options: object) -> PtyApp:
    """A Python program in a pty."""
    return PtyApp([sys.executable, *arguments], **options)  # type: ignore[arg-type]


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
