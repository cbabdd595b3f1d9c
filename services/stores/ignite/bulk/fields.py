"""Columns of transfers: which Arrow type holds every value of an Ignite type, and which SQL type a new table takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from services.errors import ValueRefused
from services.results.marks import NUMBER_METADATA
from services.stores.bulk import new_key
from services.stores.ignite.codec import tags
from services.stores.ignite.inputs import sql_word
from services.stores.types import KEY_METADATA, TYPE_METADATA, Column

Field = Any

JSON_METADATA: Final = b"storedeck.json"
"""`1` on a column of text whose texts are JSON."""
LENGTH_METADATA: Final = b"storedeck.length"
"""The most UTF-16 units that a text of the column may have."""

PLAIN_TYPES: Final[Mapping[str, Any]] = {
    "Byte": pa.int8(),
    "Short": pa.int16(),
    "Int": pa.int32(),
    "Long": pa.int64(),
    "Float": pa.float32(),
    "Double": pa.float64(),
    "Bool": pa.bool_(),
    "String": pa.string(),
    "UUID": pa.binary(16),
    "Time": pa.time32("ms"),
    tags.SQL_DATE_WORD: pa.date32(),
    tags.BYTE_ARRAY_WORD: pa.binary(),
}
"""Type words whose values one Arrow type always holds."""

_SHAPE: Final = re.compile(r"\((\d+)(?:,\s*(\d+))?\)")
_MAX_DIGITS: Final = 76


def declared_field(column: Column, zone: str, *, time_unit: str = "ns", given: Any = None) -> Field:
    """The field that holds what a column of a table can hold.

    Args:
        zone: of the servers' JVM.
        time_unit: of a TIMESTAMP.
        given: the type of the values that will come, where some types serve as well as others.
    """
    word = sql_word(column.type)
    marks: dict[bytes, bytes] = {TYPE_METADATA: word.encode()}
    if column.is_key:
        marks[KEY_METADATA] = b"1"
    kind = PLAIN_TYPES.get(word)
    if word == "Timestamp":
        kind = pa.timestamp(time_unit, tz=zone)
    elif word == "Decimal":
        kind = _decimal(column.type)
        if kind is None:
            marks[NUMBER_METADATA] = b"1"
    elif word in ("UUID", "Time") and given is not None and pa.types.is_string(given):
        # Arrow turns no text into either.
        kind = pa.string()
    elif kind is None:
        marks[JSON_METADATA] = b"1"
    elif word == "String" and (length := _SHAPE.search(column.type)):
        marks[LENGTH_METADATA] = length[1].encode()
    return pa.field(column.name, kind or pa.string(), nullable=column.is_nullable, metadata=dict(marks.items()))


def _decimal(declared: str) -> Any:
    """The type of a DECIMAL with digits declared; None where its values may have any scale."""
    shape = _SHAPE.search(declared)
    precision, scale = (int(shape[1]), int(shape[2] or 0)) if shape else (0, 0)
    if not 0 < precision <= _MAX_DIGITS or scale > precision:
        return None
    return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)


def word_of(field: Field) -> str:
    """The Ignite type that a field's metadata names."""
    return str((field.metadata or {}).get(TYPE_METADATA, b"").decode("utf-8", "surrogatepass"))


def has_mark(field: Field, mark: bytes) -> bool:
    """Whether a field's metadata has a mark."""
    return mark in (field.metadata or {})


def new_columns(schema: pa.Schema) -> tuple[Column, ...]:
    """The columns of a table to be made; those marked are its key, or the first.

    Raises:
        ValueRefused: no SQL type holds a column.
    """
    keys = new_key(schema)
    return tuple(Column(one.name, _sql_type(one), one.name in keys, one.name not in keys) for one in schema)


def _sql_type(field: Field) -> str:
    kind = field.type
    types = pa.types
    if pa.types.is_decimal(kind):
        return f"DECIMAL({max(kind.precision, kind.scale)}, {max(kind.scale, 0)})"
    if types.is_timestamp(kind) or types.is_date64(kind):
        return "TIMESTAMP"
    if types.is_fixed_size_binary(kind) and kind.byte_width == 16 and word_of(field) == "UUID":
        return "UUID"
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return "BINARY"
    if types.is_nested(kind) and not types.is_union(kind):
        raise ValueRefused(
            f"{field.name}: no SQL type holds {kind}", hint=f"Leave it out with --map {field.name}= , or use a cache."
        )
    return _SQL_TYPES.get(str(kind), "VARCHAR")


_SQL_TYPES: Final = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "uint8": "SMALLINT",
    "int32": "INT",
    "uint16": "INT",
    "int64": "BIGINT",
    "uint32": "BIGINT",
    "uint64": "DECIMAL(20, 0)",
    "halffloat": "REAL",
    "float": "REAL",
    "double": "DOUBLE",
    "date32[day]": "DATE",
    "time32[s]": "TIME",
    "time32[ms]": "TIME",
    "time64[us]": "TIME",
    "time64[ns]": "TIME",
}
