"""Bulk reads: tables, partitions, views, filters and results of jobs in ranges, each row once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import pyarrow as pa
import pytest
from maxcompute_bulk import numbered, read, table, write
from maxcompute_stores import Warehouse, opened

from services.errors import NotFound, UsageError, ValueRefused
from services.stores.bulk import WriteMode
from services.stores.maxcompute import bulk_reading
from services.stores.maxcompute.types import shown_field
from services.stores.types import Count, RowQuery
from services.transfers.plan_codec import read_data, read_plan


@pytest.fixture
def parted(fresh_warehouse: Callable[..., Warehouse]) -> Warehouse:
    """A sandbox of its own with a table of three partitions, one of them empty."""
    made = fresh_warehouse(samples=False)
    path = table(made.store, "parted", "id BIGINT, name STRING", "PARTITIONED BY (pt STRING, hour INT)")
    for spec, rows in (
        ("pt=a/hour=1", numbered(0, 5)),
        ("pt=a/hour=2", numbered(5, 0)),
        ("pt=b/hour=1", numbered(5, 3)),
    ):
        write(made.store, (*path, spec), WriteMode.APPEND, rows, create_partition="true")
    return made


def test_a_partitioned_table_is_read_with_its_partitions_columns(parted: Warehouse) -> None:
    """Each partition is read by a session of its own, in ranges; the columns of the partition have their types."""
    plan = parted.store.plan_read(("parted",), RowQuery(), 2)
    assert (Count.exact(8), [2, 2, 1, 2, 1], True) == (plan.count, [part.rows for part in plan.parts], plan.is_snapshot)
    assert [pa.string(), pa.int32()] == [plan.schema.field(name).type for name in ("pt", "hour")]
    assert plan.expires_at is not None
    assert plan.expires_at > time.time() + 23 * 3600
    rows = read(parted.store, ("parted",), 2).to_pylist()
    assert [{"id": 7, "name": "name 7", "pt": "b", "hour": 1}] == [row for row in rows if row["id"] == 7]


def test_a_plan_is_read_by_another_process(parted: Warehouse) -> None:
    """From what a journal keeps of it, without a new session."""
    plan = read_plan(read_data(parted.store.plan_read(("parted",), RowQuery(columns=("pt", "id")), 3)))
    sessions = parted.sandbox.tunnel.count()
    with closing(opened(parted.sandbox.profile)) as other:
        found = [batch for part in plan.parts for batch in other.read_part(plan, part)]
    assert sessions == parted.sandbox.tunnel.count()
    assert list(range(8)) == pa.Table.from_batches(found).column("id").to_pylist()  # type: ignore[arg-type]
    assert ["pt", "id"] == found[0].schema.names  # type: ignore[union-attr]


@pytest.mark.parametrize("columns", [("name",), ("hour",), ("pt", "name", "id"), ("hour", "id")])
def test_columns_come_as_they_were_asked_for(parted: Warehouse, columns: tuple[str, ...]) -> None:
    """Any of them in any order, those of partitions alone too."""
    found = read(parted.store, ("parted",), columns=columns)
    assert (list(columns), 8) == (found.schema.names, found.num_rows)
    assert read(parted.store, ("parted",)).select(columns).equals(found)


def test_one_partition_and_a_limit_are_read_alone(parted: Warehouse) -> None:
    """No more sessions than needed."""
    assert [5, 6, 7] == read(parted.store, ("parted", "pt=b/hour=1")).column("id").to_pylist()
    before = parted.sandbox.tunnel.count()
    plan = parted.store.plan_read(("parted",), RowQuery(limit=4), None)
    assert (Count.exact(4), 1) == (plan.count, parted.sandbox.tunnel.count() - before)
    assert [0, 1, 2, 3] == read(parted.store, ("parted",), limit=4).column("id").to_pylist()
    assert 8 == read(parted.store, ("parted",), limit=100).num_rows


def test_many_partitions_open_when_it_is_their_turn(parted: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound for sessions; the plan says that these are no snapshot."""
    monkeypatch.setattr(bulk_reading, "MOST_SESSIONS", 1)
    plan = parted.store.plan_read(("parted",), RowQuery(), None)
    assert ([5, None, None], False, Count.at_least(5)) == ([p.rows for p in plan.parts], plan.is_snapshot, plan.count)
    assert "2 partitions" in plan.notes[0]
    assert list(range(8)) == sorted(read(parted.store, ("parted",)).column("id").to_pylist())


def test_an_empty_table_has_no_parts_and_all_columns(parted: Warehouse) -> None:
    """And a table without a partition neither."""
    for name, more in (("bare", ""), ("unparted", "PARTITIONED BY (pt STRING)")):
        path = table(parted.store, name, "id BIGINT, at DATETIME", more)
        plan = parted.store.plan_read(path, RowQuery(), None)
        assert ((), Count.exact(0)) == (plan.parts, plan.count)
        assert ["id", "at"] == plan.schema.names[:2]


def test_filters_and_views_are_selected_by_a_job(warehouse: Warehouse) -> None:
    """Once, though the plan is made anew in smaller parts; the note names it."""
    store = warehouse.store
    before = len(store.list_jobs().batch)
    plan = store.plan_read(("sales", "pt=20260101"), RowQuery(where="order_id < 20", columns=("order_id", "pt")), None)
    again = store.plan_read(("sales", "pt=20260101"), RowQuery(where="order_id < 20", columns=("order_id", "pt")), 7)
    assert (1, 3) == (len(plan.parts), len(again.parts))
    assert "job" in plan.notes[0]
    assert 1 == len(store.list_jobs().batch) - before
    assert ["order_id", "pt"] == again.schema.names
    assert plan.count == again.count
    view = read(store, ("sales_by_region",))
    assert view.num_rows == len(warehouse.rows("SELECT * FROM sales_by_region"))


def test_the_result_of_a_job_is_read_by_its_id(warehouse: Warehouse) -> None:
    """With all its types, exact to the nanosecond."""
    store = warehouse.store
    warehouse.run("SELECT * FROM zoo")
    job = f"job:{store.list_jobs(1).batch.column('id')[0]}"
    assert str(read(store, ("zoo",)).to_pylist()) == str(read(store, (job,)).to_pylist())
    with pytest.raises(UsageError):
        store.plan_read((job,), RowQuery(where="1 = 1"), None)


def test_a_moment_that_no_type_holds_is_refused_by_its_column() -> None:
    """It comes as text, which a plan that promised moments does not take in silence."""
    early = pa.record_batch({"early": ["0001-01-01 00:00:00"]})
    with pytest.raises(ValueRefused) as caught:
        bulk_reading._in_schema(early, {}, pa.schema([shown_field("early", "TIMESTAMP")]))
    assert "early" in caught.value.message
    assert "CAST" in caught.value.hint


def test_what_is_not_there_is_named(warehouse: Warehouse) -> None:
    """Tables, partitions, columns."""
    for path in (("absent",), ("sales", "pt=19990101"), ("#functions",)):
        with pytest.raises(NotFound):
            warehouse.store.plan_read(path, RowQuery(), None)
    with pytest.raises(UsageError) as caught:
        warehouse.store.plan_read(("sales",), RowQuery(columns=("amuont",)), None)
    assert "amount" in caught.value.hint
