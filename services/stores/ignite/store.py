"""The Ignite store: schemas with tables, caches and the cluster, over one pool of connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, Refused, StoredeckError
from services.secrets import Secret
from services.stores.base import (
    CancelsQueries,
    ManagesContainers,
    PutsRows,
    ReadsKeys,
    ReadsRows,
    RunsSql,
    ShowsCluster,
    Store,
    WritesRows,
)
from services.stores.changes import Call, Change, Condition, Outcome, Path, Result
from services.stores.features import Feature, Guarantee
from services.stores.ignite import inputs, names
from services.stores.ignite.bulk.power import IgniteBulk
from services.stores.ignite.caches import Caches
from services.stores.ignite.catalog import Catalog
from services.stores.ignite.checking import ConnectionCheck
from services.stores.ignite.cluster import Cluster
from services.stores.ignite.cluster_types import ClusterTypes
from services.stores.ignite.codec.cell_values import cell_value
from services.stores.ignite.containers import Containers
from services.stores.ignite.options import IgniteOptions
from services.stores.ignite.page_stream import DEFAULT_PAGE_ROWS
from services.stores.ignite.pool import WirePool
from services.stores.ignite.sql import SqlRequest, SqlRunner
from services.stores.ignite.tables import Tables
from services.stores.ignite.wire import Wire
from services.stores.limits import Limits
from services.stores.types import CheckStep, Children, Description, Page, RowQuery, SqlPage, Statement
from services.values import Key, Row, Typed, Value

if TYPE_CHECKING:
    import pyarrow as pa

_JVM: Final = (
    "SELECT DISTINCT NAME, VALUE FROM SYS.NODE_ATTRIBUTES"
    " WHERE NAME IN ('user.timezone', 'org.apache.ignite.marshaller.compactFooter')"
)


class IgniteStore(
    Store,
    ReadsRows,
    ReadsKeys,
    WritesRows,
    PutsRows,
    RunsSql,
    CancelsQueries,
    ManagesContainers,
    ShowsCluster,
    IgniteBulk,
):
    """One Ignite cluster."""

    kind: ClassVar[str] = "ignite"
    dialect: ClassVar[str] = "postgres"
    limits = Limits(page_rows=DEFAULT_PAGE_ROWS)
    features = frozenset(
        (
            Feature.READS_ROWS,
            Feature.READS_KEYS,
            Feature.WRITES_ROWS,
            Feature.RUNS_SQL,
            Feature.CANCELS_QUERIES,
            Feature.MANAGES_CONTAINERS,
            Feature.SHOWS_CLUSTER,
            Feature.EXACT_COUNTS,
            Feature.TYPE_HINTS,
            Feature.READS_IN_BULK,
            Feature.WRITES_IN_BULK,
        )
    )

    def __init__(self, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> None:
        self._options = IgniteOptions.from_profile(fields, secrets)
        self._pool = WirePool(self._options)
        self._types = ClusterTypes(self._pool)
        self._runner = SqlRunner(self._pool, self._types)
        self._caches = Caches(self._pool, self._types)
        self._tables = Tables(self._runner, self._types, self._caches.size)
        self._catalog = Catalog(self._runner, self._caches)
        self._cluster = Cluster(self._pool, self._runner)

    def connect(self, cancel: CancelToken = NEVER) -> None:
        """Sign in on the first node that answers, and learn the servers' time zone."""
        with self._pool.lease(cancel):
            pass
        # SQL does not run on a cluster that is not active; signing in does.
        with suppress(Refused):
            found = {row["NAME"]: row["VALUE"] for row in self._runner.rows(_JVM)}
            self._types.zone = found.get("user.timezone") or "UTC"
            self._types.is_footer_compact = found.get("org.apache.ignite.marshaller.compactFooter") != "false"

    def check(self, cancel: CancelToken = NEVER) -> Iterator[CheckStep]:
        """The five steps on connections of their own."""
        return ConnectionCheck(self._options, self._list_names).steps(cancel)

    def _list_names(self, wire: Wire) -> str:
        return self._catalog.summary(wire)

    def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """Schemas, caches and the cluster; below them tables, cache names and views."""
        return self._catalog.children(path, page_token)

    def describe(self, path: Path) -> Description:
        """All facts about a table, a view or a cache."""
        if names.is_cluster_view(path):
            return self._catalog.describe_view(path)
        return self._containers(path).describe(path)

    def parse_address(self, text: str) -> Path:
        """A cache name, `sql:SCHEMA`, `sql:SCHEMA/TABLE`, or `cluster:VIEW`."""
        return names.parse_address(text)

    def format_address(self, path: Path) -> str:
        """The other way round."""
        return names.format_address(path)

    def _containers(self, path: Path) -> Containers:
        if names.is_table(path):
            return self._tables
        if names.is_cache(path):
            return self._caches
        raise NotFound(
            f"{'/'.join(path) or 'the root'}: neither a table nor a cache", hint="Name a cache, or sql:SCHEMA/TABLE."
        )

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """Rows of a table by SELECT, of a cache by scan."""
        if names.is_cluster_view(path):
            return iter((self._cluster.view(path[1]),))
        return self._containers(path).read_rows(path, query, cancel)

    def read_keys(self, path: Path, keys: Sequence[Key]) -> list[Mapping[str, Typed] | None]:
        """The row of each key."""
        containers = self._containers(path)
        return [containers.read_key(path, key) for key in keys]

    def guarantee(self, path: Path) -> Guarantee:
        """Tables by a predicate over all that was read, caches by the bytes that were read."""
        return Guarantee.COMPARE_AND_REPLACE

    def plan(self, changes: Sequence[Change]) -> list[Call]:
        """The statements or operations."""
        return [self._planned(change) for change in changes]

    def _planned(self, change: Change) -> Call:
        try:
            return self._containers(change.path).plan(change)
        except Refused as error:
            return Call("", reason=error.message)

    def apply(self, changes: Sequence[Change], cancel: CancelToken = NEVER) -> Iterator[Outcome]:
        """One outcome a change; a lost connection leaves a change with an unknown end, and says so."""
        for change in changes:
            cancel.check()
            yield self._applied(change, cancel)

    def _applied(self, change: Change, cancel: CancelToken) -> Outcome:
        try:
            return self._containers(change.path).apply(change, cancel)
        except Refused as error:
            return Outcome(Result.REFUSED, error.message, error.request_id, error=error)
        except StoredeckError as error:
            cancel.check()
            words = f"{error.message}; it may have been applied: read the row again"
            return Outcome(Result.REFUSED, words, error=error)

    def put(self, path: Path, row: Row, condition: Condition = None) -> Outcome:
        """Put one row or entry."""
        return self._containers(path).put(path, row, condition)

    def remove(self, path: Path, key: Key, condition: Condition = None) -> Outcome:
        """Remove one row or entry."""
        return self._containers(path).remove(path, key, condition)

    def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """The declared or usual type first; a cache takes any."""
        return self._containers(path).type_words(path, column)

    def parse(self, path: Path, column: str, text: str, type_word: str = "") -> Typed:
        """A text as the column's type, or as the type named."""
        return inputs.parse(type_word or self.type_words(path, column)[0], text, self._types.zone)

    def from_json(self, path: Path, column: str, data: Any) -> Typed:
        """JSON as the column's type; a cache takes what the data itself says."""
        word = self.type_words(path, column)[0] if names.is_table(path) else ""
        return inputs.from_json(data, self._types.zone, word)

    def run_sql(self, statement: Statement, cancel: CancelToken = NEVER) -> Iterator[SqlPage]:
        """Run one statement; cancelling ends it on the server."""
        arguments = (inputs.argument(argument) for argument in statement.arguments)
        request = SqlRequest(
            statement.text.strip().rstrip(";"),
            tuple(map(self._types.encode, arguments)),
            statement.schema or self._options.schema,
            statement.page_rows or DEFAULT_PAGE_ROWS,
            statement.timeout_seconds,
            statement.limit,
        )
        return self._runner.pages(request, cancel)

    def kill(self, what: str, identifier: str) -> str:
        """KILL QUERY or KILL TRANSACTION."""
        return self._cluster.kill(what, identifier)

    def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """Create a table or a cache."""
        self._containers(path).create(path, definition)

    def drop(self, path: Path) -> None:
        """Drop a table or destroy a cache."""
        self._containers(path).drop(path)

    def cluster(self, view: str) -> Page:
        """One live table of the cluster."""
        return self._cluster.view(view)

    def decode_wire(self, data: bytes) -> Typed:
        """The value of an object kept as its own bytes."""
        return self._types.decode(data)

    def typed_cell(self, field: pa.Field[Any], array: pa.Array[Any], index: int) -> Value | None:
        """The exact value of a cell of a page."""
        return cell_value(field, array, index, self._types.resolver)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
