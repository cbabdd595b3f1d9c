"""Arrow and numpy under names that the type checker can work with; the stubs of both know too little of each other."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

Array: TypeAlias = Any
"""An Arrow array of any type."""

Field: TypeAlias = Any

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


def build(values: Any, kind: Any = None, mask: Any = None) -> Array:
    """An Arrow array from numpy or a list; where the mask is true, it is null.

    Numbers and truths in numpy go around `pa.array`, which imports pandas, 50 MB of memory, wherever that is installed.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf" and kind is None:
        return _of_numpy(values, mask)
    if not len(values) and kind is not None:
        return pa.nulls(0, kind)
    return pa.array(values, kind, mask=mask)


def _of_numpy(values: Any, mask: Any) -> Array:
    """An array over the bytes of numpy's, copied only where they are not side by side."""
    validity = None if mask is None else _bits(~np.asarray(mask))
    data = _bits(values) if values.dtype.kind == "b" else memory(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [validity, data])


def _bits(truths: Any) -> Any:
    return memory(np.packbits(truths, bitorder="little"))


def taken(array: Array, places: Any, mask: Any = None) -> Array:
    """The elements at the places, null where the mask is true."""
    return array.take(build(np.asarray(places), mask=mask))


def memory(data: Any) -> Any:
    """A buffer over the bytes of an object, not copied."""
    return pa.py_buffer(data)
