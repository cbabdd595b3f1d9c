"""Who waits for a call's answer: one for a value, one for many, and nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from services.connections.wire import ResultOpened
from services.errors import StoredeckError


class Waiter(Protocol):
    """Is told what comes."""

    def item(self, value: Any) -> None:
        """One of several values."""

    def end(self, value: Any, error: StoredeckError | None) -> None:
        """The answer or the failure."""


class OneAnswer:
    """Waits for one value.

    Args:
        told: called with what the call says of itself on the way.
    """

    def __init__(self, future: asyncio.Future[Any], told: Callable[[str], None] | None = None) -> None:
        self.future = future
        self._told = told

    def item(self, value: Any) -> None:
        """Words on how the call stands."""
        if self._told is not None and isinstance(value, str) and not self.future.done():
            self._told(value)

    def end(self, value: Any, error: StoredeckError | None) -> None:
        """Wake the caller."""
        if self.future.done():
            return
        if error is None:
            self.future.set_result(value)
        else:
            self.future.set_exception(error)


class ManyItems:
    """Collects values for whoever takes them one by one: `(is_end, value, error)`."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[tuple[bool, Any, StoredeckError | None]] = asyncio.Queue()

    def item(self, value: Any) -> None:
        """Pass a value on."""
        self.queue.put_nowait((False, value, None))

    def end(self, value: Any, error: StoredeckError | None) -> None:
        """Pass the end on."""
        self.queue.put_nowait((True, value, error))


class Nobody:
    """Stands in for one who went away; a result that was opened all the same gets closed."""

    def __init__(self, close_result: Callable[[int], None]) -> None:
        self._close_result = close_result

    def item(self, value: Any) -> None:
        """Drop it."""

    def end(self, value: Any, error: StoredeckError | None) -> None:
        """Close what nobody else will."""
        if isinstance(value, ResultOpened):
            self._close_result(value.target)
