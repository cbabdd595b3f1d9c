"""How edits of one row fold into one change: from the row as it was read to the row as it shall be."""

from __future__ import annotations

from services.editing.cells import Source, cell_at, holds_fields, is_same, with_cell
from services.errors import ValueRefused
from services.stores.changes import Change, Delete, Insert, Path, Update
from services.values import ABSENT, Key, Row, Value


def base_of(change: Change) -> Row | None:
    """The row that the change starts from; None where it must not exist."""
    return None if isinstance(change, Insert) else change.before


def target_of(change: Change) -> Row | None:
    """The row that the change leaves; None where it is gone."""
    match change:
        case Insert():
            return _present(change.after)
        case Update():
            return _present({**change.before, **change.after})
        case Delete():
            return None


def difference(path: Path, key: Key, old: Row | None, new: Row | None) -> Change | None:
    """The one change that leads from a row to another; None where they are the same."""
    if old is None:
        return None if new is None else Insert(path, key, _present(new))
    if new is None:
        return Delete(path, key, old)
    names = [*new, *(name for name in old if name not in new)]
    after: dict[str, Value] = {}
    for name in names:
        value = new.get(name, ABSENT)
        if not is_same(old.get(name, ABSENT), value):
            after[name] = value
    return Update(path, key, old, after) if after else None


def fold(staged: Change | None, change: Change) -> Change | None:
    """What is staged for a row after one more edit of it; None where nothing is left to do.

    Raises:
        ValueRefused: the edit does not fit what is staged, such as a cell of a row that is staged to go.
    """
    if staged is None:
        return _alone(change)
    now = target_of(staged)
    if isinstance(change, Insert):
        if now is not None:
            raise ValueRefused("a row with this key is staged already", hint="Edit that row, or use another key.")
        target: Row | None = change.after
    else:
        if now is None:
            raise ValueRefused("this row is staged to be deleted", hint="Undo that first (u), then edit it.")
        target = None if isinstance(change, Delete) else {**now, **change.after}
    return difference(staged.path, staged.key, base_of(staged), None if target is None else _present(target))


def after_sending(sent: Change, staged: Change | None) -> Change | None:
    """What is left to do when `sent` was applied while the row's staged change went on to `staged`."""
    reached = target_of(sent)
    wanted = target_of(staged) if staged is not None else base_of(sent)
    return difference(sent.path, sent.key, reached, wanted)


def _alone(change: Change) -> Change | None:
    return difference(change.path, change.key, base_of(change), target_of(change))


def _present(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not ABSENT}


def without_cell(change: Change, source: Source) -> Change | None:
    """The change with one cell back at what was read; None where nothing is left of it."""
    base, target = base_of(change), target_of(change)
    if target is None:
        return None
    column = source[0]
    before = (base or {}).get(column, ABSENT)
    value = before
    if source[1] and holds_fields(before) and holds_fields(target.get(column, ABSENT)):
        value = with_cell(target, source, cell_at({column: before}, source))
    return difference(change.path, change.key, base, _present({**target, column: value}))
