"""Values of one field as an Arrow column: a plain one for a single type, a dense union where types mix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from services.results.marks import ABSENT_WORD, NULL_METADATA
from services.stores.ikv.index.arrays import Bytes, Ints, gather
from services.stores.ikv.index.segment import buffer_of
from services.stores.ikv.types import BOOLEAN, BYTES, FLOAT32, FLOAT64, INT32, INT64, NAMES, STRING
from services.stores.types import KEY_METADATA, TYPE_METADATA

Column = tuple["pa.Field[Any]", "pa.Array[Any]"]

FIXED: Final[dict[str, tuple[Any, pa.DataType]]] = {
    INT32: (np.dtype("<i4"), pa.int32()),
    INT64: (np.dtype("<i8"), pa.int64()),
    FLOAT32: (np.dtype("<f4"), pa.float32()),
    FLOAT64: (np.dtype("<f8"), pa.float64()),
    BOOLEAN: (np.dtype("u1"), pa.bool_()),
}
VARYING: Final = {STRING: (pa.string(), pa.large_string()), BYTES: (pa.binary(), pa.large_binary())}
MAX_SMALL: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Cells:
    """The values of one field in a page.

    Attributes:
        rows: in which rows of the page they stand, rising.
        types: their types as numbers.
        lengths: their bytes, which lie one after the other in `data`.
    """

    rows: Ints
    types: Bytes
    lengths: Ints
    data: Bytes

    def of_type(self, number: int) -> Cells:
        """Only those of one type."""
        which = np.nonzero(self.types == number)[0]
        starts = (np.cumsum(self.lengths) - self.lengths)[which]
        lengths = self.lengths[which]
        return Cells(self.rows[which], self.types[which], lengths, gather(self.data, starts, lengths))


def column(name: str, cells: Cells, rows: int, *, is_key: bool = False, usual: str = STRING) -> Column:
    """A column of a page of `rows` rows.

    Args:
        usual: the type of a column that has no value here.
    """
    numbers = np.unique(cells.types).tolist()
    if len(numbers) > 1:
        array, word = _union(cells, numbers, rows)
        marks = {TYPE_METADATA: word.encode()}
    else:
        word = NAMES[numbers[0]] if numbers else usual
        array = _plain(word, cells, rows)
        marks = {TYPE_METADATA: word.encode()}
        if not is_key:
            marks[NULL_METADATA] = ABSENT_WORD.encode()
    if is_key:
        marks[KEY_METADATA] = b"1"
    return pa.field(name, array.type, nullable=not is_key, metadata=marks), array


def _union(cells: Cells, numbers: list[int], rows: int) -> tuple[pa.Array[Any], str]:
    words = [NAMES[number] for number in numbers]
    codes = np.full(rows, len(numbers), np.int8)
    places = np.zeros(rows, np.int32)
    children: list[Any] = []
    for code, number in enumerate(numbers):
        own = cells.of_type(number)
        codes[own.rows] = code
        places[own.rows] = np.arange(len(own.rows))
        dense = Cells(np.arange(len(own.rows)), own.types, own.lengths, own.data)
        children.append(_plain(words[code], dense, len(own.rows)))
    absent = codes == len(numbers)
    if absent.any():
        places[absent] = np.arange(int(absent.sum()))
        children.append(pa.nulls(int(absent.sum())))
    names = [*words, ABSENT_WORD][: len(children)]
    fields = [
        pa.field(name, child.type, metadata={TYPE_METADATA: name.encode()})
        for name, child in zip(names, children, strict=True)
    ]
    buffers: list[Any] = [None, buffer_of(codes), buffer_of(places)]
    kind: Any = pa.dense_union(fields)
    return pa.Array.from_buffers(kind, rows, buffers, children=children), " | ".join(words)


def _plain(word: str, cells: Cells, rows: int) -> pa.Array[Any]:
    """Values of one type, nulls in the rows that have none."""
    if word in FIXED:
        return _fixed(word, cells, rows)
    lengths = np.zeros(rows, np.int64)
    lengths[cells.rows] = cells.lengths
    is_large = int(lengths.sum()) > MAX_SMALL
    bounds = np.zeros(rows + 1, np.int64 if is_large else np.int32)
    np.cumsum(lengths, out=bounds[1:])
    buffers: list[Any] = [_validity(cells, rows), buffer_of(bounds), buffer_of(cells.data)]
    return pa.Array.from_buffers(VARYING[word][is_large], rows, buffers)


def _fixed(word: str, cells: Cells, rows: int) -> pa.Array[Any]:
    layout, kind = FIXED[word]
    values = np.zeros(rows, layout)
    values[cells.rows] = np.ascontiguousarray(cells.data).view(layout)
    if word == BOOLEAN:
        packed = np.packbits(values != 0, bitorder="little")
        return pa.Array.from_buffers(kind, rows, [_validity(cells, rows), buffer_of(packed)])
    return pa.Array.from_buffers(kind, rows, [_validity(cells, rows), buffer_of(values)])


def _validity(cells: Cells, rows: int) -> Any:
    if len(cells.rows) == rows:
        return None
    is_there = np.zeros(rows, bool)
    is_there[cells.rows] = True
    return buffer_of(np.packbits(is_there, bitorder="little"))
