"""Rows as tunnels send them, in the form of our pages: nothing is rounded, and what fits no Arrow type becomes text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from services.stores.maxcompute.types import (
    SECONDS_AND_NANOS,
    TIMESTAMPS,
    ZONED,
    OdpsType,
    parse_type,
    shown_field,
    shown_type,
)
from services.times import Moment, clock_text, moment_text

NANOS: Final = 1_000_000_000
DAY_SECONDS: Final = 86_400
ColumnTypes = Sequence[tuple[str, str]]


def shaped(batch: pa.RecordBatch, columns: ColumnTypes, keys: Sequence[str] = ()) -> pa.RecordBatch:
    """A page of rows as they came.

    Args:
        columns: names and type texts, in the order of the batch.
        keys: names of the primary key's columns.
    """
    arrays, fields = [], []
    for array, (name, text) in zip(batch.columns, columns, strict=True):
        field = shown_field(name, text, is_key=name in keys)
        made = shown_array(array, parse_type(text))
        arrays.append(made)
        fields.append(field.with_type(made.type))
    return _batch(arrays, fields)


def _batch(arrays: list[Any], fields: list[Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def empty(columns: ColumnTypes, keys: Sequence[str] = ()) -> pa.RecordBatch:
    """A page without rows."""
    fields = [shown_field(name, text, is_key=name in keys) for name, text in columns]
    return _batch([pa.array([], field.type) for field in fields], fields)


def shown_array(array: Any, kind: OdpsType) -> Any:
    """One column in our form; a time out of Arrow's range makes its column text, exact to the nanosecond."""
    if kind.name in TIMESTAMPS and array.type == SECONDS_AND_NANOS:
        return _moments(array, kind)
    if kind.name in ZONED:
        return array.cast(pa.timestamp(array.type.unit, "UTC"))
    if kind.name == "INTERVAL_DAY_TIME":
        return pa.array([None if pair is None else interval_text(*pair) for pair in _pairs(array)], pa.string())
    if kind.parts:
        return _nested(array, kind)
    return array


def _pairs(array: Any) -> list[tuple[int, int] | None]:
    seconds, nanos = (array.field(place).to_pylist() for place in (0, 1))
    valid = array.is_valid().to_pylist()
    return [(sec, nano) if ok else None for sec, nano, ok in zip(seconds, nanos, valid, strict=True)]


def _moments(array: Any, kind: OdpsType) -> Any:
    zone = "UTC" if kind.name in ZONED else None
    try:
        total = pc.add_checked(
            pc.multiply_checked(pc.struct_field(array, 0), NANOS), pc.cast(pc.struct_field(array, 1), pa.int64())
        )
    except pa.ArrowInvalid:
        texts = [None if pair is None else _moment_text(*pair, zone) for pair in _pairs(array)]
        return pa.array(texts, pa.string())
    return total.cast(pa.timestamp("ns")).cast(pa.timestamp("ns", zone))


def _moment_text(seconds: int, nanos: int, zone: str | None) -> str:
    return moment_text(Moment(seconds * NANOS + nanos), with_zone=zone is not None)


def interval_text(seconds: int, nanos: int) -> str:
    """Days, hours, minutes, seconds and nanoseconds, as the service writes them: `3 04:05:06.000000007`."""
    total = seconds * NANOS + nanos
    sign, total = ("-", -total) if total < 0 else ("", total)
    days, rest = divmod(total, DAY_SECONDS * NANOS)
    return f"{sign}{days} {clock_text(rest)}"


def _nested(array: Any, kind: OdpsType) -> Any:
    """A nested column; its parts are rebuilt in our form, its offsets and NULLs stay."""
    if kind.name == "STRUCT":
        parts = [shown_array(_field(array, place), part) for place, part in enumerate(kind.parts)]
        fields = [field.with_type(part.type) for field, part in zip(list(shown_type(kind)), parts, strict=True)]
        mask = array.is_null() if array.null_count else None
        return pa.StructArray.from_arrays(parts, fields=fields, mask=mask)
    if kind.name == "MAP":
        return _map(array, kind)
    items = shown_array(array.values, kind.parts[0])
    made = pa.list_(shown_type(kind).value_field.with_type(items.type))
    return pa.Array.from_buffers(made, len(array), array.buffers()[:2], array.null_count, array.offset, [items])


def _map(array: Any, kind: OdpsType) -> Any:
    names, items = (shown_array(child, part) for child, part in zip((array.keys, array.items), kind.parts, strict=True))
    wanted = shown_type(kind)
    made = pa.map_(wanted.key_field.with_type(names.type), wanted.item_field.with_type(items.type))
    entries = pa.StructArray.from_arrays([names, items], fields=[made.key_field, made.item_field])
    return pa.Array.from_buffers(made, len(array), array.buffers()[:2], array.null_count, array.offset, [entries])


def _field(array: Any, place: int) -> Any:
    return array.field(place)
