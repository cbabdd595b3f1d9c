"""Statements that ran, in SQLite: several consoles at once may write, none loses a line."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.queries import drafts
from services.queries.masking import masked

RUNNING: Final = "running"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    started REAL NOT NULL,
    seconds REAL,
    rows INTEGER,
    profile TEXT NOT NULL,
    outcome TEXT NOT NULL,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS history_started ON history (started);
"""
_NEWEST: Final = """
SELECT id, text, started, seconds, rows, profile, outcome, error FROM history
WHERE ? = '' OR profile = ? ORDER BY id DESC
"""
BUSY_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One statement that ran.

    Attributes:
        started: seconds since 1970.
        rows: rows seen or changed, None where it never came so far.
        outcome: `running`, `done`, `failed` or `cancelled`.
    """

    id: int
    text: str
    started: float
    seconds: float | None
    rows: int | None
    profile: str
    outcome: str
    error: str = ""


class History:
    """The history's file. Methods block for a disk write; safe from several threads and processes.

    Attributes:
        is_private: while true nothing is written.
        drafts: unfinished texts, in the same file.
    """

    def __init__(self, path: Path, most_entries: int = 5000) -> None:
        self._path = path
        self._most_entries = most_entries
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self.is_private = False
        self.drafts = drafts.Drafts(self._database, lambda: self.is_private)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                self._connection = _opened(self._path)
            yield self._connection

    def start(self, text: str, profile: str, started: float | None = None) -> int | None:
        """Note that a statement begins, secrets masked; what `finish` takes, None in private mode.

        The oldest entries beyond the most that are kept go.
        """
        if self.is_private:
            return None
        values = (masked(text), time.time() if started is None else started, profile, RUNNING)
        with self._database() as database:
            cursor = database.execute(
                "INSERT INTO history (text, started, profile, outcome) VALUES (?, ?, ?, ?)", values
            )
            entry = cursor.lastrowid or 0
            database.execute("DELETE FROM history WHERE id <= ?", (entry - self._most_entries,))
            return entry

    def finish(
        self, entry: int | None, outcome: str, *, seconds: float, rows: int | None = None, error: str = ""
    ) -> None:
        """Note how it ended; nothing for None."""
        if entry is None:
            return
        with self._database() as database:
            database.execute(
                "UPDATE history SET outcome = ?, seconds = ?, rows = ?, error = ? WHERE id = ?",
                (outcome, seconds, rows, masked(error), entry),
            )

    def search(self, text: str = "", profile: str = "", limit: int = 200) -> list[HistoryEntry]:
        """The newest entries whose text holds every word of `text`, whatever its case."""
        words = text.casefold().split()
        found: list[HistoryEntry] = []
        with self._database() as database:
            for row in database.execute(_NEWEST, (profile, profile)):
                entry = HistoryEntry(*row)
                if all(word in entry.text.casefold() for word in words):
                    found.append(entry)
                    if len(found) == limit:
                        break
        return found

    def forget(self, entry: int) -> None:
        """Delete one entry."""
        with self._database() as database:
            database.execute("DELETE FROM history WHERE id = ?", (entry,))

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(_SCHEMA + drafts.SCHEMA)
    drafts.add_columns(connection)
    return connection
