"""SQLite connections: one file, many connections, each used by one query at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from services.sandbox.ignite.errors import RequestRefused
from services.sandbox.ignite.sql import convert, functions
from services.sandbox.ignite.sql.temporal import Clock

MOST_IDLE = 8
"""Connections kept for the next query; each holds two descriptors and a cache of pages."""

RowObject = Callable[..., convert.Kept]
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=OFF",
    "PRAGMA case_sensitive_like=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-65536",
)


class Database:
    """One SQLite connection and the refusals that its functions raised."""

    def __init__(self, path: Path, clock: Clock, row_object: RowObject) -> None:
        self.refused: list[RequestRefused] = []
        self.connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            self.connection.execute(pragma)
        functions.register(self.connection, clock, self.refused, row_object)

    def execute(self, sql: str, arguments: dict[str, object] | tuple[object, ...] = ()) -> sqlite3.Cursor:
        self.refused.clear()
        return self.connection.execute(sql, arguments)

    def close(self) -> None:
        self.connection.close()


class Pool:
    """Idle connections of one database file, made when none is idle."""

    def __init__(self, path: Path, clock: Clock, row_object: RowObject) -> None:
        self._path = path
        self._clock = clock
        self._row_object = row_object
        self._idle: list[Database] = []
        self._all: list[Database] = []
        self._lock = Lock()

    def take(self) -> Database:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        made = Database(self._path, self._clock, self._row_object)
        with self._lock:
            self._all.append(made)
        return made

    def give_back(self, database: Database) -> None:
        database.connection.set_progress_handler(None, 0)
        with self._lock:
            if is_kept := len(self._idle) < MOST_IDLE:
                self._idle.append(database)
            else:
                self._all.remove(database)
        if not is_kept:
            database.close()

    def close(self) -> None:
        """Closes all; called when nothing runs any more."""
        with self._lock:
            databases, self._all, self._idle = self._all, [], []
        for database in databases:
            database.close()
