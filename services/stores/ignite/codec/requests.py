"""Bodies of requests and what their answers hold, by the thin client protocol 1.7 (little endian).

A body follows the header (length, operation, request id). Values are encoded objects, tag included. What a request
looks like depends on the feature bits agreed on in the handshake; those that matter are arguments here.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from typing import Final

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.binary_types import BinaryField, BinaryType
from services.stores.ignite.codec.hashes import cache_id
from services.stores.ignite.codec.reader import Buffer, ByteReader

OP_CLOSE: Final = 0
OP_GET: Final = 1000
OP_PUT: Final = 1001
OP_PUT_IF_ABSENT: Final = 1002
OP_REPLACE: Final = 1009
OP_REPLACE_IF_EQUALS: Final = 1010
OP_REMOVE_KEY: Final = 1016
OP_REMOVE_IF_EQUALS: Final = 1017
OP_CACHE_SIZE: Final = 1020
OP_CACHE_NAMES: Final = 1050
OP_CREATE_CACHE: Final = 1053
OP_CACHE_CONFIGURATION: Final = 1055
OP_DESTROY_CACHE: Final = 1056
OP_SCAN: Final = 2000
OP_SCAN_NEXT: Final = 2001
OP_SQL_FIELDS: Final = 2004
OP_SQL_FIELDS_NEXT: Final = 2005
OP_GET_BINARY_TYPE: Final = 3002

FEATURE_QUERY_PARTITIONS: Final = 7
UPDATE_BATCH_ROWS: Final = 1

_HEAD = struct.Struct("<iB")
_INT = struct.Struct("<i")
_LONG = struct.Struct("<q")


def text(value: str) -> bytes:
    """A tagged string."""
    data = value.encode("utf-8", "surrogatepass")
    return struct.pack("<Bi", tags.STRING, len(data)) + data


def cache_head(cache: str) -> bytes:
    """Which cache a request is for, without flags."""
    return _HEAD.pack(cache_id(cache), 0)


def get(cache: str, key: bytes) -> bytes:
    """Get, contains or remove a key."""
    return cache_head(cache) + key


def put(cache: str, key: bytes, value: bytes) -> bytes:
    """Put, put if absent, or replace."""
    return cache_head(cache) + key + value


def replace_if_equals(cache: str, key: bytes, expected: bytes, value: bytes) -> bytes:
    """Replace the value if its bytes are the expected ones."""
    return cache_head(cache) + key + expected + value


def remove_if_equals(cache: str, key: bytes, expected: bytes) -> bytes:
    """Remove the entry if the bytes of its value are the expected ones."""
    return cache_head(cache) + key + expected


def cache_size(cache: str) -> bytes:
    """Count the entries; no peek mode means primary copies."""
    return cache_head(cache) + _INT.pack(0)


def destroy_cache(cache: str) -> bytes:
    """Destroy a cache, or name it for another operation that takes its id alone."""
    return _INT.pack(cache_id(cache))


def scan(cache: str, page_rows: int, partition: int = -1) -> bytes:
    """Open a scan without a filter over all partitions or one. A page of 0 rows would close the connection."""
    return cache_head(cache) + struct.pack("<Biib", tags.NULL, max(page_rows, 1), partition, 0)


def next_page(cursor: int) -> bytes:
    """The next page of a scan or a statement."""
    return _LONG.pack(cursor)


def close_resource(cursor: int) -> bytes:
    """Free a cursor."""
    return _LONG.pack(cursor)


def sql_fields(
    statement: str,
    *,
    arguments: Sequence[bytes] = (),
    schema: str = "PUBLIC",
    page_rows: int = 1024,
    timeout_ms: int = 0,
    features: Collection[int] = (),
) -> bytes:
    """Run a statement of any kind, column names asked for; `features` are the bits agreed on."""
    parts = [
        _HEAD.pack(0, 0),
        text(schema),
        struct.pack("<ii", max(page_rows, 1), -1),
        text(statement),
        _INT.pack(len(arguments)),
        *arguments,
        # Kind any; distributed joins, local, replicated only, join order, collocated, lazy; timeout; names.
        struct.pack("<b6?q?", 0, False, False, False, False, False, True, timeout_ms, True),
    ]
    if FEATURE_QUERY_PARTITIONS in features:
        parts.append(struct.pack("<ii", -1, UPDATE_BATCH_ROWS))
    return b"".join(parts)


def read_column_names(reader: ByteReader) -> list[str]:
    """The names that follow the cursor id in the answer to a statement."""
    return [reader.name() for _ in range(reader.count())]


def read_names(answer: Buffer) -> list[str]:
    """The names of all caches."""
    reader = ByteReader(answer, 0)
    return [reader.name() for _ in range(reader.count())]


def get_binary_type(type_id: int) -> bytes:
    """Ask for a binary type."""
    return _INT.pack(type_id)


def read_binary_type(answer: Buffer) -> BinaryType | None:
    """A binary type, None where the cluster has none."""
    reader = ByteReader(answer, 0)
    if not reader.flag():
        return None
    type_id, name, affinity = reader.int32(), reader.name(), reader.name()
    fields = []
    for _ in range(reader.count()):
        field_name, tag, field_id = reader.name(), reader.int32(), reader.int32()
        fields.append(BinaryField(field_name, tag, field_id))
    is_enum = reader.flag()
    literals = {}
    if is_enum:
        for _ in range(reader.count()):
            literal = reader.name()
            literals[reader.int32()] = literal
    schemas = {}
    for _ in range(reader.count()):
        schema = reader.int32()
        schemas[schema] = tuple(reader.int32() for _ in range(reader.count()))
    return BinaryType(type_id, name, tuple(fields), schemas, affinity, is_enum, literals)
