"""The rows of the system views about nodes, caches, connections and transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from services.sandbox.ignite import config, handshake
from services.sandbox.ignite.caches import Cache
from services.sandbox.ignite.cluster import Node
from services.sandbox.ignite.continuous import ContinuousQuery
from services.sandbox.ignite.hashes import string_hash
from services.sandbox.ignite.node_attributes import VERSION_TEXT, attributes_of
from services.sandbox.ignite.node_metrics import metrics_of
from services.sandbox.ignite.scans import ScanCursor
from services.sandbox.ignite.transactions import CONCURRENCIES, ISOLATIONS

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.engine import Engine

Row = dict[str, object]
Rows = Callable[["Engine", Node], Iterable[Row]]
MODES = ("LOCAL", "REPLICATED", "PARTITIONED")
ATOMICITIES = ("TRANSACTIONAL", "ATOMIC")
REBALANCES = ("SYNC", "ASYNC", "NONE")
LOSSES = ("READ_ONLY_SAFE", "READ_ONLY_ALL", "READ_WRITE_SAFE", "READ_WRITE_ALL", "IGNORE")
SYNCHRONIZATIONS = ("FULL_SYNC", "FULL_ASYNC", "PRIMARY_SYNC")


def moment(engine: Engine, seconds: float) -> str:
    """A point in time as tables keep timestamps."""
    return engine.clock.timestamp_text(int(seconds * 1000))


def _nodes(engine: Engine, node: Node) -> Iterable[Row]:
    for item in engine.cluster.alive:
        yield {
            "NODE_ID": str(item.node_id), "CONSISTENT_ID": item.consistent_id, "VERSION": VERSION_TEXT,
            "IS_CLIENT": 0, "NODE_ORDER": item.order, "ADDRESSES": "[127.0.0.1]", "HOSTNAMES": "[]",
            "IS_LOCAL": int(item is node),
        }  # fmt: skip


def _node_attributes(engine: Engine, node: Node) -> Iterable[Row]:
    for item in engine.cluster.alive:
        for name, value in attributes_of(engine.cluster, item).items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield {"NODE_ID": str(item.node_id), "NAME": name, "VALUE": text}


def _node_metrics(engine: Engine, node: Node) -> Iterable[Row]:
    return (metrics_of(engine, item) for item in engine.cluster.alive)


def _baseline(engine: Engine, node: Node) -> Iterable[Row]:
    return ({"CONSISTENT_ID": n.consistent_id, "ONLINE": int(n.is_alive)} for n in engine.cluster.nodes)


def _baseline_attributes(engine: Engine, node: Node) -> Iterable[Row]:
    for item in engine.cluster.nodes:
        for name, value in attributes_of(engine.cluster, item).items():
            yield {"NODE_CONSISTENT_ID": item.consistent_id, "NAME": name, "VALUE": str(value)}


def _affinity(cache: Cache) -> str:
    count = cache.config.partitions
    return f"RendezvousAffinityFunction [parts={count}, mask={count - 1}, exclNeighbors=false]"


def _common(cache: Cache) -> Row:
    """The columns that CACHES and CACHE_GROUPS share."""
    settings = cache.config
    return {
        "CACHE_GROUP_NAME": settings.group_name, "CACHE_GROUP_ID": string_hash(settings.group_name),
        "CACHE_MODE": MODES[settings.mode], "ATOMICITY_MODE": ATOMICITIES[settings.atomicity],
        "AFFINITY": _affinity(cache), "DATA_REGION_NAME": settings.data_region,
        "BACKUPS": settings.backups if settings.mode == config.PARTITIONED else 2147483647,
        "PARTITION_LOSS_POLICY": LOSSES[settings.loss_policy], "REBALANCE_DELAY": settings.rebalance_delay,
        "REBALANCE_MODE": REBALANCES[settings.rebalance_mode], "REBALANCE_ORDER": settings.rebalance_order,
    }  # fmt: skip


def _caches(engine: Engine, node: Node) -> Iterable[Row]:
    for cache in engine.cluster.caches.values():
        settings = cache.config
        yield _common(cache) | {
            "CACHE_NAME": cache.name, "CACHE_ID": cache.cache_id, "CACHE_TYPE": "USER",
            "DEFAULT_LOCK_TIMEOUT": settings.lock_timeout,
            "EXPIRY_POLICY_FACTORY": None if settings.expiry is None else f"ExpiryPolicy{settings.expiry}",
            "HAS_EXPIRING_ENTRIES": "Unknown", "IS_COPY_ON_READ": int(settings.copy_on_read),
            "IS_EAGER_TTL": int(settings.eager_ttl), "IS_ENCRYPTION_ENABLED": 0, "IS_EVENTS_DISABLED": 0,
            "IS_INVALIDATE": 0, "IS_LOAD_PREVIOUS_VALUE": 0, "IS_MANAGEMENT_ENABLED": 0, "IS_NEAR_CACHE_ENABLED": 0,
            "IS_ONHEAP_CACHE_ENABLED": int(settings.on_heap), "IS_READ_FROM_BACKUP": int(settings.read_from_backup),
            "IS_READ_THROUGH": 0, "IS_SQL_ESCAPE_ALL": int(settings.sql_escape_all),
            "IS_SQL_ONHEAP_CACHE_ENABLED": 0, "IS_STATISTICS_ENABLED": int(settings.statistics),
            "IS_STORE_KEEP_BINARY": 0, "IS_WRITE_BEHIND_ENABLED": 0, "IS_WRITE_THROUGH": 0,
            "MAX_CONCURRENT_ASYNC_OPERATIONS": settings.max_async_operations,
            "MAX_QUERY_ITERATORS_COUNT": settings.max_query_iterators, "NEAR_CACHE_START_SIZE": 0,
            "QUERY_DETAIL_METRICS_SIZE": settings.query_detail_metrics, "QUERY_PARALLELISM": settings.query_parallelism,
            "REBALANCE_BATCH_SIZE": settings.rebalance_batch_size,
            "REBALANCE_BATCHES_PREFETCH_COUNT": settings.rebalance_prefetch,
            "REBALANCE_THROTTLE": settings.rebalance_throttle, "REBALANCE_TIMEOUT": settings.rebalance_timeout,
            "SQL_INDEX_MAX_INLINE_SIZE": settings.sql_inline_size, "SQL_ONHEAP_CACHE_MAX_SIZE": 0,
            "SQL_SCHEMA": settings.sql_schema, "WRITE_BEHIND_BATCH_SIZE": 512, "WRITE_BEHIND_COALESCING": 1,
            "WRITE_BEHIND_FLUSH_FREQUENCY": 5000, "WRITE_BEHIND_FLUSH_SIZE": 10240,
            "WRITE_BEHIND_FLUSH_THREAD_COUNT": 1,
            "WRITE_SYNCHRONIZATION_MODE": SYNCHRONIZATIONS[settings.write_synchronization],
        }  # fmt: skip


def _groups(engine: Engine) -> dict[str, list[Cache]]:
    groups: dict[str, list[Cache]] = {}
    for cache in engine.cluster.caches.values():
        groups.setdefault(cache.config.group_name, []).append(cache)
    return groups


def _cache_groups(engine: Engine, node: Node) -> Iterable[Row]:
    for caches in _groups(engine).values():
        yield _common(caches[0]) | {
            "CACHE_COUNT": len(caches), "IS_SHARED": int(caches[0].config.group is not None),
            "PARTITIONS_COUNT": caches[0].config.partitions,
        }  # fmt: skip


def _partition_states(engine: Engine, node: Node) -> Iterable[Row]:
    """Every node's copies: the primary and the backups that follow it."""
    alive = engine.cluster.alive
    for name, caches in _groups(engine).items():
        settings = caches[0].config
        copies = len(alive) if settings.mode == config.REPLICATED else min(settings.backups + 1, len(alive))
        for partition in range(settings.partitions):
            for copy in range(copies):
                yield {
                    "CACHE_GROUP_ID": string_hash(name), "PARTITION_ID": partition, "STATE": "OWNING",
                    "NODE_ID": str(alive[(partition + copy) % len(alive)].node_id), "IS_PRIMARY": int(copy == 0),
                }  # fmt: skip


def _connections(engine: Engine, node: Node) -> Iterable[Row]:
    for item in list(node.connections.values()):
        if item.is_open:
            yield {
                "CONNECTION_ID": item.connection_id, "LOCAL_ADDRESS": f"/{item.channel.local}",
                "REMOTE_ADDRESS": f"/{item.channel.remote}", "TYPE": "THIN",
                "USER": item.negotiated.username or None, "VERSION": ".".join(map(str, item.negotiated.version)),
            }  # fmt: skip


def _connection_attributes(engine: Engine, node: Node) -> Iterable[Row]:
    for item in list(node.connections.values()):
        for name, value in item.negotiated.attributes.items():
            yield {"CONNECTION_ID": item.connection_id, "NAME": name, "VALUE": value}


def _scan_queries(engine: Engine, node: Node) -> Iterable[Row]:
    for connection in list(node.connections.values()):
        for number, scan in connection.resources_of(ScanCursor):
            cache = scan.cache
            yield {
                "ORIGIN_NODE_ID": str(node.node_id), "QUERY_ID": number, "CACHE_NAME": cache.name,
                "CACHE_ID": cache.cache_id, "CACHE_GROUP_ID": string_hash(cache.config.group_name),
                "CACHE_GROUP_NAME": cache.config.group_name, "START_TIME": int(scan.started * 1000),
                "DURATION": int((time.time() - scan.started) * 1000), "CANCELED": 0, "KEEP_BINARY": 1,
                "LOCAL": int(scan.is_local), "PAGE_SIZE": scan.page_size, "PARTITION": scan.partition,
                "TOPOLOGY": str(list(engine.cluster.topology)),
            }  # fmt: skip


def _continuous_queries(engine: Engine, node: Node) -> Iterable[Row]:
    for connection in list(node.connections.values()):
        for _, query in connection.resources_of(ContinuousQuery):
            yield {
                "CACHE_NAME": query.cache.name, "LOCAL_LISTENER": "thin client", "NODE_ID": str(node.node_id),
                "LAST_SEND_TIME": int(query.last_sent * 1000), "AUTO_UNSUBSCRIBE": 1, "BUFFER_SIZE": query.buffer_size,
                "DELAYED_REGISTER": 0, "INTERVAL": query.interval_ms, "IS_EVENTS": 0, "IS_MESSAGING": 0,
                "IS_QUERY": 1, "KEEP_BINARY": 1, "NOTIFY_EXISTING": 0, "OLD_VALUE_REQUIRED": 1,
                "ROUTINE_ID": str(query.routine_id),
            }  # fmt: skip


def _atomic_longs(engine: Engine, node: Node) -> Iterable[Row]:
    for (name, group), value in engine.cluster.atomic_longs.items():
        yield {"NAME": name, "VALUE": value, "GROUP_NAME": group, "GROUP_ID": string_hash(group), "REMOVED": 0}


def _transactions(engine: Engine, node: Node) -> Iterable[Row]:
    for tx in engine.cluster.transactions.active():
        owner = engine.cluster.nodes[tx.node_order - 1]
        if owner is node:
            caches = sorted({cache_id for cache_id, _ in (*tx.writes, *tx.reads)})
            yield {
                "ORIGINATING_NODE_ID": str(owner.node_id), "STATE": "ACTIVE", "XID": tx.xid, "LABEL": tx.label,
                "START_TIME": int(tx.started * 1000), "ISOLATION": ISOLATIONS[tx.isolation],
                "CONCURRENCY": CONCURRENCIES[tx.concurrency], "KEYS_COUNT": len({*tx.writes, *tx.reads}),
                "CACHE_IDS": ", ".join(map(str, caches)), "COLOCATED": 1, "DHT": 0,
                "DURATION": int((time.time() - tx.started) * 1000), "IMPLICIT": 0, "IMPLICIT_SINGLE": 0,
                "INTERNAL": 0, "LOCAL": 1, "LOCAL_NODE_ID": str(node.node_id), "NEAR": 1, "ONE_PHASE_COMMIT": 0,
                "SYSTEM": 0, "THREAD_ID": tx.number, "TIMEOUT": tx.timeout_ms,
                "TOP_VER": str(list(engine.cluster.topology)),
            }  # fmt: skip


def _binary_metadata(engine: Engine, node: Node) -> Iterable[Row]:
    for kind in engine.cluster.binary.by_id.values():
        yield {
            "TYPE_ID": kind.type_id, "TYPE_NAME": kind.name, "AFF_KEY_FIELD_NAME": kind.affinity_field,
            "FIELDS_COUNT": len(kind.fields), "FIELDS": f"[{', '.join(kind.fields)}]",
            "SCHEMAS_IDS": f"[{', '.join(map(str, kind.schemas))}]", "IS_ENUM": int(kind.literals is not None),
        }  # fmt: skip


def _configuration(engine: Engine, node: Node) -> Iterable[Row]:
    settings = {
        "IgniteInstanceName": node.consistent_id,
        "ConsistentId": node.consistent_id,
        "AuthenticationEnabled": str(engine.cluster.users is not None).lower(),
        "ClientConnectorConfiguration.Host": "127.0.0.1",
        "ClientConnectorConfiguration.Port": str(node.port),
        "ThinProtocol": ".".join(map(str, handshake.NEWEST)),
    }
    return ({"NAME": name, "VALUE": value} for name, value in settings.items())


def _metrics(engine: Engine, node: Node) -> Iterable[Row]:
    """One metric a cache: its size."""
    for cache in engine.cluster.caches.values():
        yield {"NAME": f"cache.{cache.name}.CacheSize", "VALUE": str(cache.size()), "DESCRIPTION": "Entries."}


NODE_ROWS: dict[str, Rows] = {
    "NODES": _nodes,
    "NODE_ATTRIBUTES": _node_attributes,
    "NODE_METRICS": _node_metrics,
    "BASELINE_NODES": _baseline,
    "BASELINE_NODE_ATTRIBUTES": _baseline_attributes,
    "CACHES": _caches,
    "CACHE_GROUPS": _cache_groups,
    "PARTITION_STATES": _partition_states,
    "CLIENT_CONNECTIONS": _connections,
    "CLIENT_CONNECTION_ATTRIBUTES": _connection_attributes,
    "SCAN_QUERIES": _scan_queries,
    "TRANSACTIONS": _transactions,
    "CONTINUOUS_QUERIES": _continuous_queries,
    "DS_ATOMICLONGS": _atomic_longs,
    "BINARY_METADATA": _binary_metadata,
    "CONFIGURATION": _configuration,
    "METRICS": _metrics,
}
