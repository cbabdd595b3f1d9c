"""Bandwidth shared by all workers: each asks before it sends, and is answered when both its buckets have something."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from services.transfers.pacing import Bucket
from services.transfers.tasks import Caps

IDLE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a worker, known by its number, wants to send."""

    worker: int
    item: int
    size_bytes: int


class Throttle:
    """One bucket over all, and one for each item that has a cap."""

    def __init__(self) -> None:
        self._caps = Caps()
        self._total: Bucket | None = None
        self._items: dict[int, Bucket] = {}
        self._waiting: deque[Wish] = deque()

    @property
    def caps(self) -> Caps:
        """The caps at present."""
        return self._caps

    def set_caps(self, caps: Caps) -> None:
        """Change the caps; buckets that stay keep their debt."""
        self._caps = caps
        self._total = _adjusted(self._total, caps.total)
        by_item = caps.by_item or {}
        adjusted = {item: _adjusted(self._items.get(item), cap) for item, cap in by_item.items()}
        self._items = {item: bucket for item, bucket in adjusted.items() if bucket is not None}

    def ask(self, wish: Wish) -> None:
        """Take a wish."""
        self._waiting.append(wish)

    def forget(self, worker: int) -> None:
        """Drop the wishes of a worker."""
        self._waiting = deque(wish for wish in self._waiting if wish.worker != worker)

    def granted(self) -> list[int]:
        """The workers that may send what they asked for, now; in the order in which they asked."""
        granted: list[int] = []
        left: deque[Wish] = deque()
        for wish in self._waiting:
            buckets = self._buckets(wish)
            if all(bucket.seconds_to_go() == 0 for bucket in buckets):
                for bucket in buckets:
                    bucket.take(wish.size_bytes)
                granted.append(wish.worker)
            else:
                left.append(wish)
        self._waiting = left
        return granted

    def seconds_to_go(self) -> float:
        """When to look again."""
        waits = [max((bucket.seconds_to_go() for bucket in self._buckets(wish)), default=0.0) for wish in self._waiting]
        return min(waits, default=IDLE_SECONDS)

    def _buckets(self, wish: Wish) -> list[Bucket]:
        return [bucket for bucket in (self._total, self._items.get(wish.item)) if bucket is not None]


def _adjusted(bucket: Bucket | None, rate: int) -> Bucket | None:
    if not rate:
        return None
    if bucket is None:
        return Bucket(rate)
    bucket.rate = rate
    return bucket
