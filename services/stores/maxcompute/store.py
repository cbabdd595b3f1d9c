"""The MaxCompute store: one project's catalogue, rows and SQL jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from services.cancel import NEVER, CancelToken
from services.errors import UnsupportedOperation, UsageError
from services.secrets import Secret
from services.stores.altering import Alteration, AltersContainers
from services.stores.base import (
    CancelsQueries,
    EmptiesContainers,
    KeepsJobs,
    ManagesContainers,
    ReadsRows,
    RunsSql,
    Store,
)
from services.stores.changes import Path
from services.stores.features import Feature
from services.stores.limits import Limits
from services.stores.maxcompute import ddl, hints, names
from services.stores.maxcompute.altering import Altering
from services.stores.maxcompute.bulk import MaxComputeBulk
from services.stores.maxcompute.bulk_reading import BulkReading
from services.stores.maxcompute.bulk_writing import BulkWriting
from services.stores.maxcompute.catalog import JOBS, Catalog
from services.stores.maxcompute.checking import ConnectionCheck
from services.stores.maxcompute.describing import Describing
from services.stores.maxcompute.estimating import estimate
from services.stores.maxcompute.files import MaxComputeFiles
from services.stores.maxcompute.jobs import Jobs
from services.stores.maxcompute.kept import KeptJobs
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import Metadata
from services.stores.maxcompute.options import MaxComputeOptions
from services.stores.maxcompute.reading import Reading
from services.stores.maxcompute.results import Results
from services.stores.maxcompute.sql import SqlRunner
from services.stores.maxcompute.streaming import Streams
from services.stores.maxcompute.tunnel.paging import PAGE_ROWS
from services.stores.maxcompute.uploading import Uploads
from services.stores.maxcompute.upserting import Upserts
from services.stores.maxcompute.volume_files import VolumeFiles
from services.stores.maxcompute.volumes import Volumes
from services.stores.types import CheckStep, Children, Description, Node, Page, RowQuery, SqlPage, Statement

LISTED_JOBS = 100


class MaxComputeStore(
    Store,
    ReadsRows,
    RunsSql,
    KeepsJobs,
    CancelsQueries,
    ManagesContainers,
    EmptiesContainers,
    AltersContainers,
    MaxComputeBulk,
    MaxComputeFiles,
):
    """One MaxCompute project."""

    kind: ClassVar[str] = "maxcompute"
    dialect: ClassVar[str] = "hive"
    limits = Limits(page_rows=PAGE_ROWS, cell_bytes=8 * 2**20)
    features = frozenset(
        (
            Feature.READS_ROWS,
            Feature.RUNS_SQL,
            Feature.KEEPS_JOBS,
            Feature.KEEPS_FILES,
            Feature.CANCELS_QUERIES,
            Feature.MANAGES_CONTAINERS,
            Feature.EMPTIES_CONTAINERS,
            Feature.ALTERS_CONTAINERS,
            Feature.READS_IN_BULK,
            Feature.WRITES_IN_BULK,
            Feature.LITERAL_SQL,
        )
    )

    def __init__(self, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> None:
        self._options = MaxComputeOptions.from_profile(fields, secrets)
        self._link = Link(self._options)
        self._metadata = Metadata(self._link)
        self._jobs = Jobs(self._link)
        self._results = Results(self._link, self._jobs)
        self._runner = SqlRunner(self._link, self._metadata, self._jobs, self._results)
        self._reading = Reading(self._link, self._metadata, self._runner, self._results)
        self._bulk_reading = BulkReading(self._link, self._metadata, self._reading, self._runner)
        ways = {"upload": Uploads(self._link), "upsert": Upserts(self._link), "stream": Streams(self._link)}
        self._bulk_writing = BulkWriting(self._link, self._metadata, self._runner, ways)
        self._volumes = Volumes(self._link, self._metadata)
        self._volume_files = VolumeFiles(self._link, self._volumes)
        self._kept = KeptJobs(self._link, self._metadata, self._jobs)
        self._catalog = Catalog(self._link, self._metadata, self._volumes)
        self._describing = Describing(self._metadata)
        self._altering = Altering(self._metadata, self._runner)

    @property
    def requests(self) -> int:
        """Answers so far."""
        return self._link.requests

    @property
    def request_ids(self) -> tuple[str, ...]:
        """Of the newest answers."""
        return tuple(self._link.request_ids)

    def connect(self, cancel: CancelToken = NEVER) -> None:
        """Ask for the project: the service knows no other kind of signing in."""
        self._metadata.project(cancel)

    def check(self, cancel: CancelToken = NEVER) -> Iterator[CheckStep]:
        """The five steps on connections of their own."""
        return ConnectionCheck(self._options).steps(cancel)

    def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """Schemas where the project has them, tables and views, partitions, and groups of the rest."""
        if names.group_of(path) == JOBS and len(path) == 1:
            return Children(tuple(self._job_nodes()))
        return self._catalog.children(path, page_token)

    def _job_nodes(self) -> Iterator[Node]:
        for job in self._kept.listed(LISTED_JOBS):
            statement = " ".join(job.source.statement.split())[:80]
            path = (names.JOB_MARK + job.state.id,)
            yield Node(path, job.state.id, "job", is_readable=True, note=f"{job.status} {statement}".strip())

    def describe(self, path: Path) -> Description:
        """All facts about a table, a partition, a job or what lies in a group."""
        if not path:
            return self._catalog.describe_project()
        if names.is_job(path):
            return self._kept.show(names.job_id(path))
        if names.group_of(path) or not names.below_schema(path):
            return self._catalog.describe(path)
        return self._describing.describe(path)

    def parse_address(self, text: str) -> Path:
        """`[schema.]table[/partition]` or `job:ID`."""
        return names.parse_address(text)

    def format_address(self, path: Path) -> str:
        """The other way round."""
        return names.format_address(path)

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """Rows of a table, a partition, a view, or the result of a job."""
        if names.is_job(path):
            return self._job_rows(names.job_id(path), query, cancel)
        return self._reading.read_rows(path, query, cancel)

    def _job_rows(self, identifier: str, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        if query.where.strip() or query.order:
            hint = "Sort and filter the loaded rows, or run a statement."
            raise UnsupportedOperation(f"job {identifier}: its result is read as it is", hint=hint)
        for page in self._result(identifier, query.limit, query.page_rows, cancel):
            if page.batch is None:
                raise UsageError(f"job {identifier}: it has no rows", hint="`jobs PROFILE show ID` tells what it did.")
            batch = page.batch.select(list(query.columns)) if query.columns else page.batch
            yield Page(batch, page.count)

    def run_sql(self, statement: Statement, cancel: CancelToken = NEVER) -> Iterator[SqlPage]:
        """Run one statement as a job."""
        return self._runner.run(statement, cancel)

    def estimate(self, statement: Statement, cancel: CancelToken = NEVER) -> Description:
        """What a statement would cost."""
        return estimate(self._runner, self._jobs, statement, cancel)

    def list_jobs(self, limit: int = 200, status: str = "") -> Page:
        """Jobs of the last days, newest first."""
        return self._kept.page(limit, status)

    def show_job(self, identifier: str) -> Description:
        """Everything about one."""
        return self._kept.show(identifier)

    def job_result(self, identifier: str, limit: int | None = None, cancel: CancelToken = NEVER) -> Iterator[SqlPage]:
        """The result of a job, once it is over; looking on does not stop it."""
        return self._result(identifier, limit, None, cancel)

    def _result(
        self, identifier: str, limit: int | None, page_rows: int | None, cancel: CancelToken
    ) -> Iterator[SqlPage]:
        self._runner.watch(identifier, cancel)
        given = hints.prepared(self._jobs.source(identifier, cancel).statement)
        yield from self._results.pages(identifier, given, limit, page_rows, cancel)

    def kill(self, what: str, identifier: str) -> str:
        """Stop a `job`; a query is one."""
        if what not in ("job", "query"):
            raise UnsupportedOperation(f"{what}: MaxCompute has none", hint="Name a job.")
        return self._jobs.stop(identifier)

    def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """Create a table, or add a partition to one."""
        place = names.place_of(path)
        name = self._sql_name(place)
        text = ddl.add_partition(place, name) if place.spec else ddl.create_table(name, definition)
        self._runner.execute(text, place.schema)

    def drop(self, path: Path) -> None:
        """Drop a table, a view or a partition."""
        place = names.place_of(path)
        facts = self._metadata.table(place)
        self._runner.execute(ddl.drop(place, self._sql_name(place), facts.type), place.schema)

    def truncate(self, path: Path) -> None:
        """Remove all rows of a table or a partition."""
        place = names.place_of(path)
        text = ddl.truncate(place, self._sql_name(place), self._metadata.table(place))
        self._runner.execute(text, place.schema)

    def alterable(self, path: Path) -> Mapping[str, Any]:
        """Lifecycle and comment."""
        return self._altering.alterable(path)

    def plan_alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """What would be changed, and by which statements."""
        return self._altering.plan(path, definition)

    def alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """Change lifecycle and comment."""
        return self._altering.alter(path, definition)

    def _sql_name(self, place: names.Place) -> str:
        return ddl.sql_name(place, self._metadata.schema_of(place.schema))

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        self._link.close()
