"""Waiting until a descriptor can be read or written, whatever its number.

`select.select` refuses descriptors above 1023, which a console with many sessions reaches.
"""

from __future__ import annotations

import selectors
from typing import Protocol


class HasFileno(Protocol):
    """A socket, a pipe, a file."""

    def fileno(self) -> int:
        """Its descriptor."""


# `poll` takes no descriptor of its own, as `epoll` would; Windows has neither.
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


def is_readable(source: HasFileno | int, seconds: float | None = None) -> bool:
    """Whether bytes, or the end, can be read within the time; no time waits for as long as it takes."""
    return _is_ready(source, selectors.EVENT_READ, seconds)


def is_writable(source: HasFileno | int, seconds: float | None = None) -> bool:
    """Whether bytes can be written within the time; no time waits for as long as it takes."""
    return _is_ready(source, selectors.EVENT_WRITE, seconds)


def _is_ready(source: HasFileno | int, event: int, seconds: float | None) -> bool:
    with _Selector() as selector:
        selector.register(source, event)
        return bool(selector.select(seconds))
