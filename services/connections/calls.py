"""The calls that a session's process answers, each a plain function over the connected store."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, Final, cast

from services.cancel import CancelToken
from services.connections import managed_calls
from services.connections.guard import Guard
from services.connections.loading import Loading, LoadPlan
from services.connections.managed_calls import ManagedCalls
from services.connections.opening import Opened, Opening, build_store
from services.connections.results_table import ResultsTable
from services.connections.wire import ResultOpened
from services.errors import Conflict, Refused, UnsupportedOperation
from services.files import aside
from services.results.budget import Usage
from services.results.presenting import presentation_of
from services.results.result_set import ResultSet
from services.stores.altering import Alteration, AltersContainers
from services.stores.base import (
    CancelsQueries,
    EmptiesContainers,
    ManagesContainers,
    ReadsKeys,
    ReadsRows,
    RunsSql,
    ShowsCluster,
    Store,
    WritesRows,
)
from services.stores.cell_versions import CellVersion, ReadsVersions
from services.stores.changes import Call, Change, Outcome, Path
from services.stores.features import Feature, Guarantee
from services.stores.files import KeepsFiles
from services.stores.together import CommitsTogether
from services.stores.types import CheckStep, Children, Description, Page, RowQuery, Statement
from services.values import Key, Typed

NO_EDIT_OF_QUERY: Final = "rows of a statement are not edited here: open the table"
NO_EDIT_OF_VIEW: Final = "a view of the cluster is not edited"


class SessionCalls(ManagedCalls):
    """One connected store and its open results."""

    def __init__(self, opening: Opening, results: ResultsTable) -> None:
        self._opening = opening
        self._results = results
        self._guard = Guard(opening.profile.name, opening.profile.is_read_only)
        self._usage = Usage(opening.budget)
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The store."""
        if self._store is None:
            self._store = build_store(self._opening)
        return self._store

    def _power(self, power: Any, what: str) -> Any:
        if isinstance(self.store, power):
            return self.store
        raise UnsupportedOperation(f"{self._opening.profile.name}: this store cannot {what}")

    def open(self, cancel: CancelToken) -> Opened:
        """Connect and sign in."""
        self.store.connect(cancel)
        dialect = self.store.dialect if isinstance(self.store, RunsSql) else ""
        return Opened(frozenset(self.store.features), self.store.limits, dialect)

    def check(self, cancel: CancelToken) -> Iterator[CheckStep]:
        """See `Store.check`."""
        return self.store.check(cancel)

    def list_children(self, cancel: CancelToken, path: Path, page_token: str | None) -> Children:
        """See `Store.list_children`."""
        return self.store.list_children(path, page_token)

    def describe(self, cancel: CancelToken, path: Path) -> Description:
        """See `Store.describe`."""
        return self.store.describe(path)

    def format_address(self, cancel: CancelToken, path: Path) -> str:
        """See `Store.format_address`."""
        return self.store.format_address(path)

    def open_rows(self, cancel: CancelToken, path: Path, query: RowQuery) -> ResultOpened:
        """Read a container: its first page now, more on demand."""
        reader: ReadsRows = self._power(ReadsRows, "read rows")
        asked = query if query.page_rows or not self._opening.page_rows else _with_page_rows(query, self._opening)
        plan = LoadPlan(self._usage, limit=query.limit, locked=self._locked())
        return self._load(lambda token: reader.read_rows(path, asked, token), plan, cancel)

    def _locked(self) -> str:
        if self._guard.is_read_only:
            return "the profile is read-only"
        return "" if Feature.WRITES_ROWS in self.store.features else "this store does not change rows"

    def open_sql(self, cancel: CancelToken, statement: Statement) -> ResultOpened:
        """Run a statement: its first page now, the rest ahead up to the budget."""
        runner: RunsSql = self._power(RunsSql, "run SQL")
        self._guard.statement(statement.text, runner.dialect)
        asked = statement
        if not statement.page_rows and self._opening.page_rows:
            asked = _with_page_rows(statement, self._opening)
        plan = LoadPlan(self._usage, is_eager=True, limit=statement.limit, locked=NO_EDIT_OF_QUERY)
        return self._load(lambda token: runner.run_sql(asked, token), plan, cancel)

    def open_cluster(self, cancel: CancelToken, view: str) -> ResultOpened:
        """A live table of the cluster."""
        shower: ShowsCluster = self._power(ShowsCluster, "show a cluster")

        def pages(token: CancelToken) -> Iterator[Page]:
            yield shower.cluster(view)

        return self._load(pages, LoadPlan(self._usage, locked=NO_EDIT_OF_VIEW), cancel)

    def _load_listing(self, pages: Callable[[CancelToken], Any], locked: str, cancel: CancelToken) -> ResultOpened:
        return self._load(pages, LoadPlan(self._usage, locked=locked), cancel)

    def _load(self, pages: Callable[[CancelToken], Any], plan: LoadPlan, cancel: CancelToken) -> ResultOpened:
        rows = ResultSet(presentation_of(self.store), self._usage, self._opening.spill_folder)
        target, loading = self._results.add(partial(Loading, pages, rows, plan))
        try:
            loading.load_first(cancel)
        except BaseException:
            self._results.close(target)
            raise
        return ResultOpened(target, *loading.state())

    def kill(self, cancel: CancelToken, what: str, identifier: str) -> str:
        """See `CancelsQueries.kill`."""
        self._guard.write(f"ending a {what}")
        ender: CancelsQueries = self._power(CancelsQueries, "end queries")
        return ender.kill(what, identifier)

    def read_keys(self, cancel: CancelToken, path: Path, keys: Sequence[Key]) -> list[Mapping[str, Typed] | None]:
        """See `ReadsKeys.read_keys`."""
        reader: ReadsKeys = self._power(ReadsKeys, "read rows by key")
        return reader.read_keys(path, keys)

    def guarantee(self, cancel: CancelToken, path: Path) -> Guarantee:
        """See `WritesRows.guarantee`."""
        return self._writer().guarantee(path)

    def _writer(self) -> WritesRows:
        writer: WritesRows = self._power(WritesRows, "change rows")
        return writer

    def plan(self, cancel: CancelToken, changes: Sequence[Change]) -> list[Call]:
        """See `WritesRows.plan`."""
        return self._writer().plan(changes)

    def apply(self, cancel: CancelToken, changes: Sequence[Change]) -> Iterator[Outcome]:
        """See `WritesRows.apply`."""
        self._guard.write("changes of rows")
        return self._writer().apply(changes, cancel)

    def plan_together(self, cancel: CancelToken, changes: Sequence[Change]) -> list[Call]:
        """See `CommitsTogether.plan_together`."""
        return self._joiner().plan_together(changes)

    def _joiner(self) -> CommitsTogether:
        joiner: CommitsTogether = self._power(CommitsTogether, "commit changes together")
        return joiner

    def apply_together(self, cancel: CancelToken, changes: Sequence[Change]) -> Iterator[Outcome]:
        """See `CommitsTogether.apply_together`."""
        self._guard.write("changes of rows")
        return self._joiner().apply_together(changes, cancel)

    def read_versions(self, cancel: CancelToken, path: Path, key: Key) -> Mapping[str, tuple[CellVersion, ...]]:
        """See `ReadsVersions.read_versions`."""
        reader: ReadsVersions = self._power(ReadsVersions, "read versions of cells")
        return reader.read_versions(path, key)

    def alterable(self, cancel: CancelToken, path: Path) -> Mapping[str, Any]:
        """See `AltersContainers.alterable`."""
        return self._alterer().alterable(path)

    def _alterer(self) -> AltersContainers:
        alterer: AltersContainers = self._power(AltersContainers, "change options")
        return alterer

    def plan_alter(self, cancel: CancelToken, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """See `AltersContainers.plan_alter`."""
        return self._alterer().plan_alter(path, definition)

    def alter(self, cancel: CancelToken, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """See `AltersContainers.alter`."""
        self._guard.write("changing options")
        return self._alterer().alter(path, definition)

    def create(self, cancel: CancelToken, path: Path, definition: Mapping[str, Any]) -> None:
        """See `ManagesContainers.create`."""
        self._guard.write("creating")
        self._power(ManagesContainers, "create containers").create(path, definition)

    def drop(self, cancel: CancelToken, path: Path) -> None:
        """See `ManagesContainers.drop`."""
        self._guard.write("dropping")
        self._power(ManagesContainers, "drop containers").drop(path)

    def truncate(self, cancel: CancelToken, path: Path) -> None:
        """See `EmptiesContainers.truncate`."""
        self._guard.write("removing all rows")
        self._power(EmptiesContainers, "empty containers").truncate(path)

    def save_file(self, cancel: CancelToken, path: Path, target: str) -> int:
        """Fetch a file of a volume; it gets its name here when it is whole."""
        keeping: KeepsFiles = self._power(KeepsFiles, "keep files")
        place = pathlib.Path(target)
        if place.exists() or place.is_symlink():
            raise Conflict(f"{target}: is there already", hint="Name another file.")
        try:
            with aside(place) as file:
                return keeping.get_file(path, cast("BinaryIO", file), cancel)
        except OSError as error:
            hint = "Name a file in a folder that you can write, with room for it."
            raise Refused(f"{target}: {error.strerror or error}", hint=hint) from error

    def type_words(self, cancel: CancelToken, path: Path, column: str) -> tuple[str, ...]:
        """See `WritesRows.type_words`."""
        return self._writer().type_words(path, column)

    def parse(self, cancel: CancelToken, path: Path, column: str, text: str, type_word: str) -> Typed:
        """See `WritesRows.parse`."""
        return self._writer().parse(path, column, text, type_word)

    def from_json(self, cancel: CancelToken, path: Path, column: str, data: Any) -> Typed:
        """See `WritesRows.from_json`."""
        return self._writer().from_json(path, column, data)

    def close(self, cancel: CancelToken) -> None:
        """End everything."""
        self._results.close_all()
        if self._store is not None:
            self._store.close()


def _with_page_rows(request: Any, opening: Opening) -> Any:
    from dataclasses import replace

    return replace(request, page_rows=opening.page_rows)


STREAMS: Final = managed_calls.STREAMS | {"check", "apply", "apply_together"}
"""Calls that yield values one by one."""

ABANDONED: Final = managed_calls.ABANDONED | frozenset(
    {
        "alterable",
        "describe",
        "format_address",
        "from_json",
        "guarantee",
        "kill",
        "list_children",
        "open_cluster",
        "parse",
        "plan",
        "plan_alter",
        "plan_together",
        "read_keys",
        "read_versions",
        "type_words",
    }
)
"""Calls that stores give no way to stop: a stopped one is answered at once and its own answer dropped."""

CHANGES: Final = frozenset({"create", "alter", "drop", "truncate"})

METHODS: Final = (
    managed_calls.METHODS | ABANDONED | STREAMS | CHANGES | {"open", "open_rows", "open_sql", "save_file", "close"}
)
