"""The bulk powers of Ignite: what a path names decides who does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.errors import UnsupportedOperation
from services.stores.bulk import WriteMode
from services.stores.bulk_parts import BulkByParts
from services.stores.changes import Path
from services.stores.ignite import names
from services.stores.ignite.bulk.cache_reads import CacheReads
from services.stores.ignite.bulk.cache_writes import CacheWrites
from services.stores.ignite.bulk.table_reads import TableReads
from services.stores.ignite.bulk.table_writes import TableWrites

if TYPE_CHECKING:
    from services.stores.ignite.caches import Caches
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.pool import WirePool
    from services.stores.ignite.sql import SqlRunner
    from services.stores.ignite.tables import Tables


class IgniteBulk(BulkByParts):
    """Reads and writes tables and caches in parts."""

    _runner: SqlRunner
    _types: ClusterTypes
    _tables: Tables
    _caches: Caches
    _pool: WirePool

    def bulk_reader(self, path: Path) -> TableReads | CacheReads:
        """See `BulkByParts.bulk_reader`."""
        if names.is_table(path):
            return TableReads(self._runner, self._types, self._tables)
        if names.is_cache(path):
            return CacheReads(self._pool, self._types, self._runner, self._caches)
        raise _no_rows(path)

    def bulk_writer(self, path: Path) -> TableWrites | CacheWrites:
        """See `BulkByParts.bulk_writer`."""
        if names.is_table(path):
            return TableWrites(self._runner, self._types, self._tables)
        if names.is_cache(path):
            reads = CacheReads(self._pool, self._types, self._runner, self._caches)
            return CacheWrites(self._pool, self._types, reads, self._caches)
        raise _no_rows(path)

    def write_modes(self, path: Path) -> frozenset[WriteMode]:
        """See `BulkWrites.write_modes`."""
        is_target = names.is_cache(path) or (names.is_table(path) and path[1] != names.SYSTEM_SCHEMA)
        return frozenset(WriteMode) if is_target else frozenset()


def _no_rows(path: Path) -> UnsupportedOperation:
    return UnsupportedOperation(
        f"{'/'.join(path) or 'the root'}: neither a table nor a cache", hint="Name a cache, or sql:SCHEMA/TABLE."
    )
