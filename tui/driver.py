"""The terminal driver: draws where the first frame stands, and ends the app when its terminal is gone."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

from textual.driver import Driver
from textual.message import Message

from services.readiness import is_writable
from tui.skeleton import ENTER_ALTERNATE, STDOUT

STDIN = 0


class TerminalGone(Message):
    """The terminal was closed; nobody sees the app or types into it any more."""


class TerminalOutput:
    """Standard output as the driver's file; what a terminal that is gone would refuse is dropped."""

    def __init__(self) -> None:
        self._encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
        self._pending: list[str] = []

    def fileno(self) -> int:
        """The descriptor drawn on."""
        return STDOUT

    def write(self, text: str) -> None:
        """Take text; it is drawn by `flush`."""
        self._pending.append(text)

    def flush(self) -> None:
        """Draw what was taken. A character that the terminal's encoding lacks is a question mark, one cell wide."""
        data = "".join(self._pending).encode(self._encoding, "replace")
        self._pending.clear()
        while data:
            try:
                data = data[os.write(STDOUT, data) :]
            except BlockingIOError:  # a program that shared the terminal left it so
                is_writable(STDOUT)
            except OSError:
                return


def terminal_driver(*, has_first_frame: bool) -> type[Driver] | None:
    """The driver for this system; None where Textual's own serves.

    Args:
        has_first_frame: a frame stands on the alternate screen; entering it again would clear it.
    """
    if os.name != "posix" or os.environ.get("TEXTUAL_DRIVER"):
        return None
    from textual.drivers.linux_driver import LinuxDriver

    class TerminalDriver(LinuxDriver):
        """Textual's driver draws on standard error, which may be a file, and spins when its input ends."""

        _has_entered = has_first_frame
        _is_watched = False

        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[arg-type]
            self._file = TerminalOutput()  # type: ignore[assignment]

        def write(self, data: str) -> None:
            """Write, without entering the alternate screen a second time."""
            if data == ENTER_ALTERNATE and self._has_entered:
                self._has_entered = False
                return
            super().write(data)

        def start_application_mode(self) -> None:
            """Start, and tell the app when the terminal goes; one thread watches until the process ends."""
            super().start_application_mode()  # type: ignore[no-untyped-call]
            if not self._is_watched:
                self._is_watched = True
                threading.Thread(target=self._watch, name="terminal-watch", daemon=True).start()

        def _watch(self) -> None:
            if wait_hang_up(STDIN):
                with contextlib.suppress(RuntimeError):  # the app has ended already
                    self.send_message(TerminalGone())

    return TerminalDriver


def wait_hang_up(descriptor: int) -> bool:
    """Wait until the other end is gone; False where the system cannot tell."""
    import select

    poll = select.poll()
    poll.register(descriptor, 0)  # no event but the end, which is always told
    return any(happened & (select.POLLHUP | select.POLLERR) for _, happened in poll.poll())


@contextlib.contextmanager
def quiet_typing() -> Iterator[None]:
    """No echo of keys typed before the first screen reads them; the terminal's own settings come back at the end."""
    if os.name != "posix" or not os.isatty(STDIN):
        yield
        return
    import termios

    before = termios.tcgetattr(STDIN)
    silent = termios.tcgetattr(STDIN)
    silent[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(STDIN, termios.TCSANOW, silent)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(STDIN, termios.TCSANOW, before)
