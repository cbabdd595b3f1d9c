"""Putting and removing one row: by the store's own call, or by its conditional changes where it has no such call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from services.stores.base import PutsRows, ReadsKeys, WritesRows
from services.stores.changes import Change, Condition, Delete, Existence, Insert, Outcome, Path, Result, Update

if TYPE_CHECKING:
    from services.cli.connecting import Opened
    from services.values import Key, Row, Typed

    _Change = Callable[[Mapping[str, Typed] | None], Change | None]

_ATTEMPTS: Final = 10
"""Without a condition a row that others change meanwhile is tried again so often."""


def put_row(opened: Opened, path: Path, key_names: list[str], row: Row, condition: Condition) -> Outcome:
    """Write one row under a condition."""
    if isinstance(opened.store, PutsRows):
        return opened.store.put(path, row, condition)
    key = {name: value for name, value in row.items() if name in key_names}
    rest = {name: value for name, value in row.items() if name not in key_names}

    def change(current: Mapping[str, Typed] | None) -> Change:
        if current is None:
            return Insert(path, key, rest)  # type: ignore[arg-type]
        return Update(path, key, current, rest)  # type: ignore[arg-type]

    return _changed(opened, path, key, condition, change)  # type: ignore[arg-type]


def remove_row(opened: Opened, path: Path, key: Key, condition: Condition) -> Outcome:
    """Remove one row under a condition."""
    if isinstance(opened.store, PutsRows):
        return opened.store.remove(path, key, condition)

    def change(current: Mapping[str, Typed] | None) -> Change | None:
        return None if current is None else Delete(path, key, current)

    return _changed(opened, path, key, condition, change)


def _changed(opened: Opened, path: Path, key: Key, condition: Condition, change: _Change) -> Outcome:
    reader = opened.power(ReadsKeys, "reading by key")  # type: ignore[type-abstract]
    writer = opened.power(WritesRows, "writing rows")  # type: ignore[type-abstract]
    outcome = Outcome(Result.CONFLICT, "others kept changing the row")
    for _ in range(_ATTEMPTS):
        current = reader.read_keys(path, [key])[0]
        if not _holds(condition, current):
            return Outcome(Result.CONFLICT, "the condition does not hold", current=current)
        wanted = change(current)
        if wanted is None:
            return Outcome(Result.APPLIED)
        outcome = next(iter(writer.apply([wanted])))
        if outcome.result is not Result.CONFLICT or condition is not None:
            break
    return outcome


def _holds(condition: Condition, current: Mapping[str, Typed] | None) -> bool:
    match condition:
        case None:
            return True
        case Existence.ABSENT:
            return current is None
        case Existence.EXISTS:
            return current is not None
    return current is not None and all(current.get(name) == value for name, value in condition.items())
