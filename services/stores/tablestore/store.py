"""The Tablestore store: tables, their indexes and SQL of one instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from services.cancel import NEVER, CancelToken
from services.secrets import Secret
from services.stores.altering import Alteration, AltersContainers
from services.stores.base import ManagesContainers, PutsRows, ReadsKeys, ReadsRows, RunsSql, Store, WritesRows
from services.stores.cell_versions import CellVersion, ReadsVersions
from services.stores.changes import Call, Change, Condition, Outcome, Path
from services.stores.features import Feature, Guarantee
from services.stores.limits import Limits
from services.stores.ranges import KeyRange, ReadsRanges
from services.stores.tablestore import inputs, names, sql
from services.stores.tablestore.altering import Altering
from services.stores.tablestore.bulk import TablestoreBulk
from services.stores.tablestore.bulk_reading import BulkReading
from services.stores.tablestore.bulk_writing import BulkWriting
from services.stores.tablestore.checking import ConnectionCheck
from services.stores.tablestore.describing import Describing
from services.stores.tablestore.link import Link
from services.stores.tablestore.options import TablestoreOptions
from services.stores.tablestore.planning import Planning
from services.stores.tablestore.reading import PAGE_ROWS, Reading
from services.stores.tablestore.searching import Searching
from services.stores.tablestore.seen import SeenColumns
from services.stores.tablestore.sending import Sending
from services.stores.tablestore.splitting import Splitting
from services.stores.tablestore.tables import Tables
from services.stores.tablestore.transactions import Transactions
from services.stores.tablestore.versions import Versions
from services.stores.tablestore.writing import Writing
from services.stores.together import CommitsTogether
from services.stores.types import CheckStep, Children, Description, Page, RowQuery, SqlPage, Statement
from services.values import Key, Row, Typed


class TablestoreStore(
    Store,
    ReadsRows,
    ReadsRanges,
    ReadsKeys,
    ReadsVersions,
    WritesRows,
    CommitsTogether,
    PutsRows,
    RunsSql,
    ManagesContainers,
    AltersContainers,
    TablestoreBulk,
):
    """One Tablestore instance."""

    kind: ClassVar[str] = "tablestore"
    dialect: ClassVar[str] = "mysql"
    limits = Limits(page_rows=PAGE_ROWS, batch_rows=200, batch_bytes=4 * 2**20, key_bytes=1024, cell_bytes=2 * 2**20)
    features = frozenset(
        (
            Feature.READS_ROWS,
            Feature.READS_KEYS,
            Feature.WRITES_ROWS,
            Feature.RUNS_SQL,
            Feature.MANAGES_CONTAINERS,
            Feature.ALTERS_CONTAINERS,
            Feature.ABSENT_FIELDS,
            Feature.KEEPS_VERSIONS,
            Feature.INCREMENTS_CELLS,
            Feature.COMMITS_TOGETHER,
            Feature.LITERAL_SQL,
            Feature.TYPE_HINTS,
            Feature.READS_IN_BULK,
            Feature.WRITES_IN_BULK,
        )
    )

    def __init__(self, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> None:
        self._options = TablestoreOptions.from_profile(fields, secrets)
        self._link = Link(self._options)
        self._seen = SeenColumns()
        self._tables = Tables(self._link)
        self._reading = Reading(self._link, self._tables, self._seen)
        planning = Planning(self._tables)
        sending = Sending(self._link, planning, self._reading)
        self._writing = Writing(planning, sending, self._reading)
        self._transactions = Transactions(self._link, planning, sending, self._writing)
        self._splitting = Splitting(self._link, self._tables, self._reading)
        self._bulk_reading = BulkReading(self._tables, self._reading, self._splitting)
        self._bulk_writing = BulkWriting(self._tables, self._reading, sending)
        self._versions = Versions(self._tables, self._reading)
        self._searching = Searching(self._link, self._tables)
        self._altering = Altering(self._link, self._tables)
        self._describing = Describing(self._link, self._tables, self._reading, self._seen)

    @property
    def requests(self) -> int:
        """Answers so far."""
        return self._link.requests

    @property
    def request_ids(self) -> tuple[str, ...]:
        """Of the newest answers."""
        return tuple(self._link.request_ids)

    @property
    def cost(self) -> Mapping[str, int]:
        """Capacity units used so far."""
        return {"read_capacity_units": self._link.cost.read, "write_capacity_units": self._link.cost.write}

    @property
    def notices(self) -> tuple[str, ...]:
        """What users should know of this session."""
        if self._link.has_own_decoders:
            return ()
        return ("rows are decoded by the SDK, slower, because it has moved the places for our decoders",)

    def connect(self, cancel: CancelToken = NEVER) -> None:
        """Sign a first request; the service knows no other kind of signing in."""
        self._link.call("ListTable", what=self._options.instance, cancel=cancel)

    def check(self, cancel: CancelToken = NEVER) -> Iterator[CheckStep]:
        """The five steps on connections of their own."""
        return ConnectionCheck(self._options).steps(cancel)

    def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """Tables; below a table its indexes."""
        return self._tables.children(path, page_token)

    def describe(self, path: Path) -> Description:
        """All facts about a table or an index."""
        if names.is_versions(path):
            return self._versions.describe(path)
        if self._tables.is_search(path):
            return self._searching.describe(path)
        return self._describing.describe(path)

    def parse_address(self, text: str) -> Path:
        """A table, or `table/@index`."""
        return names.parse_address(text)

    def format_address(self, path: Path) -> str:
        """The other way round."""
        return names.format_address(path)

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """Rows in the order of the key, of a search index in any order; see `where` for the filter."""
        if names.is_versions(path):
            return self._versions.read_rows(path, query, cancel)
        if self._tables.is_search(path):
            return self._searching.read_rows(path, query, cancel)
        return self._reading.read_rows(path, query, cancel)

    def splits(self, path: Path, size_bytes: int | None = None, cancel: CancelToken = NEVER) -> list[KeyRange]:
        """The ranges between the service's split points."""
        return self._splitting.splits(path, size_bytes, cancel)

    def read_range(self, path: Path, part: KeyRange, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """Pages of one range."""
        return self._splitting.read_range(path, part, query, cancel)

    def scan(self, path: Path, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """All rows; of a table or a secondary index several ranges at once."""
        if names.is_versions(path) or self._tables.is_search(path):
            return self.read_rows(path, query, cancel)
        return self._splitting.scan(path, query, cancel)

    def read_keys(self, path: Path, keys: Sequence[Key]) -> list[Mapping[str, Typed] | None]:
        """The row of each key."""
        return list(self._reading.read_keys(path, keys))

    def guarantee(self, path: Path) -> Guarantee:
        """The service checks the condition and writes in one act."""
        return Guarantee.CONDITIONAL

    def plan(self, changes: Sequence[Change]) -> list[Call]:
        """The calls with their conditions, and the batches that they travel in."""
        return self._writing.plan(changes)

    def apply(self, changes: Sequence[Change], cancel: CancelToken = NEVER) -> Iterator[Outcome]:
        """One outcome a change; where the answer was lost, its end is unknown, and it says so."""
        return self._writing.apply(changes, cancel)

    def plan_together(self, changes: Sequence[Change]) -> list[Call]:
        """The calls in their local transaction."""
        return self._transactions.plan(changes)

    def apply_together(self, changes: Sequence[Change], cancel: CancelToken = NEVER) -> Iterator[Outcome]:
        """All or none, by a local transaction."""
        return self._transactions.apply(changes, cancel)

    def read_versions(self, path: Path, key: Key) -> Mapping[str, tuple[CellVersion, ...]]:
        """Every version of the cells of one row; the rows of indexes have none of their own."""
        return self._versions.of_row(path, key) if len(path) == 1 else {}

    def put(self, path: Path, row: Row, condition: Condition = None) -> Outcome:
        """Put one row."""
        return self._writing.put(path, row, condition)

    def remove(self, path: Path, key: Key, condition: Condition = None) -> Outcome:
        """Remove one row."""
        return self._writing.remove(path, key, condition)

    def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """The declared or usual type first; only key columns take no other."""
        table = self._tables.known(path)
        for name, word, _ in table.key:
            if name == column:
                return (word,)
        names.check_name(column)
        usual = [*[word for name, word in table.columns if name == column], *self._seen.words(path).get(column, ())]
        return tuple(dict.fromkeys((*usual, "String", *names.COLUMN_WORDS)))

    def parse(self, path: Path, column: str, text: str, type_word: str = "") -> Typed:
        """A text as the column's type, or as the type named."""
        return inputs.parse(type_word or self.type_words(path, column)[0], text)

    def from_json(self, path: Path, column: str, data: Any) -> Typed:
        """JSON as the key column's type; other columns take what the data itself says."""
        for name, word, auto in self._tables.known(path).key:
            if name == column:
                is_made = auto and data is None
                return Typed(word, None) if is_made else inputs.from_json(data, word, is_key=True)
        names.check_name(column)
        return inputs.from_json(data)

    def run_sql(self, statement: Statement, cancel: CancelToken = NEVER) -> Iterator[SqlPage]:
        """Run one statement."""
        return sql.run(self._link, self._tables, statement, cancel)

    def alterable(self, path: Path) -> Mapping[str, Any]:
        """The options that UpdateTable takes."""
        return self._altering.alterable(path)

    def plan_alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """What they were, what they will be, and the limits."""
        return self._altering.plan(path, definition)

    def alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """Change them by one UpdateTable."""
        return self._altering.alter(path, definition)

    def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """Create a table, or an index of one."""
        self._tables.create(path, definition)

    def drop(self, path: Path) -> None:
        """Drop a table with its rows, or an index."""
        self._tables.drop(path)
        self._seen.forget(path)

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        self._link.close()
