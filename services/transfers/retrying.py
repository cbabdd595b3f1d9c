"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from typing import Final

FIRST_SECONDS: Final = 0.5
MOST_SECONDS: Final = 60.0


def backoff_seconds(attempt: int, chance: random.Random | None = None) -> float:
    """The wait after the n-th failed attempt, n from 1: doubles up to a minute, spread so that nobody goes in step."""
    usual = min(FIRST_SECONDS * 2.0 ** min(attempt - 1, 20), MOST_SECONDS)
    return usual * (chance or random).uniform(0.5, 1.0)  # spreads waits, guards nothing
