"""SQL answers: columns in a flatbuffer, seen through numpy and copied once into Arrow.

A flatbuffer begins with the place of its root table. A table begins with the distance back to its vtable, which has
the size of itself, the size of the table, and then for each field where it is in the table, 0 if it is left out.
Vectors have a length in front. All offsets are relative to where they stand.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa

from services.errors import ProtocolError
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.arrow import Array, Field, Ints, build, memory, taken
from services.stores.tablestore.codec.columns import ARROW_TYPES, marked_field
from services.stores.tablestore.codec.strings import as_text, gather

_UINT16: Final = struct.Struct("<H")
_INT32: Final = struct.Struct("<i")
_UINT32: Final = struct.Struct("<I")
_INT64: Final = struct.Struct("<q")

NONE, LONG, BOOLEAN, DOUBLE, STRING, BINARY, STRING_RLE = range(7)
"""Types of a column."""

_KINDS: Final = {
    LONG: tags.INTEGER,
    BOOLEAN: tags.BOOLEAN,
    DOUBLE: tags.DOUBLE,
    STRING: tags.STRING,
    BINARY: tags.BINARY,
    STRING_RLE: tags.STRING,
}

_COLUMNS, _ROW_COUNT = range(2)
_NAME, _TYPE, _VALUES = range(3)
_NULLS, _LONGS, _BOOLS, _DOUBLES, _STRINGS, _BINARIES, _RUNS = range(7)
_WORDS, _INDEXES = range(2)
_BYTES = 0


def decode_answer(data: bytes) -> pa.RecordBatch:
    """All rows of an answer; names that come twice stay twice, and an answer without rows keeps its columns.

    Raises:
        ProtocolError: the bytes are no such answer.
    """
    if not data:
        return pa.RecordBatch.from_arrays([], schema=pa.schema([]))
    try:
        return _Answer(data).batch()
    except (struct.error, IndexError, ValueError, OverflowError, pa.ArrowException) as error:
        raise ProtocolError(f"the server's SQL answer cannot be read: {error}") from error


class _Answer:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size = len(data)
        self._buffer = memory(data)

    def batch(self) -> pa.RecordBatch:
        root = self._pointed(0)
        columns = [self._column(table) for table in self._tables(root, _COLUMNS)]
        place = self._field(root, _ROW_COUNT)
        stated = _INT64.unpack_from(self._data, place)[0] if place else 0
        lengths = {len(array) for _, array in columns}
        if len(lengths) > 1 or (stated and lengths - {stated}):
            raise ValueError("its columns are of different lengths")
        arrays, fields = [array for _, array in columns], [field for field, _ in columns]
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))

    def _pointed(self, at: int) -> int:
        """Where an offset points to, which is always forward."""
        (offset,) = _UINT32.unpack_from(self._data, at)
        place = at + int(offset)
        if place + 4 > self._size or not offset:
            raise ValueError("an offset leads out of it")
        return place

    def _field(self, table: int, number: int) -> int:
        """Where a field of a table is, 0 if it is left out."""
        (back,) = _INT32.unpack_from(self._data, table)
        vtable = table - back
        if vtable < 0:
            raise ValueError("a table has no fields")
        (size,) = _UINT16.unpack_from(self._data, vtable)
        if 4 + 2 * number >= size:
            return 0
        (offset,) = _UINT16.unpack_from(self._data, vtable + 4 + 2 * number)
        return table + int(offset) if offset else 0

    def _vector(self, table: int, number: int, kind: str) -> Any:
        """A vector of numbers, empty if it is left out."""
        place = self._field(table, number)
        if not place:
            return np.empty(0, kind)
        start = self._pointed(place)
        (count,) = _UINT32.unpack_from(self._data, start)
        return np.frombuffer(self._data, kind, count, start + 4)

    def _pointers(self, table: int, number: int) -> Ints:
        """Where each element of a vector of tables or texts is."""
        place = self._field(table, number)
        if not place:
            return np.empty(0, np.int64)
        start = self._pointed(place) + 4
        offsets = self._vector(table, number, "<u4").astype(np.int64)
        found: Ints = start + 4 * np.arange(len(offsets)) + offsets
        if len(found) and int(found.max()) + 4 > self._size:
            raise ValueError("an offset leads out of it")
        return found

    def _tables(self, table: int, number: int) -> list[int]:
        return [int(place) for place in self._pointers(table, number)]

    def _column(self, table: int) -> tuple[Field, Array]:
        name_at, type_at, values_at = (self._field(table, number) for number in (_NAME, _TYPE, _VALUES))
        if not name_at or not values_at:
            raise ValueError("a column has no name or no values")
        name_place = self._pointed(name_at)
        (length,) = _UINT32.unpack_from(self._data, name_place)
        name = self._data[name_place + 4 : name_place + 4 + length].decode("utf-8")
        kind = self._data[type_at] if type_at else NONE
        values = self._pointed(values_at)
        nulls = self._vector(values, _NULLS, "u1") != 0
        if kind == NONE:
            return marked_field(name, pa.null(), "Null", is_key=False, has_absent=False), pa.nulls(len(nulls))
        if kind not in _READERS:
            raise ValueError(f"column {name} has the unknown type {kind}")
        array = _READERS[kind](self, values)
        if len(array) != len(nulls):
            raise ValueError(f"column {name} has {len(array)} values and {len(nulls)} marks of NULL")
        tag = _KINDS[kind]
        return marked_field(name, ARROW_TYPES[tag], tags.WORDS[tag], is_key=False, has_absent=False), _masked(
            array, nulls
        )

    def longs(self, values: int) -> Array:
        return build(self._vector(values, _LONGS, "<i8").copy())

    def bools(self, values: int) -> Array:
        return build(self._vector(values, _BOOLS, "u1") != 0)

    def doubles(self, values: int) -> Array:
        return build(self._vector(values, _DOUBLES, "<f8").copy())

    def strings(self, values: int) -> Array:
        return self._text(self._pointers(values, _STRINGS))

    def binaries(self, values: int) -> Array:
        """Each value is a table with a vector of bytes."""
        tables = self._pointers(values, _BINARIES)
        places = (self._field(int(table), _BYTES) for table in tables)
        empty = self._size - 4
        starts = np.fromiter((self._pointed(place) if place else -1 for place in places), np.int64, len(tables))
        is_empty = starts < 0
        starts[is_empty] = empty
        return self._gathered(starts, is_empty)

    def runs(self, values: int) -> Array:
        """Different texts once, and for each row which of them it has."""
        place = self._field(values, _RUNS)
        if not place:
            return build([], pa.string())
        table = self._pointed(place)
        words = self._text(self._pointers(table, _WORDS))
        indexes = self._vector(table, _INDEXES, "<i4")
        if len(indexes) and (indexes.min() < 0 or indexes.max() >= len(words)):
            raise ValueError("a text is not among those of its column")
        return taken(words, indexes.copy())

    def _text(self, starts: Ints) -> Array:
        found = as_text(self._gathered(starts))
        if found is None:
            raise ValueError("a text is not UTF-8")
        return found

    def _gathered(self, starts: Ints, is_empty: Any = False) -> Array:
        """The bytes behind the length that stands at each start."""
        if not len(starts):
            return build([], pa.binary())
        view: Any = np.ndarray((self._size - 3,), "<u4", self._data, strides=(1,))
        lengths = np.where(is_empty, 0, view[starts].astype(np.int64))
        ends = starts + 4 + lengths
        if int(ends.max()) > self._size:
            raise ValueError("a length leads out of it")
        return gather(self._buffer, starts + 4, ends)


_READERS: Final[dict[int, Callable[[_Answer, int], Array]]] = {
    LONG: _Answer.longs,
    BOOLEAN: _Answer.bools,
    DOUBLE: _Answer.doubles,
    STRING: _Answer.strings,
    BINARY: _Answer.binaries,
    STRING_RLE: _Answer.runs,
}


def _masked(array: Array, nulls: Any) -> Array:
    """The same values with NULL where it is marked."""
    if not nulls.any():
        return array
    return taken(array, np.arange(len(array)), nulls)
