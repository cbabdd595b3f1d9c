"""Ways out of a conflict: mine over the row as it is now, theirs, or cell by cell."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from services.connections.api import SessionApi
from services.editing.cells import Source, cell_at, changed_sources, holds_fields, is_same, with_cell
from services.editing.folding import difference
from services.editing.staged import Staged
from services.stores.changes import Change, Delete, Insert
from services.stores.features import Feature
from services.values import ABSENT, Row, Value


@dataclass(frozen=True, slots=True)
class DisputedCell:
    """A cell that the change sets, with the three values that matter.

    Attributes:
        read: the value when the row was read.
        theirs: the value now.
    """

    source: Source
    read: Value
    mine: Value
    theirs: Value

    @property
    def is_disputed(self) -> bool:
        """Whether the other side changed this very cell, and to something else."""
        return not is_same(self.read, self.theirs) and not is_same(self.mine, self.theirs)


async def current_row(session: SessionApi, staged: Staged) -> Row | None:
    """The row as it is now without its key, asked anew where the store can read by key; None where it is gone."""
    row: Row | None = staged.outcome.current if staged.outcome else None
    if Feature.READS_KEYS in session.features:
        (row,) = await session.read_keys(staged.path, [staged.change.key])
    return None if row is None else {name: value for name, value in row.items() if name not in staged.change.key}


def cells(change: Change, current: Row | None) -> list[DisputedCell]:
    """Every cell that the change sets, beside what was read and what is there now; none for a delete."""
    if isinstance(change, Delete):
        return []
    before = {} if isinstance(change, Insert) else change.before
    compared = current or {} if isinstance(change, Insert) else before
    now = current or {}
    return [
        DisputedCell(source, cell_at(before, source), cell_at(change.after, source), cell_at(now, source))
        for source in changed_sources(compared, change.after)
    ]


def rebased(change: Change, current: Row | None, mine: Collection[Source] | None = None) -> Change | None:
    """The change based on the row as it is now; None where nothing is left to do.

    Args:
        current: the row as it is now, None where it is gone.
        mine: the cells to take from the change, the others stay theirs; None for all.
    """
    if isinstance(change, Delete):
        return None if current is None else Delete(change.path, change.key, current)
    if current is None:
        before = {} if isinstance(change, Insert) else change.before
        return difference(change.path, change.key, None, {**before, **change.after})
    row: dict[str, Value] = dict(current)
    for cell in cells(change, current):
        if mine is None or cell.source in mine:
            column, field = cell.source
            whole = field and not holds_fields(row.get(column, ABSENT))
            row[column] = change.after[column] if whole else with_cell(row, cell.source, cell.mine)
    return difference(change.path, change.key, current, row)
