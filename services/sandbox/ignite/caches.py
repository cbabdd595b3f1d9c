"""Caches that hold their entries as bytes, with expiry."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator

from services.sandbox.ignite.config import CacheConfig, Expiry
from services.sandbox.ignite.hashes import partition_of, string_hash
from services.sandbox.ignite.key_hashes import key_hash
from services.sandbox.ignite.objects import COMPLEX, sent, stored

Entry = tuple[bytes, bytes]
Listener = Callable[[bytes, bytes | None, bytes | None], None]
_WRAPPED_KEYS = frozenset({COMPLEX, 23, 24, 25})
UNCHANGED, ETERNAL = -2, -1


class Cache(ABC):
    """One cache: stored keys to values in the form they are sent.

    Keys come in stored form, values come in stored form and leave in sent form.
    """

    def __init__(self, config: CacheConfig) -> None:
        self.config = config
        self.cache_id = string_hash(config.name)
        self.listeners: list[Listener] = []
        self.is_logging = True

    @property
    def name(self) -> str:
        return self.config.name

    @abstractmethod
    def get(self, key: bytes, expiry: Expiry | None = None) -> bytes | None:
        """The value, or None; an access policy prolongs its life."""

    @abstractmethod
    def put(self, key: bytes, value: bytes, expiry: Expiry | None = None) -> None:
        """Creates or updates one entry."""

    @abstractmethod
    def remove(self, key: bytes) -> bool:
        """Removes one entry; False when there was none."""

    @abstractmethod
    def rows(self) -> Iterator[Entry]:
        """A snapshot of all entries, both sides in sent form."""

    def rows_of(self, partitions: Collection[int]) -> Iterator[Entry]:
        """A snapshot of the entries of some partitions."""
        count = self.config.partitions
        return (row for row in self.rows() if partition_of(key_hash(stored(row[0])), count) in partitions)

    @abstractmethod
    def stored_keys(self) -> list[bytes]:
        """The stored keys."""

    @abstractmethod
    def size(self) -> int:
        """The number of entries."""

    @abstractmethod
    def clear(self) -> None:
        """Removes everything."""


class BytesCache(Cache):
    """A cache without a SQL side: a dictionary of bytes."""

    def __init__(self, config: CacheConfig) -> None:
        super().__init__(config)
        self._entries: dict[bytes, bytes] = {}
        self._deadlines: dict[bytes, float] = {}
        self._has_wrapped_keys = False
        self._by_partition: dict[int, list[bytes]] | None = None

    def load(self, entries: dict[bytes, bytes]) -> None:
        """Takes many entries at once; both sides simple values."""
        self._by_partition = None
        self._entries.update(entries)

    def entries(self) -> Iterator[tuple[bytes, bytes, float | None]]:
        """Stored keys, sent values and the moment (seconds since the epoch) at which each expires."""
        self._purge()
        shift = time.time() - time.monotonic()
        for key, value in self._entries.items():
            deadline = self._deadlines.get(key)
            yield key, value, None if deadline is None else deadline + shift

    def restore(self, entries: Iterable[tuple[bytes, bytes, float | None]]) -> None:
        """Takes entries as `entries` gave them."""
        shift = time.time() - time.monotonic()
        self._by_partition = None
        for key, value, deadline in entries:
            self._entries[key] = value
            self._has_wrapped_keys = self._has_wrapped_keys or key[0] in _WRAPPED_KEYS
            if deadline is not None:
                self._deadlines[key] = deadline - shift

    def get(self, key: bytes, expiry: Expiry | None = None) -> bytes | None:
        self._expire(key)
        value = self._entries.get(key)
        if value is not None:
            self._set_deadline(key, expiry or self.config.expiry, 2)
        return value

    def put(self, key: bytes, value: bytes, expiry: Expiry | None = None) -> None:
        self._expire(key)
        is_new = key not in self._entries
        if is_new:
            self._by_partition = None
        self._entries[key] = sent(value)
        self._has_wrapped_keys = self._has_wrapped_keys or key[0] in _WRAPPED_KEYS
        self._set_deadline(key, expiry or self.config.expiry, 0 if is_new else 1)

    def remove(self, key: bytes) -> bool:
        self._expire(key)
        self._deadlines.pop(key, None)
        self._by_partition = None
        return self._entries.pop(key, None) is not None

    def rows(self) -> Iterator[Entry]:
        self._purge()
        entries = list(self._entries.items())
        if self._has_wrapped_keys:
            return ((sent(key), value) for key, value in entries)
        return iter(entries)

    def rows_of(self, partitions: Collection[int]) -> Iterator[Entry]:
        """A snapshot of the entries of some partitions; which key is where is kept until a key comes or goes."""
        self._purge()
        if self._by_partition is None:
            self._by_partition = {}
            for key in self._entries:
                number = partition_of(key_hash(key), self.config.partitions)
                self._by_partition.setdefault(number, []).append(key)
        keys = [key for number in sorted(partitions) for key in self._by_partition.get(number, ())]
        return iter([(sent(key) if self._has_wrapped_keys else key, self._entries[key]) for key in keys])

    def stored_keys(self) -> list[bytes]:
        self._purge()
        return list(self._entries)

    def size(self) -> int:
        self._purge()
        return len(self._entries)

    def clear(self) -> None:
        self._by_partition = None
        self._entries.clear()
        self._deadlines.clear()

    def _set_deadline(self, key: bytes, expiry: Expiry | None, event: int) -> None:
        """Applies a policy; `event` is its column: 0 create, 1 update, 2 access."""
        if expiry is None or expiry[event] == UNCHANGED:
            return
        if expiry[event] == ETERNAL:
            self._deadlines.pop(key, None)
        else:
            self._deadlines[key] = time.monotonic() + expiry[event] / 1000

    def _expire(self, key: bytes) -> None:
        if self._deadlines and self._deadlines.get(key, float("inf")) <= time.monotonic():
            del self._deadlines[key]
            self._by_partition = None
            self._entries.pop(key, None)

    def _purge(self) -> None:
        now = time.monotonic()
        for key in [key for key, deadline in self._deadlines.items() if deadline <= now]:
            self._expire(key)
