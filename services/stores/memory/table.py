"""A table in memory: rows by key, changed only where they still are what was read."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.stores.changes import Change, Delete, Insert, Outcome, Path, Result, Update
from services.stores.types import Column
from services.value_json import key_token, typed_json
from services.values import ABSENT, Key, Typed, Value

Row = dict[str, Value]


@dataclass(slots=True)
class Table:
    """Rows in the order of insertion. Thread-safe; readers take copies of the list, never of the rows."""

    path: Path
    columns: tuple[Column, ...]
    note: str = ""
    version: int = 0
    _rows: dict[str, Row] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def key_names(self) -> tuple[str, ...]:
        """Names of the key's columns."""
        return tuple(column.name for column in self.columns if column.is_key)

    def load(self, rows: Iterable[Row]) -> None:
        """Put rows in, unconditionally."""
        with self._lock:
            for row in rows:
                self._rows[self.token(row)] = row
            self.version += 1

    def replace(self, rows: Iterable[Row]) -> None:
        """Hold these rows and no others."""
        with self._lock:
            self._rows = {self.token(row): row for row in rows}
            self.version += 1

    def token(self, row: Mapping[str, Value]) -> str:
        """The canonical key of a row."""
        key: dict[str, Typed] = {}
        for name in self.key_names:
            value = row[name]
            assert isinstance(value, Typed)
            key[name] = value
        return key_token(key)

    def rows(self) -> list[Row]:
        """All rows now."""
        with self._lock:
            return list(self._rows.values())

    def get(self, key: Key) -> Row | None:
        """The row of a key."""
        return self._rows.get(self.token(key))

    def column(self, name: str) -> Column | None:
        """The declared column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    def apply(self, change: Change) -> Outcome:
        """Make one change, if its condition holds."""
        with self._lock:
            token = self.token(change.key)
            current = self._rows.get(token)
            match change:
                case Insert():
                    if current is not None:
                        return _conflict("a row with this key exists", current)
                    self._rows[token] = _without_absent({**change.key, **change.after})
                case Update():
                    if current is None or not _is_as_read(current, change.before):
                        return _conflict("the row changed since it was read", current)
                    self._rows[token] = _without_absent({**current, **change.after})
                case Delete():
                    if current is None or not _is_as_read(current, change.before):
                        return _conflict("the row changed since it was read", current)
                    del self._rows[token]
            self.version += 1
            return Outcome(Result.APPLIED, request_id=f"memory-{self.version}")


def _conflict(words: str, current: Row | None) -> Outcome:
    return Outcome(Result.CONFLICT, words if current is not None else "the row is gone", current=current)


def _is_as_read(current: Row, before: Mapping[str, Value]) -> bool:
    return all(same(current.get(name, ABSENT), value) for name, value in before.items())


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same, type and all; a NULL is a NULL of whatever type."""
    if isinstance(one, Typed) and isinstance(other, Typed):
        if one.value is None or other.value is None:
            return one.value is other.value
        return bool(typed_json(one) == typed_json(other))
    return one is other


def _without_absent(row: Mapping[str, Value]) -> Row:
    return {name: value for name, value in row.items() if value is not ABSENT}
