"""A program on a pseudo terminal: started, its questions answered, its bytes read, typed to, ended."""

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
from pathlib import Path
from typing import IO, Self

from services.readiness import is_readable

ROOT = Path(__file__).parents[2]
_SIZE_NAMES = ("COLUMNS", "LINES", "TEXTUAL")
_ANSWERS = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[c": b"\x1b[?62;c",
}


class PtyProgram:
    """A program in a session of its own; its terminal sends no signals but those that a method says.

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
            size: columns and lines.
            env: added to this process's environment.
            errors: takes its standard error in place of the terminal.
        """
        self.raw = bytearray()
        self._leader, self._tty = pty.openpty()
        self._set_size(*size)
        inherited = {name: value for name, value in os.environ.items() if name not in _SIZE_NAMES}
        terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        self.started_at = time.perf_counter()
        self.process = subprocess.Popen(
            list(command),
            stdin=self._tty,
            stdout=self._tty,
            stderr=errors or self._tty,
            env={**inherited, **terminal, **(env or {})},
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._leader, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, seconds: float) -> bytes:
        """What comes within the time, as soon as something does; empty on silence or at the end."""
        if not is_readable(self._leader, max(seconds, 0)):
            return b""
        try:
            data = os.read(self._leader, 1 << 16)
        except OSError:
            return b""
        self.raw += data
        for question, answer in _ANSWERS.items():
            if question in data:
                os.write(self._leader, answer)
        return data

    def send(self, keys: bytes) -> None:
        """Type."""
        os.write(self._leader, keys)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal, as a window manager does."""
        self._set_size(columns, lines)
        os.killpg(self.process.pid, signal.SIGWINCH)

    @property
    def local_flags(self) -> int:
        """The terminal's local modes (echo, canonical), as the program left them."""
        flags: int = termios.tcgetattr(self._tty)[3]
        return flags

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
