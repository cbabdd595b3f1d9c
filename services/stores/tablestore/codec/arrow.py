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
    """An Arrow array from numpy or a list; where the mask is true, it is null."""
    return pa.array(values, kind, mask=mask)


def taken(array: Array, places: Any, mask: Any = None) -> Array:
    """The elements at the places, null where the mask is true."""
    return array.take(pa.array(places, mask=mask))


def memory(data: Any) -> Any:
    """A buffer over the bytes of an object, not copied."""
    return pa.py_buffer(data)
