"""The contract of bulk reads and writes: parts cover everything once, and running one again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import pyarrow as pa
import pytest
from conformance_harness import Harness, needs, new_row, read_all

from services.errors import Cancelled, StoredeckError
from services.results.records import BatchReader
from services.stores.base import Store
from services.stores.bulk import BulkReads, BulkWrites, ReadPlan, Receipt, WriteMode, WritePlan, WriteWish
from services.stores.changes import Path
from services.stores.features import Feature
from services.stores.types import CountKind, RowQuery
from services.transfers.plan_codec import read_data, read_plan, receipt_data, receipt_of, write_data, write_plan
from services.value_json import json_text

__all__ = [
    "test_a_cancelled_part_can_be_written_again",
    "test_a_part_reads_the_same_twice",
    "test_abort_leaves_committed_rows",
    "test_an_aborted_write_can_begin_anew",
    "test_another_process_finishes_a_write",
    "test_append_rejects_a_taken_key",
    "test_commit_twice_is_one_commit",
    "test_fail_refuses_what_is_there",
    "test_overwrite_leaves_the_new_rows_alone",
    "test_parts_cover_all_rows_once",
    "test_skip_leaves_what_is_there",
    "test_upsert_replaces_by_key",
    "test_writing_a_part_twice_leaves_what_one_leaves",
]

Row = str
"""A row as JSON text, so that rows compare and sort."""


def rows_of(batch: pa.RecordBatch) -> list[Row]:
    """The rows of a batch."""
    return [json_text(dict(sorted(record.items()))) for record in BatchReader(numbers=True).records(batch)]


def all_rows(store: Store, path: Path) -> list[Row]:
    """All rows of a container, sorted."""
    return sorted(row for page in read_all(store, path, RowQuery()) for row in rows_of(page.batch))


def fresh(harness: Harness, count: int) -> list[int]:
    """Numbers of rows that nobody used."""
    return [new_row(harness)[0] for _ in range(count)]


def batch_of(harness: Harness, numbers: Sequence[int], *, is_changed: bool = False) -> pa.RecordBatch:
    """The rows of these numbers."""
    assert harness.batch is not None, "a store that takes rows in bulk says how they look"
    return harness.batch(numbers, is_changed)


def write(
    store: Store, path: Path, mode: WriteMode, parts: Sequence[pa.RecordBatch], *, schema: pa.Schema | None = None
) -> list[Receipt]:
    """Write parts and commit them; skip where the container does not take the mode."""
    writer = needs_mode(store, path, mode)
    plan = begun(store, path, mode, schema or parts[0].schema)
    receipts = [writer.write_part(plan, index, cast(plan, batch)) for index, batch in enumerate(parts)]
    writer.commit_write(plan, receipts)
    return receipts


def needs_mode(store: Store, path: Path, mode: WriteMode) -> BulkWrites:
    """The store as one that writes in bulk in this mode."""
    needs(store, Feature.WRITES_IN_BULK)
    assert isinstance(store, BulkWrites)
    if mode not in store.write_modes(path):
        pytest.skip(f"the container does not take mode {mode.value}")
    return store


def some_mode(store: Store, path: Path) -> WriteMode:
    """A mode that adds rows."""
    needs(store, Feature.WRITES_IN_BULK)
    assert isinstance(store, BulkWrites)
    modes = store.write_modes(path)
    return next(mode for mode in (WriteMode.APPEND, WriteMode.UPSERT, WriteMode.OVERWRITE) if mode in modes)


def begun(store: Store, path: Path, mode: WriteMode, schema: pa.Schema) -> WritePlan:
    """A write that parts can be written to."""
    assert isinstance(store, BulkWrites)
    return store.begin_write(store.plan_write(path, schema, WriteWish(mode, parallel=2)))


def cast(plan: WritePlan, *batches: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Batches in the plan's schema."""
    for batch in batches:
        arrays = [batch.column(field.name).cast(field.type) for field in plan.schema]
        yield pa.RecordBatch.from_arrays(arrays, schema=plan.schema)


def journaled(plan: WritePlan) -> WritePlan:
    """The plan as a journal gives it back."""
    return write_plan(write_data(plan))


def test_parts_cover_all_rows_once(harness: Harness, store: Store, container: Path) -> None:
    """The parts of a plan hold every row once, in the plan's schema, and survive being written down."""
    needs(store, Feature.READS_IN_BULK)
    assert isinstance(store, BulkReads)
    if Feature.WRITES_IN_BULK in store.features:
        write(store, container, some_mode(store, container), [batch_of(harness, fresh(harness, 7))])
    plan = read_plan(read_data(store.plan_read(container, RowQuery(), 3)))
    found = [row for part in plan.parts for row in part_rows(store, plan, part.index)]
    store.end_read(plan)
    assert all_rows(store, container) == sorted(found)
    assert list(range(len(plan.parts))) == [part.index for part in plan.parts]
    if plan.count.kind is CountKind.EXACT:
        assert len(found) == plan.count.rows


def part_rows(store: Store, plan: ReadPlan, index: int) -> list[Row]:
    """The rows of one part."""
    assert isinstance(store, BulkReads)
    found: list[Row] = []
    for batch in store.read_part(plan, plan.parts[index]):
        assert isinstance(batch, pa.RecordBatch)
        assert plan.schema.equals(batch.schema)
        found += rows_of(batch)
    return found


def test_a_part_reads_the_same_twice(harness: Harness, store: Store, container: Path) -> None:
    """Reading a part again, also by another connection, gives the same rows."""
    needs(store, Feature.READS_IN_BULK)
    assert isinstance(store, BulkReads)
    if Feature.WRITES_IN_BULK in store.features:
        write(store, container, some_mode(store, container), [batch_of(harness, fresh(harness, 5))])
    plan = store.plan_read(container, RowQuery(), 2)
    with closing(harness.open()) as other:
        for part in plan.parts:
            assert sorted(part_rows(store, plan, part.index)) == sorted(part_rows(other, plan, part.index))
    store.end_read(plan)


def test_writing_a_part_twice_leaves_what_one_leaves(harness: Harness, store: Store, container: Path) -> None:
    """A part that is written again, whole or over a torn attempt, adds nothing."""
    mode = some_mode(store, container)
    assert isinstance(store, BulkWrites)
    before = [] if mode is WriteMode.OVERWRITE else all_rows(store, container)
    parts = [batch_of(harness, fresh(harness, 3)) for _ in range(2)]
    plan = begun(store, container, mode, parts[0].schema)
    receipts = [store.write_part(plan, index, cast(plan, parts[index])) for index in (0, 1, 0)]
    assert [3, 3, 3] == [receipt.rows for receipt in receipts]
    store.commit_write(plan, receipts[1:])
    assert sorted([*before, *rows_of(parts[0]), *rows_of(parts[1])]) == all_rows(store, container)


def test_a_cancelled_part_can_be_written_again(harness: Harness, store: Store, container: Path) -> None:
    """A part that ended in the middle is written again, and every row is there once."""
    mode = some_mode(store, container)
    assert isinstance(store, BulkWrites)
    before = [] if mode is WriteMode.OVERWRITE else all_rows(store, container)
    batch = batch_of(harness, fresh(harness, 4))
    plan = begun(store, container, mode, batch.schema)

    def torn() -> Iterator[pa.RecordBatch]:
        yield from cast(plan, batch.slice(0, 2))
        raise Cancelled("stopped: as asked")

    with pytest.raises(Cancelled):
        store.write_part(plan, 0, torn())
    store.commit_write(plan, [store.write_part(plan, 0, cast(plan, batch))])
    assert sorted([*before, *rows_of(batch)]) == all_rows(store, container)


def test_another_process_finishes_a_write(harness: Harness, store: Store, container: Path) -> None:
    """Plan and receipts as a journal keeps them are all that another connection needs to go on and to commit."""
    mode = some_mode(store, container)
    assert isinstance(store, BulkWrites)
    before = [] if mode is WriteMode.OVERWRITE else all_rows(store, container)
    parts = [batch_of(harness, fresh(harness, 3)) for _ in range(2)]
    with closing(harness.open()) as first:
        assert isinstance(first, BulkWrites)
        plan = begun(first, container, mode, parts[0].schema)
        receipt = first.write_part(plan, 0, cast(plan, parts[0]))
    again = journaled(plan)
    assert store.acknowledged(again) in (None, frozenset({0}))
    second = store.write_part(again, 1, cast(again, parts[1]))
    store.commit_write(again, [receipt_of(receipt_data(one)) for one in (receipt, second)])
    assert sorted([*before, *rows_of(parts[0]), *rows_of(parts[1])]) == all_rows(store, container)


def test_commit_twice_is_one_commit(harness: Harness, store: Store, container: Path) -> None:
    """A commit whose answer was lost is sent again and changes nothing."""
    mode = some_mode(store, container)
    assert isinstance(store, BulkWrites)
    batch = batch_of(harness, fresh(harness, 3))
    plan = begun(store, container, mode, batch.schema)
    receipts = [store.write_part(plan, 0, cast(plan, batch))]
    first = store.commit_write(plan, receipts)
    after = all_rows(store, container)
    assert first.rows == store.commit_write(journaled(plan), receipts).rows
    assert after == all_rows(store, container)


def test_abort_leaves_committed_rows(harness: Harness, store: Store, container: Path) -> None:
    """Aborting what was committed touches no row."""
    mode = some_mode(store, container)
    assert isinstance(store, BulkWrites)
    batch = batch_of(harness, fresh(harness, 2))
    plan = begun(store, container, mode, batch.schema)
    store.commit_write(plan, [store.write_part(plan, 0, cast(plan, batch))])
    after = all_rows(store, container)
    store.abort_write(plan)
    assert after == all_rows(store, container)


def test_an_aborted_write_can_begin_anew(harness: Harness, store: Store, container: Path) -> None:
    """After an abort, which may be sent twice, the same rows go in once by another write."""
    mode = some_mode(store, container)
    assert isinstance(store, BulkWrites)
    before = [] if mode is WriteMode.OVERWRITE else all_rows(store, container)
    batch = batch_of(harness, fresh(harness, 3))
    plan = begun(store, container, mode, batch.schema)
    store.write_part(plan, 0, cast(plan, batch))
    store.abort_write(plan)
    store.abort_write(plan)
    write(store, container, mode, [batch])
    assert sorted([*before, *rows_of(batch)]) == all_rows(store, container)


def test_append_rejects_a_taken_key(harness: Harness, store: Store, container: Path) -> None:
    """A row whose key other values have is rejected with its place and a reason, and nothing is overwritten."""
    needs_mode(store, container, WriteMode.APPEND)
    numbers = fresh(harness, 4)
    (first,) = write(store, container, WriteMode.APPEND, [batch_of(harness, numbers[:2])])
    assert () == first.rejects
    before = all_rows(store, container)
    changed, new = batch_of(harness, numbers[1:2], is_changed=True), batch_of(harness, numbers[2:])
    mixed = pa.Table.from_batches([new.slice(0, 1), changed, new.slice(1)]).combine_chunks().to_batches()[0]
    (receipt,) = write(store, container, WriteMode.APPEND, [mixed])
    assert [1] == [reject.row for reject in receipt.rejects]
    assert receipt.rejects[0].reason
    assert 2 == receipt.rows
    assert sorted([*before, *rows_of(new)]) == all_rows(store, container)


def test_upsert_replaces_by_key(harness: Harness, store: Store, container: Path) -> None:
    """A row with a known key takes the place of the old one."""
    needs_mode(store, container, WriteMode.UPSERT)
    numbers = fresh(harness, 3)
    write(store, container, WriteMode.UPSERT, [batch_of(harness, numbers)])
    before = all_rows(store, container)
    changed = batch_of(harness, numbers[:1], is_changed=True)
    write(store, container, WriteMode.UPSERT, [changed])
    old = rows_of(batch_of(harness, numbers[:1]))
    assert sorted([*(row for row in before if row not in old), *rows_of(changed)]) == all_rows(store, container)


def test_skip_leaves_what_is_there(harness: Harness, store: Store, container: Path) -> None:
    """A row with a known key is left as it is, and no reject."""
    needs_mode(store, container, WriteMode.SKIP)
    numbers = fresh(harness, 3)
    write(store, container, WriteMode.SKIP, [batch_of(harness, numbers[:2])])
    before = all_rows(store, container)
    changed, new = batch_of(harness, numbers[:2], is_changed=True), batch_of(harness, numbers[2:])
    receipts = write(store, container, WriteMode.SKIP, [changed, new])
    assert [(), ()] == [receipt.rejects for receipt in receipts]
    assert sorted([*before, *rows_of(new)]) == all_rows(store, container)


def test_overwrite_leaves_the_new_rows_alone(harness: Harness, store: Store, container: Path) -> None:
    """What was there is gone once the write is committed, and only then."""
    writer = needs_mode(store, container, WriteMode.OVERWRITE)
    numbers = fresh(harness, 5)
    write(store, container, WriteMode.OVERWRITE, [batch_of(harness, numbers[:3])])
    new = batch_of(harness, numbers[3:])
    plan = begun(store, container, WriteMode.OVERWRITE, new.schema)
    receipt = writer.write_part(plan, 0, cast(plan, new))
    writer.commit_write(plan, [receipt])
    assert sorted(rows_of(new)) == all_rows(store, container)


def test_fail_refuses_what_is_there(harness: Harness, store: Store, container: Path) -> None:
    """A container with rows is refused while planning."""
    writer = needs_mode(store, container, WriteMode.FAIL)
    batch = batch_of(harness, fresh(harness, 1))
    write(store, container, some_mode(store, container), [batch])
    with pytest.raises(StoredeckError) as caught:
        writer.plan_write(container, batch.schema, WriteWish(WriteMode.FAIL))
    assert caught.value.hint
