"""The journal's SQLite file: schema, durability, one transaction at a time over all processes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.errors import Refused, StoredeckError, TimedOut

VERSION: Final = 1
_BUSY_SECONDS: Final = 10.0

_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS staged (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    profile TEXT NOT NULL,
    path TEXT NOT NULL,
    row TEXT NOT NULL,
    change TEXT NOT NULL,
    outcome TEXT,
    UNIQUE (profile, path, row)
);
CREATE TABLE IF NOT EXISTS step (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL,
    is_undone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS entry (
    step INTEGER NOT NULL REFERENCES step (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    profile TEXT NOT NULL,
    path TEXT NOT NULL,
    row TEXT NOT NULL,
    old TEXT,
    new TEXT,
    PRIMARY KEY (step, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_row ON entry (profile, path, row);
PRAGMA user_version = {VERSION};
"""


class JournalFile:
    """An open journal file; its caller makes sure that one thread at a time uses it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told("opened"):
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS, cached_statements=64
        )
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            connection.close()
            raise Refused(
                f"staged edits {self._path}: written by a newer Storedeck",
                hint="Use the newer one, or commit or drop the staged edits there.",
            )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if version < VERSION:
            connection.executescript(_SCHEMA)
        return connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on the disk when the block ends, undone when it raises."""
        with self._told("written"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Read what is there."""
        with self._told("read"):
            yield self._connection

    def foreign_version(self) -> int:
        """A number that changes when another process or connection changed the file."""
        with self._told("read"):
            version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._connection.close()

    @contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._in_words(verb, str(error)) from error
        except OSError as error:
            raise self._in_words(verb, error.strerror or str(error)) from error

    def _in_words(self, verb: str, why: str) -> StoredeckError:
        what = f"staged edits {self._path}: cannot be {verb}: {why}"
        if "locked" in why or "busy" in why:
            return TimedOut(what, hint="Another Storedeck is writing for long; try again.")
        return Refused(what, hint="Check that the folder can be written and the disk is not full.")
