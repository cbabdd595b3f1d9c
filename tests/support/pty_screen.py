"""A program on a pseudo terminal, and what a person would see there."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import IO

import pyte
from pty_program import PtyProgram


class PtyScreen(PtyProgram):
    """One program and its screen."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (160, 48),
        env: Mapping[str, str] | None = None,
        errors: IO[bytes] | None = None,
    ) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self._parsed = 0
        super().__init__(command, size=size, env=env, errors=errors)

    def wait_raw(self, text: bytes, seconds: float = 30.0, *, start: int = 0) -> float:
        """Wait until these bytes were written; seconds since the start when they were read.

        Raises:
            TimeoutError: they did not come.
        """
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            data = self.read(deadline - time.perf_counter())
            at = time.perf_counter()
            if data and self.raw.find(text, start) >= 0:
                return at - self.started_at
            if not data and self.process.poll() is not None:
                break
        raise TimeoutError(f"{text!r} did not come; the screen shows:\n{self.text}")

    def wait_text(self, text: str, seconds: float = 30.0) -> None:
        """Wait until the text stands on the screen.

        Raises:
            TimeoutError: it does not.
        """
        deadline = time.perf_counter() + seconds
        while text not in self.text:
            if time.perf_counter() > deadline or (not self.read(0.2) and self.process.poll() is not None):
                raise TimeoutError(f"{text!r} did not come; the screen shows:\n{self.text}")

    def settle(self, quiet_seconds: float = 0.2) -> None:
        """Read until nothing came for so long."""
        while self.read(quiet_seconds):
            pass

    @property
    def text(self) -> str:
        """What the screen shows."""
        new, self._parsed = bytes(self.raw[self._parsed :]), len(self.raw)
        self._stream.feed(_understood(new))
        return "\n".join(line.rstrip() for line in self.screen.display)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal and of the screen."""
        self.screen.resize(lines, columns)
        super().resize(columns, lines)

    def wait_end(self, seconds: float = 20.0) -> int:
        """Read to the end; the exit code."""
        deadline = time.perf_counter() + seconds
        while self.process.poll() is None and time.perf_counter() < deadline:
            self.read(0.05)
        self.settle(0.05)
        return self.process.wait(1)


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
