"""The configuration of a cache: all 31 properties, written for `create` and read back.

Values are plain: names of modes are words (`PARTITIONED`), query entities and key configurations are lists of
dicts, the expiry policy is a dict of milliseconds (-1 eternal, -2 unchanged).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.errors import ValueRefused
from services.stores.ignite.codec.encode_scalars import boolean, integer
from services.stores.ignite.codec.query_entities import (
    read_entities,
    read_key_configuration,
    write_entities,
    write_key_configuration,
)
from services.stores.ignite.codec.reader import Buffer, ByteReader, malformed
from services.stores.ignite.codec.requests import text

Writer = Callable[[Any], bytes]
Reader = Callable[[ByteReader], Any]


@dataclass(frozen=True, slots=True)
class Property:
    """One property: its code on the wire, and for a mode the words by number."""

    code: int
    write: Writer
    read: Reader
    words: Mapping[int, str] | None = None


def _bool(value: Any) -> bytes:
    return boolean(value)


def _int(value: Any) -> bytes:
    return integer("Int", value)


def _long(value: Any) -> bytes:
    return integer("Long", value)


def _read_int(reader: ByteReader) -> int:
    return reader.int32()


def _read_long(reader: ByteReader) -> int:
    return reader.int64()


def _read_bool(reader: ByteReader) -> bool:
    return reader.flag()


def _read_text(reader: ByteReader) -> str | None:
    return reader.text()


def _expiry(value: Any) -> bytes:
    if value is None:
        return b"\x00"
    return b"\x01" + b"".join(_long(value[name]) for name in ("create", "update", "access"))


def _read_expiry(reader: ByteReader) -> dict[str, int] | None:
    if not reader.flag():
        return None
    return {"create": reader.int64(), "update": reader.int64(), "access": reader.int64()}


def _mode(code: int, *words: str, first: int = 0) -> Property:
    by_number = dict(enumerate(words, first))
    by_word = {word: number for number, word in by_number.items()}

    def write(value: Any) -> bytes:
        number = by_word.get(str(value).upper())
        if number is None:
            raise ValueRefused(f"{value!r:.60}: no such mode", hint="One of " + ", ".join(by_word) + ".")
        return _int(number)

    def read(reader: ByteReader) -> str:
        number = reader.int32()
        return by_number.get(number, str(number))

    return Property(code, write, read, by_number)


def _flag(code: int) -> Property:
    return Property(code, _bool, _read_bool)


def _number(code: int) -> Property:
    return Property(code, _int, _read_int)


def _big(code: int) -> Property:
    return Property(code, _long, _read_long)


def _text(code: int) -> Property:
    return Property(code, text, _read_text)


PROPERTIES: Final[dict[str, Property]] = {
    "atomicity_mode": _mode(2, "TRANSACTIONAL", "ATOMIC"),
    "backups": _number(3),
    "cache_mode": _mode(1, "REPLICATED", "PARTITIONED", first=1),
    "copy_on_read": _flag(5),
    "data_region": _text(100),
    "eager_ttl": _flag(405),
    "statistics_enabled": _flag(406),
    "group_name": _text(400),
    "default_lock_timeout_ms": _big(402),
    "max_concurrent_async_operations": _number(403),
    "max_query_iterators": _number(206),
    "name": _text(0),
    "onheap_cache_enabled": _flag(101),
    "partition_loss_policy": _mode(
        404, "READ_ONLY_SAFE", "READ_ONLY_ALL", "READ_WRITE_SAFE", "READ_WRITE_ALL", "IGNORE"
    ),
    "query_detail_metrics_size": _number(202),
    "query_parallelism": _number(201),
    "read_from_backup": _flag(6),
    "rebalance_batch_size": _number(303),
    "rebalance_batches_prefetch_count": _big(304),
    "rebalance_delay_ms": _big(301),
    "rebalance_mode": _mode(300, "SYNC", "ASYNC", "NONE"),
    "rebalance_order": _number(305),
    "rebalance_throttle_ms": _big(306),
    "rebalance_timeout_ms": _big(302),
    "sql_escape_all": _flag(205),
    "sql_index_inline_max_size": _number(204),
    "sql_schema": _text(203),
    "write_synchronization_mode": _mode(4, "FULL_SYNC", "FULL_ASYNC", "PRIMARY_SYNC"),
    "key_configuration": Property(401, write_key_configuration, read_key_configuration),
    "query_entities": Property(200, write_entities, read_entities),
    "expiry_policy": Property(407, _expiry, _read_expiry),
}
"""All properties by name, in the order in which a server tells them."""


def create_cache(properties: Mapping[str, Any]) -> bytes:
    """Body of `create` and `get or create` with a configuration; what is left out takes the server's default.

    Raises:
        ValueRefused: an unknown property, or a value that does not fit.
    """
    if not properties.get("name"):
        raise ValueRefused("a cache needs a name", hint="Give the property `name`.")
    parts = [struct.pack("<h", len(properties))]
    for name, value in properties.items():
        known = PROPERTIES.get(name)
        if known is None:
            raise ValueRefused(f"{name}: no property of a cache", hint="One of " + ", ".join(PROPERTIES) + ".")
        parts.append(struct.pack("<h", known.code) + known.write(value))
    body = b"".join(parts)
    return struct.pack("<i", len(body)) + body


def read_cache_config(payload: Buffer, *, has_expiry: bool = True) -> dict[str, Any]:
    """The configuration that a server tells, by property.

    Args:
        has_expiry: the protocol version is 1.6 or later.
    """
    start = ByteReader(payload)
    size = start.count()
    reader = ByteReader(payload, start.offset, start.offset + size)
    names = [name for name in PROPERTIES if has_expiry or name != "expiry_policy"]
    properties = {name: PROPERTIES[name].read(reader) for name in names}
    if reader.offset != reader.end:
        raise malformed(reader.offset, f"{reader.end - reader.offset} bytes left in a cache configuration")
    return properties
