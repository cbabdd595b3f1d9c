"""Columns of a table that is made for the rows that are to go into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from services.errors import ProtocolError, ValueRefused
from services.stores.maxcompute.types import parse_type, shown_type
from services.stores.types import TYPE_METADATA

_PLAIN: Final[dict[Any, str]] = {
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.uint8(): "SMALLINT",
    pa.uint16(): "INT",
    pa.uint32(): "BIGINT",
    pa.uint64(): "DECIMAL(20,0)",
    pa.float16(): "FLOAT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.date64(): "DATE",
    pa.null(): "STRING",
}
_DIGITS: Final = 38


def type_text(field: Any) -> str:
    """The service's type for a column: its own word where it has one with this form, else one that loses nothing.

    Raises:
        ValueRefused: there is none.
    """
    word = (field.metadata or {}).get(TYPE_METADATA, b"").decode("utf-8", "replace")
    try:
        kind = parse_type(word)
        if shown_type(kind) == field.type:
            return str(kind)
    except ProtocolError:
        pass
    return _text_of(field.type, field.name)


def _text_of(kind: Any, name: str) -> str:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if pa.types.is_timestamp(kind):
        return _moment(kind)
    if pa.types.is_decimal(kind) and 0 <= kind.scale <= kind.precision <= _DIGITS:
        return f"DECIMAL({kind.precision},{kind.scale})"
    if _is_text(kind) or pa.types.is_time(kind) or pa.types.is_union(kind):
        return "STRING"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return "BINARY"
    if pa.types.is_dictionary(kind):
        return _text_of(kind.value_type, name)
    if pa.types.is_map(kind):
        return f"MAP<{_text_of(kind.key_type, name)},{_text_of(kind.item_type, name)}>"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"ARRAY<{_text_of(kind.value_type, name)}>"
    if pa.types.is_struct(kind):
        fields: list[Any] = list(kind)
        return f"STRUCT<{','.join(f'{part.name}:{_text_of(part.type, name)}' for part in fields)}>"
    raise ValueRefused(f"{name}: the service has no type for {kind}", hint="Make the table first, or leave it out.")


def _moment(kind: Any) -> str:
    if kind.tz is None:
        return "TIMESTAMP_NTZ"
    return "DATETIME" if kind.unit in ("s", "ms") else "TIMESTAMP"


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def definition_for(schema: pa.Schema, partitions: Sequence[str], keys: Sequence[str]) -> dict[str, Any]:
    """What `create` takes to make a table for these columns.

    Args:
        partitions: names of partition columns, all of text.
        keys: names of the primary key's columns; without any the table takes appended rows.
    """
    columns = [
        {
            "name": field.name,
            "type": type_text(field),
            "key": field.name in keys,
            "nullable": field.nullable and field.name not in keys,
        }
        for field in schema
        if field.name not in partitions
    ]
    options = {"partitions": [{"name": name, "type": "STRING"} for name in partitions]} if partitions else {}
    return {"columns": columns, "options": options}
