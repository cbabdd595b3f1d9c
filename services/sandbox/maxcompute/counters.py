"""Figures that tests and benchmarks ask for."""

from __future__ import annotations

from collections import Counter
from threading import Lock


class Counters:
    """Counts by name, such as an operation's; safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def add(self, name: str, number: int = 1) -> None:
        with self._lock:
            self._counts[name] += number

    def __getitem__(self, name: str) -> int:
        with self._lock:
            return self._counts[name]

    def snapshot(self) -> dict[str, int]:
        """All that is not zero."""
        with self._lock:
            return {name: number for name, number in self._counts.items() if number}
