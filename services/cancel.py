"""Cooperative cancellation: a token that work checks and that can reach into a blocking call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.errors import Cancelled


class CancelToken:
    """Asked to stop by one thread, obeyed by another. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._listener: Callable[[str], None] | None = None
        self._is_leaving = False

    @property
    def is_leaving(self) -> bool:
        """Whether it was cancelled because nobody waits any more: what lives on at a server may go on there."""
        return self._is_leaving

    @property
    def is_cancelled(self) -> bool:
        """Whether someone asked to stop."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ask to stop: runs the callbacks once, in the caller's thread."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def leave(self) -> None:
        """Stop the work here, as `cancel` does, without stopping what a server can finish alone."""
        self._is_leaving = self._is_leaving or not self._event.is_set()
        self.cancel()

    def tell(self, words: str) -> None:
        """Say how the work stands, to whoever listens; lines may follow the first."""
        listener = self._listener
        if listener is not None:
            listener(words)

    @contextmanager
    def heard_by(self, listener: Callable[[str], None]) -> Iterator[None]:
        """Give what is told within the block to `listener`, in the thread that tells it."""
        before, self._listener = self._listener, listener
        try:
            yield
        finally:
            self._listener = before

    def check(self) -> None:
        """Raise if someone asked to stop.

        Raises:
            Cancelled: someone asked to stop.
        """
        if self._event.is_set():
            raise Cancelled("stopped: as asked")

    def wait(self, seconds: float) -> bool:
        """Wait until asked to stop or until the time is over; True if asked."""
        return self._event.wait(seconds)

    @contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """Run `callback` if asked to stop within the block, at once if asked before it."""
        with self._lock:
            is_late = self._event.is_set()
            if not is_late:
                self._callbacks.append(callback)
        if is_late:
            callback()
        try:
            yield
        finally:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)


class Never(CancelToken):
    """A token nobody can cancel."""

    def cancel(self) -> None:
        """Do nothing."""

    def leave(self) -> None:
        """Do nothing."""


NEVER = Never()
