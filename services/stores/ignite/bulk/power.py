"""The bulk powers of Ignite: what a path names decides who does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from services.cancel import NEVER, CancelToken
from services.errors import UnsupportedOperation
from services.stores.bulk import (
    BulkReads,
    BulkWrites,
    Committed,
    Faults,
    ReadPart,
    ReadPlan,
    Receipt,
    WriteMode,
    WritePlan,
    WriteWish,
)
from services.stores.changes import Path
from services.stores.ignite import names
from services.stores.ignite.bulk.cache_reads import CacheReads
from services.stores.ignite.bulk.cache_writes import CacheWrites
from services.stores.ignite.bulk.table_reads import TableReads
from services.stores.ignite.bulk.table_writes import TableWrites
from services.stores.types import RowQuery

if TYPE_CHECKING:
    import pyarrow as pa

    from services.stores.ignite.caches import Caches
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.pool import WirePool
    from services.stores.ignite.sql import SqlRunner
    from services.stores.ignite.tables import Tables


class IgniteBulk(BulkReads, BulkWrites):
    """Reads and writes tables and caches in parts."""

    _runner: SqlRunner
    _types: ClusterTypes
    _tables: Tables
    _caches: Caches
    _pool: WirePool

    def _reads(self, path: Path) -> TableReads | CacheReads:
        if names.is_table(path):
            return TableReads(self._runner, self._types, self._tables)
        if names.is_cache(path):
            return CacheReads(self._pool, self._types, self._runner, self._caches)
        raise _no_rows(path)

    def _writes(self, path: Path) -> TableWrites | CacheWrites:
        if names.is_table(path):
            return TableWrites(self._runner, self._types, self._tables)
        if names.is_cache(path):
            reads = CacheReads(self._pool, self._types, self._runner, self._caches)
            return CacheWrites(self._pool, self._types, reads, self._caches)
        raise _no_rows(path)

    def plan_read(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken = NEVER) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        return self._reads(path).plan(path, query, part_rows, cancel)

    def read_part(
        self, plan: ReadPlan, part: ReadPart, cancel: CancelToken = NEVER
    ) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`."""
        return self._reads(plan.path).part(plan, part, cancel)

    def write_modes(self, path: Path) -> frozenset[WriteMode]:
        """See `BulkWrites.write_modes`."""
        is_target = names.is_cache(path) or (names.is_table(path) and path[1] != names.SYSTEM_SCHEMA)
        return frozenset(WriteMode) if is_target else frozenset()

    def plan_write(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        return self._writes(path).plan(path, schema, wish, cancel)

    def begin_write(self, plan: WritePlan, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        return self._writes(plan.path).begin(plan, cancel)

    def write_part(
        self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken = NEVER
    ) -> Receipt:
        """See `BulkWrites.write_part`."""
        return self._writes(plan.path).part(plan, part, batches, cancel)

    def commit_write(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken = NEVER) -> Committed:
        """Nothing is left to do: the server held each row when its part was acknowledged."""
        return Committed(None)

    def abort_write(self, plan: WritePlan) -> None:
        """Nothing can be dropped: the rows written so far are there, and stay."""


def _no_rows(path: Path) -> UnsupportedOperation:
    return UnsupportedOperation(
        f"{'/'.join(path) or 'the root'}: neither a table nor a cache", hint="Name a cache, or sql:SCHEMA/TABLE."
    )
