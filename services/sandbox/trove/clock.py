"""Time in the sandbox, and what happens when it comes."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

Step = Callable[[], None]


class Clock:
    """Simulated seconds, which pass `speed` times as fast as real ones; with speed 0 only `advance` moves them."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._start = time.monotonic()
        self._advanced = 0.0

    def seconds(self) -> float:
        """Simulated seconds since the start."""
        return (time.monotonic() - self._start) * self._speed + self._advanced

    def now(self) -> datetime:
        """The time of day that stamps are made with: real, plus what was advanced. UTC, whole seconds, no zone."""
        return self.instant().replace(microsecond=0)

    def instant(self) -> datetime:
        """The same with microseconds."""
        return (datetime.now(UTC) + timedelta(seconds=self._advanced)).replace(tzinfo=None)

    def advance(self, seconds: float) -> None:
        self._advanced += seconds


class Timeline:
    """Steps that are due some simulated seconds later; they happen when `run` is called after that."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steps: list[tuple[float, int, Step]] = []
        self._numbers = count()
        self._at: float | None = None

    def after(self, seconds: float, step: Step) -> None:
        """Plans a step; called from within one, it counts from when that one was due."""
        start = self._clock.seconds() if self._at is None else self._at
        heapq.heappush(self._steps, (start + seconds, next(self._numbers), step))

    def run(self) -> None:
        """Does all that is due by now, in order."""
        self._run_until(self._clock.seconds())

    def finish(self) -> None:
        """Advances the clock until nothing is planned any more."""
        while self._steps:
            self._clock.advance(max(0.0, self._steps[0][0] - self._clock.seconds()))
            self._run_until(self._steps[0][0])

    def _run_until(self, limit: float) -> None:
        while self._steps and self._steps[0][0] <= limit:
            self._at, _, step = heapq.heappop(self._steps)
            try:
                step()
            finally:
                self._at = None
