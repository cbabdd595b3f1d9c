"""Requests about the cluster: its state, write-ahead logs, partitions and nodes."""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.stores.ignite.codec.binary_types import Resolver, nothing_known
from services.stores.ignite.codec.generic import decode_object
from services.stores.ignite.codec.hashes import cache_id
from services.stores.ignite.codec.reader import Buffer, ByteReader
from services.stores.ignite.codec.requests import text
from services.values import Typed

OP_PARTITIONS: Final = 1101
OP_GET_STATE: Final = 5000
OP_SET_STATE: Final = 5001
OP_SET_WAL: Final = 5002
OP_GET_WAL: Final = 5003
OP_NODE_IDS: Final = 5100
OP_NODE_INFO: Final = 5101

FEATURE_ALL_MAPPINGS: Final = 13
FEATURE_FORCE: Final = 19


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node as op 5101 tells of it."""

    node_id: UUID
    attributes: dict[str, Typed]
    addresses: tuple[str, ...]
    host_names: tuple[str, ...]
    order: int
    is_local: bool
    is_daemon: bool
    is_client: bool
    consistent_id: Typed
    version: str


def partitions(caches: Sequence[str], features: Collection[int] = ()) -> bytes:
    """Body that asks which node holds which partition.

    A server with feature 13 reads one byte more; one that misses it may run out of memory and halt.
    """
    prefix = b"\x00" if FEATURE_ALL_MAPPINGS in features else b""
    return prefix + struct.pack(f"<i{len(caches)}i", len(caches), *map(cache_id, caches))


def set_state(state: int, features: Collection[int] = (), *, is_forced: bool = False) -> bytes:
    """Body that sets the cluster's state: 0 inactive, 1 active, 2 read-only.

    Args:
        is_forced: deactivate even though data in memory is lost; only with feature 19.
    """
    return struct.pack("<B", state) + (struct.pack("<?", is_forced) if FEATURE_FORCE in features else b"")


def get_wal(cache: str) -> bytes:
    """Body that asks whether a cache writes its log; the answer is a bool."""
    return text(cache)


def set_wal(cache: str, *, is_on: bool) -> bytes:
    """Body that switches the log of a cache."""
    return text(cache) + struct.pack("<?", is_on)


def node_ids(topology: int = -1) -> bytes:
    """Body that asks for the nodes of the cluster, all of them, unless nothing changed since `topology`."""
    return struct.pack("<q?", topology, False)


def read_node_ids(payload: Buffer) -> tuple[int, list[UUID]] | None:
    """The topology version and its nodes, None where nothing changed."""
    reader = ByteReader(payload)
    if not reader.flag():
        return None
    topology = reader.int64()
    return topology, [_uuid(reader) for _ in range(reader.count(16))]


def node_info(nodes: Sequence[UUID]) -> bytes:
    """Body that asks for details of nodes."""
    return struct.pack("<i", len(nodes)) + b"".join(node.bytes[7::-1] + node.bytes[:7:-1] for node in nodes)


def read_node_info(payload: Buffer, resolver: Resolver = nothing_known) -> list[NodeInfo]:
    """The details of the nodes that still exist; attributes that only a JVM reads stay bytes."""
    reader = ByteReader(payload)
    return [_node(reader, resolver) for _ in range(reader.count(60))]


def _uuid(reader: ByteReader) -> UUID:
    data = reader.raw(16)
    return UUID(bytes=data[7::-1] + data[:7:-1])


def _value(reader: ByteReader, resolver: Resolver) -> Typed:
    value, end = decode_object(reader.data, reader.offset, resolver)
    reader.take(end - reader.offset)
    return value


def _texts(value: Typed) -> tuple[str, ...]:
    items = value.value if isinstance(value.value, list) else []
    return tuple(str(item.value) for item in items)


def _node(reader: ByteReader, resolver: Resolver) -> NodeInfo:
    node_id = _value(reader, resolver).value
    attributes = {}
    for _ in range(reader.count(2)):
        name = reader.name()
        attributes[name] = _value(reader, resolver)
    addresses, host_names = _texts(_value(reader, resolver)), _texts(_value(reader, resolver))
    order, is_local, is_daemon, is_client = reader.int64(), reader.flag(), reader.flag(), reader.flag()
    consistent_id = _value(reader, resolver)
    numbers = ".".join(str(reader.byte()) for _ in range(3))
    stage = reader.name()
    reader.int64()
    _value(reader, resolver)
    return NodeInfo(
        node_id,
        attributes,
        addresses,
        host_names,
        order,
        is_local,
        is_daemon,
        is_client,
        consistent_id,
        f"{numbers}-{stage}" if stage else numbers,
    )
