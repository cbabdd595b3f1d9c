"""The open results of a session's process, and the calls that they answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from services.cancel import CancelToken
from services.connections.loading import Loading
from services.connections.notices import Notices
from services.connections.wire import StateNotice
from services.errors import NotFound
from services.results.types import Inspection, ResultState, RowRecord, Window

FAST: Final = frozenset({"window", "row"})
"""Calls answered at once by the thread that reads the socket: they never wait for the store."""

METHODS: Final = FAST | {"load_more", "inspect", "find", "arrange", "stop", "close"}


class ResultsTable:
    """Results by number. Thread-safe."""

    def __init__(self, send: Callable[[StateNotice], None]) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._results: dict[int, Loading] = {}
        self._last = 0
        self._notices = Notices()

    def add(self, make: Callable[[Callable[[], None]], Loading]) -> tuple[int, Loading]:
        """A new result; `make` is given what it calls when its state changed."""
        with self._lock:
            self._last += 1
            target = self._last
        loading = make(lambda: self._notices.changed(target, lambda: self._send_state(target)))
        with self._lock:
            self._results[target] = loading
        return target, loading

    def _send_state(self, target: int) -> None:
        loading = self._results.get(target)
        if loading is not None:
            self._send(StateNotice(target, *loading.state()))

    def _get(self, target: int) -> Loading:
        found = self._results.get(target)
        if found is None:
            raise NotFound("result: it was closed")
        return found

    def call(self, target: int, method: str, cancel: CancelToken, args: tuple[Any, ...]) -> Any:
        """Answer a call of `METHODS`."""
        return getattr(self, method)(target, cancel, *args)

    def window(self, target: int, cancel: CancelToken, first: int, count: int, columns: tuple[int, ...]) -> Window:
        """See `ResultApi.window`."""
        return self._get(target).rows.window(first, count, columns)

    def row(self, target: int, cancel: CancelToken, row: int) -> RowRecord:
        """See `ResultApi.row`."""
        return self._get(target).rows.row(row)

    def inspect(self, target: int, cancel: CancelToken, row: int, column: int) -> Inspection:
        """See `ResultApi.inspect`."""
        return self._get(target).rows.inspect(row, column)

    def find(self, target: int, cancel: CancelToken, text: str, start: int, is_backward: bool) -> int | None:
        """See `ResultApi.find`."""
        return self._get(target).rows.find(text, start, is_backward=is_backward, cancel=cancel)

    def load_more(self, target: int, cancel: CancelToken, until_row: int) -> tuple[int, ResultState]:
        """See `ResultApi.load_more`."""
        loading = self._get(target)
        loading.load_more(until_row, cancel)
        return loading.state()

    def arrange(
        self, target: int, cancel: CancelToken, sort: str, is_descending: bool, contains: str
    ) -> tuple[int, ResultState]:
        """See `ResultApi.arrange`."""
        loading = self._get(target)
        loading.arrange(sort, is_descending, contains, cancel)
        return loading.state()

    def stop(self, target: int, cancel: CancelToken) -> tuple[int, ResultState]:
        """See `ResultApi.stop`."""
        loading = self._get(target)
        loading.stop()
        return loading.state()

    def close(self, target: int, cancel: CancelToken | None = None) -> None:
        """See `ResultApi.close`; closing twice does nothing."""
        with self._lock:
            loading = self._results.pop(target, None)
        self._notices.forget(target)
        if loading is not None:
            loading.close()

    def close_all(self) -> None:
        """Close every result."""
        for target in list(self._results):
            self.close(target)
        self._notices.close()
