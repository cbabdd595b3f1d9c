"""Bulk powers of a store, done by those whom a path names: a table's reader is not a cache's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from services.cancel import NEVER, CancelToken
from services.stores.bulk import (
    BulkReads,
    BulkWrites,
    Committed,
    Faults,
    ReadPart,
    ReadPlan,
    Receipt,
    WritePlan,
    WriteWish,
)
from services.stores.changes import Path
from services.stores.types import RowQuery

if TYPE_CHECKING:
    import pyarrow as pa


class ReadsParts(Protocol):
    """Who reads one kind of container; see `BulkReads`."""

    def plan(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        ...

    def part(self, plan: ReadPlan, part: ReadPart, cancel: CancelToken) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`."""
        ...


class WritesParts(Protocol):
    """Who writes one kind of container; see `BulkWrites`."""

    def plan(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        ...

    def begin(self, plan: WritePlan, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        ...

    def part(self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken) -> Receipt:
        """See `BulkWrites.write_part`."""
        ...


class BulkByParts(BulkReads, BulkWrites):
    """Mixed into a store that says who reads and who writes a path.

    Rows are there as soon as their part is acknowledged; where parts wait for a commit, the last two differ.
    """

    @abstractmethod
    def bulk_reader(self, path: Path) -> ReadsParts:
        """Who reads it.

        Raises:
            UnsupportedOperation: nothing there has rows.
        """

    @abstractmethod
    def bulk_writer(self, path: Path) -> WritesParts:
        """Who writes it.

        Raises:
            UnsupportedOperation: nothing there takes rows.
        """

    def plan_read(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken = NEVER) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        return self.bulk_reader(path).plan(path, query, part_rows, cancel)

    def read_part(
        self, plan: ReadPlan, part: ReadPart, cancel: CancelToken = NEVER
    ) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`."""
        return self.bulk_reader(plan.path).part(plan, part, cancel)

    def plan_write(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        return self.bulk_writer(path).plan(path, schema, wish, cancel)

    def begin_write(self, plan: WritePlan, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        return self.bulk_writer(plan.path).begin(plan, cancel)

    def write_part(
        self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken = NEVER
    ) -> Receipt:
        """See `BulkWrites.write_part`."""
        return self.bulk_writer(plan.path).part(plan, part, batches, cancel)

    def is_staged(self, plan: WritePlan) -> bool:
        """The server holds each row when its part was acknowledged."""
        return False

    def commit_write(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken = NEVER) -> Committed:
        """Nothing is left to do: the server held each row when its part was acknowledged."""
        return Committed(None)

    def abort_write(self, plan: WritePlan) -> None:
        """Nothing can be dropped: the rows written so far are there, and stay."""
