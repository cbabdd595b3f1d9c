"""The terminal driver when a first frame stands on the screen already."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from textual.driver import Driver

from tui.skeleton import ENTER_ALTERNATE


def keeping_first_frame() -> type[Driver] | None:
    """A driver that does not clear the frame by entering the alternate screen again; None where there is none."""
    if os.name != "posix":
        return None
    from textual.drivers.linux_driver import LinuxDriver

    class FirstFrameDriver(LinuxDriver):
        """Leaves out the one sequence that was sent already."""

        _has_entered = True

        def write(self, data: str) -> None:
            """Write, without entering the alternate screen a second time."""
            if data == ENTER_ALTERNATE and self._has_entered:
                self._has_entered = False
                return
            super().write(data)

    return FirstFrameDriver


@contextlib.contextmanager
def quiet_typing() -> Iterator[None]:
    """No echo of keys typed before the first screen reads them; the terminal's own settings come back at the end."""
    if os.name != "posix" or not os.isatty(0):
        yield
        return
    import termios

    before = termios.tcgetattr(0)
    silent = termios.tcgetattr(0)
    silent[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(0, termios.TCSANOW, silent)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)
