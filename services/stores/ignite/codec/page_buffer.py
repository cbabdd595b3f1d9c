"""A page of an answer as numpy sees it: values of any width gathered from any byte."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa

from services.stores.ignite.codec.arrow import Array, Bytes, Ints, Mask, Numbers, bitmap, build, memory
from services.stores.ignite.codec.binary_types import Resolver


class PageBuffer:
    """The bytes of a page, with what is needed to understand them.

    Attributes:
        data: the bytes; `u8` the same as an array.
        zone: of the server's JVM.
        depth: how many objects the cells being decoded lie in.
    """

    def __init__(self, payload: bytes | bytearray | memoryview, resolver: Resolver, zone: str) -> None:
        self.data = payload if isinstance(payload, bytes) else bytes(payload)
        self.resolver = resolver
        self.zone = zone
        self.u8: Bytes = np.frombuffer(self.data, np.uint8)
        self.depth = 0
        self._views: dict[str, Numbers] = {}

    @cached_property
    def arrow(self) -> pa.Buffer:
        """The bytes as an Arrow buffer, not copied."""
        return memory(self.data)

    def view(self, code: str) -> Numbers:
        """Numbers of a numpy type code, one for every byte offset they could start at."""
        found = self._views.get(code)
        if found is None:
            dtype = np.dtype(code)
            count = max(len(self.data) - dtype.itemsize + 1, 0)
            found = np.ndarray((count,), dtype, self.data, 0, (1,)) if count else np.zeros(0, dtype)
            self._views[code] = found
        return found

    def gather(self, code: str, at: Ints) -> Numbers:
        """The numbers at some byte offsets."""
        return self.view(code)[at]

    def slices(self, starts: Ints, ends: Ints, valid: Mask | None = None) -> Array:
        """The bytes between each start and end, copied together.

        One binary array is laid over the page whose even elements are the slices and whose odd ones the gaps; Arrow's
        own `take` then copies the even ones, several times faster than any copying in numpy.
        """
        count = len(starts)
        if not count:
            return build(pa.binary(), 0, [None, memory(np.zeros(1, np.int32)), None])
        edges = np.empty(2 * count, np.int32)
        edges[0::2] = starts
        edges[1::2] = ends
        laid = build(pa.binary(), 2 * count - 1, [None, memory(edges), self.arrow])
        _, offsets, data = laid.take(_even_numbers(count)).buffers()
        return build(pa.binary(), count, [bitmap(valid), offsets, data])


@lru_cache(maxsize=8)
def _even_numbers(count: int) -> pa.Int32Array:
    return pa.array(np.arange(0, 2 * count, 2, dtype=np.int32), pa.int32())
