"""Blocking calls that someone waits for in another thread, so that the waiting can be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from services.cancel import NEVER, CancelToken
from services.errors import TimedOut

T = TypeVar("T")


class Pending(Generic[T]):
    """A call under way in a thread of its own; what comes after the wait was given up is dropped."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._ended = threading.Event()
        self._result: list[T] = []
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="store-request", daemon=True).start()

    def _run(self) -> None:
        try:
            self._result.append(self._call())
        except BaseException as error:
            self._error = error
        finally:
            self._ended.set()

    def result(self, cancel: CancelToken = NEVER, seconds: float | None = None) -> T:
        """Wait for the end.

        Raises:
            Cancelled: asked to stop before it.
            TimedOut: the time is over before it.
        """
        with cancel.on_cancel(self._ended.set):
            has_ended = self._ended.wait(seconds)
        cancel.check()
        if not has_ended:
            raise TimedOut(f"no answer within {seconds:g} s", hint="Allow it more time, or narrow it down.")
        if self._error is not None:
            raise self._error
        return self._result[0]


def wait_for(call: Callable[[], T], cancel: CancelToken = NEVER, seconds: float | None = None) -> T:
    """The result of a call; in this thread where nobody can give it up."""
    if cancel is NEVER and seconds is None:
        return call()
    cancel.check()
    return Pending(call).result(cancel, seconds)
