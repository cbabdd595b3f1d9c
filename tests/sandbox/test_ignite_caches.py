"""Cache administration and partition maps."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from ignite_raw import RawClient, cache_id, string
from pyignite import Client
from pyignite.datatypes import ExpiryPolicy
from pyignite.datatypes.prop_codes import (
    PROP_BACKUPS_NUMBER,
    PROP_CACHE_ATOMICITY_MODE,
    PROP_CACHE_KEY_CONFIGURATION,
    PROP_CACHE_MODE,
    PROP_COPY_ON_READ,
    PROP_DATA_REGION_NAME,
    PROP_DEFAULT_LOCK_TIMEOUT,
    PROP_EAGER_TTL,
    PROP_EXPIRY_POLICY,
    PROP_GROUP_NAME,
    PROP_IS_ONHEAP_CACHE_ENABLED,
    PROP_MAX_CONCURRENT_ASYNC_OPERATIONS,
    PROP_MAX_QUERY_ITERATORS,
    PROP_NAME,
    PROP_PARTITION_LOSS_POLICY,
    PROP_QUERY_DETAIL_METRIC_SIZE,
    PROP_QUERY_ENTITIES,
    PROP_QUERY_PARALLELISM,
    PROP_READ_FROM_BACKUP,
    PROP_REBALANCE_BATCH_SIZE,
    PROP_REBALANCE_BATCHES_PREFETCH_COUNT,
    PROP_REBALANCE_DELAY,
    PROP_REBALANCE_MODE,
    PROP_REBALANCE_ORDER,
    PROP_REBALANCE_THROTTLE,
    PROP_REBALANCE_TIMEOUT,
    PROP_SQL_ESCAPE_ALL,
    PROP_SQL_INDEX_INLINE_MAX_SIZE,
    PROP_SQL_SCHEMA,
    PROP_STATISTICS_ENABLED,
    PROP_WRITE_SYNCHRONIZATION_MODE,
)
from pyignite.exceptions import CacheCreationError, CacheError, SocketError

from services.sandbox.ignite.server import IgniteSandbox

ALL_31 = {
    PROP_NAME: "all properties",
    PROP_CACHE_MODE: 2,
    PROP_CACHE_ATOMICITY_MODE: 0,
    PROP_BACKUPS_NUMBER: 2,
    PROP_WRITE_SYNCHRONIZATION_MODE: 1,
    PROP_COPY_ON_READ: False,
    PROP_READ_FROM_BACKUP: False,
    PROP_DATA_REGION_NAME: "region",
    PROP_IS_ONHEAP_CACHE_ENABLED: True,
    PROP_QUERY_ENTITIES: [],
    PROP_QUERY_PARALLELISM: 4,
    PROP_QUERY_DETAIL_METRIC_SIZE: 10,
    PROP_SQL_SCHEMA: "S",
    PROP_SQL_INDEX_INLINE_MAX_SIZE: 64,
    PROP_SQL_ESCAPE_ALL: True,
    PROP_MAX_QUERY_ITERATORS: 200,
    PROP_REBALANCE_MODE: 0,
    PROP_REBALANCE_DELAY: 1,
    PROP_REBALANCE_TIMEOUT: 2,
    PROP_REBALANCE_BATCH_SIZE: 3,
    PROP_REBALANCE_BATCHES_PREFETCH_COUNT: 4,
    PROP_REBALANCE_ORDER: 5,
    PROP_REBALANCE_THROTTLE: 6,
    PROP_GROUP_NAME: "group",
    PROP_CACHE_KEY_CONFIGURATION: [{"type_name": "Key", "affinity_key_field_name": "region"}],
    PROP_DEFAULT_LOCK_TIMEOUT: 7,
    PROP_MAX_CONCURRENT_ASYNC_OPERATIONS: 8,
    PROP_PARTITION_LOSS_POLICY: 0,
    PROP_EAGER_TTL: False,
    PROP_STATISTICS_ENABLED: True,
    PROP_EXPIRY_POLICY: ExpiryPolicy(create=1000, update=-1, access=-2),
}


def test_all_31_properties_are_kept(client: Client) -> None:
    """A cache made with every property reports every one as it was given."""
    cache = client.create_cache(dict(ALL_31))
    try:
        assert cache.settings == ALL_31
    finally:
        cache.destroy()


def test_a_cache_made_by_name_has_the_defaults_of_a_real_node(client: Client) -> None:
    """Atomic, partitioned, primary sync, no backups."""
    settings = client.create_cache("plain").settings
    client.get_cache("plain").destroy()
    wanted = (
        PROP_CACHE_ATOMICITY_MODE,
        PROP_CACHE_MODE,
        PROP_WRITE_SYNCHRONIZATION_MODE,
        PROP_BACKUPS_NUMBER,
        PROP_REBALANCE_BATCH_SIZE,
        PROP_PARTITION_LOSS_POLICY,
    )
    assert [settings[code] for code in wanted] == [1, 2, 2, 0, 524288, 4]


def test_names_appear_with_creation_and_go_with_destruction(client: Client) -> None:
    """The list of names follows."""
    cache = client.create_cache("comes and goes")
    assert "comes and goes" in client.get_cache_names()
    cache.destroy()
    assert "comes and goes" not in client.get_cache_names()


def test_creating_a_cache_twice_is_refused(client: Client) -> None:
    """The second creation is an error; get-or-create is not."""
    cache = client.create_cache("twice")
    with pytest.raises(CacheCreationError, match="already started"):
        client.create_cache("twice")
    assert client.get_or_create_cache("twice").name == "twice"
    cache.destroy()


def test_destroying_what_is_not_there_is_refused(client: Client) -> None:
    """A cache that does not exist cannot be destroyed."""
    with pytest.raises(CacheError, match="Cache does not exist"):
        client.get_cache("never made").destroy()


def test_local_mode_ends_the_connection(fresh_ignite: Callable[..., IgniteSandbox], connect: Callable) -> None:
    """A real node closes the connection on the mode that is gone."""
    client = connect(fresh_ignite(samples=False))
    with pytest.raises((SocketError, OSError)):
        client.create_cache({PROP_NAME: "local", PROP_CACHE_MODE: 0})


def test_partitions_are_shared_out_between_the_nodes(raw: RawClient, ignite_sandbox: IgniteSandbox) -> None:
    """Operation 1101 gives each of 1024 partitions to one of both nodes."""
    raw.request(1052, string("mapped"))
    body = raw.request(1101, struct.pack("<ii", 1, cache_id("mapped")))
    mappings, applicable, caches, number, keys, nodes = struct.unpack_from("<ibiiii", body, 12)
    assert (mappings, applicable, caches, number, keys, nodes) == (1, 1, 1, cache_id("mapped"), 0, 2)
    at, partitions = 12 + 21, []
    for _ in range(nodes):
        count = struct.unpack_from("<i", body, at + 17)[0]
        partitions += struct.unpack_from(f"<{count}i", body, at + 21)
        at += 21 + 4 * count
    assert (sorted(partitions), at) == (list(range(1024)), len(body))


def test_a_partition_aware_client_finds_its_keys(ignite_sandbox: IgniteSandbox, connect: Callable) -> None:
    """With the map, keys of several types are written to and read from the node that owns them."""
    client = connect(ignite_sandbox, *ignite_sandbox.addresses, partition_aware=True)
    cache = client.create_cache("aware")
    keys = [*range(50), *(f"key {n}" for n in range(50))]
    for key in keys:
        cache.put(key, key)
    assert [cache.get(key) for key in keys] == keys
    cache.destroy()
