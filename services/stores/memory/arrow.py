"""Typed values as Arrow arrays: one type a plain column, several a dense union, objects a struct."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from services.results.marks import ABSENT_WORD, NULL_METADATA
from services.stores.memory.words import decimal_shape
from services.stores.types import KEY_METADATA, TYPE_METADATA, Column
from services.times import Day, Moment, TimeOfDay
from services.values import ABSENT, Typed, Value

_TYPES: Final = {
    "Int": pa.int32(),
    "Long": pa.int64(),
    "Double": pa.float64(),
    "Bool": pa.bool_(),
    "Bytes": pa.binary(),
    "Day": pa.date32(),
    "Time": pa.time64("ns"),
    "Uuid": pa.binary(16),
    "INTEGER": pa.int64(),
    "REAL": pa.float64(),
    "BLOB": pa.binary(),
}

Built = tuple["pa.Field[Any]", Any]


def record_batch(columns: Sequence[Column], rows: Sequence[dict[str, Value]]) -> pa.RecordBatch:
    """Rows as a batch, columns in the order of the table and then as they come."""
    names = [column.name for column in columns]
    seen = set(names)
    for row in rows:
        names.extend(name for name in row if name not in seen and not seen.add(name))  # type: ignore[func-returns-value]
    words = {column.name: column.type for column in columns}
    keys = {column.name for column in columns if column.is_key}
    built = []
    for name in names:
        field, array = build(name, [row.get(name, ABSENT) for row in rows], words.get(name, ""))
        if name in keys:
            marks: Any = field.metadata
            field = field.with_metadata({**marks, KEY_METADATA: b"1"})
        built.append((field, array))
    return pa.RecordBatch.from_arrays([array for _, array in built], schema=pa.schema([field for field, _ in built]))


def build(name: str, values: Sequence[Value], declared: str = "") -> Built:
    """A column of values; `declared` is the type of a column that holds none."""
    words = list(dict.fromkeys(value.type for value in values if isinstance(value, Typed) and value.value is not None))
    has_absent = any(value is ABSENT for value in values)
    has_null = any(isinstance(value, Typed) and value.value is None for value in values)
    if len(words) > 1 or (has_absent and has_null):
        return _union(name, values, words)
    word = words[0] if words else declared or "String"
    array = _plain(word, [value.value if isinstance(value, Typed) else None for value in values])
    metadata = {TYPE_METADATA: word.encode()} | ({NULL_METADATA: b"absent"} if has_absent else {})
    return pa.field(name, array.type, metadata=metadata), array


def _union(name: str, values: Sequence[Value], words: list[str]) -> Built:
    kinds = [*words, "NULL", ABSENT_WORD]
    members: list[list[Any]] = [[] for _ in kinds]
    codes, offsets = [], []
    for value in values:
        code = kinds.index(_kind(value, words))
        codes.append(code)
        offsets.append(len(members[code]))
        members[code].append(value.value if isinstance(value, Typed) else None)
    children = [_plain(word, member) for word, member in zip(words, members, strict=False)]
    children += [pa.nulls(len(members[-2])), pa.nulls(len(members[-1]))]
    fields = [
        pa.field(word, child.type, metadata={TYPE_METADATA: word.encode()})
        for word, child in zip(kinds, children, strict=True)
    ]
    type_codes, positions = pa.array(codes, pa.int8()), pa.array(offsets, pa.int32())
    buffers: list[Any] = [None, type_codes.buffers()[1], positions.buffers()[1]]
    array = pa.Array.from_buffers(pa.dense_union(fields), len(values), buffers, children=children)
    return pa.field(name, array.type, metadata={TYPE_METADATA: " | ".join(words).encode()}), array


def _kind(value: Value, words: list[str]) -> str:
    if not isinstance(value, Typed):
        return ABSENT_WORD
    return value.type if value.type in words else "NULL"


def arrow_type(word: str) -> Any:
    """The Arrow type of a type that always has the same one; None for a type whose values differ in shape."""
    shape = decimal_shape(word)
    if shape is not None:
        return pa.decimal128(*shape) if shape[0] <= 38 else pa.decimal256(*shape)
    return {**_TYPES, "Timestamp": pa.timestamp("ns", tz="UTC"), "String": pa.string()}.get(word)


def type_word(field: Any) -> str:
    """The type that holds every value of an Arrow column."""
    known = (field.metadata or {}).get(TYPE_METADATA, b"").decode()
    if known and arrow_type(known) == field.type:
        return str(known)
    if pa.types.is_decimal(field.type):
        return f"Decimal({field.type.precision},{field.type.scale})"
    if pa.types.is_timestamp(field.type):
        return "Timestamp"
    if pa.types.is_integer(field.type):
        return "Int" if field.type.bit_width < 64 and field.type != pa.uint32() else "Long"
    if pa.types.is_floating(field.type):
        return "Double"
    if pa.types.is_nested(field.type) or pa.types.is_null(field.type):
        return "Any"
    return next((word for word, kind in _TYPES.items() if kind == field.type), "String")


def _plain(word: str, values: list[Any]) -> Any:
    """Raw values of one type, None for NULL."""
    if any(isinstance(value, dict) for value in values):
        return _objects(values)
    if word == "Map":
        return _maps(values)
    if any(isinstance(value, list) for value in values):
        return _lists(values)
    shape = decimal_shape(word)
    if shape is not None:
        return pa.array(values, pa.decimal128(*shape) if shape[0] <= 38 else pa.decimal256(*shape))
    if word == "Timestamp":
        return _moments(values)
    kind = _TYPES.get(word)
    if kind is None:
        return _texts(values)
    return pa.array([_raw(value) for value in values], kind)


def _raw(value: Any) -> Any:
    match value:
        case Day():
            return value.epoch_days
        case TimeOfDay():
            return value.nanos
        case None | bool() | int() | float() | str() | bytes():
            return value
    return value.bytes


def _texts(values: list[str | None]) -> Any:
    """Texts, also such with lone surrogates, which Arrow itself would refuse."""
    raw = pa.array([None if value is None else value.encode("utf-8", "surrogatepass") for value in values], pa.binary())
    return pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())


def _moments(values: list[Moment | None]) -> Any:
    zone = next((value.zone for value in values if value is not None), "UTC")
    nanos = pa.array([None if value is None else value.epoch_nanos for value in values], pa.int64())
    return nanos.cast(pa.timestamp("ns", tz=zone or None))


def _validity(values: list[Any]) -> Any:
    return pa.array([value is None for value in values], pa.bool_())


def _objects(values: list[Any]) -> Any:
    names = list(dict.fromkeys(name for value in values if value is not None for name in value))
    built = [build(name, [ABSENT if value is None else value.get(name, ABSENT) for value in values]) for name in names]
    return pa.StructArray.from_arrays(
        [array for _, array in built], fields=[field for field, _ in built], mask=_validity(values)
    )


def _lists(values: list[Any]) -> Any:
    field, items = build("item", [item for value in values for item in value or ()])
    return pa.ListArray.from_arrays(_offsets(values), items, type=pa.list_(field), mask=_validity(values))


def _maps(values: list[Any]) -> Any:
    pairs = [pair for value in values for pair in value or ()]
    key_field, keys = build("key", [key for key, _ in pairs])
    item_field, items = build("value", [item for _, item in pairs])
    kind: Any = pa.map_(key_field.with_nullable(False), item_field)
    from_arrays: Any = pa.MapArray.from_arrays
    return from_arrays(_offsets(values, with_nulls=True), keys, items, kind)


def _offsets(values: list[Any], *, with_nulls: bool = False) -> Any:
    """Where each value's items begin, and where all end; NULL instead for a NULL value of a map."""
    starts: list[int | None] = []
    end = 0
    for value in values:
        starts.append(None if with_nulls and value is None else end)
        end += len(value or ())
    return pa.array([*starts, end], pa.int32())
