"""The queue of transfers as the console follows it: asked for changes, from a thread, a few times a second."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from services.transfers.model import Item, ItemState

if TYPE_CHECKING:
    from services.bootstrap import Services
    from services.transfers.queue import Changes, TransferQueue
    from services.transfers.settings import QueueSettings

KEPT_RATES: Final = 24
NEED_PERSON: Final = (ItemState.FAILED, ItemState.NEEDS_YOU)
"""Nothing more happens until somebody decides."""

AT_WORK: Final = (ItemState.RUNNING, ItemState.PLANNING)


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
        self._moving: tuple[Item, ...] = ()
        self._places: dict[int, int] = {}
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
        found = await asyncio.to_thread(self._read)
        if found is None:
            self.is_changed, self.is_read = not self.is_read, True
            return []
        changes, settings = found
        ended: list[Item] = []
        self.is_changed = changes.version != self._version or not self.is_read or self._moves
        if changes.version != self._version or not self.is_read:
            self.settings = settings
            ended = [item for item in changes.items if self._has_just_ended(item)]
            self._take_in(changes)
        self._version, self.is_read = changes.version, True
        self.rates.append(self.rate)
        return ended

    def _take_in(self, changes: Changes) -> None:
        """Put what changed where it belongs; a long list is sorted anew only when its order is another."""
        stays = not changes.gone and all(
            item.id in self._known and _order_of(self._known[item.id]) == _order_of(item) for item in changes.items
        )
        for gone in changes.gone:
            self._known.pop(gone, None)
        self._known.update((item.id, item) for item in changes.items)
        if not stays:
            self.items = _in_order(self._known)
            self._places = {item.id: place for place, item in enumerate(self.items)}
            self._moving = tuple(filter(_moves, self.items))
            return
        items, moving = list(self.items), {item.id: item for item in self._moving}
        for item in changes.items:
            items[self._places[item.id]] = moving[item.id] = item
        self.items = tuple(items)
        self._moving = tuple(filter(_moves, moving.values()))

    def _read(self) -> tuple[Changes, QueueSettings | None] | None:
        """What changed and, if anything did, the settings; in a thread."""
        if not self.queue.path.exists():
            return None
        changes = self.queue.changes(self._version)
        is_new = changes.version != self._version or not self.is_read
        return changes, self.queue.settings() if is_new else None

    @property
    def _moves(self) -> bool:
        """Whether time alone changes what is shown."""
        return bool(self._moving) or any(self.rates)

    def _has_just_ended(self, item: Item) -> bool:
        before = self._known.get(item.id)
        return item.state.is_ended and before is not None and not before.state.is_ended

    @property
    def rate(self) -> float:
        """Bytes a second over all that runs."""
        return sum(item.rate for item in self._moving if item.state is ItemState.RUNNING)

    @property
    def running(self) -> int:
        """Items at work."""
        return sum(item.state in AT_WORK for item in self._moving)

    def counts(self) -> dict[str, int]:
        """How many run, wait, need a person."""
        states = [item.state for item in self.items]
        return {
            "running": self.running,
            "waiting": states.count(ItemState.QUEUED),
            "paused": states.count(ItemState.PAUSED),
            "needs you": sum(states.count(state) for state in NEED_PERSON),
        }


def _moves(item: Item) -> bool:
    """Whether time alone changes what is shown of it: how long it takes, a rate that falls, a countdown."""
    return not item.state.is_ended and bool(item.state in AT_WORK or item.retry_at or item.expires_at)


def _order_of(item: Item) -> tuple[bool, int, float, float | None]:
    """What decides the place of an item among others."""
    return item.state.is_ended, item.priority, item.place, item.ended


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
