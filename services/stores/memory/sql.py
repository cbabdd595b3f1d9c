"""SQL over memory tables: each statement runs in a SQLite database filled with the tables it names.

Values are those that SQLite has: times, decimals and nested values are text. A statement that changes rows changes
them in SQLite first; what differs then is written back. Two functions help tests: `sleep(seconds)` obeys a cancel,
`hang(seconds)` does not.
"""

from __future__ import annotations

import math
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import Cancelled, StatementRefused, TimedOut
from services.stores.memory.arrow import record_batch
from services.stores.memory.table import Row, Table
from services.stores.memory.words import ANY, of_json, parse_text
from services.stores.types import Column, Count, SqlPage, Statement
from services.value_json import json_text, plain_json
from services.values import ABSENT, Typed, Value

_CHANGING: Final = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
_READING: Final = re.compile(r"[\s(]*(SELECT|WITH|VALUES|EXPLAIN)\b", re.IGNORECASE)
_WORDS: Final = {int: "INTEGER", float: "REAL", str: "TEXT", bytes: "BLOB"}
_STEPS: Final = 1000
"""SQLite instructions between two looks at the cancel token."""

_NUMBERS_VIEW: Final = """
CREATE VIEW numbers AS WITH RECURSIVE ids(id) AS (SELECT 0 WHERE {rows} > 0 UNION ALL SELECT id + 1 FROM ids
WHERE id + 1 < {rows}) SELECT id, 'row number ' || id AS label, id % 1000 AS "group", id / 3.0 AS ratio,
id % 2 = 0 AS flag, id * 1000000007 AS seen, id * 997 AS amount, 'code-' || id AS code, sqrt(id) AS delta,
(id % 1000) * 2 AS rank FROM ids
"""


class Database:
    """A SQLite database for one statement."""

    def __init__(
        self, tables: Sequence[Table], text: str, generated_rows: int, cancel: CancelToken, seconds: float | None = None
    ) -> None:
        self._cancel = cancel
        self._deadline = time.monotonic() + seconds if seconds else math.inf
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.create_function("sleep", 1, self._sleep)
        self._db.create_function("hang", 1, _hang)
        self._db.create_function("sqrt", 1, lambda value: math.sqrt(value) if value is not None else None)
        self._loaded: list[tuple[Table, list[Row], list[tuple[Any, ...]]]] = []
        self._db.execute(_NUMBERS_VIEW.format(rows=generated_rows))
        for table in tables:
            if table.path[-1].casefold() in text.casefold():
                self._load(table)
        self._db.set_progress_handler(self._should_stop, _STEPS)

    def _sleep(self, seconds: float) -> int:
        self._cancel.wait(min(seconds, max(self._deadline - time.monotonic(), 0)))
        return 0

    def _should_stop(self) -> bool:
        return self._cancel.is_cancelled or time.monotonic() > self._deadline

    def _load(self, table: Table) -> None:
        rows = table.rows()
        cells = [tuple(to_sqlite(row.get(column.name, ABSENT)) for column in table.columns) for row in rows]
        names = ", ".join(quoted(column.name) for column in table.columns)
        self._db.execute(f"CREATE TABLE {quoted(table.path[-1])} ({names})")
        marks = ", ".join("?" * len(table.columns))
        self._db.executemany(f"INSERT INTO {quoted(table.path[-1])} VALUES ({marks})", cells)
        self._loaded.append((table, rows, cells))

    def run(self, text: str, arguments: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute one statement.

        Raises:
            StatementRefused, Cancelled, TimedOut.
        """
        try:
            return self._db.execute(text, [to_sqlite(argument) for argument in arguments])
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def fetch(self, cursor: sqlite3.Cursor, count: int) -> list[tuple[Any, ...]]:
        """The next rows.

        Raises:
            as `run`.
        """
        try:
            rows = cursor.fetchmany(count)
        except sqlite3.Error as error:
            raise self._translated(error) from error
        self._cancel.check()
        return rows

    def _translated(self, error: sqlite3.Error) -> Exception:
        if self._cancel.is_cancelled:
            return Cancelled("statement: stopped on the server, too")
        if time.monotonic() > self._deadline:
            return TimedOut("statement: stopped at its time limit", hint="Raise the limit or read less.")
        return StatementRefused(f"statement: {error}", hint="The dialect is SQLite's.")

    def write_back(self) -> None:
        """Bring what changed here into the tables."""
        for table, rows, before in self._loaded:
            found = self._db.execute(f"SELECT rowid, * FROM {quoted(table.path[-1])} ORDER BY rowid")
            after = {cells[0]: cells[1:] for cells in found}
            kept = [
                _changed(table, rows[number - 1], before[number - 1], cells)
                if number <= len(rows)
                else _new(table, cells)
                for number, cells in after.items()
            ]
            table.replace(kept)

    def close(self) -> None:
        """End it."""
        self._db.close()


def _hang(seconds: float) -> int:
    time.sleep(seconds)
    return 0


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""').replace("\x00", "") + '"'


def to_sqlite(value: Value | Any) -> Any:
    """The nearest value that SQLite has."""
    raw = value.value if isinstance(value, Typed) else None if value is ABSENT else value
    match raw:
        case None | int() | float() | bytes():
            return raw
        case str():
            return raw.encode("utf-8", "replace").decode("utf-8")
        case dict() | list():
            return json_text(plain_json(raw))
    return str(plain_json(raw))


def _changed(table: Table, row: Row, before: tuple[Any, ...], after: tuple[Any, ...]) -> Row:
    cells = zip(table.columns, before, after, strict=True)
    return row | {column.name: _typed(column, new) for column, old, new in cells if old != new}


def _new(table: Table, cells: tuple[Any, ...]) -> Row:
    return {
        column.name: _typed(column, cell)
        for column, cell in zip(table.columns, cells, strict=True)
        if cell is not None or column.is_key
    }


def _typed(column: Column, cell: Any) -> Typed:
    if cell is None:
        return Typed(column.type, None)
    if isinstance(cell, bytes):
        return Typed("Bytes", cell)
    return of_json(cell) if column.type == ANY else parse_text(column.type, str(cell))


def positions(table: Table, where: str, order: Sequence[str], cancel: CancelToken) -> list[Row]:
    """The rows that a predicate lets through, sorted.

    Raises:
        StatementRefused: the predicate is no SQL.
    """
    rows = table.rows()
    names = [name.removeprefix("-") for name in order]
    sorting = ", ".join(
        f"{quoted(name)} {'DESC' if asked != name else 'ASC'} NULLS LAST"
        for asked, name in zip(order, names, strict=True)
    )
    text = f"SELECT rowid FROM {quoted(table.path[-1])}"
    text += f" WHERE {where}" if where else ""
    text += f" ORDER BY {sorting}" if sorting else ""
    database = Database([table], table.path[-1], 0, cancel)
    try:
        return [rows[number - 1] for (number,) in database.run(text)]
    finally:
        database.close()


def run_statement(
    tables: Sequence[Table], statement: Statement, generated_rows: int, page_rows: int, cancel: CancelToken
) -> Iterator[SqlPage]:
    """Pages of a statement's answer.

    Raises:
        StatementRefused, Cancelled, TimedOut.
    """
    database = Database(tables, statement.text, generated_rows, cancel, statement.timeout_seconds)
    try:
        if _CHANGING.match(statement.text):
            affected = database.run(statement.text, statement.arguments).rowcount
            database.write_back()
            yield SqlPage(None, Count.exact(0), affected)
            return
        if not _READING.match(statement.text):
            raise StatementRefused(
                "statement: this store runs SELECT, INSERT, UPDATE and DELETE", hint="Tables are made otherwise."
            )
        yield from _pages(database, statement, page_rows)
    finally:
        database.close()


def _pages(database: Database, statement: Statement, page_rows: int) -> Iterator[SqlPage]:
    cursor = database.run(statement.text, statement.arguments)
    names = [entry[0] for entry in cursor.description]
    left = statement.limit
    total = 0
    while True:
        wanted = page_rows if left is None else min(page_rows, left - total)
        rows = database.fetch(cursor, wanted) if wanted else []
        if rows or not total:
            total += len(rows)
            yield SqlPage(_batch(names, rows), Count.at_least(total))
        if len(rows) < wanted or not wanted:
            return


def _batch(names: list[str], rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    """SQL allows columns of one name, so they are built one by one."""
    built = []
    for position in range(len(names)):
        values: list[Row] = [{"": _sql_value(row[position])} for row in rows]
        batch = record_batch([Column("", "NULL")], values)
        built.append((batch.schema.field(0).with_name(names[position]), batch.column(0)))
    return pa.RecordBatch.from_arrays([array for _, array in built], schema=pa.schema([field for field, _ in built]))


def _sql_value(cell: Any) -> Typed:
    return Typed("NULL", None) if cell is None else Typed(_WORDS[type(cell)], cell)
