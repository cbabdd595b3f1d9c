"""SQL answers written by the vendor's own generated builders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
from tablestore.flatbuffer.dataprotocol import (
    BytesValue,
    ColumnValues,
    RLEStringValues,
    SQLResponseColumn,
    SQLResponseColumns,
)

NONE, LONG, BOOLEAN, DOUBLE, STRING, BINARY, STRING_RLE = range(7)
Column = tuple[str, int, Sequence[Any]]
EMPTY = {LONG: 0, BOOLEAN: False, DOUBLE: 0.0, STRING: "", STRING_RLE: "", BINARY: b""}


def written_answer(columns: Sequence[Column]) -> bytes:
    """Columns of a name, a type and values (None is NULL) as an answer holds them."""
    builder = flatbuffers.Builder(1024)
    made = _vector(builder, [_column(builder, *column) for column in columns])
    SQLResponseColumns.Start(builder)
    SQLResponseColumns.AddColumns(builder, made)
    SQLResponseColumns.AddRowCount(builder, len(columns[0][2]) if columns else 0)
    builder.Finish(SQLResponseColumns.End(builder))
    return bytes(builder.Output())


def _column(builder: Any, name: str, kind: int, values: Sequence[Any]) -> int:
    filled = [EMPTY.get(kind) if value is None else value for value in values]
    nulls = _bools(builder, [value is None for value in values])
    add, vector = _values(builder, kind, filled)
    ColumnValues.Start(builder)
    ColumnValues.AddIsNullvalues(builder, nulls)
    if add is not None:
        add(builder, vector)
    content = ColumnValues.End(builder)
    text = builder.CreateString(name)
    SQLResponseColumn.Start(builder)
    SQLResponseColumn.AddColumnName(builder, text)
    SQLResponseColumn.AddColumnType(builder, kind)
    SQLResponseColumn.AddColumnValue(builder, content)
    return int(SQLResponseColumn.End(builder))


def _values(builder: Any, kind: int, values: Sequence[Any]) -> tuple[Any, int]:
    if kind == LONG:
        return ColumnValues.AddLongValues, _numbers(builder, values, 8, builder.PrependInt64)
    if kind == DOUBLE:
        return ColumnValues.AddDoubleValues, _numbers(builder, values, 8, builder.PrependFloat64)
    if kind == BOOLEAN:
        return ColumnValues.AddBoolValues, _bools(builder, values)
    if kind == STRING:
        return ColumnValues.AddStringValues, _vector(builder, [builder.CreateString(value) for value in values])
    if kind == BINARY:
        return ColumnValues.AddBinaryValues, _vector(builder, [_bytes(builder, value) for value in values])
    if kind == STRING_RLE:
        return ColumnValues.AddRleStringValues, _runs(builder, values)
    return None, 0


def _runs(builder: Any, values: Sequence[str]) -> int:
    words = list(dict.fromkeys(values))
    texts = _vector(builder, [builder.CreateString(word) for word in words])
    places = _numbers(builder, [words.index(value) for value in values], 4, builder.PrependInt32)
    RLEStringValues.Start(builder)
    RLEStringValues.AddArray(builder, texts)
    RLEStringValues.AddIndexMapping(builder, places)
    return int(RLEStringValues.End(builder))


def _bytes(builder: Any, value: bytes) -> int:
    vector = builder.CreateByteVector(value)
    BytesValue.Start(builder)
    BytesValue.AddValue(builder, vector)
    return int(BytesValue.End(builder))


def _bools(builder: Any, values: Sequence[bool]) -> int:
    return _numbers(builder, values, 1, builder.PrependBool)


def _numbers(builder: Any, values: Sequence[Any], size: int, prepend: Any) -> int:
    builder.StartVector(size, len(values), size)
    for value in reversed(values):
        prepend(value)
    return int(builder.EndVector())


def _vector(builder: Any, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
