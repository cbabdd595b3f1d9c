"""What the gateway publishes: the events of a store in order, as its Kafka topic would hold them."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from services.sandbox.ikv.values import Document

UPSERT, DELETE_FIELDS, DELETE_DOCUMENT, DROP_FIELDS = "upsert", "delete fields", "delete document", "drop fields"


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        operation: one of the names above.
        document: the fields of an upsert; else the key's field, nothing for dropped fields.
        names: fields to delete or drop.
        prefixes: beginnings of fields to drop.
        drop_all: whether all documents go; only when there are no names and no prefixes.
        time: seconds since 1970 at the gateway.
        offset: its place in the topic, from 0 on.
    """

    operation: str
    document: Document = field(default_factory=dict)
    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    drop_all: bool = False
    time: float = 0.0
    offset: int = -1


class EventLog:
    """The newest events of a store; not safe for threads."""

    def __init__(self, first_offset: int, kept: int) -> None:
        self._events: deque[Event] = deque(maxlen=kept)
        self.next_offset = first_offset

    def publish(self, event: Event) -> Event:
        """Gives an event its time and its place."""
        stamped = Event(
            event.operation, event.document, event.names, event.prefixes, event.drop_all, time.time(), self.next_offset
        )
        self._events.append(stamped)
        self.next_offset += 1
        return stamped

    def newest(self) -> list[Event]:
        """The kept events, the oldest first."""
        return list(self._events)
