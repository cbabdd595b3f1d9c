"""Pages made in a thread of their own, a few ahead of the one who takes them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

from services.cancel import CancelToken
from services.errors import Cancelled

T = TypeVar("T")


class ReadAhead(Generic[T]):
    """An iterator drained by a thread into a bounded buffer.

    Args:
        source: drained from the start on; closed in its own thread.
        stop: ends the thread, and whoever waits for it, when cancelled.
        most: how many may lie in the buffer.
    """

    def __init__(self, source: Iterator[T], stop: CancelToken, most: int) -> None:
        self._source = source
        self._stop = stop
        self._most = most
        self._changed = threading.Condition()
        self._ready: deque[T] = deque()
        self._has_ended = False
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="read-ahead", daemon=True).start()

    def _run(self) -> None:
        try:
            with self._stop.on_cancel(self._wake):
                for item in self._source:
                    self._put(item)
        except BaseException as error:
            self._error = error
        finally:
            if isinstance(self._source, Generator):
                self._source.close()
            with self._changed:
                self._has_ended = True
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _put(self, item: T) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._ready) < self._most or self._stop.is_cancelled)
            self._stop.check()
            self._ready.append(item)
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        """The items in order; raises what the source raised.

        Raises:
            Cancelled: asked to stop before the end.
        """
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ready or self._has_ended or self._stop.is_cancelled)
                if self._stop.is_cancelled:
                    raise Cancelled("stopped: as asked")
                if not self._ready:
                    break
                item = self._ready.popleft()
                self._changed.notify_all()
            yield item
        if self._error is not None:
            raise self._error


def ahead(source: Iterator[T], cancel: CancelToken, most: int = 1) -> Iterator[T]:
    """The items of a source, the next ones made while one is worked on; the thread ends with the iteration.

    Raises:
        Cancelled: asked to stop before the end.
    """
    stop = CancelToken()
    try:
        with cancel.on_cancel(stop.cancel):
            yield from ReadAhead(source, stop, most)
    finally:
        stop.cancel()
