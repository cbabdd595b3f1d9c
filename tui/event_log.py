"""The events of this run, newest last, bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from services.events import Event

EVENTS_KEPT: Final = 5000


class EventLog:
    """What happened since the start; older events than the bound fall out and are counted."""

    def __init__(self, bound: int = EVENTS_KEPT) -> None:
        self._events: deque[Event] = deque(maxlen=bound)
        self.forgotten = 0

    def add(self, event: Event) -> None:
        """Keep one more."""
        if len(self._events) == self._events.maxlen:
            self.forgotten += 1
        self._events.append(event)

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, index: int) -> Event:
        return self._events[index]

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)
