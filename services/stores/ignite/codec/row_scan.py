"""Finding rows without walking: every place where a row as planned could start is tried, all at once.

The first tag of a row marks candidates; they are parsed side by side, column by column, and drop out where a byte is
not as planned. What is left are the true rows and a few that only look like rows inside of others; following the
chain from each row's end to the next start tells them apart. Per row this costs a few dozen nanoseconds, several
times less than a step of any loop in Python.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.arrow import Bytes, Ints, Mask
from services.stores.ignite.codec.cells import Cells
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.row_plans import ColumnPlan, Plan, planned_cells

_MAX_LIKENESSES: Final = 2
_FEW: Final = 0.1
_ALL: Final = 0.0
_BYTES_PER_VARYING: Final = 300
"""Above so many bytes a row for each column of varying size, walking is cheaper than looking at every byte."""


def is_scannable(plan: Plan, row_bytes: int) -> bool:
    """Whether scanning works for the plan, and pays."""
    if any(column.tag < 0 for column in plan):
        return False
    varying = sum(column.is_nullable or not column.fixed_bytes for column in plan)
    return row_bytes <= _BYTES_PER_VARYING * varying and _likenesses(plan) <= _MAX_LIKENESSES


@lru_cache(maxsize=64)
def _likenesses(plan: Plan) -> int:
    """At how many cells of a row a row seems to start, judged by the first three columns."""
    width = len(plan)
    kinds = [column.tag for column in plan]
    looks = [[kinds[(start + index) % width] for index in range(3)] for start in range(width)]
    return looks.count(looks[0])


def scan_rows(buffer: PageBuffer, offset: int, rows: int, plan: Plan) -> tuple[list[Cells], int]:
    """The cells of the next rows as far as they are as planned, and how many rows these are."""
    at = _candidates(buffer, offset, plan)
    good = np.ones(len(at), np.bool_)
    columns: list[Cells] = []
    for column in plan:
        columns, at, good = _weeded(columns, at, good, offset, len(buffer.data) - 1)
        columns.append(planned_cells(buffer, column, at, good))
        at = columns[-1].ends
    columns, at, good = _weeded(columns, at, good, offset, len(buffer.data), _ALL)
    found = _chain(columns[0].starts, at, offset, rows)
    count = found.stop - found.start if isinstance(found, slice) else len(found)
    return [cells.at(found) for cells in columns], count


def _weeded(
    columns: list[Cells], at: Ints, good: Mask, least: int, most: int, share: float = _FEW
) -> tuple[list[Cells], Ints, Mask]:
    """Without the candidates that dropped out, if they are more than a share; else they wait at a harmless place."""
    if len(at) and (at.max() > most or at.min() < least):
        good &= (at >= least) & (at <= most)
    left = int(np.count_nonzero(good))
    if left == len(good):
        return columns, at, good
    if left >= len(good) * (1 - share):
        return columns, np.where(good, at, least), good
    rows = np.flatnonzero(good)
    return [cells.at(rows) for cells in columns], at[rows], np.ones(left, np.bool_)


def _candidates(buffer: PageBuffer, offset: int, plan: Plan) -> Ints:
    """Where the tags that stand at a known distance from the row's start are as planned."""
    reach = buffer.u8[offset:]
    mask = _is_planned(reach, plan[0])
    ahead = 0
    for before, column in pairwise(plan):
        if not before.fixed_bytes:
            break
        matches = _is_planned(reach, column)
        if before.is_nullable:
            after_null = _ahead(matches, ahead + 1) & _ahead(reach == tags.NULL, ahead)
            mask &= after_null | (_ahead(matches, ahead + before.fixed_bytes) & _ahead(reach == before.tag, ahead))
            break
        ahead += before.fixed_bytes
        mask &= _ahead(matches, ahead)
    return np.flatnonzero(mask) + offset


def _is_planned(reach: Bytes, column: ColumnPlan) -> Mask:
    mask: Mask = reach == column.tag
    return mask | (reach == tags.NULL) if column.is_nullable else mask


def _ahead(mask: Mask, distance: int) -> Mask:
    """The mask so many bytes further on, false behind its end."""
    moved = np.zeros_like(mask)
    if distance < len(mask):
        moved[: len(mask) - distance] = mask[distance:]
    return moved


def _chain(starts: Ints, ends: Ints, offset: int, rows: int) -> slice | Ints:
    """Which candidates are the rows: the one at `offset`, the one at its end, and so on."""
    first = int(np.searchsorted(starts, offset))
    if first == len(starts) or starts[first] != offset:
        return slice(0, 0)
    breaks = np.flatnonzero(ends[first:-1] != starts[first + 1 :]) + first
    last = first + rows - 1
    if not len(breaks) or breaks[0] >= last:
        return slice(first, min(last + 1, len(starts)))
    followers = np.searchsorted(starts, ends)
    followers[starts[np.minimum(followers, len(starts) - 1)] != ends] = len(starts)
    if len(breaks) * 8 < rows:
        return _by_runs(breaks, followers, first, rows)
    return _by_steps(followers.tolist(), first, rows)


def _by_runs(breaks: Ints, followers: Ints, first: int, rows: int) -> Ints:
    """The chain where most candidates follow one another."""
    runs, found, end = [], 0, len(followers)
    position = 0
    while first < end and found < rows:
        position += int(np.searchsorted(breaks[position:], first))
        stop = int(breaks[position]) if position < len(breaks) else end - 1
        stop = min(stop, first + rows - found - 1)
        runs.append(np.arange(first, stop + 1))
        found += stop + 1 - first
        first = int(followers[stop])
    return np.concatenate(runs)


def _by_steps(followers: list[int], first: int, rows: int) -> Ints:
    """The chain where many candidates are no rows."""
    found: list[int] = []
    end = len(followers)
    while first < end and len(found) < rows:
        found.append(first)
        first = followers[first]
    return np.array(found, np.int64)
