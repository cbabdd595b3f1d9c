"""The bulk powers of the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

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
from services.stores.maxcompute.bulk_reading import BulkReading
from services.stores.maxcompute.bulk_writing import BulkWriting
from services.stores.types import RowQuery


class MaxComputeBulk(BulkReads, BulkWrites):
    """Hands bulk work to those who do it."""

    _bulk_reading: BulkReading
    _bulk_writing: BulkWriting

    def plan_read(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken = NEVER) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        return self._bulk_reading.plan(path, query, part_rows, cancel)

    def read_part(
        self, plan: ReadPlan, part: ReadPart, cancel: CancelToken = NEVER
    ) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`."""
        return self._bulk_reading.read(plan, part, cancel)

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

    def acknowledged(self, plan: WritePlan) -> frozenset[int] | None:
        """See `BulkWrites.acknowledged`."""
        return self._bulk_writing.acknowledged(plan)

    def commit_write(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken = NEVER) -> Committed:
        """See `BulkWrites.commit_write`."""
        return self._bulk_writing.commit(plan, receipts, cancel)

    def abort_write(self, plan: WritePlan) -> None:
        """See `BulkWrites.abort_write`."""
        self._bulk_writing.abort(plan)
