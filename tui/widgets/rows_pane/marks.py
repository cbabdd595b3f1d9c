"""Staged changes as marks over the grid's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.editing.cells import Source, cell_at, changed_sources
from services.editing.staged import Staged
from services.editing.wording import ABSENT_MARK, MARKS, value_words
from services.results.types import ResultColumn
from services.stores.changes import Delete, Insert, Update, is_step
from services.text import displayable
from services.values import ABSENT, Row, Value
from tui.widgets.data_grid import InsertedRow, RowMark

PROBLEM = "✗"
CELL_CHARACTERS = 256


def cell_text(value: Value) -> str:
    """A value as a cell of the grid shows it."""
    if value is ABSENT:
        return ""
    if is_step(value):
        return value_words(value, CELL_CHARACTERS)
    if isinstance(value.value, str):
        return displayable(value.value, CELL_CHARACTERS) if value.value else '""'
    if type(value.value) is int:
        return str(value.value)
    return value_words(value, CELL_CHARACTERS)


def touches(column: ResultColumn, sources: Iterable[Source]) -> bool:
    """Whether one of these cells is the column's, whole or in part."""
    name, field = column.source
    return any(other == name and (not part or not field or part == field) for other, part in sources)


def mark_of(staged: Staged, columns: Sequence[ResultColumn]) -> RowMark:
    """The mark of a row with a staged change; a conflict or refusal has a mark of its own."""
    mark = PROBLEM if staged.outcome is not None else MARKS[type(staged.change)]
    if not isinstance(staged.change, Update):
        return RowMark(mark)
    after = staged.change.after
    sources = changed_sources(staged.change.before, after)
    changed = [column for column in columns if touches(column, sources)]
    return RowMark(mark, {column.name: cell_text(cell_at(after, column.source)) or ABSENT_MARK for column in changed})


def overlay(
    rows: Mapping[str, Staged], columns: Sequence[ResultColumn]
) -> tuple[dict[str, RowMark], list[InsertedRow]]:
    """The marks by key, and the new rows in the order of their staging."""
    marks = {token: mark_of(staged, columns) for token, staged in rows.items() if not _is_new(staged)}
    new = [_inserted(token, staged, columns) for token, staged in rows.items() if _is_new(staged)]
    return marks, new


def _is_new(staged: Staged) -> bool:
    return isinstance(staged.change, Insert)


def _inserted(token: str, staged: Staged, columns: Sequence[ResultColumn]) -> InsertedRow:
    change = staged.change
    assert isinstance(change, Insert)
    row: Row = {**change.key, **change.after}
    mark = PROBLEM if staged.outcome is not None else "+"
    return InsertedRow(token, {column.name: cell_text(cell_at(row, column.source)) for column in columns}, mark)


def _story_words(value: Value) -> str:
    """A value in a sentence, where a mark alone would be lost."""
    return "absent" if value is ABSENT else "NULL" if value.value is None else value_words(value, 40)


def cell_story(staged: Staged | None, column: ResultColumn) -> list[str]:
    """What the status line says of a cell's staged change: new and old value, and how it stands."""
    if staged is None:
        return []
    change = staged.change
    if isinstance(change, Delete):
        words = ["the row is staged to be deleted"]
    elif isinstance(change, Insert):
        words = ["new row"]
    elif touches(column, changed_sources(change.before, change.after)):
        old, new = cell_at(change.before, column.source), cell_at(change.after, column.source)
        words = [f"{_story_words(new)} was {_story_words(old)}"]
    else:
        words = ["another cell of this row is changed"]
    if staged.outcome is not None:
        return [*words, f"{staged.outcome.result.value}: {staged.outcome.message}", "still staged, c reviews"]
    return [*words, "staged, not sent"]
