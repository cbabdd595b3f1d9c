"""SQL answers: columns of one type each, in the flatbuffer form of version 2.

A root table holds the columns and the row count. A column has its name (slot 0), its type (1), its values (2) and a
table that says how complex types are coded (3): two SDKs fail without it, an empty one will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

NONE, LONG, BOOLEAN, DOUBLE, STRING, BINARY, STRING_RLE = range(7)
_RUN_ROWS = 4


@dataclass
class SqlColumn:
    """A column of an answer; None is NULL."""

    name: str
    kind: int
    values: Sequence[Any]


def write_columns(columns: Sequence[SqlColumn], rows: int) -> bytes:
    """The flatbuffer of an answer."""
    builder = import_module("flatbuffers").Builder(1024)
    written = [_column(builder, column) for column in columns]
    vector = _offsets(builder, written)
    builder.StartObject(2)
    builder.PrependUOffsetTRelativeSlot(0, vector, 0)
    builder.PrependInt64Slot(1, rows, 0)
    builder.Finish(builder.EndObject())
    return bytes(builder.Output())


def _column(builder: Any, column: SqlColumn) -> int:
    kind = column.kind
    if kind == STRING and _has_runs(column.values):
        kind = STRING_RLE
    values = _values(builder, kind, column.values)
    name = builder.CreateString(column.name)
    builder.StartObject(2)
    complex_type = builder.EndObject()
    builder.StartObject(4)
    builder.PrependUOffsetTRelativeSlot(0, name, 0)
    builder.PrependInt8Slot(1, kind, 0)
    builder.PrependUOffsetTRelativeSlot(2, values, 0)
    builder.PrependUOffsetTRelativeSlot(3, complex_type, 0)
    return int(builder.EndObject())


def _has_runs(values: Sequence[Any]) -> bool:
    return len(values) >= _RUN_ROWS and 2 * len(set(values)) <= len(values)


def _values(builder: Any, kind: int, values: Sequence[Any]) -> int:
    """The values of a column with its null map; a NULL has a place in both."""
    import numpy as np

    nulls = builder.CreateNumpyVector(np.array([value is None for value in values], dtype=np.bool_))
    slot, offset = 0, 0
    if kind in (LONG, BOOLEAN, DOUBLE):
        form: Any = {LONG: np.int64, BOOLEAN: np.bool_, DOUBLE: np.float64}[kind]
        slot = kind
        offset = builder.CreateNumpyVector(np.array([0 if value is None else value for value in values], dtype=form))
    elif kind == STRING:
        slot, offset = 4, _strings(builder, ["" if value is None else value for value in values])
    elif kind == BINARY:
        slot, offset = 5, _offsets(builder, [_bytes(builder, value or b"") for value in values])
    elif kind == STRING_RLE:
        slot, offset = 6, _runs(builder, values)
    builder.StartObject(7)
    builder.PrependUOffsetTRelativeSlot(0, nulls, 0)
    if slot:
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    return int(builder.EndObject())


def _runs(builder: Any, values: Sequence[str | None]) -> int:
    """A dictionary of texts and, for each row, the place in it."""
    import numpy as np

    places: dict[str, int] = {}
    mapping = [places.setdefault(value or "", len(places)) for value in values]
    texts = _strings(builder, list(places))
    indexes = builder.CreateNumpyVector(np.array(mapping, dtype=np.int32))
    builder.StartObject(2)
    builder.PrependUOffsetTRelativeSlot(0, texts, 0)
    builder.PrependUOffsetTRelativeSlot(1, indexes, 0)
    return int(builder.EndObject())


def _strings(builder: Any, texts: Sequence[str]) -> int:
    return _offsets(builder, [builder.CreateString(text) for text in texts])


def _bytes(builder: Any, data: bytes) -> int:
    import numpy as np

    vector = builder.CreateNumpyVector(np.frombuffer(data, dtype=np.int8))
    builder.StartObject(1)
    builder.PrependUOffsetTRelativeSlot(0, vector, 0)
    return int(builder.EndObject())


def _offsets(builder: Any, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
