"""One column of a page: where its cells are, and values gathered from them."""

from __future__ import annotations

from typing import Final

import numpy as np

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.arrow import Bytes, Ints, Mask, Numbers
from services.stores.ignite.codec.page_buffer import PageBuffer

NO_INTS: Final = np.zeros(0, np.int64)


class Cells:
    """The tag, start and end of each cell of a column.

    Attributes:
        step: the distance from each start to the next where it is known to be always the same, else 0.
        only: the one tag besides null of all cells where that is known already, else -1.
        is_full: there are no nulls, known already.
    """

    __slots__ = ("_ends", "_size", "_start", "_starts", "is_full", "only", "step", "tags")

    def __init__(
        self, found: Bytes, starts: Ints, ends: Ints, step: int = 0, only: int = -1, *, is_full: bool = False
    ) -> None:
        self.tags = found
        self._starts: Ints | None = starts
        self._ends: Ints | None = ends
        self._start = self._size = 0
        self.step = step
        self.only = only
        self.is_full = is_full

    @classmethod
    def regular(cls, found: Bytes, start: int, size: int, step: int, tag: int) -> Cells:
        """Cells of one tag, one size and one distance; starts and ends are made when they are asked for."""
        cells = cls(found, NO_INTS, NO_INTS, step, tag, is_full=tag != tags.NULL)
        cells._starts = cells._ends = None
        cells._start, cells._size = start, size
        return cells

    @property
    def starts(self) -> Ints:
        """Where each cell starts, at its tag."""
        if self._starts is None:
            stop = self._start + self.step * len(self)
            self._starts = np.arange(self._start, stop, self.step, dtype=np.int64)
        return self._starts

    @property
    def ends(self) -> Ints:
        """Where each cell ends, exclusive."""
        if self._ends is None:
            self._ends = self.starts + self._size
        return self._ends

    def __len__(self) -> int:
        return len(self.tags)

    def first(self, count: int) -> Cells:
        """The first cells only."""
        if count == len(self):
            return self
        first = self.at(slice(count))
        first.step = self.step
        return first

    def at(self, rows: Ints | Mask | slice) -> Cells:
        """Some of the cells."""
        return Cells(self.tags[rows], self.starts[rows], self.ends[rows], 0, self.only, is_full=self.is_full)

    def gather(self, buffer: PageBuffer, code: str, skip: int, valid: Mask | None = None) -> Numbers:
        """The number at `skip` bytes into each cell; anything where not valid."""
        if self.step and valid is None and len(self):
            first = (int(self._starts[0]) if self._starts is not None else self._start) + skip
            return np.ndarray((len(self),), code, buffer.data, first, (self.step,)).copy()
        where = self.starts + skip
        return buffer.gather(code, where if valid is None else np.where(valid, where, 0))


def joined(parts: list[Cells]) -> Cells:
    """The cells of several runs of rows as one column."""
    if len(parts) == 1:
        return parts[0]
    return Cells(
        np.concatenate([part.tags for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
    )


def one_cell(buffer: PageBuffer, start: int, end: int) -> Cells:
    """A column of one cell."""
    return Cells(buffer.u8[start : start + 1], np.array([start], np.int64), np.array([end], np.int64))


def regular_cells(buffer: PageBuffer, first: int, size: int, step: int, rows: int, tag: int) -> Cells:
    """A column whose cells all have one size and one distance; `tags` are still to be compared with `tag`."""
    found = np.ndarray((rows,), np.uint8, buffer.data, first, (step,))
    return Cells.regular(found, first, size, step, tag)


def null_mask(cells: Cells) -> Mask | None:
    """Which cells hold a value, None where all do."""
    if cells.is_full:
        return None
    valid: Mask = cells.tags != tags.NULL
    return None if valid.all() else valid
