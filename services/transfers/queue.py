"""The queue as the console and the command line see it: one file, any number of processes, nothing heavy imported."""

# ruff: noqa: S608  # names are our own, values are bound

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from services.durable_file import DurableFile
from services.errors import NotFound, Refused, UsageError
from services.transfers import orders
from services.transfers.item_rows import COLUMNS, item_of
from services.transfers.model import Item, LogLine, Part, PartState, RejectedRow, TransferOptions
from services.transfers.queue_file import open_queue_file
from services.transfers.settings import QueueSettings

_LISTED: Final = f"SELECT {COLUMNS} FROM items WHERE is_purged = 0"
_SETTINGS: Final = "SELECT name, value FROM settings"


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a version: items that are new or different, and the ids of those that are gone."""

    version: int
    items: tuple[Item, ...]
    gone: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RunnerNote:
    """Who runs transfers, as it said itself; `beat` is when it last did, `code` its version of Storedeck.

    Whether it lives: `starting.is_running`.
    """

    pid: int
    host: str
    started: float
    beat: float
    engine: str
    code: str


class TransferQueue:
    """The queue's file. Methods block for a disk access; safe from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file: DurableFile | None = None

    # -- reading ---------------------------------------------------------------------------------------------------

    def items(self) -> list[Item]:
        """All items: those that wait or run in the order in which they go, then those that ended, newest first."""
        with self._read() as database:
            found = [item_of(row) for row in database.execute(_LISTED)]
        waiting = [item for item in found if not item.state.is_ended]
        ended = [item for item in found if item.state.is_ended]
        waiting.sort(key=lambda item: (-item.priority, item.place))
        ended.sort(key=lambda item: (item.ended or item.created, item.id), reverse=True)
        return waiting + ended

    def history(self) -> list[Item]:
        """Items that ended, newest first, with all their parameters."""
        return [item for item in self.items() if item.state.is_ended]

    def item(self, identifier: int) -> Item:
        """One item.

        Raises:
            NotFound: there is none.
        """
        with self._read() as database:
            row = database.execute(f"{_LISTED} AND id = ?", (identifier,)).fetchone()
        if row is None:
            raise _no_item(identifier)
        return item_of(row)

    def parts(self, identifier: int) -> list[Part]:
        """The parts of an item in order; empty before it is planned."""
        query = (
            "SELECT part, state, attempts, rows, size_bytes, rejected, error FROM parts WHERE item = ? ORDER BY part"
        )
        with self._read() as database:
            rows = database.execute(query, (identifier,)).fetchall()
        return [Part(row[0], PartState(row[1]), *row[2:]) for row in rows]

    def plan(self, identifier: int) -> dict[str, Any]:
        """What was planned, for people: columns with types, counts, guarantee, notes; empty before it is planned."""
        with self._read() as database:
            row = database.execute("SELECT plan FROM plans WHERE item = ?", (identifier,)).fetchone()
        shown: dict[str, Any] = json.loads(row[0]).get("shown", {}) if row else {}
        return shown

    def log(self, identifier: int, limit: int = 1000) -> list[LogLine]:
        """The newest lines of an item's log, oldest first."""
        query = "SELECT at, level, text FROM log WHERE item = ? ORDER BY id DESC LIMIT ?"
        with self._read() as database:
            rows = database.execute(query, (identifier, limit)).fetchall()
        return [LogLine(*row) for row in reversed(rows)]

    def rejects(self, identifier: int, first: int = 0, limit: int = 1000) -> list[RejectedRow]:
        """Rows put aside, in the order of the source."""
        query = "SELECT reject FROM rejects WHERE item = ? ORDER BY part, place LIMIT ? OFFSET ?"
        with self._read() as database:
            rows = database.execute(query, (identifier, limit, first)).fetchall()
        return [RejectedRow.of_data(json.loads(row[0])) for row in rows]

    def version(self) -> int:
        """A number that grows with every change of an item; cheap enough to ask ten times a second."""
        with self._read() as database:
            return int(database.execute("SELECT version FROM counter").fetchone()[0])

    def changes(self, since: int) -> Changes:
        """What changed after a version; 0 gives everything."""
        with self._read() as database:
            database.execute("BEGIN")
            try:
                version = int(database.execute("SELECT version FROM counter").fetchone()[0])
                rows = database.execute(f"{_LISTED} AND version > ?", (since,)).fetchall() if version > since else []
                gone = database.execute(
                    "SELECT item FROM gone WHERE version > ?"
                    " UNION SELECT id FROM items WHERE is_purged = 1 AND version > ?",
                    (since, since),
                ).fetchall()
            finally:
                database.execute("COMMIT")
        return Changes(version, tuple(item_of(row) for row in rows), tuple(row[0] for row in gone))

    def settings(self) -> QueueSettings:
        """What holds for all transfers."""
        with self._read() as database:
            return QueueSettings.of_rows(database.execute(_SETTINGS).fetchall())

    def runner(self) -> RunnerNote | None:
        """Who ran transfers last, None if nobody ever did."""
        with self._read() as database:
            row = database.execute("SELECT pid, host, started, beat, engine, code FROM runner").fetchone()
        return RunnerNote(*row) if row else None

    def needs_runner(self) -> bool:
        """Whether there is anything that a runner would do, now or when its time has come."""
        with self._read() as database:
            return orders.needs_runner(database, QueueSettings.of_rows(database.execute(_SETTINGS).fetchall()))

    def progress(self) -> tuple[int, int]:
        """Differs once a runner got anything done, or somebody gave an order."""
        query = "SELECT (SELECT coalesce(sum(parts_done), 0) FROM items), (SELECT coalesce(max(id), 0) FROM log)"
        with self._read() as database:
            parts, lines = database.execute(query).fetchone()
        return parts, lines

    # -- orders ----------------------------------------------------------------------------------------------------

    def add(self, source: str, target: str, options: TransferOptions | None = None, *, priority: int = 0) -> int:
        """Queue a transfer between two addresses; its id. It is on the disk when this returns."""
        return self.add_all([(source, target, options or TransferOptions())], priority=priority)[0]

    def add_all(self, wanted: Iterable[tuple[str, str, TransferOptions]], *, priority: int = 0) -> list[int]:
        """Queue several in one go."""
        with self._write() as database:
            return [orders.add(database, *one, priority) for one in wanted]

    def rerun(self, identifier: int) -> int:
        """Queue an ended item again with the same parameters; the new id."""
        item = self.item(identifier)
        return self.add(item.source, item.target, item.options, priority=item.priority)

    def pause(self, identifiers: Sequence[int] | None = None) -> list[int]:
        """Stop starting parts of these items, or of all; the ids that were changed."""
        return self._order(orders.pause, identifiers)

    def resume(self, identifiers: Sequence[int] | None = None) -> list[int]:
        """Let paused items go on where they stood."""
        return self._order(orders.resume, identifiers)

    def cancel(self, identifiers: Sequence[int] | None = None) -> list[int]:
        """End items for good; a runner drops what their targets hold uncommitted.

        Raises:
            Refused: a named item is being committed, so that nobody could say what would be left.
        """
        return self._order(orders.cancel, identifiers)

    def retry(self, identifiers: Sequence[int] | None = None) -> list[int]:
        """Let failed or cancelled items go on, or start anew where what they stood on is gone."""
        return self._order(orders.retry, identifiers)

    def purge(self, identifiers: Sequence[int] | None = None) -> list[int]:
        """Forget ended items, or all that ended."""
        return self._order(orders.purge, identifiers)

    def set_priority(self, identifier: int, priority: int) -> None:
        """Higher goes first."""
        self._set(identifier, "priority", priority)

    def move(self, identifier: int, before: int | None) -> None:
        """Put an item before another one of its priority, or behind all of them."""
        with self._write() as database:
            orders.move(database, self._existing(database, identifier), before)

    def set_parallel(self, identifier: int, parallel: int) -> None:
        """Parts in flight at once, also while it runs."""
        if parallel < 1:
            raise UsageError(f"parallel {parallel}: at least 1", hint="Pause the transfer to stop it.")
        self._set_option(identifier, parallel=parallel)

    def set_bandwidth(self, identifier: int, bandwidth: int) -> None:
        """Bytes a second, 0 for no cap, also while it runs."""
        self._set_option(identifier, bandwidth=max(bandwidth, 0))

    def change_settings(self, **values: Any) -> QueueSettings:
        """Change what holds for all transfers, by the names of `QueueSettings`."""
        with self._write() as database:
            rows = database.execute(_SETTINGS).fetchall()
            changed = replace(QueueSettings.of_rows(rows), **values)
            for name in values:
                value = json.dumps(getattr(changed, name))
                database.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))
            database.execute("UPDATE counter SET version = version + 1")
        return changed

    def close(self) -> None:
        """Close the file; safe to call twice."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _order(self, order: orders.Order, identifiers: Sequence[int] | None) -> list[int]:
        with self._write() as database:
            for identifier in identifiers or ():
                self._existing(database, identifier)
            return order(database, identifiers)

    def _set(self, identifier: int, column: str, value: object) -> None:
        with self._write() as database:
            self._existing(database, identifier)
            database.execute(f"UPDATE items SET {column} = ? WHERE id = ?", (value, identifier))

    def _set_option(self, identifier: int, **values: Any) -> None:
        with self._write() as database:
            item = self._existing(database, identifier)
            options = json.dumps(replace(item.options, **values).data())
            database.execute("UPDATE items SET options = ? WHERE id = ?", (options, identifier))

    def _existing(self, database: sqlite3.Connection, identifier: int) -> Item:
        row = database.execute(f"{_LISTED} AND id = ?", (identifier,)).fetchone()
        if row is None:
            raise _no_item(identifier)
        return item_of(row)

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._opened().read() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._opened().write() as connection:
            yield connection

    def _opened(self) -> DurableFile:
        if self._file is None:
            self._file = open_queue_file(self.path)
        return self._file


def _no_item(identifier: int) -> Refused:
    return NotFound(f"transfer {identifier}: there is none", hint="See `storedeck transfers list`.")
