"""The bulk powers of the store."""

from __future__ import annotations

from collections.abc import Sequence

from services.cancel import NEVER, CancelToken
from services.stores.bulk import Committed, Receipt, WriteMode, WritePlan
from services.stores.bulk_parts import BulkByParts
from services.stores.changes import Path
from services.stores.maxcompute.bulk_reading import BulkReading
from services.stores.maxcompute.bulk_writing import BulkWriting


class MaxComputeBulk(BulkByParts):
    """Blocks wait for their session's commit."""

    _bulk_reading: BulkReading
    _bulk_writing: BulkWriting

    def bulk_reader(self, path: Path) -> BulkReading:
        """See `BulkByParts.bulk_reader`."""
        return self._bulk_reading

    def bulk_writer(self, path: Path) -> BulkWriting:
        """See `BulkByParts.bulk_writer`."""
        return self._bulk_writing

    def write_modes(self, path: Path) -> frozenset[WriteMode]:
        """See `BulkWrites.write_modes`."""
        return self._bulk_writing.modes(path)

    def acknowledged(self, plan: WritePlan) -> frozenset[int] | None:
        """See `BulkWrites.acknowledged`."""
        return self._bulk_writing.acknowledged(plan)

    def is_staged(self, plan: WritePlan) -> bool:
        """A session shows its rows at the commit, a stream as they come."""
        return bool(plan.state["way"] != "stream")

    def commit_write(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken = NEVER) -> Committed:
        """See `BulkWrites.commit_write`."""
        return self._bulk_writing.commit(plan, receipts, cancel)

    def abort_write(self, plan: WritePlan) -> None:
        """See `BulkWrites.abort_write`."""
        self._bulk_writing.abort(plan)
