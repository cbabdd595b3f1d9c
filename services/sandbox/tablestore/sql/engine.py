"""SELECT over mapping tables by an embedded engine, and the statements on mappings themselves."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from services.sandbox.tablestore.errors import OtsError, invalid, no_such_table
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.rows import read_written
from services.sandbox.tablestore.sql.answers import BINARY, BOOLEAN, DOUBLE, LONG, NONE, STRING, SqlColumn
from services.sandbox.tablestore.sql.mapping import Mapping, alter_mapping, make_mapping
from services.sandbox.tablestore.sql.ranges import key_range, row_limit
from services.sandbox.tablestore.sql.typing import result_kinds

SELECT, CREATE, SHOW, DESCRIBE, DROP, ALTER = range(1, 7)
SECONDS = 30.0
_STEPS = 100_000
_SHOW = re.compile(r"\s*SHOW\s+TABLES\s*;?\s*", re.IGNORECASE)
_DROP = re.compile(r"\s*DROP\s+(?:MAPPING\s+)?TABLE\s+(IF\s+EXISTS\s+)?[`\"]?(\w+)[`\"]?\s*;?\s*", re.IGNORECASE)
_DESCRIBE = re.compile(r"\s*DESC(?:RIBE)?\s+[`\"]?(\w+)[`\"]?\s*;?\s*", re.IGNORECASE)
_PYTHON_KINDS: dict[type, int] = {int: LONG, float: DOUBLE, str: STRING, bytes: BINARY, bool: BOOLEAN}


class SqlAnswer:
    """What a statement gives: its kind, columns (None: the statement has no result), bytes read of each table."""

    def __init__(self, kind: int, columns: list[SqlColumn] | None = None, rows: int = 0) -> None:
        self.kind = kind
        self.columns = columns
        self.rows = rows
        self.read: dict[str, int] = {}
        self.searched: dict[tuple[str, str], int] = {}


class SqlEngine:
    """Runs statements; the instance's lock is held by whoever calls."""

    def __init__(self, instance: Instance) -> None:
        self.mappings: dict[str, Mapping] = {}
        self._instance = instance
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._loaded: dict[str, tuple[object, int]] = {}

    def close(self) -> None:
        self._database.close()

    def run(self, query: str) -> SqlAnswer:
        """Runs one statement.

        Raises:
            OtsError: it cannot be read, or names what is not there.
        """
        if _SHOW.fullmatch(query):
            names = sorted(self.mappings)
            return SqlAnswer(SHOW, [SqlColumn("Tables_in_instance", STRING, names)], len(names))
        if found := _DESCRIBE.fullmatch(query):
            return self._describe(found[1])
        if found := _DROP.fullmatch(query):
            return self._drop(found[2], is_quiet=bool(found[1]))
        statement = _parsed(query)
        if isinstance(statement, exp.Create) and statement.kind == "TABLE":
            make_mapping(statement, query, self.mappings, self._instance)
            return SqlAnswer(CREATE)
        if isinstance(statement, exp.Alter):
            alter_mapping(statement, self.mappings)
            self._loaded.pop(statement.this.name, None)
            return SqlAnswer(ALTER)
        if isinstance(statement, exp.Query):
            return self._select(statement)
        raise OtsError(
            400, "OTSUnsupportOperation", f"This kind of statement is not supported: {statement.key.upper()}."
        )

    def _mapping(self, name: str) -> Mapping:
        mapping = self.mappings.get(name)
        if mapping is None or mapping.table not in self._instance.tables:
            raise invalid(f"Table '{name}' doesn't exist: there is no mapping table of that name.")
        return mapping

    def _describe(self, name: str) -> SqlAnswer:
        mapping = self._mapping(name)
        rows = mapping.described(self._instance.table(mapping.table).schema)
        names = ("Field", "Type", "Null", "Key", "Default", "Extra")
        columns = [SqlColumn(head, STRING, [row[place] for row in rows]) for place, head in enumerate(names)]
        return SqlAnswer(DESCRIBE, columns, len(rows))

    def _drop(self, name: str, *, is_quiet: bool) -> SqlAnswer:
        if self.mappings.pop(name, None) is None and not is_quiet:
            raise no_such_table(f"mapping table {name}")
        self._loaded.pop(name, None)
        return SqlAnswer(DROP)

    def _select(self, statement: exp.Query) -> SqlAnswer:
        answer = SqlAnswer(SELECT)
        commons = {common.alias for common in statement.find_all(exp.CTE)}
        names = {table.name for table in statement.find_all(exp.Table)} - commons
        for name in names:
            mapping = self._mapping(name)
            size = self._load(mapping, statement)
            if mapping.search_index:
                answer.searched[mapping.table, mapping.search_index] = size
            else:
                answer.read[mapping.table] = size
        cursor = self._execute(statement.sql(dialect="sqlite"))
        rows = cursor.fetchall()
        kinds = result_kinds(statement, {name: self.mappings[name].columns for name in names})
        answer.columns = _columns([head[0] for head in cursor.description or ()], rows, kinds)
        answer.rows = len(rows)
        return answer

    def _execute(self, sql: str) -> sqlite3.Cursor:
        ends_at = time.monotonic() + SECONDS
        self._database.set_progress_handler(lambda: time.monotonic() > ends_at, _STEPS)
        try:
            return self._database.execute(sql)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise invalid(f"SQL: {error}.") from error

    def _load(self, mapping: Mapping, statement: exp.Query) -> int:
        """Makes the engine's table hold what the statement can need; gives the bytes that were read."""
        table = self._instance.table(mapping.table)
        view = self._instance.view(mapping.table)
        first = view.schema.key[0]
        start, end = key_range(statement, first.name, first.python_type)
        limit = row_limit(statement)
        wanted = (table, table.version, start, end, limit, tuple(mapping.columns.items()), view.oldest)
        known = self._loaded.get(mapping.name)
        if known is not None and known[0] == wanted:
            return known[1]
        rows: list[list[Any]] = []
        size = 0
        for key, row in view.scan(start, end, backward=False):
            if limit is not None and len(rows) >= limit:
                break
            if len(rows) >= self._instance.limits.sql_rows and not mapping.search_index:
                raise OtsError(
                    403, "OTSQuotaExhausted",
                    f"The statement scans more than {self._instance.limits.sql_rows} rows; narrow its key range, or "
                    "use a search index.",
                )  # fmt: skip
            if row is not None:
                size += len(row) if isinstance(row, bytes) else row.size()
                seen = read_written(row) if isinstance(row, bytes) else row
                rows.append(mapping.values(view.schema.key_names, key, seen))
        self._fill(mapping, rows)
        self._loaded[mapping.name] = (wanted, size)
        return size

    def _fill(self, mapping: Mapping, rows: Sequence[Sequence[Any]]) -> None:
        name = exp.to_identifier(mapping.name, quoted=True).sql("sqlite")
        columns = ", ".join(exp.to_identifier(column, quoted=True).sql("sqlite") for column in mapping.columns)
        self._database.execute(f"DROP TABLE IF EXISTS {name}")
        self._database.execute(f"CREATE TABLE {name} ({columns})")
        places = ", ".join("?" * len(mapping.columns))
        self._database.executemany(f"INSERT INTO {name} VALUES ({places})", rows)


_PARSER_CLASS = re.compile(r"<class '[\w.]*\.(\w+)'>")


def _parsed(query: str) -> Any:
    if len(query.encode()) > 32 * 1024:
        raise invalid("The statement is longer than 32 KB.")
    try:
        return sqlglot.parse_one(query, read="mysql")
    except (SqlglotError, RecursionError) as error:
        # The parser names its own classes where an operand is missing.
        first = _PARSER_CLASS.sub(r"\1", str(error).partition("\n")[0])
        raise invalid(f"You have an error in your SQL syntax: {first}") from error


def _columns(names: list[str], rows: list[tuple[Any, ...]], kinds: list[int]) -> list[SqlColumn]:
    made = []
    for place, name in enumerate(names):
        values = [row[place] for row in rows]
        kind = kinds[place] if len(kinds) == len(names) else NONE
        made.append(SqlColumn(name, *_fitted(values, kind)))
    return made


def _fitted(values: list[Any], kind: int) -> tuple[int, list[Any]]:
    """The column's type and its values in that type; what the statement leaves open the values decide."""
    found = {type(value) for value in values if value is not None}
    if kind == BOOLEAN and found <= {int}:
        return kind, [None if value is None else bool(value) for value in values]
    if kind == DOUBLE and found <= {int, float}:
        return kind, values
    if kind != NONE and found <= {one for one, its in _PYTHON_KINDS.items() if its == kind}:
        return kind, values
    if not found:
        return kind, values
    if found <= {int, float}:
        return (LONG if found == {int} else DOUBLE), values
    if found == {bytes}:
        return BINARY, values
    return STRING, [value if value is None or isinstance(value, str) else _text(value) for value in values]


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
