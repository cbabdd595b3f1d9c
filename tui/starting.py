"""Starts the console over the user's files or over the demo, and tells how it ended."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator

from services.bootstrap import Services, build_services
from services.errors import StoredeckError
from tui import skeleton
from tui.lean_imports import import_textual


def run_console(word: str, *, is_painted: bool) -> int:
    """Run the console until it is left.

    Args:
        word: `demo`, the profile to open, or empty.
        is_painted: the first frame stands on the alternate screen.
    """
    with contextlib.ExitStack() as stack:
        app = None
        try:
            services = stack.enter_context(_demo_services()) if word == "demo" else build_services()
            stack.callback(services.close)
            if word:
                services.sessions.prepare()  # its process does its imports while this one does its own
            import_textual()
            from tui.app import StoredeckApp
            from tui.driver import quiet_typing, terminal_driver

            stack.enter_context(quiet_typing())
            driver_class = terminal_driver(has_first_frame=is_painted)
            app = StoredeckApp(services, profile="" if word == "demo" else word, driver_class=driver_class)
            app.run()
        except StoredeckError as error:
            _leave(is_painted and app is None)
            sys.stderr.write("\n".join(error.lines()) + "\n")
            return error.exit_code
        except Exception as error:
            _leave(is_painted and app is None)
            return _tell(error)
        if app.crash is not None:
            return _tell(app.crash)
        return app.return_code or 0


def _leave(is_painted: bool) -> None:
    if is_painted:
        skeleton.wipe()


def _tell(error: BaseException) -> int:
    from services.paths import Paths
    from tui import crash

    crash.tell(error, Paths.from_environment().state / "crashes")
    return 1


@contextlib.contextmanager
def _demo_services() -> Iterator[Services]:
    from services.cli.demo_home import prepare_demo

    with _ending_in_order(), prepare_demo(has_upload=True) as services:
        yield services


@contextlib.contextmanager
def _ending_in_order() -> Iterator[None]:
    """A terminal that is closed ends the demo with all that it started, as leaving it does."""
    found = [number for name in ("SIGHUP", "SIGTERM") if (number := getattr(signal, name, None)) is not None]
    before = {number: signal.signal(number, lambda *_: sys.exit(1)) for number in found}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
