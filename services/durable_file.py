"""An SQLite file that several processes share: durable at each commit, one writer at a time, errors in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.errors import Refused, StoredeckError, TimedOut

_BUSY_SECONDS: Final = 10.0


class DurableFile:
    """An open file; its caller makes sure that one thread at a time uses it.

    Args:
        what: it holds, for errors.
        version: of the schema, kept as the file's `user_version`.
        schema: of a new file.
        newer_hint: what to do about a file that a newer program wrote.
        steps: statements that lead from an older version to the one after it, by the older one's number.
    """

    def __init__(
        self,
        path: Path,
        what: str,
        version: int,
        schema: str,
        *,
        newer_hint: str,
        steps: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        self._path = path
        self._what = what
        self._newer_hint = newer_hint
        self._steps = steps or {}
        with self._told("opened"):
            self._connection = self._open(version, schema)

    def _open(self, version: int, schema: str) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS, cached_statements=64
        )
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > version:
            connection.close()
            raise Refused(f"{self._what} {self._path}: written by a newer Storedeck", hint=self._newer_hint)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if found == 0:
            connection.executescript(f"BEGIN IMMEDIATE;{schema}PRAGMA user_version = {version};COMMIT;")
        elif found < version:
            self._lead_on(connection, version)
        return connection

    def _lead_on(self, connection: sqlite3.Connection, version: int) -> None:
        """Take an older file to this version; another process may be doing the same."""
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        for step in range(found, version):
            for statement in self._steps.get(step, ()):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {step + 1}")
        connection.execute("COMMIT")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on the disk when the block ends, undone when it raises."""
        with self._told("written"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

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
        what = f"{self._what} {self._path}: cannot be {verb}: {why}"
        if "locked" in why or "busy" in why:
            return TimedOut(what, hint="Another Storedeck is writing for long; try again.")
        return Refused(what, hint="Check that the folder can be written and the disk is not full.")
