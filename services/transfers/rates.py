"""Rows and bytes a second, by acknowledged parts alone."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

WINDOW_SECONDS: Final = 10.0
_LEAST_PARTS: Final = 3


class Rate:
    """The rate over the last moments, and over the last few parts where they are large."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()
        self._known: deque[tuple[float, int, int]] = deque()

    def note(self, size_bytes: int, rows: int) -> None:
        """A part was acknowledged."""
        now = self._clock()
        self._known.append((now, size_bytes, rows))
        while len(self._known) > _LEAST_PARTS and self._known[0][0] < now - WINDOW_SECONDS:
            self._start = self._known.popleft()[0]

    def per_second(self) -> tuple[float, float]:
        """Bytes and rows; falls while nothing is acknowledged."""
        if not self._known:
            return 0.0, 0.0
        seconds = max(self._clock() - self._start, 0.001)
        return sum(entry[1] for entry in self._known) / seconds, sum(entry[2] for entry in self._known) / seconds
