"""Runs a program on a pseudo terminal and shows what a person would see; answers what a terminal is asked."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO

import pyte

from services.readiness import is_readable

_ANSWERS = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[c": b"\x1b[?62;c",
}


class PtyScreen:
    """One program and its screen.

    Attributes:
        raw: everything the program wrote.
        started_at: `time.perf_counter` just before the program was started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (160, 48),
        env: Mapping[str, str] | None = None,
        errors: IO[bytes] | None = None,
    ) -> None:
        """Start a program.

        Args:
            env: added to this process's environment.
            errors: takes its standard error in place of the terminal.
        """
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        self._parsed = 0
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._leader = leader
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        self.started_at = time.perf_counter()
        self.process = subprocess.Popen(
            list(command),
            stdin=follower,
            stdout=follower,
            stderr=errors or follower,
            env=environment,
            start_new_session=True,
        )
        self._tty = follower

    def __enter__(self) -> PtyScreen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read_some(self, seconds: float) -> float | None:
        """Read what is there within the time; when it was read, or None."""
        if not is_readable(self._leader, max(seconds, 0)):
            return None
        try:
            data = os.read(self._leader, 1 << 16)
        except OSError:
            return None
        at = time.perf_counter()
        for question, answer in _ANSWERS.items():
            if question in data:
                os.write(self._leader, answer)
        self.raw += data
        return at

    def wait_raw(self, text: bytes, seconds: float = 30.0, *, start: int = 0) -> float:
        """Wait until these bytes were written; seconds since the start when they were read.

        Raises:
            TimeoutError: they did not come.
        """
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            at = self.read_some(deadline - time.perf_counter())
            if at is not None and self.raw.find(text, start) >= 0:
                return at - self.started_at
            if at is None and self.process.poll() is not None:
                break
        raise TimeoutError(f"{text!r} did not come; the screen shows:\n{self.text}")

    def wait_text(self, text: str, seconds: float = 30.0) -> None:
        """Wait until the text stands on the screen.

        Raises:
            TimeoutError: it does not.
        """
        deadline = time.perf_counter() + seconds
        while text not in self.text:
            if time.perf_counter() > deadline or (self.read_some(0.2) is None and self.process.poll() is not None):
                raise TimeoutError(f"{text!r} did not come; the screen shows:\n{self.text}")

    def settle(self, quiet_seconds: float = 0.2) -> None:
        """Read until nothing came for so long."""
        while self.read_some(quiet_seconds) is not None:
            pass

    @property
    def text(self) -> str:
        """What the screen shows."""
        new, self._parsed = bytes(self.raw[self._parsed :]), len(self.raw)
        self._stream.feed(_understood(new))
        return "\n".join(line.rstrip() for line in self.screen.display)

    def send(self, data: bytes) -> None:
        """Type."""
        os.write(self._leader, data)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal, as a window manager does."""
        self.screen.resize(lines, columns)
        fcntl.ioctl(self._leader, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.killpg(self.process.pid, signal.SIGWINCH)

    @property
    def local_flags(self) -> int:
        """The terminal's local modes (echo, canonical), as the program left them."""
        flags: int = termios.tcgetattr(self._tty)[3]
        return flags

    def wait_end(self, seconds: float = 20.0) -> int:
        """Read to the end; the exit code."""
        deadline = time.perf_counter() + seconds
        while self.process.poll() is None and time.perf_counter() < deadline:
            self.read_some(0.05)
        self.settle(0.05)
        return self.process.wait(1)

    def hang_up(self) -> None:
        """Close the terminal as a lost connection does: no signal is sent, reading finds the end."""
        os.close(self._leader)
        self._leader = -1

    def close(self) -> None:
        """End the program with its children, and the terminal."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self._leader >= 0:
            os.close(self._leader)
        os.close(self._tty)


def _understood(data: bytes) -> bytes:
    """Without the sequences that the emulator prints instead of obeying (private modes with `>` `<` and `$`)."""
    out = bytearray()
    index = 0
    while index < len(data):
        if data[index : index + 2] == b"\x1b[":
            end = index + 2
            while end < len(data) and not 0x40 <= data[end] <= 0x7E:
                end += 1
            sequence = data[index : end + 1]
            if not any(mark in sequence for mark in b"<>$="):
                out += sequence
            index = end + 1
        else:
            out.append(data[index])
            index += 1
    return bytes(out)
