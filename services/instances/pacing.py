"""How often to ask for something that changes by itself: soon at first, then less and less often."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FIRST_SECONDS: Final = 0.25
LONGEST_SECONDS: Final = 5.0
GROWTH: Final = 1.3

DEFAULT_DEADLINE_SECONDS: Final = 3600.0
"""The service itself gives up building after an hour."""


@dataclass
class Pacing:
    """The pauses of one wait, up to its deadline.

    Attributes:
        deadline_seconds: from the start; None waits for ever.
    """

    deadline_seconds: float | None = DEFAULT_DEADLINE_SECONDS
    first_seconds: float = FIRST_SECONDS
    longest_seconds: float = LONGEST_SECONDS
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._started = self.clock()
        self._next = self.first_seconds

    @property
    def elapsed_seconds(self) -> float:
        """Since the start."""
        return self.clock() - self._started

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline_seconds is not None and self.elapsed_seconds >= self.deadline_seconds

    def pause_seconds(self) -> float:
        """How long to rest before asking again, never beyond the deadline."""
        pause, self._next = self._next, min(self._next * GROWTH, self.longest_seconds)
        if self.deadline_seconds is None:
            return pause
        return max(min(pause, self.deadline_seconds - self.elapsed_seconds), 0.0)
