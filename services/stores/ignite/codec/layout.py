"""Where the cells of a page start and end.

Rows have no length in front, so they must be walked. A plan tells for each column which tag is expected; a loop
generated for the plan walks with one addition per column of varying size and checks nothing. Afterwards numpy checks
every tag and every length at once; the first row that is not as planned is measured honestly, the plan is widened
by what was seen, and the walk goes on from there. What is reported is therefore always checked.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

import numpy as np

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.arrow import Bytes, Ints, Mask
from services.stores.ignite.codec.cells import Cells, joined, one_cell, regular_cells
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.skip import skip
from services.stores.ignite.codec.walkers import walker

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


def first_plan(buffer: PageBuffer, offset: int, columns: int, rows: int) -> Plan:
    """A plan from the first rows of a page."""
    spans = _row_spans(buffer, offset, columns)
    plan = tuple(_plan_of(buffer.data[start], end - start) for start, end in spans)
    for _ in range(min(rows - 1, 15)):
        offset = spans[-1][1]
        spans = _row_spans(buffer, offset, columns)
        plan = _widened(buffer, plan, spans)
    return plan


def _plan_of(tag: int, size: int) -> ColumnPlan:
    if tag in tags.WIDTHS or tag in LENGTHS:
        return ColumnPlan(tag, False, size > 255)
    return ANYTHING


def _row_spans(buffer: PageBuffer, offset: int, columns: int) -> list[tuple[int, int]]:
    spans = []
    for _ in range(columns):
        end = skip(buffer.data, offset)
        spans.append((offset, end))
        offset = end
    return spans


def _widened(buffer: PageBuffer, plan: Plan, spans: list[tuple[int, int]]) -> Plan:
    return tuple(
        column.widened(buffer.data[start], end - start) if column.tag >= 0 else column
        for column, (start, end) in zip(plan, spans, strict=True)
    )


def lay_out(buffer: PageBuffer, offset: int, rows: int, plan: Plan) -> tuple[list[Cells], int, Plan]:
    """The cells of each column, where the rows end, and the plan as it had to be widened.

    Raises:
        ProtocolError: the page does not hold so many well-formed rows.
    """
    parts: list[list[Cells]] = []
    done = 0
    while done < rows:
        cells, good = _run(buffer, offset, rows - done, plan)
        if good:
            parts.append([column.first(good) for column in cells])
            offset = int(cells[-1].ends[good - 1])
            done += good
        if done < rows:
            spans = _row_spans(buffer, offset, len(plan))
            wider = _widened(buffer, plan, spans)
            if good == 0 and wider == plan:
                # Nothing to learn from this row, so it is taken as it was measured.
                parts.append([one_cell(buffer, *span) for span in spans])
                offset = spans[-1][1]
                done += 1
            plan = wider
    return [joined([part[index] for part in parts]) for index in range(len(plan))], offset, plan


def _run(buffer: PageBuffer, offset: int, rows: int, plan: Plan) -> tuple[list[Cells], int]:
    """The cells of the next rows, and how many of these rows are as planned."""
    if all(column.fixed_bytes and not column.is_nullable for column in plan):
        return _regular(buffer, offset, rows, plan)
    ends, recorded = _walk(buffer, offset, rows, plan)
    return _checked(buffer, offset, ends, recorded, plan)


def _regular(buffer: PageBuffer, offset: int, rows: int, plan: Plan) -> tuple[list[Cells], int]:
    """Rows that all have the same size need no walk."""
    width = sum(column.fixed_bytes for column in plan)
    rows = min(rows, (len(buffer.data) - offset) // width)
    good = rows
    cells = []
    for column in plan:
        found = regular_cells(buffer, offset, column.fixed_bytes, width, rows)
        as_planned = found.tags == column.tag
        if not as_planned.all():
            good = min(good, int(np.argmin(as_planned)))
        cells.append(found)
        offset += column.fixed_bytes
    return cells, good


def _walk(buffer: PageBuffer, offset: int, rows: int, plan: Plan) -> tuple[Ints, list[list[int]]]:
    """Where each row ends, and where the cells of unplanned columns end; unchecked."""
    ends: list[int] = []
    recorded: list[list[int]] = [[] for column in plan if column.tag < 0 for _ in range(2)]
    try:
        walker(tuple(_step(column) for column in plan))(buffer.data, offset, rows, ends, recorded)
    except (IndexError, struct.error):
        del ends[min([len(ends), *map(len, recorded)]) :]
    return np.array(ends, np.int64), recorded


def _step(column: ColumnPlan) -> tuple[int, int, int, int, bool, bool]:
    length_at, extra = LENGTHS.get(column.tag, (0, 0))
    return column.tag, column.fixed_bytes, length_at, extra, column.is_nullable, column.is_long


def _checked(
    buffer: PageBuffer, offset: int, ends: Ints, recorded: list[list[int]], plan: Plan
) -> tuple[list[Cells], int]:
    """The cells of the rows walked, and how many rows are as planned."""
    starts = np.empty(len(ends), np.int64)
    starts[:1] = offset
    starts[1:] = ends[:-1]
    size = len(buffer.data)
    sane = (starts < ends) & (ends <= size)
    count = len(ends) if sane.all() else int(np.argmin(sane))
    at, ends = starts[:count], ends[:count]
    good = np.ones(count, np.bool_)
    unplanned = iter(recorded)
    cells = []
    for column in plan:
        if count and (at.min() < 0 or at.max() >= size):
            good &= (at >= 0) & (at < size)
            at = np.clip(at, 0, size - 1)
        found = buffer.u8[at]
        if column.tag < 0:
            begin = np.array(next(unplanned)[:count], np.int64)
            stop = np.array(next(unplanned)[:count], np.int64)
            good &= (begin == at) & (stop > at)
        else:
            stop = _expected_ends(buffer, column, found, at, good)
        cells.append(Cells(found, at, stop))
        at = stop
    good &= at == ends
    return cells, count if good.all() else int(np.argmin(good))


def _expected_ends(buffer: PageBuffer, column: ColumnPlan, found: Bytes, at: Ints, good: Mask) -> Ints:
    """Where planned cells end; rows that are not as planned are struck from `good`."""
    is_value = found == column.tag
    is_all_values = bool(is_value.all())
    if not is_all_values:
        good &= (is_value | (found == tags.NULL)) if column.is_nullable else is_value
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
