"""The state that all nodes of a sandbox cluster share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, RLock
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from services.sandbox.ignite.binary_types import BinaryTypes
from services.sandbox.ignite.caches import BytesCache, Cache
from services.sandbox.ignite.config import CacheConfig
from services.sandbox.ignite.errors import (
    CACHE_EXISTS,
    INVALID_NODE_STATE,
    NO_SUCH_CACHE,
    RequestRefused,
)
from services.sandbox.ignite.hashes import string_hash
from services.sandbox.ignite.transactions import Transactions

if TYPE_CHECKING:
    from services.sandbox.ignite.connection import Connection

INACTIVE, ACTIVE, READ_ONLY = 0, 1, 2
PRODUCT_VERSION = (2, 17, 0)


@dataclass(eq=False)
class Node:
    """One server node; its connections are those of thin clients."""

    order: int
    node_id: UUID = field(default_factory=uuid4)
    port: int = 0
    started: float = field(default_factory=time.time)
    is_alive: bool = True
    connections: dict[int, Connection] = field(default_factory=dict)

    @property
    def consistent_id(self) -> str:
        return f"sandbox-{self.order}"


class Cluster:
    """Nodes, caches, binary types, users and transactions; every change happens under `lock`."""

    def __init__(self, node_count: int, users: dict[str, str] | None, timezone: str = "UTC") -> None:
        self.lock = RLock()
        self.changed = Condition(self.lock)
        self.nodes = [Node(order) for order in range(1, node_count + 1)]
        self.users = None if users is None else dict(users)
        self.timezone = timezone
        self.state = ACTIVE
        self.minor_topology = 0
        self.caches: dict[int, Cache] = {}
        self.binary = BinaryTypes()
        self.transactions = Transactions(self.changed)
        self.atomic_longs: dict[tuple[str, str], int] = {}
        self.make_cache: Callable[[CacheConfig], Cache] = BytesCache
        self.on_destroy: Callable[[Cache], None] = lambda cache: None

    @property
    def alive(self) -> list[Node]:
        return [node for node in self.nodes if node.is_alive]

    @property
    def topology(self) -> tuple[int, int]:
        """The affinity version: grows with each node that left, minor with each cache."""
        dead = len(self.nodes) - len(self.alive)
        return len(self.nodes) + dead, self.minor_topology

    def check_active(self) -> None:
        if self.state == INACTIVE:
            raise RequestRefused("Can not perform the operation because the cluster is inactive.", INVALID_NODE_STATE)

    def check_writable(self) -> None:
        if self.state == READ_ONLY:
            raise RequestRefused("Failed to perform cache operation (cluster is in read-only mode)")

    def cache(self, cache_id: int) -> Cache:
        self.check_active()
        try:
            return self.caches[cache_id]
        except KeyError:
            raise RequestRefused(f"Cache does not exist [cacheId= {cache_id}]", NO_SUCH_CACHE) from None

    def cache_named(self, name: str) -> Cache | None:
        found = self.caches.get(string_hash(name))
        return found if found is not None and found.name == name else None

    def create_cache(self, config: CacheConfig, must_be_new: bool) -> Cache:
        """Starts a cache; an existing one is an error only when it must be new."""
        self.check_active()
        known = self.caches.get(string_hash(config.name))
        if known is not None:
            if must_be_new or known.name != config.name:
                raise RequestRefused(
                    f"Failed to start cache (a cache with the same name is already started): {config.name}",
                    CACHE_EXISTS,
                )
            return known
        self.check_writable()
        cache = self.make_cache(config)
        self.add_cache(cache)
        return cache

    def add_cache(self, cache: Cache) -> None:
        self.caches[cache.cache_id] = cache
        self.minor_topology += 1

    def destroy_cache(self, cache_id: int) -> None:
        cache = self.cache(cache_id)
        self.check_writable()
        self.on_destroy(cache)
        self.caches.pop(cache_id, None)
        self.minor_topology += 1

    def owner_of(self, partition: int) -> Node:
        """The primary node of a partition."""
        alive = self.alive
        return alive[partition % len(alive)]
