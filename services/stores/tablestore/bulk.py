"""The bulk powers of Tablestore."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from services.cancel import NEVER, CancelToken
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
from services.stores.types import RowQuery

if TYPE_CHECKING:
    import pyarrow as pa

    from services.stores.tablestore.bulk_reading import BulkReading
    from services.stores.tablestore.bulk_writing import BulkWriting


class TablestoreBulk(BulkReads, BulkWrites):
    """Reads and writes tables in parts."""

    _bulk_reading: BulkReading
    _bulk_writing: BulkWriting

    def plan_read(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken = NEVER) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        return self._bulk_reading.plan(path, query, part_rows, cancel)

    def read_part(
        self, plan: ReadPlan, part: ReadPart, cancel: CancelToken = NEVER
    ) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`."""
        return self._bulk_reading.part(plan, part, cancel)

    def write_modes(self, path: Path) -> frozenset[WriteMode]:
        """See `BulkWrites.write_modes`."""
        return self._bulk_writing.modes(path)

    def plan_write(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        return self._bulk_writing.plan(path, schema, wish, cancel)

    def begin_write(self, plan: WritePlan, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        return self._bulk_writing.begin(plan, cancel)

    def write_part(
        self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken = NEVER
    ) -> Receipt:
        """See `BulkWrites.write_part`."""
        return self._bulk_writing.part(plan, part, batches, cancel)

    def commit_write(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken = NEVER) -> Committed:
        """Nothing is left to do: the service held each row when its part was acknowledged."""
        return Committed(None)

    def abort_write(self, plan: WritePlan) -> None:
        """Nothing can be dropped: the rows written so far are there, and stay."""
