"""A session over tables in memory: answers as a store does, and logs every request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fake_table_result import FakeTableResult, Stored

from services.editing.cells import is_same_row
from services.editing.folding import target_of
from services.editing.wording import key_words
from services.errors import NotFound, ReadOnlyRefused, SessionLost, StatementRefused, StoredeckError, ValueRefused
from services.stores.changes import Call, Change, Delete, Insert, Outcome, Path, Result
from services.stores.features import Feature, Guarantee
from services.stores.limits import Limits
from services.stores.types import (
    CheckStep,
    Children,
    Column,
    Count,
    Description,
    Group,
    Node,
    RowQuery,
    Statement,
)
from services.value_json import key_token, typed_json
from services.values import Key, Typed, Value

LACKING = frozenset(
    (
        Feature.SHOWS_CLUSTER,
        Feature.CANCELS_QUERIES,
        Feature.ALTERS_CONTAINERS,
        Feature.KEEPS_VERSIONS,
        Feature.INCREMENTS_CELLS,
        Feature.COMMITS_TOGETHER,
        Feature.LITERAL_SQL,
    )
)
ALL_FEATURES = frozenset(Feature) - LACKING


@dataclass
class FakeTable:
    """A container: its columns, its rows by canonical key."""

    columns: tuple[Column, ...]
    rows: dict[str, Stored] = field(default_factory=dict)
    kind: str = "table"
    locked: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()

    def add(self, *rows: Stored) -> None:
        """Put rows in, by their key."""
        for row in rows:
            self.rows[key_token(self.key_of(row))] = row

    def key_of(self, row: Stored) -> Key:
        """The key of a row."""
        found = {column.name: row[column.name] for column in self.columns if column.is_key}
        return {name: value for name, value in found.items() if isinstance(value, Typed)}


class FakeSession:
    """A `SessionApi`.

    Attributes:
        tables: by path; the first part of a path is a group in the catalog.
        log: every request, as verb and detail.
        refusals: the server's words for a change of a row, by the key in words.
        failure_at: the number of outcomes after which the session is lost.
        failures: errors that a verb raises.
        drop_asks_name: dropping a table asks for its name in every environment.
    """

    def __init__(
        self,
        profile_name: str = "grid",
        tables: Mapping[Path, FakeTable] | None = None,
        *,
        features: frozenset[Feature] = ALL_FEATURES,
        is_read_only: bool = False,
        page: int = 1000,
    ) -> None:
        self.profile_name = profile_name
        self.is_lost = False
        self.tables = dict(tables or {})
        self.features = features
        self.limits = Limits()
        self.is_read_only = is_read_only
        self.page = page
        self.log: list[tuple[str, Any]] = []
        self.refusals: dict[str, str] = {}
        self.failures: dict[str, StoredeckError] = {}
        self.failure_at: int | None = None
        self.is_closed = False
        self.drop_asks_name = False
        self.cluster_rows: dict[str, FakeTable] = {}

    @property
    def writes(self) -> list[Any]:
        """The requests that change something."""
        return [entry for entry in self.log if entry[0] in ("apply", "create", "drop", "kill")]

    def _note(self, verb: str, detail: Any) -> None:
        self.log.append((verb, detail))
        if verb in self.failures:
            raise self.failures[verb]

    def table(self, path: Path) -> FakeTable:
        """The table of a path."""
        if path not in self.tables:
            raise NotFound(f"{'/'.join(path)}: no such table", hint="Refresh the catalog.")
        return self.tables[path]

    async def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """Groups at the root, tables below, a page at a time."""
        self._note("list", (path, page_token))
        if path:
            found = [
                Node(full, full[-1], table.kind, is_readable=True, count=Count.exact(len(table.rows)))
                for full, table in self.tables.items()
                if full[: len(path)] == path and len(full) == len(path) + 1
            ]
        else:
            names = dict.fromkeys(full[0] for full in self.tables)
            found = [Node((name,), name, "schema", has_children=True) for name in names]
        start = int(page_token or 0)
        end = start + self.page
        return Children(tuple(found[start:end]), str(end) if end < len(found) else None)

    async def describe(self, path: Path) -> Description:
        """Columns and facts."""
        self._note("describe", path)
        table = self.table(path)
        count = Count.exact(len(table.rows))
        return Description(
            path,
            path[-1],
            table.kind,
            table.columns,
            table.options,
            table.groups,
            count,
            table.locked,
            path[-1],
            drop_asks_name=self.drop_asks_name,
        )

    async def format_address(self, path: Path) -> str:
        """Its parts with slashes."""
        self._note("format_address", path)
        return "/".join(path)

    async def open_rows(self, path: Path, query: RowQuery, told: object = None) -> FakeTableResult:
        """The rows; `where` is refused when it holds a question mark, else it is `column = text`."""
        self._note("open_rows", (path, query))
        table = self.table(path)
        if "?" in query.where:
            raise StatementRefused(f"where {query.where}: not understood", hint="Write column = text.")
        rows = list(table.rows.values())
        if query.where:
            name, _, wanted = (part.strip() for part in query.where.partition("="))
            rows = [row for row in rows if isinstance(cell := row.get(name), Typed) and str(cell.value) == wanted]
        note = "filtered at the server" if query.where else ""
        return FakeTableResult(table.columns, rows, note=note, locked=table.locked)

    async def open_sql(self, statement: Statement, told: object = None) -> FakeTableResult:
        """No statement is understood."""
        self._note("open_sql", statement)
        raise StatementRefused(f"{statement.text}: not understood")

    async def open_cluster(self, view: str) -> FakeTableResult:
        """What the test put there."""
        self._note("open_cluster", view)
        table = self.cluster_rows[view]
        return FakeTableResult(table.columns, list(table.rows.values()), locked="what the cluster does is not edited")

    async def kill(self, what: str, identifier: str) -> str:
        """Take the row out."""
        self._note("kill", (what, identifier))
        return f"{what} {identifier} ended"

    async def read_keys(self, path: Path, keys: Sequence[Key]) -> list[Mapping[str, Typed] | None]:
        """The rows without their keys."""
        self._note("read_keys", (path, [key_words(key) for key in keys]))
        table = self.table(path)
        return [self._readable(table, table.rows.get(key_token(key))) for key in keys]

    @staticmethod
    def _readable(table: FakeTable, row: Stored | None) -> Mapping[str, Typed] | None:
        if row is None:
            return None
        keys = {column.name for column in table.columns if column.is_key}
        return {name: value for name, value in row.items() if name not in keys and isinstance(value, Typed)}

    async def guarantee(self, path: Path) -> Guarantee:
        """Compare and replace."""
        self.table(path)
        return Guarantee.COMPARE_AND_REPLACE

    async def plan(self, changes: Sequence[Change]) -> list[Call]:
        """The same texts that `apply` logs."""
        self._note("plan", len(changes))
        return [Call(call_text(change)) for change in changes]

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """Check and write one by one; every change sent is logged as its call."""
        if self.is_read_only:
            raise ReadOnlyRefused(f"{self.profile_name}: this profile is read-only")
        for number, change in enumerate(changes):
            if number == self.failure_at:
                raise SessionLost(f"{self.profile_name}: the connection ended", hint="Open it again.")
            self._note("apply", call_text(change))
            yield self._applied(change)

    def _applied(self, change: Change) -> Outcome:
        table = self.table(change.path)
        token, words = key_token(change.key), key_words(change.key)
        if words in self.refusals:
            return Outcome(Result.REFUSED, self.refusals[words], f"req-{words}")
        now = self._readable(table, table.rows.get(token))
        is_as_read = now is None
        if not isinstance(change, Insert):
            is_as_read = now is not None and is_same_row(now, change.before)
        if not is_as_read:
            return Outcome(Result.CONFLICT, "the row changed since it was read", f"req-{words}", now)
        if isinstance(change, Delete):
            del table.rows[token]
        else:
            table.rows[token] = {**change.key, **(target_of(change) or {})}
        return Outcome(Result.APPLIED)

    async def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """The declared type first, then two others."""
        declared = self._type(path, column)
        return (declared, *(word for word in ("String", "Int", "Bool") if word != declared))

    def _type(self, path: Path, column: str) -> str:
        for candidate in self.table(path).columns:
            if candidate.name == column:
                return candidate.type
        return "String"

    async def parse(self, path: Path, column: str, text: str, type_word: str = "") -> Typed:
        """Whole numbers, truth values and texts."""
        word = type_word or self._type(path, column)
        if word == "Bool":
            if text not in ("true", "false"):
                raise ValueRefused(f"{column}: {text!r} is no Bool", hint="Write true or false.")
            return Typed(word, text == "true")
        if word == "Int":
            try:
                return Typed(word, int(text))
            except ValueError as error:
                raise ValueRefused(f"{column}: {text!r} is no Int", hint="Write a whole number.") from error
        return Typed(word, text)

    async def check(self) -> AsyncIterator[CheckStep]:
        """No steps."""
        return
        yield

    async def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """A new table."""
        self._note("create", (path, dict(definition)))
        columns = tuple(
            Column(item["name"], item["type"], bool(item.get("key"))) for item in definition.get("columns", [])
        )
        self.tables[path] = FakeTable(columns)

    async def drop(self, path: Path) -> None:
        """The table goes."""
        self._note("drop", path)
        del self.tables[path]

    async def truncate(self, path: Path) -> None:
        """The rows go."""
        self._note("truncate", path)
        self.tables[path].rows.clear()

    async def close(self) -> None:
        """Remember it."""
        self.is_closed = True


def call_text(change: Change) -> str:
    """The call of a change, exact to the last bit."""
    verb = type(change).__name__.lower()
    row: Mapping[str, Value] = {} if isinstance(change, Delete) else change.after
    cells = ", ".join(f"{name}={typed_json(value)}" for name, value in row.items())
    return f"{'.'.join(change.path)}.{verb}({key_words(change.key)}{', ' if cells else ''}{cells})"
