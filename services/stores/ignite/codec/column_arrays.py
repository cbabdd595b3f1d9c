"""Columns of arrays of numbers, as Arrow lists."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.arrow import Mask, bitmap, build, field, memory
from services.stores.ignite.codec.cells import Cells
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.pieces import Piece

_ELEMENTS: Final = {
    tags.SHORT_ARRAY: (2, pa.int16()),
    tags.INT_ARRAY: (4, pa.int32()),
    tags.LONG_ARRAY: (8, pa.int64()),
    tags.FLOAT_ARRAY: (4, pa.float32()),
    tags.DOUBLE_ARRAY: (8, pa.float64()),
}


def _number_arrays(buffer: PageBuffer, cells: Cells, valid: Mask | None, *, tag: int) -> list[Piece]:
    """The elements of all arrays lie together once their headers are cut off."""
    size, kind = _ELEMENTS[tag]
    starts = cells.starts + 5
    if valid is not None:
        starts = np.where(valid, starts, cells.ends)
    found = buffer.slices(starts, cells.ends, None)
    _, offsets, data = found.buffers()
    assert offsets is not None
    edges = np.frombuffer(memoryview(offsets), np.int32)[: len(cells) + 1] // size
    total = int(edges[-1])
    word = tags.ARRAY_WORDS[tag]
    element = field("item", kind, tags.SCALAR_WORDS[tags.PACKED_ARRAYS[tag]])
    values = build(kind, total, [None, data if data is not None else memory(b"")])
    array = build(pa.list_(element), len(cells), [bitmap(valid), memory(edges)], children=[values])
    return [Piece(array, field(word, pa.list_(element), word))]


ARRAY_DECODERS: Final = {tag: partial(_number_arrays, tag=tag) for tag in _ELEMENTS}
