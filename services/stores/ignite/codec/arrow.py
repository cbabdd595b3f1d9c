"""Building Arrow arrays over numpy's memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    Array = pa.Array[Any]
    Field = pa.Field[Any]
else:
    Array = pa.Array
    Field = pa.Field

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]


def memory(values: Any) -> pa.Buffer:
    """The memory of bytes or of a contiguous numpy array as an Arrow buffer, not copied."""
    return pa.py_buffer(values)


def bitmap(mask: Mask | None) -> pa.Buffer | None:
    """A mask as an Arrow bitmap, least significant bit first."""
    return None if mask is None else memory(np.packbits(mask, bitorder="little"))


def build(kind: Any, count: int, buffers: Sequence[pa.Buffer | None], children: Sequence[Array] | None = None) -> Array:
    """An array of these buffers and children."""
    children_list = None if children is None else list(children)
    array: Array = pa.Array.from_buffers(kind, count, list(buffers), children=children_list)
    return array


def from_numpy(kind: Any, values: Numbers, valid: Mask | None, count: int | None = None) -> Array:
    """An Arrow array over numpy's memory, not copied."""
    return build(kind, len(values) if count is None else count, [bitmap(valid), memory(values)])


def rows_of(array: Array, rows: Ints) -> Array:
    """Some elements of an array."""
    taken: Array = array.take(pa.array(rows, pa.int64()))
    return taken


def field(name: str, kind: Any, word: str, extra: Sequence[tuple[bytes, str]] = ()) -> Field:
    """A field whose metadata names the store's type."""
    metadata: dict[bytes | str, bytes | str] = {b"storedeck.type": word.encode("utf-8", "surrogatepass")}
    metadata.update((key, text.encode("utf-8", "surrogatepass")) for key, text in extra)
    made: Field = pa.field(name, kind, metadata=metadata)
    return made
