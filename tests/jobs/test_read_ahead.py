"""Items made ahead in a thread: in order, with their error, and no thread left once nobody takes them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from services.cancel import NEVER, CancelToken
from services.errors import Cancelled, Refused
from services.read_ahead import ahead

DEADLINE_SECONDS = 10.0


class Made:
    """A source that says what it has made, and when it was closed."""

    def __init__(self, count: int, *, fails: bool = False) -> None:
        self._count = count
        self._fails = fails
        self.changed = threading.Condition()
        self.last = -1
        self.is_closed = False

    def __iter__(self) -> Iterator[int]:
        try:
            for number in range(self._count):
                self._tell(number)
                yield number
            if self._fails:
                raise Refused("the page after these")
        finally:
            with self.changed:
                self.is_closed = True
                self.changed.notify_all()

    def _tell(self, number: int) -> None:
        with self.changed:
            self.last = number
            self.changed.notify_all()

    def comes_to(self, number: int) -> bool:
        """Whether so many are made in time."""
        with self.changed:
            return self.changed.wait_for(lambda: self.last >= number, DEADLINE_SECONDS)

    def is_closed_soon(self) -> bool:
        """Whether it is closed in time."""
        with self.changed:
            return self.changed.wait_for(lambda: self.is_closed, DEADLINE_SECONDS)


def test_items_come_in_order_and_one_is_made_ahead() -> None:
    """While the first is worked on, the next one waits and the one after it is being made; no more than that."""
    made = Made(100)
    items = ahead(iter(made), NEVER)
    assert 0 == next(items)
    assert made.comes_to(2)
    assert list(range(1, 100)) == list(items)


def test_an_error_comes_after_the_items_before_it() -> None:
    """What was made is given first."""
    items = ahead(iter(Made(2, fails=True)), NEVER)
    assert [0, 1] == [next(items), next(items)]
    with pytest.raises(Refused, match="after these"):
        next(items)


def test_cancelling_ends_both_sides() -> None:
    """Who takes is told, and the source is closed."""
    cancel, made = CancelToken(), Made(100)
    items = ahead(iter(made), cancel)
    next(items)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(items)
    assert made.is_closed_soon()


def test_a_source_is_closed_when_nobody_takes_more() -> None:
    """An iteration left early leaves no thread behind."""
    made = Made(100)
    items = ahead(iter(made), NEVER)
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert made.is_closed_soon()
    assert made.last < 10
