"""Memory that grows at its end without being copied."""

from __future__ import annotations

import mmap

import numpy as np

FIRST_BYTES = 1 << 22


class GrowingBytes:
    """Bytes in a mapping of their own, in huge pages where there are any: small ones cost more to touch than a copy."""

    def __init__(self) -> None:
        self.size = 0
        self._memory = _mapped(FIRST_BYTES)

    def append_chunks(self, data: bytes, position: int, count: int, size: int, gap: int) -> None:
        """Takes `count` chunks of `size` bytes, which lie `gap` bytes apart."""
        step = size + gap
        chunks = np.frombuffer(data, np.uint8, count * step, position).reshape(count, step)[:, :size]
        start = self._grow(count * size)
        np.frombuffer(self._memory, np.uint8, count * size, start).reshape(count, size)[:] = chunks

    def append(self, data: bytes) -> None:
        """Takes more bytes."""
        start = self._grow(len(data))
        self._memory[start : self.size] = data

    def _grow(self, count: int) -> int:
        """Makes room and gives the place where it begins."""
        start, self.size = self.size, self.size + count
        capacity = len(self._memory)
        if self.size > capacity:
            while capacity < self.size:
                capacity *= 2
            self._enlarge(capacity)
        return start

    def _enlarge(self, capacity: int) -> None:
        try:
            self._memory.resize(capacity)
        except (SystemError, ValueError):  # a system that cannot move a mapping
            larger = _mapped(capacity)
            larger[: len(self._memory)] = self._memory[:]
            self._memory = larger

    def view(self) -> memoryview:
        """All bytes; nothing can be added afterwards. A few do not keep a whole mapping alive."""
        if self.size < FIRST_BYTES // 2:
            return memoryview(self._memory[: self.size])
        return memoryview(self._memory)[: self.size]


def _mapped(size: int) -> mmap.mmap:
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory
