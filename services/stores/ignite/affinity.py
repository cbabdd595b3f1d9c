"""Which node holds a key: the partition of its hash, and the primary node of the partition (IEP-23).

Used only where the profile asks for it. Keys of types whose Java hash code is not simple, objects with an affinity
field and caches with an own affinity function go to any node, which forwards them.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.hashes import cache_id, java_hash
from services.stores.ignite.codec.reader import Buffer, ByteReader
from services.stores.ignite.faults import asked

if TYPE_CHECKING:
    from services.stores.ignite.pool import WirePool

OP_PARTITIONS: Final = 1101
FEATURE_ALL_MAPPINGS: Final = 13


def _signed(value: int) -> int:
    return (value & 0xFFFFFFFF) - ((value & 0x80000000) << 1)


def _folded(value: int) -> int:
    """`Long.hashCode`."""
    return _signed(value ^ ((value & 0xFFFFFFFFFFFFFFFF) >> 32))


def _uuid_hash(data: bytes) -> int:
    most, least = struct.unpack("<qq", data)
    return _folded(most ^ least)


_HASHES: Final[dict[int, Callable[[bytes], int]]] = {
    tags.BYTE: lambda data: int(struct.unpack("<b", data)[0]),
    tags.SHORT: lambda data: int(struct.unpack("<h", data)[0]),
    tags.INT: lambda data: int(struct.unpack("<i", data)[0]),
    tags.LONG: lambda data: _folded(struct.unpack("<q", data)[0]),
    tags.CHAR: lambda data: int(struct.unpack("<H", data)[0]),
    tags.BOOL: lambda data: 1231 if data[0] else 1237,
    tags.UUID: _uuid_hash,
    tags.STRING: lambda data: java_hash(data[4:].decode("utf-8")),
}


def partition_of(key: bytes, partitions: int) -> int | None:
    """The partition of an encoded key, None where its hash is not known here."""
    hash_of = _HASHES.get(key[0])
    if hash_of is None or partitions < 1:
        return None
    code = hash_of(key[1:])
    if partitions & (partitions - 1) == 0:
        return (code ^ ((code & 0xFFFFFFFF) >> 16)) & (partitions - 1)
    # Java's remainder has the sign of the dividend; its absolute value is taken.
    return abs(code) % partitions


@dataclass(frozen=True, slots=True)
class _Mapping:
    """Node by partition; empty where the cache's affinity is its own."""

    nodes: dict[int, UUID]


class Affinity:
    """Partition maps, asked for once a cache and topology."""

    def __init__(self, pool: WirePool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._maps: dict[str, _Mapping] = {}
        self._topology = (-1, -1)

    def node_of(self, cache: str, key: bytes) -> UUID | None:
        """The node that holds an encoded key, None where any will do."""
        if not self._pool.options.is_partition_aware:
            return None
        with self._lock:
            if self._pool.topology != self._topology:
                self._topology = self._pool.topology
                self._maps.clear()
            if cache not in self._maps:
                self._maps[cache] = self._ask(cache)
            nodes = self._maps[cache].nodes
        partition = partition_of(key, len(nodes))
        return None if partition is None else nodes.get(partition)

    def _ask(self, cache: str) -> _Mapping:
        with self._pool.lease() as wire:
            body = partitions_request(cache, wire.features)
            return _read(asked(wire, cache, OP_PARTITIONS, body), cache_id(cache))


def partitions_request(cache: str, features: Collection[int]) -> bytes:
    """Body that asks which node holds which partition of a cache.

    A server with feature 13 reads one byte more; one that misses it may run out of memory and halt.
    """
    prefix = b"\x00" if FEATURE_ALL_MAPPINGS in features else b""
    return prefix + struct.pack("<ii", 1, cache_id(cache))


def _read(payload: Buffer, wanted: int) -> _Mapping:
    reader = ByteReader(payload)
    reader.take(12)  # topology: long and int
    found: dict[int, UUID] = {}
    for _ in range(reader.count()):
        is_applicable = reader.flag()
        holds = False
        for _ in range(reader.count(4)):
            holds |= reader.int32() == wanted
            if is_applicable:
                reader.take(8 * reader.count(8))
        nodes = _nodes(reader) if is_applicable else {}
        if holds:
            found = nodes
    return _Mapping(found)


def _nodes(reader: ByteReader) -> dict[int, UUID]:
    nodes: dict[int, UUID] = {}
    for _ in range(reader.count()):
        reader.take(1)
        data = reader.raw(16)
        node = UUID(bytes=data[7::-1] + data[:7:-1])
        for _ in range(reader.count(4)):
            nodes[reader.int32()] = node
    return nodes
