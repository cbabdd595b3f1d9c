"""The queue of transfers as the console follows it: asked for changes, from a thread, a few times a second."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from services.transfers.model import Item, ItemState

if TYPE_CHECKING:
    from services.bootstrap import Services
    from services.transfers.queue import TransferQueue
    from services.transfers.settings import QueueSettings

KEPT_RATES: Final = 24


class TransferFeed:
    """All items of the queue, as of the last look.

    Attributes:
        is_read: whether it was looked at yet.
        is_changed: whether the last look found anything that a screen would show otherwise.
        problem: why transfers do not go on although they might; empty while they do.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self.items: tuple[Item, ...] = ()
        self.rates: deque[float] = deque([0.0] * KEPT_RATES, KEPT_RATES)
        self.settings: QueueSettings | None = None
        self._known: dict[int, Item] = {}
        self._version = 0
        self.is_read = False
        self.is_changed = False
        self.problem = ""

    @property
    def queue(self) -> TransferQueue:
        """The queue itself; making it looks for its folder, so the first use has to be in a thread."""
        return self._services.transfers

    async def look(self) -> list[Item]:
        """Read what changed; the items that ended since the last look.

        A queue that nobody used yet has no file, and none is made.
        """
        if not await asyncio.to_thread(lambda: self.queue.path.exists()):
            self.is_changed, self.is_read = not self.is_read, True
            return []
        changes = await asyncio.to_thread(self.queue.changes, self._version)
        ended: list[Item] = []
        self.is_changed = changes.version != self._version or not self.is_read or self._moves
        if changes.version != self._version or not self.is_read:
            self.settings = await asyncio.to_thread(self.queue.settings)
            ended = [item for item in changes.items if self._has_just_ended(item)]
            for gone in changes.gone:
                self._known.pop(gone, None)
            self._known.update((item.id, item) for item in changes.items)
            self.items = _in_order(self._known)
        self._version, self.is_read = changes.version, True
        self.rates.append(self.rate)
        return ended

    @property
    def _moves(self) -> bool:
        """Whether time alone changes what is shown: how long it takes, a rate that falls, a countdown."""
        going = (item for item in self.items if not item.state.is_ended)
        at_work = (ItemState.RUNNING, ItemState.PLANNING)
        return any(item.state in at_work or item.retry_at or item.expires_at for item in going) or any(self.rates)

    def _has_just_ended(self, item: Item) -> bool:
        before = self._known.get(item.id)
        return item.state.is_ended and before is not None and not before.state.is_ended

    @property
    def rate(self) -> float:
        """Bytes a second over all that runs."""
        return sum(item.rate for item in self.items if item.state is ItemState.RUNNING)

    @property
    def running(self) -> int:
        """Items at work."""
        return sum(item.state in (ItemState.RUNNING, ItemState.PLANNING) for item in self.items)

    def counts(self) -> dict[str, int]:
        """How many run, wait, need a person."""
        states = [item.state for item in self.items]
        return {
            "running": self.running,
            "waiting": states.count(ItemState.QUEUED),
            "paused": states.count(ItemState.PAUSED),
            "needs you": sum(map(needs_person, self.items)),
        }


def needs_person(item: Item) -> bool:
    """Whether nothing more happens until somebody decides."""
    return item.state in (ItemState.FAILED, ItemState.NEEDS_YOU)


def _in_order(known: dict[int, Item]) -> tuple[Item, ...]:
    """As `TransferQueue.items`: what waits or runs in its order, then what ended, the newest first."""
    waiting = sorted(
        (item for item in known.values() if not item.state.is_ended), key=lambda item: (-item.priority, item.place)
    )
    ended = sorted(
        (item for item in known.values() if item.state.is_ended),
        key=lambda item: (item.ended or item.created, item.id),
        reverse=True,
    )
    return (*waiting, *ended)
