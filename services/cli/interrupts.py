"""Ctrl+C and SIGTERM: the first asks the work to stop, on the server too; the second ends it here and now."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

from services.cancel import CancelToken

GRACE_SECONDS: Final = 5.0
"""Time for work to end by itself once asked; then the wait is cut."""


@contextlib.contextmanager
def interrupts(cancel: CancelToken) -> Iterator[None]:
    """Turn signals into the token's cancellation while the block runs, in the main thread; elsewhere do nothing.

    Raises:
        KeyboardInterrupt: asked twice, or the work did not end within the grace time.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    watch = _Watch(cancel)
    before = {number: signal.signal(number, watch.on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        watch.finish()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Watch:
    def __init__(self, cancel: CancelToken) -> None:
        self._cancel = cancel
        self._finished = threading.Event()
        self._thread: threading.Thread | None = None

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Cancel from a thread: the main thread may hold a lock that the cancellation needs."""
        if self._thread is not None:
            raise KeyboardInterrupt
        self._thread = threading.Thread(target=self._stop, name="interrupt", daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        self._cancel.cancel()
        if not self._finished.wait(GRACE_SECONDS):
            os.kill(os.getpid(), signal.SIGINT)

    def finish(self) -> None:
        """Let a cancellation that is under way reach the server before the process ends."""
        self._finished.set()
        if self._thread is not None:
            self._thread.join(GRACE_SECONDS)
