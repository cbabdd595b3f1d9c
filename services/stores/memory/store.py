"""The Store contract over tables in memory: every power, exact values, conditional writes, faults on demand."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, SignInFailed, StoredeckError, UsageError, ValueRefused
from services.secrets import Secret
from services.stores.base import (
    CancelsQueries,
    ManagesContainers,
    ReadsKeys,
    ReadsRows,
    RunsSql,
    ShowsCluster,
    Store,
    WritesRows,
)
from services.stores.changes import Call, Change, Delete, Insert, Outcome, Path, Result
from services.stores.features import Feature, Guarantee
from services.stores.limits import Limits
from services.stores.memory import generated, samples
from services.stores.memory.arrow import record_batch
from services.stores.memory.bulk import NUMBERS, MemoryBulk
from services.stores.memory.faults import Faults
from services.stores.memory.kind import MEMORY
from services.stores.memory.running import Running
from services.stores.memory.shelf import Shelf
from services.stores.memory.sql import positions, run_statement
from services.stores.memory.table import Row, Table
from services.stores.memory.words import ANY, WORDS, of_json, parse_text
from services.stores.types import (
    CheckStep,
    Children,
    Column,
    Count,
    Description,
    Group,
    Node,
    Page,
    RowQuery,
    SqlPage,
    Statement,
    StepState,
)
from services.value_json import json_text, plain_json
from services.values import ABSENT, Key, Typed, Value

SCHEMA: Final = samples.SCHEMA
CHILDREN_PAGE: Final = 100
CELL_BYTES: Final = 1 << 24


class MemoryStore(
    Store, ReadsRows, ReadsKeys, WritesRows, RunsSql, CancelsQueries, ManagesContainers, ShowsCluster, MemoryBulk
):
    """A store that needs no server."""

    kind: ClassVar[str] = MEMORY.kind
    dialect: ClassVar[str] = "sqlite"
    features = frozenset(
        (
            Feature.READS_ROWS,
            Feature.READS_KEYS,
            Feature.WRITES_ROWS,
            Feature.RUNS_SQL,
            Feature.CANCELS_QUERIES,
            Feature.MANAGES_CONTAINERS,
            Feature.READS_IN_BULK,
            Feature.WRITES_IN_BULK,
            Feature.SHOWS_CLUSTER,
            Feature.EXACT_COUNTS,
            Feature.ABSENT_FIELDS,
            Feature.TYPE_HINTS,
        )
    )

    def __init__(self, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> None:
        values = {field.name: fields.get(field.name) or field.default for field in MEMORY.fields}
        self.limits = Limits(page_rows=int(values["page_rows"]), batch_rows=200, cell_bytes=CELL_BYTES)
        self._generated_rows = int(values["generated"])
        self._faults = Faults.read(values["faults"], values["log"])
        self._expected = values["expects"]
        self._password = secrets.get("password", Secret(""))
        self._running = Running()
        made = (samples.people(int(values["rows"])), samples.boundaries(), samples.hostile(), samples.stock())
        extra = (_empty(f"t{number:05d}") for number in range(int(values["tables"])))
        self._shelf = Shelf({table.path: table for table in (*made, *extra)}, values["shared"])

    @property
    def _tables(self) -> dict[Path, Table]:
        self._shelf.refresh()
        return self._shelf.tables

    def connect(self, cancel: CancelToken = NEVER) -> None:
        """See `Store.connect`."""
        self._faults.strike("connect", cancel)
        if self._expected and self._password.reveal() != self._expected:
            raise SignInFailed("memory: wrong password", hint="Check the password of the profile.")

    def check(self, cancel: CancelToken = NEVER) -> Iterator[CheckStep]:
        """See `Store.check`."""
        started = time.monotonic()
        for step in ("resolve", "connect", "TLS"):
            yield CheckStep(step, StepState.SKIPPED, 0.0, "in this process")
        try:
            self.connect(cancel)
        except StoredeckError as error:
            yield CheckStep("sign in", StepState.FAILED, time.monotonic() - started, error.message, error.hint)
            return
        yield CheckStep("sign in", StepState.OK, time.monotonic() - started, "no server to ask")
        yield CheckStep("list", StepState.OK, 0.0, f"{len(self._tables)} tables")

    def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """See `Store.list_children`."""
        self._faults.strike("list_children")
        if path == ():
            return Children((Node((SCHEMA,), SCHEMA, "schema", has_children=True),))
        if path != (SCHEMA,):
            self._table(path)
            return Children(())
        first = int(page_token or 0)
        paths = sorted([*self._tables, NUMBERS])
        nodes = tuple(self._node(found) for found in paths[first : first + CHILDREN_PAGE])
        following = first + CHILDREN_PAGE
        return Children(nodes, str(following) if following < len(paths) else None)

    def _node(self, path: Path) -> Node:
        return Node(path, path[-1], "table", is_readable=True, count=self._count(path))

    def _count(self, path: Path) -> Count:
        return Count.exact(self._generated_rows if path == NUMBERS else len(self._table(path).rows()))

    def _table(self, path: Path) -> Table:
        found = self._tables.get(tuple(path))
        if found is None:
            raise NotFound(f"{'.'.join(path)}: no such table", hint="List the tables of `main`.")
        return found

    def describe(self, path: Path) -> Description:
        """See `Store.describe`."""
        self._faults.strike("describe")
        if path in ((), (SCHEMA,)):
            facts = (("tables", str(len(self._tables) + 1)),)
            return Description(tuple(path), SCHEMA, "schema", groups=(Group("General", facts),))
        is_numbers = tuple(path) == NUMBERS
        columns = generated.COLUMNS if is_numbers else self._table(path).columns
        return Description(
            path=tuple(path),
            name=path[-1],
            kind="table",
            columns=columns,
            groups=(Group("General", (("kept in", "memory"), ("rows", str(self._count(path).rows)))),),
            count=self._count(path),
            locked="its rows are generated" if is_numbers else "",
            sql=path[-1],
        )

    def parse_address(self, text: str) -> Path:
        """`table`, `main.table` or `main/table`."""
        schema, mark, name = text.replace("/", ".", 1).partition(".")
        path = (schema, name) if mark else (SCHEMA, text)
        if not path[-1]:
            raise UsageError(f"{text!r}: no table", hint="Write main.TABLE.")
        return path

    def format_address(self, path: Path) -> str:
        """`main/table`."""
        text = "/".join(path)
        if text and (len(path) != 2 or self.parse_address(text) != tuple(path)):
            raise UsageError(f"{text}: has no address", hint="Only a table has one: main/TABLE.")
        return text

    def close(self) -> None:
        """See `Store.close`."""
        self._running.stop_all()

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """See `ReadsRows.read_rows`."""
        page_rows = query.page_rows or self.limits.page_rows
        for batch, count in self._batches(tuple(path), query, page_rows, cancel):
            cancel.check()
            self._faults.strike("read_rows", cancel)
            yield Page(batch, count)

    def _batches(self, path: Path, query: RowQuery, page_rows: int, cancel: CancelToken) -> Iterator[tuple[Any, Count]]:
        if path == NUMBERS:
            rows = self._generated_rows if query.limit is None else min(query.limit, self._generated_rows)
            count = Count.exact(self._generated_rows)
            yield from ((batch, count) for batch in generated.pages(rows, page_rows))
            return
        table = self._table(path)
        found = positions(table, query.where, query.order, cancel) if query.where or query.order else table.rows()
        count = Count.exact(len(found))
        found = found if query.limit is None else found[: query.limit]
        columns = _chosen(table.columns, query.columns)
        for first in range(0, max(len(found), 1), page_rows):
            rows_here = found[first : first + page_rows]
            if query.columns:
                rows_here = [{name: row[name] for name in query.columns if name in row} for row in rows_here]
            yield record_batch(columns, rows_here), count

    def read_keys(self, path: Path, keys: Sequence[Key]) -> list[Mapping[str, Typed] | None]:
        """See `ReadsKeys.read_keys`."""
        self._faults.strike("read_keys")
        table = self._table(path)
        return [_typed_row(table.get(key)) for key in keys]

    def guarantee(self, path: Path) -> Guarantee:
        """See `WritesRows.guarantee`."""
        return Guarantee.CONDITIONAL

    def plan(self, changes: Sequence[Change]) -> list[Call]:
        """See `WritesRows.plan`."""
        return [_call(change) for change in changes]

    def apply(self, changes: Sequence[Change], cancel: CancelToken = NEVER) -> Iterator[Outcome]:
        """See `WritesRows.apply`."""
        for change in changes:
            cancel.check()
            self._faults.strike("apply", cancel)
            try:
                self._check_values(change)
                with self._shelf.change():
                    outcome = self._table(change.path).apply(change)
                yield outcome
            except (ValueRefused, NotFound) as error:
                yield Outcome(Result.REFUSED, error.message, error=error)

    def _check_values(self, change: Change) -> None:
        if isinstance(change, Delete):
            return
        table = self._table(change.path)
        for name, value in change.after.items():
            column = table.column(name)
            if column is None:
                raise ValueRefused(f"{name}: no such column", hint="Add a column by creating the table anew.")
            if value is ABSENT or column.type == ANY:
                continue
            assert isinstance(value, Typed)
            if value.value is not None and value.type != column.type:
                raise ValueRefused(f"{name}: {value.type} is no {column.type}", hint="Choose the column's own type.")

    def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """See `WritesRows.type_words`."""
        declared = self._table(path).column(column)
        return WORDS if declared is None or declared.type == ANY else (declared.type,)

    def parse(self, path: Path, column: str, text: str, type_word: str = "") -> Typed:
        """See `WritesRows.parse`."""
        return parse_text(type_word or self.type_words(path, column)[0], text)

    def from_json(self, path: Path, column: str, data: Any) -> Typed:
        """See `WritesRows.from_json`."""
        declared = self._table(path).column(column)
        return of_json(data, "" if declared is None or declared.type == ANY else declared.type)

    def run_sql(self, statement: Statement, cancel: CancelToken = NEVER) -> Iterator[SqlPage]:
        """See `RunsSql.run_sql`."""
        page_rows = statement.page_rows or self.limits.page_rows
        with self._running.statement(statement.text, cancel) as token:
            pages = run_statement(list(self._tables.values()), statement, self._generated_rows, page_rows, token)
            for page in pages:
                self._faults.strike("run_sql", token)
                yield page

    def kill(self, what: str, identifier: str) -> str:
        """See `CancelsQueries.kill`."""
        self._faults.strike("kill")
        if what != "query" or not self._running.stop(identifier):
            raise NotFound(f"{what} {identifier}: not running", hint="Refresh the list.")
        return f"query {identifier} was stopped"

    def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """See `ManagesContainers.create`."""
        self._faults.strike("create")
        if tuple(path) in (*self._tables, NUMBERS):
            raise ValueRefused(f"{'.'.join(path)}: exists", hint="Choose another name.")
        columns = tuple(map(_column, definition.get("columns", ())))
        if not any(column.is_key for column in columns):
            raise ValueRefused(f"{'.'.join(path)}: no key column", hint="Mark a column with `key`.")
        with self._shelf.change() as shelf:
            shelf.tables[tuple(path)] = Table(tuple(path), columns)

    def drop(self, path: Path) -> None:
        """See `ManagesContainers.drop`."""
        self._faults.strike("drop")
        self._table(path)
        with self._shelf.change() as shelf:
            del shelf.tables[tuple(path)]

    def cluster(self, view: str) -> Page:
        """See `ShowsCluster.cluster`."""
        self._faults.strike("cluster")
        rows: list[Row] = []
        if view == "nodes":
            rows = [{"id": Typed("String", "memory-1"), "address": Typed("String", "this process")}]
        elif view == "caches":
            rows = [{"name": Typed("String", path[-1]), "rows": _long(self._count(path).rows)} for path in self._tables]
        elif view == "queries":
            rows = [{"id": Typed("String", key), "sql": Typed("String", sql)} for key, sql in self._running.list()]
        elif view != "transactions":
            raise NotFound(f"{view}: no such view", hint="There are nodes, caches, queries and transactions.")
        return Page(record_batch([Column(next(iter(rows[0]), "id") if rows else "id", "String")], rows))


def _long(value: int) -> Typed:
    return Typed("Long", value)


def _empty(name: str) -> Table:
    return Table((SCHEMA, name), (Column("id", "Int", is_key=True), Column("value", "String")))


def _column(data: Mapping[str, Any]) -> Column:
    is_key = bool(data.get("key"))
    return Column(data["name"], data["type"], is_key, not is_key and bool(data.get("nullable", True)))


def _chosen(columns: tuple[Column, ...], names: Sequence[str]) -> tuple[Column, ...]:
    """The columns asked for, in the order asked for."""
    by_name = {column.name: column for column in columns}
    return tuple(by_name.get(name, Column(name, ANY)) for name in names) if names else columns


def _typed_row(row: Row | None) -> dict[str, Typed] | None:
    return None if row is None else {name: value for name, value in row.items() if isinstance(value, Typed)}


def _call(change: Change) -> Call:
    table = ".".join(change.path)
    parts = [_shown(change.key)]
    if not isinstance(change, Insert):
        parts.append(f"if {_shown(change.before)}")
    if not isinstance(change, Delete):
        parts.append(_shown(change.after))
    return Call(f"{type(change).__name__.lower()} {table} {' '.join(parts)}")


def _shown(row: Mapping[str, Value]) -> str:
    return json_text({name: plain_json(value) for name, value in row.items() if value is not ABSENT})
