"""Continuous queries: the changes of a cache, sent to a client as they happen."""

from __future__ import annotations

import time
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING
from uuid import uuid4

from services.sandbox.ignite import wire
from services.sandbox.ignite.caches import Cache
from services.sandbox.ignite.errors import ConnectionEnds
from services.sandbox.ignite.objects import NULL, sent

if TYPE_CHECKING:
    from services.sandbox.ignite.connection import Connection

CREATED, UPDATED, REMOVED = 0, 1, 2
ENTRY_EVENT = 2007


class ContinuousQuery:
    """One subscription of a connection; a thread of its own sends, so that no writer waits for a reader."""

    def __init__(self, cache: Cache, buffer_size: int, interval_ms: int) -> None:
        self.cache = cache
        self.buffer_size = buffer_size
        self.interval_ms = interval_ms
        self.routine_id = uuid4()
        self.last_sent = time.time()
        self._events: SimpleQueue[bytes | None] = SimpleQueue()
        cache.listeners.append(self._changed)

    def start(self, connection: Connection, number: int) -> None:
        """Begins to send under the number that the client knows the query by."""
        Thread(target=self._send, args=(connection, number), name="ignite-notifier", daemon=True).start()

    def _changed(self, key: bytes, old: bytes | None, new: bytes | None) -> None:
        kind = REMOVED if new is None else CREATED if old is None else UPDATED
        self._events.put(sent(key) + (old or NULL) + (new or NULL) + wire.byte(kind))

    def _send(self, connection: Connection, number: int) -> None:
        while (event := self._events.get()) is not None:
            self.last_sent = time.time()
            try:
                connection.notify(number, ENTRY_EVENT, wire.int32(1) + event)
            except ConnectionEnds:
                return

    def close(self) -> None:
        """Ends the subscription; what is queued is still sent."""
        if self._changed in self.cache.listeners:
            self.cache.listeners.remove(self._changed)
        self._events.put(None)
