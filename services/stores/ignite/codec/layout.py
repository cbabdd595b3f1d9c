"""Where the cells of a page start and end.

Rows have no length in front. A plan tells for each column which tag is expected. Most pages are laid out by looking
for all places where a row as planned could start (`row_scan`); others by a loop generated for the plan, which walks
from row to row and checks nothing (`walkers`), after which numpy checks every tag and length at once. The first row
that is not as planned is measured honestly, the plan is widened by what was seen, and the work goes on from there.
What is reported is therefore always checked.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from services.stores.ignite.codec.arrow import Ints
from services.stores.ignite.codec.cells import Cells, joined, one_cell, regular_cells
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.row_plans import LENGTHS, ColumnPlan, Plan, plan_of, planned_cells
from services.stores.ignite.codec.row_scan import is_scannable, scan_rows
from services.stores.ignite.codec.skip import skip
from services.stores.ignite.codec.walkers import walker

_SAMPLE: Final = 3


def first_plan(buffer: PageBuffer, offset: int, columns: int, rows: int) -> Plan:
    """A plan from the first rows of a page."""
    spans = _row_spans(buffer, offset, columns)
    plan = tuple(plan_of(buffer.data[start], end - start) for start, end in spans)
    for _ in range(min(rows - 1, _SAMPLE)):
        offset = spans[-1][1]
        spans = _row_spans(buffer, offset, columns)
        plan = _widened(buffer, plan, spans)
    return plan


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
            plan = _open_to_nulls(plan, wider)
    return [joined([part[index] for part in parts]) for index in range(len(plan))], offset, plan


def _open_to_nulls(plan: Plan, wider: Plan) -> Plan:
    """Where one null came unexpectedly, more will come in other columns; expecting them costs next to nothing."""
    if all(before.is_nullable or not after.is_nullable for before, after in zip(plan, wider, strict=True)):
        return wider
    return tuple(column._replace(is_nullable=True) if column.tag >= 0 else column for column in wider)


def _run(buffer: PageBuffer, offset: int, rows: int, plan: Plan) -> tuple[list[Cells], int]:
    """The cells of the next rows, and how many of these rows are as planned."""
    if all(column.fixed_bytes and not column.is_nullable for column in plan):
        return _regular(buffer, offset, rows, plan)
    if is_scannable(plan, (len(buffer.data) - offset) // rows):
        return scan_rows(buffer, offset, rows, plan)
    ends, recorded = _walk(buffer, offset, rows, plan)
    return _checked(buffer, offset, ends, recorded, plan)


def _regular(buffer: PageBuffer, offset: int, rows: int, plan: Plan) -> tuple[list[Cells], int]:
    """Rows that all have the same size need no walk."""
    width = sum(column.fixed_bytes for column in plan)
    rows = min(rows, (len(buffer.data) - offset) // width)
    good = rows
    cells = []
    for column in plan:
        found = regular_cells(buffer, offset, column.fixed_bytes, width, rows, column.tag)
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
        if column.tag < 0:
            begin = np.array(next(unplanned)[:count], np.int64)
            stop = np.array(next(unplanned)[:count], np.int64)
            good &= (begin == at) & (stop > at)
            cells.append(Cells(buffer.u8[at], at, stop))
        else:
            cells.append(planned_cells(buffer, column, at, good))
        at = cells[-1].ends
    good &= at == ends
    return cells, count if good.all() else int(np.argmin(good))
