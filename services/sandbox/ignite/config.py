"""The 31 properties of a cache: defaults, the write form of a create request and the read form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from services.sandbox.ignite import wire
from services.sandbox.ignite.entities import (
    QueryEntity,
    read_entities,
    read_key_configurations,
    write_entities,
    write_key_configurations,
)
from services.sandbox.ignite.errors import BadRequest, ConnectionEnds
from services.sandbox.ignite.wire import Reader

LOCAL, REPLICATED, PARTITIONED = 0, 1, 2
TRANSACTIONAL, ATOMIC = 0, 1
Expiry = tuple[int, int, int]


@dataclass
class CacheConfig:
    """A cache's configuration; the defaults are those of a cache created by name alone."""

    name: str
    mode: int = PARTITIONED
    atomicity: int = ATOMIC
    backups: int = 0
    write_synchronization: int = 2
    copy_on_read: bool = True
    read_from_backup: bool = True
    data_region: str | None = None
    on_heap: bool = False
    query_entities: list[QueryEntity] = field(default_factory=list)
    query_parallelism: int = 1
    query_detail_metrics: int = 0
    sql_schema: str | None = None
    sql_inline_size: int = -1
    sql_escape_all: bool = False
    max_query_iterators: int = 1024
    rebalance_mode: int = 1
    rebalance_delay: int = 0
    rebalance_timeout: int = 10_000
    rebalance_batch_size: int = 524_288
    rebalance_prefetch: int = 3
    rebalance_order: int = 0
    rebalance_throttle: int = 0
    group: str | None = None
    key_configurations: list[tuple[str | None, str | None]] = field(default_factory=list)
    lock_timeout: int = 0
    max_async_operations: int = 500
    loss_policy: int = 4
    eager_ttl: bool = True
    statistics: bool = False
    expiry: Expiry | None = None

    @property
    def is_transactional(self) -> bool:
        return self.atomicity == TRANSACTIONAL

    @property
    def partitions(self) -> int:
        return 512 if self.mode == REPLICATED else 1024

    @property
    def group_name(self) -> str:
        return self.group or self.name


def read_expiry(reader: Reader) -> Expiry:
    """Milliseconds for create, update and access; -2 unchanged, -1 eternal."""
    return reader.long(), reader.long(), reader.long()


def _optional_expiry(reader: Reader) -> Expiry | None:
    return read_expiry(reader) if reader.boolean() else None


def _write_expiry(value: Expiry | None) -> bytes:
    return b"\0" if value is None else b"\1" + b"".join(map(wire.int64, value))


Codec = tuple[Callable[[Reader], object], Callable[..., bytes]]
_STRING: Codec = (Reader.string, wire.string)
_BOOL: Codec = (Reader.boolean, wire.boolean)
_INT: Codec = (Reader.int32, wire.int32)
_LONG: Codec = (Reader.long, wire.int64)

PROPERTIES: dict[int, tuple[str, Codec]] = {
    0: ("name", _STRING),
    1: ("mode", _INT),
    2: ("atomicity", _INT),
    3: ("backups", _INT),
    4: ("write_synchronization", _INT),
    5: ("copy_on_read", _BOOL),
    6: ("read_from_backup", _BOOL),
    100: ("data_region", _STRING),
    101: ("on_heap", _BOOL),
    200: ("query_entities", (read_entities, write_entities)),
    201: ("query_parallelism", _INT),
    202: ("query_detail_metrics", _INT),
    203: ("sql_schema", _STRING),
    204: ("sql_inline_size", _INT),
    205: ("sql_escape_all", _BOOL),
    206: ("max_query_iterators", _INT),
    300: ("rebalance_mode", _INT),
    301: ("rebalance_delay", _LONG),
    302: ("rebalance_timeout", _LONG),
    303: ("rebalance_batch_size", _INT),
    304: ("rebalance_prefetch", _LONG),
    305: ("rebalance_order", _INT),
    306: ("rebalance_throttle", _LONG),
    400: ("group", _STRING),
    401: ("key_configurations", (read_key_configurations, write_key_configurations)),
    402: ("lock_timeout", _LONG),
    403: ("max_async_operations", _INT),
    404: ("loss_policy", _INT),
    405: ("eager_ttl", _BOOL),
    406: ("statistics", _BOOL),
    407: ("expiry", (_optional_expiry, _write_expiry)),
}
READ_ORDER = (
    2, 3, 1, 5, 100, 405, 406, 400, 402, 403, 206, 0, 101, 404, 202, 201, 6, 303, 304, 301, 300, 305, 306,
    302, 205, 204, 203, 4, 401, 200,
)  # fmt: skip


def read_config(reader: Reader) -> CacheConfig:
    """A configuration as a create request carries it: length, count, then code and value each."""
    reader.int32()
    values: dict[str, object] = {}
    for _ in range(reader.short()):
        code = reader.short()
        if code not in PROPERTIES:
            raise BadRequest(f"Invalid cache configuration property code: {code}")
        name, (read, _) = PROPERTIES[code]
        values[name] = read(reader)
    if not values.get("name"):
        raise BadRequest("A cache configuration needs a name")
    if values.get("mode") == LOCAL:
        raise ConnectionEnds
    return CacheConfig(**values)  # type: ignore[arg-type]


def write_config(config: CacheConfig, with_expiry: bool) -> bytes:
    """A configuration as a node reports it: length, then the values in their fixed order."""
    codes = (*READ_ORDER, 407) if with_expiry else READ_ORDER
    parts = []
    for code in codes:
        name, (_, write) = PROPERTIES[code]
        parts.append(write(getattr(config, name)))
    body = b"".join(parts)
    return wire.int32(len(body)) + body
