"""Requests of the thin client protocol: operations and bodies, and the answers that are no pages.

A body is what follows the request header (int length, short operation, long request id); `message` puts them
together. Keys and values are encoded objects (`encode`). What a body looks like depends on the features that both
sides agreed on in the handshake, never on what a version could: a body too short can halt a node.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from typing import Final

from services.errors import UsageError
from services.stores.ignite.codec import tags
from services.stores.ignite.codec.binary_types import BinaryField, BinaryType
from services.stores.ignite.codec.encode_scalars import integer, string
from services.stores.ignite.codec.hashes import cache_id
from services.stores.ignite.codec.reader import Buffer, ByteReader

OP_CLOSE: Final = 0
OP_GET: Final = 1000
OP_PUT: Final = 1001
OP_PUT_IF_ABSENT: Final = 1002
OP_GET_ALL: Final = 1003
OP_PUT_ALL: Final = 1004
OP_REPLACE: Final = 1009
OP_REPLACE_IF_EQUALS: Final = 1010
OP_CONTAINS_KEY: Final = 1011
OP_CLEAR: Final = 1013
OP_REMOVE_KEY: Final = 1016
OP_REMOVE_IF_EQUALS: Final = 1017
OP_REMOVE_ALL: Final = 1019
OP_CACHE_SIZE: Final = 1020
OP_CACHE_NAMES: Final = 1050
OP_CREATE_CACHE: Final = 1053
OP_CACHE_CONFIG: Final = 1055
OP_DESTROY_CACHE: Final = 1056
OP_SCAN: Final = 2000
OP_SCAN_NEXT: Final = 2001
OP_SQL_FIELDS: Final = 2004
OP_SQL_FIELDS_NEXT: Final = 2005
OP_GET_BINARY_TYPE: Final = 3002
OP_PUT_BINARY_TYPE: Final = 3003

FEATURE_DEFAULT_TIMEOUT: Final = 6
FEATURE_PARTITIONS_AND_BATCH: Final = 7

NULL: Final = bytes((tags.NULL,))
STATEMENT_ANY: Final = 0


def message(op: int, request_id: int, body: bytes) -> bytes:
    """A whole request, its length in front."""
    return struct.pack("<ihq", 10 + len(body), op, request_id) + body


def text(value: str | None) -> bytes:
    """A string object, or null."""
    return NULL if value is None else string(value)


def head(cache: str | None, flags: int = 0) -> bytes:
    """What every request to a cache starts with; no cache at all has the id 0."""
    return struct.pack("<iB", 0 if cache is None else cache_id(cache), flags)


def _page_rows(rows: int) -> bytes:
    if rows < 1:
        raise UsageError(f"a page of {rows} rows: at least one row is needed")
    return integer("Int", rows)


def get(cache: str, key: bytes) -> bytes:
    """Body of every operation on one key alone: get, contains, remove."""
    return head(cache) + key


def get_all(cache: str, keys: Sequence[bytes]) -> bytes:
    """Body of get all; the answer is an int count and that many pairs, keys without an entry left out."""
    return head(cache) + struct.pack("<i", len(keys)) + b"".join(keys)


def put_all(cache: str, entries: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Body of put all."""
    return head(cache) + struct.pack("<i", len(entries)) + b"".join(part for entry in entries for part in entry)


def put(cache: str, key: bytes, value: bytes) -> bytes:
    """Body of put, put if absent and replace; the last two answer a bool."""
    return head(cache) + key + value


def replace_if_equals(cache: str, key: bytes, before: bytes, after: bytes) -> bytes:
    """Body of replace if equals; `before` matches by type, scale and, for binary objects, bytes."""
    return head(cache) + key + before + after


def remove_if_equals(cache: str, key: bytes, before: bytes) -> bytes:
    """Body of remove if equals."""
    return head(cache) + key + before


def cache_size(cache: str) -> bytes:
    """Body of the size of a cache, all peek modes; the answer is a long."""
    return head(cache) + struct.pack("<i", 0)


def clear(cache: str) -> bytes:
    """Body of clear, of remove all, and of the configuration of a cache."""
    return head(cache)


def destroy_cache(cache: str) -> bytes:
    """Body of destroy."""
    return struct.pack("<i", cache_id(cache))


def scan(cache: str, page_rows: int, partition: int = -1, *, is_local: bool = False) -> bytes:
    """Body of a scan; the answer is long cursor, int rows, key and value objects, bool more."""
    return head(cache) + NULL + _page_rows(page_rows) + struct.pack("<i?", partition, is_local)


def next_page(cursor: int) -> bytes:
    """Body that asks for the next page of a scan or a statement: int rows, objects, bool more."""
    return struct.pack("<q", cursor)


def close_resource(cursor: int) -> bytes:
    """Body that frees a cursor."""
    return struct.pack("<q", cursor)


def sql_fields(
    statement: str,
    *,
    arguments: Sequence[bytes] = (),
    schema: str | None = "PUBLIC",
    page_rows: int = 1024,
    timeout_ms: int | None = None,
    features: Collection[int] = (),
    cache: str | None = None,
    is_lazy: bool = False,
    is_local: bool = False,
) -> bytes:
    """Body of a statement.

    The answer is long cursor, int columns and their names, int rows, objects row by row, bool more. DDL and DML
    answer one row with the update count.

    Args:
        timeout_ms: None for the server's own default.
        features: the numbers of the feature bits agreed on.
        is_lazy: the server produces rows as they are asked for, instead of all at once.
    """
    no_timeout = -1 if FEATURE_DEFAULT_TIMEOUT in features else 0
    parts = [
        head(cache),
        text(schema),
        _page_rows(page_rows),
        struct.pack("<i", -1),
        text(statement),
        struct.pack("<i", len(arguments)),
        *arguments,
        struct.pack("<B6?", STATEMENT_ANY, False, is_local, False, False, False, is_lazy),
        integer("Long", no_timeout if timeout_ms is None else timeout_ms),
        b"\x01",
    ]
    if FEATURE_PARTITIONS_AND_BATCH in features:
        parts.append(struct.pack("<ii", -1, 1))
    return b"".join(parts)


def read_names(payload: Buffer) -> list[str]:
    """The names of all caches."""
    reader = ByteReader(payload)
    return [reader.name() for _ in range(reader.count())]


def read_column_names(reader: ByteReader) -> list[str]:
    """The column names in front of the first page of a statement."""
    return [reader.name() for _ in range(reader.count())]


def get_binary_type(type_id: int) -> bytes:
    """Body that asks for a binary type."""
    return struct.pack("<i", type_id)


def read_binary_type(payload: Buffer) -> BinaryType | None:
    """The binary type that was asked for, None where the cluster has none."""
    reader = ByteReader(payload)
    if not reader.flag():
        return None
    type_id, name, affinity_field = reader.int32(), reader.name(), reader.name()
    fields = tuple(BinaryField(reader.name(), reader.int32(), reader.int32()) for _ in range(reader.count(9)))
    is_enum = reader.flag()
    literals: dict[int, str] = {}
    if is_enum:
        for _ in range(reader.count(5)):
            literal = reader.name()
            literals[reader.int32()] = literal
    schemas = {}
    for _ in range(reader.count(8)):
        schema_id = reader.int32()
        schemas[schema_id] = tuple(reader.int32() for _ in range(reader.count(4)))
    return BinaryType(type_id, name, fields, schemas, affinity_field, is_enum, literals)


def put_binary_type(binary_type: BinaryType) -> bytes:
    """Body that registers a binary type, or adds fields and schemas to it."""
    parts = [
        struct.pack("<i", binary_type.type_id),
        text(binary_type.name),
        text(binary_type.affinity_field or None),
        struct.pack("<i", len(binary_type.fields)),
    ]
    for item in binary_type.fields:
        parts += (text(item.name), struct.pack("<ii", item.tag, item.field_id))
    parts.append(struct.pack("<?", binary_type.is_enum))
    if binary_type.is_enum:
        parts.append(struct.pack("<i", len(binary_type.literals)))
        for ordinal, literal in binary_type.literals.items():
            parts += (text(literal), struct.pack("<i", ordinal))
    parts.append(struct.pack("<i", len(binary_type.schemas)))
    for schema_id, field_ids in binary_type.schemas.items():
        parts.append(struct.pack(f"<ii{len(field_ids)}i", schema_id, len(field_ids), *field_ids))
    return b"".join(parts)
