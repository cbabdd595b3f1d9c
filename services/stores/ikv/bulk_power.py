"""The bulk powers of IKV: reads of the mounted index, writes through the gateway."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from services.cancel import NEVER, CancelToken
from services.errors import Refused
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
from services.stores.ikv import bulk_reading, bulk_writing, names
from services.stores.types import RowQuery

if TYPE_CHECKING:
    import pyarrow as pa

    from services.stores.ikv.gateway import Gateway, StoreSettings
    from services.stores.ikv.index.mounted import MountedIndex, Snapshot
    from services.stores.ikv.options import IkvOptions
    from services.stores.ikv.statistics import Statistics


class IkvBulk(BulkReads, BulkWrites):
    """Reads and writes a document store in parts."""

    _options: IkvOptions
    _settings: StoreSettings
    _gateway: Gateway
    _index: MountedIndex | None

    @abstractmethod
    def _snapshot(self, cancel: CancelToken = NEVER) -> Snapshot: ...

    @abstractmethod
    def _statistics(self, snapshot: Snapshot) -> Statistics: ...

    def plan_read(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken = NEVER) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        if not names.is_view(path):
            names.check_store(path, self._options.store_name)
        return bulk_reading.plan_read(path, query, part_rows, self._snapshot(cancel), self._statistics)

    def read_part(
        self, plan: ReadPlan, part: ReadPart, cancel: CancelToken = NEVER
    ) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`."""
        return bulk_reading.read_part(plan, part, self._snapshot(cancel), self._statistics, cancel)

    def write_modes(self, path: Path) -> frozenset[WriteMode]:
        """See `BulkWrites.write_modes`."""
        return bulk_writing.MODES if len(path) == 1 and self._options.has_gateway else frozenset()

    def plan_write(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        names.check_store(path, self._options.store_name)
        return bulk_writing.plan_write(path, schema, wish, self._settings, self._known_types(cancel))

    def _known_types(self, cancel: CancelToken) -> dict[str, tuple[str, ...]]:
        """The types of each field as the index has them; none where no index can be read."""
        if self._index is None:
            return {}
        try:
            snapshot = self._snapshot(cancel)
        except Refused:
            return {}
        facts = self._statistics(snapshot).fields
        return {name: facts[number].words for number, name in snapshot.schema.fields.items()}

    def begin_write(self, plan: WritePlan, cancel: CancelToken = NEVER) -> WritePlan:
        """Nothing is to be opened: documents and fields appear with their first value."""
        return plan

    def write_part(
        self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken = NEVER
    ) -> Receipt:
        """See `BulkWrites.write_part`."""
        return bulk_writing.write_part(plan, part, batches, self._settings, self._gateway, cancel)

    def is_staged(self, plan: WritePlan) -> bool:
        """The gateway takes each document when its part is acknowledged."""
        return False

    def commit_write(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken = NEVER) -> Committed:
        """Nothing is left to do: the gateway took each document when its part was acknowledged."""
        taken = "the gateway took the documents; readers of the index see them later"
        return Committed(None, taken, is_visible=False)

    def abort_write(self, plan: WritePlan) -> None:
        """Nothing can be dropped: the documents written so far are on their way, and stay."""
