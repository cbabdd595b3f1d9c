"""Streams: rows that show at once, at least once, also into partitions that each row names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pytest
from maxcompute_bulk import begun, fault, ids, in_plan, numbered, read, table, wish, write, written
from maxcompute_stores import Warehouse

from services.errors import SessionExpired, Unavailable, UsageError
from services.stores.bulk import WriteMode, WriteWish
from services.stores.maxcompute import streaming
from services.stores.maxcompute.bulk_writing import target_of
from services.stores.maxcompute.tunnel.stream import stream_state

APPEND = WriteMode.APPEND
PATH = ("flow",)


@pytest.fixture
def place(fresh_warehouse: Callable[..., Warehouse]) -> Warehouse:
    """A sandbox of its own with an empty table."""
    made = fresh_warehouse(samples=False)
    made.store._link.options = replace(made.store._link.options, retry_seconds=1.0)
    table(made.store, "flow", "id BIGINT, name STRING")
    return made


@pytest.mark.parametrize("compress", ["none", "lz4", "zstd"])
def test_rows_show_before_any_commit(place: Warehouse, monkeypatch: pytest.MonkeyPatch, compress: str) -> None:
    """In several batches over several slots; the commit says so and changes nothing."""
    monkeypatch.setattr(streaming, "FLUSH_BYTES", 1000)
    monkeypatch.setattr(streaming, "BATCH_ROWS", 50)
    plan = begun(place.store, PATH, numbered(0, 1).schema, APPEND, stream="true", slots="3", compress=compress)
    assert "at least once" in plan.notes[0]
    assert 3 == len(stream_state(place.store._link, target_of(plan), plan.state["id"]).slots)
    receipts = written(place.store, plan, [numbered(0, 200), numbered(200, 1)])
    assert [200, 1] == [receipt.rows for receipt in receipts]
    assert list(range(201)) == ids(place.store, PATH)
    assert place.store.acknowledged(plan) is None
    assert "at least once" in place.store.commit_write(plan, receipts).message
    assert list(range(201)) == ids(place.store, PATH)


def test_each_row_names_its_partition(place: Warehouse) -> None:
    """Partitions that are absent are made."""
    path = table(place.store, "parted", "id BIGINT, name STRING", "PARTITIONED BY (pt STRING)")
    batch = numbered(0, 4).append_column("pt", pa.array(["a", "b", "a", "c"]))
    write(place.store, path, APPEND, batch, stream="true", dynamic_partition="true", zorder="id")
    found = {row["id"]: row["pt"] for row in read(place.store, path).to_pylist()}
    assert {0: "a", 1: "b", 2: "a", 3: "c"} == found
    write(place.store, (*path, "pt=d"), APPEND, numbered(9, 1), stream="true", create_partition="true")
    assert [0, 1, 2, 3, 9] == ids(place.store, path)


@pytest.mark.parametrize("spec", ["error,status=308", "error,status=429", "error,status=502", "reset"])
def test_a_batch_that_was_not_taken_goes_again(place: Warehouse, spec: str) -> None:
    """And is there once."""
    fault(place.sandbox, f"{spec},op=WriteStream,times=2")
    write(place.store, PATH, APPEND, numbered(0, 100), stream="true")
    assert list(range(100)) == ids(place.store, PATH)


def test_a_batch_whose_answer_was_lost_is_there_at_least_once(place: Warehouse) -> None:
    """That is what is promised, and no more."""
    fault(place.sandbox, "lost,op=WriteStream,times=1")
    write(place.store, PATH, APPEND, numbered(0, 10), stream="true")
    assert sorted([*range(10), *range(10)]) == ids(place.store, PATH)


def test_failing_and_ended_streams_are_told(place: Warehouse) -> None:
    """An error that passes is one; a session that is over says that its rows stay."""
    plan = begun(place.store, PATH, numbered(0, 1).schema, APPEND, stream="true")
    fault(place.sandbox, "error,status=503,op=WriteStream")
    with pytest.raises(Unavailable):
        written(place.store, plan, [numbered(0, 1)])
    place.sandbox.plan.clear()
    written(place.store, plan, [numbered(0, 1)])
    place.store.abort_write(plan)
    place.store.abort_write(plan)
    with pytest.raises(SessionExpired) as caught:
        place.store.write_part(plan, 1, in_plan(plan, numbered(1, 1)))
    assert "stays" in caught.value.hint
    assert [0] == ids(place.store, PATH)


def test_what_only_streams_can_do_is_asked_of_streams_alone(place: Warehouse) -> None:
    """And they add rows, nothing else."""
    schema = numbered(0, 1).schema
    for options in ({"dynamic_partition": "true"}, {"zorder": "id"}):
        with pytest.raises(UsageError):
            place.store.plan_write(PATH, schema, wish(APPEND, **options))
    with pytest.raises(UsageError):
        place.store.plan_write(PATH, schema, WriteWish(WriteMode.OVERWRITE, options={"stream": "true"}))
