"""Cache administration 1050 to 1056 and the partition map 1101."""

from __future__ import annotations

from collections.abc import Iterable

from services.sandbox.ignite import config, values, wire
from services.sandbox.ignite.caches import Cache
from services.sandbox.ignite.config import CacheConfig
from services.sandbox.ignite.dispatch import Call, operation
from services.sandbox.ignite.handshake import ALL_AFFINITY_MAPPINGS
from services.sandbox.ignite.hashes import name_id


@operation(1050)
def names(call: Call) -> bytes:
    call.cluster.check_active()
    found = [cache.name for cache in call.cluster.caches.values()]
    return wire.int32(len(found)) + b"".join(map(wire.string, found))


@operation(1051)
def create_by_name(call: Call) -> bytes:
    call.cluster.create_cache(CacheConfig(call.reader.text()), must_be_new=True)
    return b""


@operation(1052)
def get_or_create_by_name(call: Call) -> bytes:
    call.cluster.create_cache(CacheConfig(call.reader.text()), must_be_new=False)
    return b""


@operation(1053)
def create_by_config(call: Call) -> bytes:
    call.cluster.create_cache(config.read_config(call.reader), must_be_new=True)
    return b""


@operation(1054)
def get_or_create_by_config(call: Call) -> bytes:
    call.cluster.create_cache(config.read_config(call.reader), must_be_new=False)
    return b""


@operation(1055)
def get_config(call: Call) -> bytes:
    return config.write_config(call.cache().config, call.negotiated.has_expiry)


@operation(1056)
def destroy(call: Call) -> bytes:
    call.cluster.destroy_cache(call.reader.int32())
    return b""


@operation(1101)
def partitions(call: Call) -> bytes:
    """One mapping a cache; caches that the cluster does not have are left out."""
    if call.has(ALL_AFFINITY_MAPPINGS):
        call.reader.boolean()
    wanted = [call.reader.int32() for _ in range(call.reader.count(4))]
    caches = [call.cluster.caches[cache_id] for cache_id in wanted if cache_id in call.cluster.caches]
    major, minor = call.cluster.topology
    head = wire.int64(major) + wire.int32(minor) + wire.int32(len(caches))
    return head + b"".join(_mapping(call, cache) for cache in caches)


def _mapping(call: Call, cache: Cache) -> bytes:
    if cache.config.mode != config.PARTITIONED:
        return b"\0" + wire.int32(1) + wire.int32(cache.cache_id)
    keys = [(name_id(kind), name_id(name)) for kind, name in cache.config.key_configurations if kind and name]
    parts = [b"\1", wire.int32(1), wire.int32(cache.cache_id), wire.int32(len(keys))]
    parts += [wire.int32(kind) + wire.int32(name) for kind, name in keys]
    parts.append(wire.int32(len(call.cluster.alive)))
    for index, node in enumerate(call.cluster.alive):
        owned = range(index, cache.config.partitions, len(call.cluster.alive))
        parts += [values.uuid(node.node_id), wire.int32(len(owned)), _int_run(owned)]
    if call.has(ALL_AFFINITY_MAPPINGS):
        parts.append(b"\1")
    return b"".join(parts)


def _int_run(numbers: Iterable[int]) -> bytes:
    return b"".join(map(wire.int32, numbers))
