"""What the cells of a column are expected to be, and the check whether they are."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.arrow import Ints, Mask
from services.stores.ignite.codec.cells import Cells
from services.stores.ignite.codec.page_buffer import PageBuffer

LENGTHS: Final = {
    tags.STRING: (1, 5),
    tags.BYTE_ARRAY: (1, 5),
    tags.JVM: (1, 5),
    tags.WRAPPED: (1, 9),
    tags.DECIMAL: (5, 9),
    tags.OBJECT: (12, 0),
}
"""Tags with a length inside: where it stands after the tag's own byte position, and what is added to it."""


class ColumnPlan(NamedTuple):
    """What a column is expected to hold.

    Attributes:
        tag: the one tag besides null, or -1 for anything.
        is_nullable: null may stand instead.
        is_long: the length of a value may exceed one byte.
    """

    tag: int
    is_nullable: bool = False
    is_long: bool = False

    @property
    def fixed_bytes(self) -> int:
        """The size of the value with its tag, 0 where it varies."""
        width = tags.WIDTHS.get(self.tag)
        return 0 if width is None else width + 1

    def widened(self, tag: int, size: int) -> ColumnPlan:
        """The plan that also covers a value seen with this tag and size."""
        is_long = self.is_long or size > 255
        if tag in (self.tag, tags.NULL):
            return ColumnPlan(self.tag, self.is_nullable or tag == tags.NULL, is_long)
        if self.tag == tags.NULL and (tag in tags.WIDTHS or tag in LENGTHS):
            return ColumnPlan(tag, True, is_long)
        return ANYTHING


ANYTHING: Final = ColumnPlan(-1)
Plan = tuple[ColumnPlan, ...]


def plan_of(tag: int, size: int) -> ColumnPlan:
    """The narrowest plan for a cell of this tag and size."""
    if tag in tags.WIDTHS or tag in LENGTHS:
        return ColumnPlan(tag, False, size > 255)
    return ANYTHING


def planned_cells(buffer: PageBuffer, column: ColumnPlan, at: Ints, good: Mask) -> Cells:
    """The cells that start at `at` if they are as planned; those that are not are struck from `good`.

    Args:
        at: inside the buffer, all of them.
    """
    found = buffer.u8[at]
    is_value = found == column.tag
    is_all_values = bool(is_value.all())
    if not is_all_values:
        good &= (is_value | (found == tags.NULL)) if column.is_nullable else is_value
    ends = _ends(buffer, column, at, is_value, is_all_values, good)
    return Cells(found, at, ends, 0, column.tag, is_full=is_all_values and column.tag != tags.NULL)


def _ends(buffer: PageBuffer, column: ColumnPlan, at: Ints, is_value: Mask, is_all_values: bool, good: Mask) -> Ints:
    if column.fixed_bytes:
        return at + (column.fixed_bytes if is_all_values else np.where(is_value, column.fixed_bytes, 1))
    length_at, extra = LENGTHS[column.tag]
    limit = len(buffer.data) - 4
    where = at + length_at
    in_reach = where <= limit
    if not in_reach.all():
        good &= in_reach | ~is_value
        where = np.minimum(where, limit)
    lengths = buffer.gather("<i4", where)
    sane = lengths >= (tags.HEADER_BYTES if column.tag == tags.OBJECT else 0)
    if is_all_values:
        good &= sane
        return at + extra + lengths
    good &= sane | ~is_value
    return np.where(is_value, at + extra + lengths, at + 1)
