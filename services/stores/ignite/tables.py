"""SQL tables and views: described from the SYS views, read and changed by statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, Refused, UnsupportedOperation, ValueRefused
from services.stores.changes import Call, Change, Condition, Delete, Existence, Insert, Outcome, Path, Result, Update
from services.stores.ignite import table_facts
from services.stores.ignite.arrow import marked
from services.stores.ignite.codec import tags
from services.stores.ignite.containers import Containers
from services.stores.ignite.definitions import create_table
from services.stores.ignite.faults import ServerRefusal
from services.stores.ignite.inputs import sql_word
from services.stores.ignite.names import quoted
from services.stores.ignite.page_stream import DEFAULT_PAGE_ROWS
from services.stores.ignite.sql import SqlRequest
from services.stores.ignite.sql_changes import BoundStatement, key_predicate, merge, statement_for
from services.stores.types import CountKind, Description, Page, RowQuery
from services.values import Key, Row, Typed, Value

if TYPE_CHECKING:
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.sql import SqlRunner


APPLIED: Final = Outcome(Result.APPLIED)
TAKEN: Final = "a row with this key is already there"


class Tables(Containers):
    """The SQL side of a cluster."""

    def __init__(self, runner: SqlRunner, types: ClusterTypes, size_of_cache: Any) -> None:
        self._runner = runner
        self._types = types
        self._size_of_cache = size_of_cache
        self._described: dict[Path, Description] = {}

    def describe(self, path: Path) -> Description:
        """All facts about a table or view; names match exactly, else in upper case as Ignite reads unquoted ones."""
        description = table_facts.describe(self._runner, path, self._size_of_cache)
        self._described[path] = description
        return description

    def _known(self, path: Path) -> Description:
        return self._described.get(path) or self.describe(path)

    def _keys(self, path: Path) -> list[str]:
        return [column.name for column in self._known(path).columns if column.is_key]

    def _words(self, path: Path) -> dict[str, str]:
        return {column.name: sql_word(column.type) for column in self._known(path).columns}

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        """Rows by SELECT; filter and order are the server's."""
        description = self.describe(path)
        keys, words = self._keys(path), self._words(path)
        request = SqlRequest(_select(description, query), page_rows=query.page_rows or DEFAULT_PAGE_ROWS)
        is_whole = not query.where and query.limit is None
        total = description.count if is_whole else None
        for page in self._runner.pages(request, cancel):
            if page.batch is not None:
                count = total if page.count.kind is not CountKind.EXACT and total is not None else page.count
                yield Page(marked(page.batch, keys, words), count)

    def read_key(self, path: Path, key: Key) -> dict[str, Typed] | None:
        """The row of a key."""
        description = self._known(path)
        where, arguments = key_predicate(key)
        columns = ", ".join(quoted(column.name) for column in description.columns)
        text = f"SELECT {columns} FROM {_name(description)} WHERE {where}"
        encoded = tuple(map(self._types.encode, arguments))
        for page in self._runner.pages(SqlRequest(text, encoded)):
            if page.batch is not None and page.batch.num_rows:
                return self._types.row(page.batch, 0)
        return None

    def plan(self, change: Change) -> Call:
        """The statement with its arguments."""
        description = self._known(change.path)
        if description.locked:
            return Call("", reason=description.locked)
        statement = statement_for(change, _name(description))
        self._encoded(statement)
        return Call(statement.shown)

    def apply(self, change: Change, cancel: CancelToken) -> Outcome:
        """Run the statement; no row touched means that the row is not what was read."""
        description = self._known(change.path)
        if description.locked:
            return Outcome(Result.REFUSED, description.locked)
        statement = statement_for(change, _name(description))
        try:
            affected = self._affected(statement, cancel)
        except Refused as error:
            cause = error.__cause__
            if isinstance(change, Insert) and isinstance(cause, ServerRefusal) and cause.is_duplicate_key:
                return self._conflict(change, TAKEN)
            raise
        return APPLIED if affected else self._conflict(change, "the row changed since it was read")

    def _affected(self, statement: BoundStatement, cancel: CancelToken) -> int:
        encoded = self._encoded(statement)
        return sum(page.affected or 0 for page in self._runner.pages(SqlRequest(statement.text, encoded), cancel))

    def _encoded(self, statement: BoundStatement) -> tuple[bytes, ...]:
        return tuple(map(self._types.encode, statement.arguments))

    def _conflict(self, change: Change, words: str) -> Outcome:
        current = self.read_key(change.path, change.key)
        if current is None:
            gone = "was already deleted" if isinstance(change, Delete) else "is no longer there"
            return Outcome(Result.CONFLICT, f"the row {gone}")
        return Outcome(Result.CONFLICT, words, current=current)

    def put(self, path: Path, row: Row, condition: Condition) -> Outcome:
        """Put a row; see `PutsRows.put`. MERGE writes the whole row: columns left out become NULL."""
        key, rest = self._parted(path, row)
        if condition is Existence.ABSENT:
            return self.apply(Insert(path, key, rest), NEVER)
        if condition is None:
            self._affected(merge(key, rest, _name(self._known(path))), NEVER)
            return APPLIED
        expected = condition if isinstance(condition, Mapping) else {}
        return self.apply(Update(path, key, expected, rest), NEVER)

    def remove(self, path: Path, key: Key, condition: Condition) -> Outcome:
        """Remove a row; see `PutsRows.remove`."""
        if condition is Existence.ABSENT:
            current = self.read_key(path, key)
            return APPLIED if current is None else Outcome(Result.CONFLICT, TAKEN, current=current)
        expected = condition if isinstance(condition, Mapping) else {}
        outcome = self.apply(Delete(path, key, expected), NEVER)
        return APPLIED if condition is None and outcome.current is None else outcome

    def _parted(self, path: Path, row: Row) -> tuple[dict[str, Typed], dict[str, Value]]:
        names = self._keys(path)
        missing = [name for name in names if not isinstance(row.get(name), Typed)]
        if missing:
            raise ValueRefused(f"{path[-1]}: the key needs {', '.join(missing)}")
        key = {name: value for name in names if isinstance(value := row[name], Typed)}
        return key, {name: value for name, value in row.items() if name not in key}

    def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """The declared type; a column of Java objects takes any."""
        for candidate in self._known(path).columns:
            if candidate.name == column:
                word = sql_word(candidate.type)
                return tags.TYPE_WORDS if word == tags.OBJECT_WORD else (word,)
        raise NotFound(f"{column}: no such column in {path[-1]}")

    def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """CREATE TABLE."""
        self._run(create_table(path, definition))

    def drop(self, path: Path) -> None:
        """DROP TABLE."""
        description = self.describe(path)
        if description.kind != "table":
            raise UnsupportedOperation(f"{path[-1]}: a {description.kind} cannot be dropped here")
        self._run(f"DROP TABLE {_name(description)}")
        self._described.pop(path, None)

    def _run(self, text: str) -> None:
        list(self._runner.pages(SqlRequest(text), NEVER))


def _name(description: Description) -> str:
    _, schema, table = description.path
    return f"{quoted(schema)}.{quoted(table)}"


def _select(description: Description, query: RowQuery) -> str:
    names = query.columns or tuple(column.name for column in description.columns)
    text = f"SELECT {', '.join(map(quoted, names))} FROM {_name(description)}"
    if query.where:
        text += f" WHERE ({query.where}\n)"
    if query.order:
        text += f" ORDER BY {', '.join(map(_order, query.order))}"
    if query.limit is not None:
        text += f" LIMIT {int(query.limit)}"
    return text


def _order(name: str) -> str:
    return f"{quoted(name[1:])} DESC" if name.startswith("-") else quoted(name)
