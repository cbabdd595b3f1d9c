"""Requests by operation code, and what an operation gets to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.sandbox.ignite import config
from services.sandbox.ignite.access import Access
from services.sandbox.ignite.caches import Cache
from services.sandbox.ignite.cluster import Cluster, Node
from services.sandbox.ignite.errors import UNKNOWN_OPERATION, RequestRefused
from services.sandbox.ignite.handshake import Negotiated
from services.sandbox.ignite.transactions import Transaction
from services.sandbox.ignite.wire import Reader

if TYPE_CHECKING:
    from services.sandbox.ignite.connection import Connection
    from services.sandbox.ignite.sql.engine import Engine

IN_TRANSACTION, WITH_EXPIRY = 2, 4


@dataclass(slots=True)
class Call:
    """One request being answered."""

    connection: Connection
    cluster: Cluster
    node: Node
    sql: Engine
    reader: Reader

    @property
    def negotiated(self) -> Negotiated:
        return self.connection.negotiated

    def has(self, feature: int) -> bool:
        return feature in self.connection.negotiated.features

    def head(self) -> tuple[int, Transaction | None, config.Expiry | None]:
        """The head of a cache request: cache id, transaction, expiry policy."""
        cache_id, flags = self.reader.int32(), self.reader.byte()
        expiry = config.read_expiry(self.reader) if flags & WITH_EXPIRY else None
        tx = None
        if flags & IN_TRANSACTION:
            tx = self.cluster.transactions.find(self.reader.int32(), self.connection)
        return cache_id, tx, expiry

    def cache(self) -> Cache:
        """The cache that the head of the request names."""
        return self.cluster.cache(self.head()[0])

    def access(self) -> Access:
        """The cache of the head, seen through the request's transaction."""
        cache_id, tx, expiry = self.head()
        return Access(self.cluster.cache(cache_id), self.cluster.transactions, tx, expiry)


Handler = Callable[[Call], bytes]
_OPERATIONS: dict[int, tuple[Handler, bool]] = {}


def operation(code: int, *, is_locked: bool = True) -> Callable[[Handler], Handler]:
    """Registers a handler; a locked one runs under the cluster's lock, alone in the cluster."""

    def register(handler: Handler) -> Handler:
        _OPERATIONS[code] = (handler, is_locked)
        return handler

    return register


def answer(code: int, call: Call) -> bytes:
    """The body of the answer to a request."""
    try:
        handler, is_locked = _OPERATIONS[code]
    except KeyError:
        raise RequestRefused(f"Invalid request op code: {code}", UNKNOWN_OPERATION) from None
    if not is_locked:
        return handler(call)
    with call.cluster.lock:
        return handler(call)
