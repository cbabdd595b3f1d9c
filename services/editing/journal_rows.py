"""Rows of the journal inside one transaction: find, put, and what undo needs of each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.editing.encoding import (
    change_from_json,
    change_json,
    dump,
    key_text,
    outcome_from_json,
    outcome_json,
    path_text,
)
from services.editing.staged import Staged
from services.stores.changes import Change, Outcome


@dataclass(frozen=True, slots=True)
class RowName:
    """What names a row in the file: profile, path and key, the latter two as text."""

    profile: str
    path: str
    row: str

    @classmethod
    def of(cls, profile: str, change: Change) -> RowName:
        """The row that a change is about."""
        return cls(profile, path_text(change.path), key_text(change.key))

    @property
    def parts(self) -> tuple[str, str, str]:
        """For a statement's arguments."""
        return self.profile, self.path, self.row


@dataclass(frozen=True, slots=True)
class RowEntry:
    """One row's part in a step of undo: its state before and after, as JSON text or None for not staged."""

    name: RowName
    old: str | None
    new: str | None


@dataclass(slots=True)
class JournalRows:
    """The staged rows, within one transaction.

    Attributes:
        entries: what was put since the start, for undo.
        touched: the ids put (their new state) or gone (None).
    """

    connection: sqlite3.Connection
    entries: list[RowEntry] = field(default_factory=list)
    touched: dict[int, Staged | None] = field(default_factory=dict)

    def all(self) -> Iterator[Staged]:
        """Every staged change."""
        for row in self.connection.execute("SELECT id, profile, change, outcome FROM staged ORDER BY id"):
            yield _staged(row)

    def find(self, name: RowName) -> Staged | None:
        """What is staged for a row."""
        query = "SELECT id, profile, change, outcome FROM staged WHERE profile = ? AND path = ? AND row = ?"
        row = self.connection.execute(query, name.parts).fetchone()
        return None if row is None else _staged(row)

    def by_id(self, identifier: int) -> Staged | None:
        """A staged change by its number."""
        query = "SELECT id, profile, change, outcome FROM staged WHERE id = ?"
        row = self.connection.execute(query, (identifier,)).fetchone()
        return None if row is None else _staged(row)

    def put(self, name: RowName, change: Change | None, outcome: Outcome | None) -> None:
        """Make this the staged change of the row; None takes it out."""
        old = self.find(name)
        identifier = old.id if old else None
        new = None if change is None else _state_text(identifier or self._next_id(), change, outcome)
        self._restore(name, new)
        self.entries.append(RowEntry(name, None if old is None else _text_of(old), new))

    def restore(self, name: RowName, expected: str | None, wanted: str | None) -> bool:
        """Put a state back, unless the row was changed otherwise since; whether it was put."""
        now = self.find(name)
        if _change_part(None if now is None else _text_of(now)) != _change_part(expected):
            return False
        self._restore(name, wanted)
        return True

    def _restore(self, name: RowName, state: str | None) -> None:
        now = self.find(name)
        if now is not None:
            self.connection.execute("DELETE FROM staged WHERE id = ?", (now.id,))
            self.touched[now.id] = None
        if state is None:
            return
        data = json.loads(state)
        outcome = None if data["outcome"] is None else dump(data["outcome"])
        row = (data["id"], name.profile, dump(data["change"]), outcome)
        self.connection.execute(
            "INSERT INTO staged (id, profile, change, outcome, path, row) VALUES (?, ?, ?, ?, ?, ?)",
            (*row, name.path, name.row),
        )
        self.touched[data["id"]] = _staged(row)

    def _next_id(self) -> int:
        kept = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'staged'").fetchone()
        return 1 if kept is None else kept[0] + 1

    def rename_profile(self, old: str, new: str) -> None:
        """Give every row and every step of a profile its new name."""
        self.connection.execute("UPDATE staged SET profile = ? WHERE profile = ?", (new, old))
        self.connection.execute("UPDATE entry SET profile = ? WHERE profile = ?", (new, old))
        self.touched = {staged.id: staged for staged in self.all() if staged.profile == new}

    def forget(self, name: RowName) -> None:
        """Take the row out of every step of undo: it was sent."""
        self.connection.execute("DELETE FROM entry WHERE profile = ? AND path = ? AND row = ?", name.parts)
        self.connection.execute("DELETE FROM step WHERE id NOT IN (SELECT step FROM entry)")


def _staged(row: tuple[int, str, str, str | None]) -> Staged:
    identifier, profile, change, outcome = row
    return Staged(
        identifier,
        profile,
        change_from_json(json.loads(change)),
        None if outcome is None else outcome_from_json(json.loads(outcome)),
    )


def _state_text(identifier: int, change: Change, outcome: Outcome | None) -> str:
    state: dict[str, Any] = {
        "id": identifier,
        "change": change_json(change),
        "outcome": None if outcome is None else outcome_json(outcome),
    }
    return dump(state)


def _text_of(staged: Staged) -> str:
    return _state_text(staged.id, staged.change, staged.outcome)


def _change_part(state: str | None) -> str:
    return "" if state is None else dump(json.loads(state)["change"])
