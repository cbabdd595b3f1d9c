"""Texts and bytes gathered from a buffer into Arrow arrays, without a Python object a value."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from services.stores.tablestore.codec.arrow import Array, Ints, memory, taken


def gather(buffer: Array, starts: Ints, ends: Ints) -> Array:
    """The bytes from each start to each end, copied into an array of their own.

    The buffer is seen as an array whose odd elements are the values, so that Arrow's own copying does the work. One
    more element before and after keeps the sum of all lengths at the buffer's size, by which Arrow plans its memory.
    """
    count = len(starts)
    offsets = np.empty(2 * count + 2, np.int32)
    offsets[0] = 0
    offsets[1:-1:2] = starts
    offsets[2:-1:2] = ends
    offsets[-1] = buffer.size
    whole = pa.Array.from_buffers(pa.binary(), 2 * count + 1, [None, memory(offsets), buffer])
    return taken(whole, np.arange(1, 2 * count + 1, 2))


def as_text(array: Array) -> Array | None:
    """Bytes as text, None if they are not UTF-8."""
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:
        return None
