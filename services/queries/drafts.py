"""Drafts of the console in the history's file: unfinished texts, the file of each, and those that were closed."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS drafts (name TEXT PRIMARY KEY, text TEXT NOT NULL, changed REAL NOT NULL);
"""
_ADDED: Final = {
    "path": "ALTER TABLE drafts ADD COLUMN path TEXT NOT NULL DEFAULT ''",
    "saved": "ALTER TABLE drafts ADD COLUMN saved TEXT NOT NULL DEFAULT ''",
    "closed": "ALTER TABLE drafts ADD COLUMN closed REAL",
}
_COLUMNS: Final = "name, text, path, saved, changed, closed"
_PREFIX: Final = "console:"
CLOSED_KEPT: Final = 30
"""So many closed drafts can be opened again; the oldest go."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text of the console.

    Attributes:
        name: `console:PROFILE` or `console:PROFILE:TOKEN`; a profile's name holds no colon.
        path: of the file that it was read from or saved in, or empty.
        saved: the fingerprint of what that file held then, or empty.
        changed: seconds since 1970.
        closed: the same, of its closing; None while it is open.
    """

    name: str
    text: str
    path: str = ""
    saved: str = ""
    changed: float = 0.0
    closed: float | None = None

    @property
    def profile(self) -> str:
        """Where its statements run."""
        return self.name.split(":")[1]


def new_name(profile: str) -> str:
    """A name for one more draft; two consoles at once never make the same."""
    return f"{_PREFIX}{profile}:{secrets.token_hex(4)}"


def add_columns(database: sqlite3.Connection) -> None:
    """Give a file of an earlier version what it lacks; its drafts stay. Two processes may do so at once."""
    if not _missing(database):
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        for column in _missing(database):
            database.execute(_ADDED[column])
    finally:
        database.execute("COMMIT")


def _missing(database: sqlite3.Connection) -> list[str]:
    present = {row[1] for row in database.execute("PRAGMA table_info(drafts)")}
    return [column for column in _ADDED if column not in present]


class Drafts:
    """The drafts. Methods block for a disk write; safe from several threads and processes."""

    def __init__(
        self, database: Callable[[], AbstractContextManager[sqlite3.Connection]], is_private: Callable[[], bool]
    ) -> None:
        self._database = database
        self._is_private = is_private

    def keep(self, draft: Draft) -> None:
        """Keep an open draft, or drop it when it holds nothing; nothing in private mode."""
        if self._is_private():
            return
        if not draft.text.strip() and not draft.path:
            self.forget(draft.name)
            return
        values = (draft.name, draft.text, draft.path, draft.saved, time.time())
        with self._database() as database:
            database.execute(
                "INSERT INTO drafts (name, text, path, saved, changed) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET text = excluded.text, path = excluded.path,"
                " saved = excluded.saved, changed = excluded.changed",
                values,
            )

    def close(self, name: str) -> None:
        """Put a draft away: it can be opened again, as one of the last so many."""
        with self._database() as database:
            database.execute("UPDATE drafts SET closed = ? WHERE name = ?", (time.time(), name))
            database.execute(
                "DELETE FROM drafts WHERE closed IS NOT NULL AND name NOT IN"
                " (SELECT name FROM drafts WHERE closed IS NOT NULL ORDER BY closed DESC LIMIT ?)",
                (CLOSED_KEPT,),
            )

    def reopen(self, name: str) -> None:
        """Take a closed draft back."""
        with self._database() as database:
            database.execute("UPDATE drafts SET closed = NULL WHERE name = ?", (name,))

    def forget(self, name: str) -> None:
        """Delete a draft."""
        with self._database() as database:
            database.execute("DELETE FROM drafts WHERE name = ?", (name,))

    def open(self) -> list[Draft]:
        """The open drafts, in the order they were made."""
        return self._read("closed IS NULL ORDER BY rowid")

    def closed(self) -> list[Draft]:
        """The closed drafts, the last first."""
        return self._read("closed IS NOT NULL ORDER BY closed DESC")

    def _read(self, which: str) -> list[Draft]:
        query = f"SELECT {_COLUMNS} FROM drafts WHERE name LIKE '{_PREFIX}%' AND {which}"  # noqa: S608
        with self._database() as database:
            return [Draft(*row) for row in database.execute(query)]
