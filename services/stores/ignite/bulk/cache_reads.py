"""Caches read in parts: groups of partitions, each scanned by itself."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import Refused, UnsupportedOperation, UsageError
from services.stores.bulk import Faults, ReadPart, ReadPlan
from services.stores.changes import Path
from services.stores.ignite.bulk.cache_fields import sampled_field
from services.stores.ignite.bulk.fitting import Fitter
from services.stores.ignite.codec import requests
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.codec.pages import KEY_COLUMNS, PageDecoder
from services.stores.ignite.codec.reader import ByteReader
from services.stores.ignite.faults import ServerRefusal, asked, refused
from services.stores.ignite.page_stream import DEFAULT_PAGE_ROWS, batches
from services.stores.types import Count, RowQuery
from services.values import Typed

if TYPE_CHECKING:
    from services.stores.ignite.caches import Caches
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.pool import WirePool
    from services.stores.ignite.sql import SqlRunner
    from services.stores.ignite.wire import Wire

PART_ROWS: Final = 50_000
SAMPLE_ROWS: Final = 2_000
EVERY_PARTITION: Final = -1
_GROUP: Final = "SELECT CACHE_GROUP_ID FROM SYS.CACHES WHERE CACHE_NAME = ?"
_PARTITIONS: Final = "SELECT PARTITIONS_COUNT FROM SYS.CACHE_GROUPS WHERE CACHE_GROUP_ID = ?"


class CacheReads:
    """Plans and reads the parts of caches."""

    def __init__(self, pool: WirePool, types: ClusterTypes, runner: SqlRunner, caches: Caches) -> None:
        self._pool = pool
        self._types = types
        self._runner = runner
        self._caches = caches

    def plan(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        name = path[1]
        if query.where:
            hint = "Leave out the filter, or read the cache's table by SQL."
            raise UnsupportedOperation(f"{name}: a cache scan has no filter", hint=hint)
        schema, notes = self.sampled(name, cancel)
        stray = next((column for column in query.columns if column not in KEY_COLUMNS), None)
        if stray is not None:
            raise UsageError(f"{stray}: a cache has the columns key and value")
        fields = [schema.field(column) for column in query.columns or KEY_COLUMNS]
        rows = self._caches.size(name)
        rows = rows if query.limit is None else min(rows, query.limit)
        parts = self._parts(name, rows, part_rows or PART_ROWS) if query.limit is None else _whole(rows)
        state = {"cache": name, "limit": query.limit}
        return ReadPlan(path, pa.schema(fields), parts, Count.exact(rows), state, notes=tuple(notes))

    def sampled(self, name: str, cancel: CancelToken) -> tuple[pa.Schema, list[str]]:
        """The columns as a sample of entries tells them, and notes."""
        with closing(self._scan(name, EVERY_PARTITION, SAMPLE_ROWS, SAMPLE_ROWS, cancel)) as pages:
            page = next(pages)
        found = [sampled_field(field, is_key=field.name == KEY_COLUMNS[0]) for field in page.schema]
        notes = [note for _, note in found if note]
        if page.num_rows == SAMPLE_ROWS and len(notes) < len(found):
            notes.append(f"types are those of {SAMPLE_ROWS:,} entries; an entry of another type is rejected")
        return pa.schema([field for field, _ in found]), notes

    def _parts(self, name: str, rows: int, part_rows: int) -> tuple[ReadPart, ...]:
        wanted = -(-rows // part_rows)
        partitions = self._partitions(name) if wanted > 1 else 1
        groups = min(wanted, partitions)
        if groups < 2:
            return _whole(rows)
        edges = [partitions * index // groups for index in range(groups + 1)]
        return tuple(ReadPart(index, {"first": edges[index], "end": edges[index + 1]}) for index in range(groups))

    def _partitions(self, name: str) -> int:
        """How many partitions a cache has; 1 where the cluster does not say."""
        try:
            groups = self._runner.rows(_GROUP, encode(Typed("String", name)))
            found = [self._runner.rows(_PARTITIONS, encode(Typed("Int", group["CACHE_GROUP_ID"]))) for group in groups]
        except Refused:
            return 1
        return next((int(row["PARTITIONS_COUNT"]) for rows in found for row in rows), 1)

    def part(self, plan: ReadPlan, part: ReadPart, cancel: CancelToken) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`; partitions are often small, so that several come as one batch."""
        held: list[pa.RecordBatch] = []
        for found in self._found(plan, part, cancel):
            if isinstance(found, Faults):
                yield found
                continue
            held.append(found)
            if sum(batch.num_rows for batch in held) >= DEFAULT_PAGE_ROWS:
                yield _joined(held)
                held = []
        if held:
            yield _joined(held)

    def _found(self, plan: ReadPlan, part: ReadPart, cancel: CancelToken) -> Iterator[pa.RecordBatch | Faults]:
        fitter = Fitter(plan.schema, self._types.resolver, is_sql=False)
        name, limit = plan.state["cache"], plan.state["limit"]
        state = part.state
        partitions = range(state["first"], state["end"]) if "first" in state else (EVERY_PARTITION,)
        first = 0
        for partition in partitions:
            for page in self._scan(name, partition, DEFAULT_PAGE_ROWS, limit, cancel):
                chosen = page.select(plan.schema.names)
                fitted, faults = fitter.fit(chosen, first)
                first += page.num_rows
                if fitted.num_rows:
                    yield fitted
                if faults:
                    yield Faults(faults)

    def _scan(
        self, name: str, partition: int, page_rows: int, limit: int | None, cancel: CancelToken
    ) -> Generator[pa.RecordBatch]:
        with self._pool.lease(cancel) as wire:
            yield from self._pages(wire, name, partition, page_rows, limit)

    def _pages(
        self, wire: Wire, name: str, partition: int, page_rows: int, limit: int | None
    ) -> Iterator[pa.RecordBatch]:
        decoder = PageDecoder(KEY_COLUMNS, self._types.resolver, self._types.zone)
        reader = ByteReader(asked(wire, name, requests.OP_SCAN, requests.scan(name, page_rows, partition)))
        cursor = reader.int64()
        try:
            for batch, _ in batches(wire, cursor, requests.OP_SCAN_NEXT, reader, decoder, limit):
                yield batch
        except ServerRefusal as refusal:
            raise refused(name, refusal) from refusal


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def _whole(rows: int) -> tuple[ReadPart, ...]:
    state: dict[str, Any] = {}
    return (ReadPart(0, state, rows),)
