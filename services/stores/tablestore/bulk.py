"""The bulk powers of Tablestore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.stores.bulk import WriteMode
from services.stores.bulk_parts import BulkByParts
from services.stores.changes import Path

if TYPE_CHECKING:
    from services.stores.tablestore.bulk_reading import BulkReading
    from services.stores.tablestore.bulk_writing import BulkWriting


class TablestoreBulk(BulkByParts):
    """Reads and writes tables in parts."""

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
