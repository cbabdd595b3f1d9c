"""The row that an edit is about: as it was read, and as it is staged now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from services.editing.cells import Source, cell_at, holds_fields, with_cell
from services.editing.folding import base_of, target_of
from services.editing.staged import Staged
from services.errors import ValueRefused
from services.results.types import RowRecord
from services.stores.changes import CellStep, Change, Delete, Insert, Path, Update, is_step
from services.text import displayable
from services.values import ABSENT, Key, Row, Typed, Value


@dataclass(frozen=True, slots=True)
class RowTarget:
    """A row under the cursor.

    Attributes:
        key: the full key.
        before: what was read, without the key; empty for a new row.
        now: what it shall be by what is staged, without the key; None where it is staged to go.
        is_new: staged to be added, so that its key can still be changed.
    """

    path: Path
    key: Key
    before: Row
    now: Row | None
    is_new: bool = False

    @classmethod
    def of_record(cls, path: Path, record: RowRecord, staged: Staged | None) -> RowTarget:
        """The target for a row that was read, with what is staged for it."""
        key = {name: value for name, value in record.key.items() if isinstance(value, Typed)}
        before = {name: value for name, value in record.values.items() if name not in key and value is not ABSENT}
        if staged is None:
            return cls(path, key, before, before)
        return cls.of_staged(staged)

    @classmethod
    def of_staged(cls, staged: Staged) -> RowTarget:
        """The target for a row by its staged change alone."""
        change = staged.change
        now = target_of(change)
        return cls(change.path, change.key, base_of(change) or {}, now, isinstance(change, Insert))

    @property
    def row(self) -> Row:
        """Key and values as they shall be."""
        return {**self.key, **(self.before if self.now is None else self.now)}

    def cell(self, source: Source) -> Value:
        """A cell as it shall be."""
        return cell_at(self.row, source)

    def with_cells(self, cells: Mapping[Source, Value]) -> RowTarget:
        """The target with these cells set, nothing staged yet."""
        row: dict[str, Value] = dict(self.row)
        for source, value in cells.items():
            is_field = bool(source[1]) and holds_fields(row.get(source[0], ABSENT))
            row[source[0]] = with_cell(row, source, value) if is_field else value
        key = {name: value for name in self.key if isinstance(value := row[name], Typed)}
        return replace(self, key=key, now={name: value for name, value in row.items() if name not in key})

    def changed(self, cells: Mapping[Source, Value]) -> list[Change]:
        """The changes that set these cells; a new key of a new row takes the row along.

        Raises:
            ValueRefused: a column of the key would have no value.
        """
        wanted = self.with_cells(cells)
        now = wanted.now or {}
        if wanted.key != self.key:
            insert = replace(wanted, key={}, now=wanted.row).inserted(list(self.key))
            return [Delete(self.path, self.key, {}), insert]
        touched = {source[0] for source in cells}
        return [Update(self.path, self.key, self.before, {name: now[name] for name in now if name in touched})]

    def inserted(self, key_names: Collection[str]) -> Insert:
        """The insert of a new row whose cells are all in `now`.

        Raises:
            ValueRefused: a column of the key has no value.
        """
        key: dict[str, Typed] = {}
        for name in key_names:
            value = (self.now or {}).get(name, ABSENT)
            if not isinstance(value, Typed) or value.value is None:
                raise ValueRefused(f"{displayable(name)}: the key needs a value", hint="Every column of the key does.")
            key[name] = value
        after = {name: value for name, value in (self.now or {}).items() if name not in key and value is not ABSENT}
        return Insert(self.path, key, after)

    def deleted(self) -> Change:
        """The change that takes the row away."""
        return Delete(self.path, self.key, self.before)


def settled(target: RowTarget, source: Source) -> Value:
    """A cell's value as it shall be; as it was read where a step of the store is staged for it."""
    value = target.cell(source)
    return cell_at(target.before, source) if is_step(value) else value


def dropped_times(value: Value) -> tuple[int, ...]:
    """The versions of a cell that are staged to be deleted, by their timestamps."""
    if not isinstance(value, Typed) or value.type != CellStep.DELETE_VERSIONS:
        return ()
    return tuple(item.value for item in value.value)


def without_version(value: Value, timestamp: int, as_read: Value) -> Value:
    """A cell with one more version staged to be deleted, or one less where it is already."""
    times = set(dropped_times(value)) ^ {timestamp}
    ordered = sorted(times, reverse=True)
    return Typed(CellStep.DELETE_VERSIONS.value, [Typed("Integer", time) for time in ordered]) if times else as_read
