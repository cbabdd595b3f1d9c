"""Upserts by bucket: rows replaced and removed by key, sent again without harm, committed once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from maxcompute_bulk import begun, fault, ids, in_plan, numbered, read, table, wait_until, write, written
from maxcompute_stores import Warehouse

from services.cancel import CancelToken
from services.errors import Cancelled, SessionExpired, Unavailable
from services.stores.bulk import WriteMode, WriteWish
from services.stores.features import Guarantee
from services.stores.maxcompute import upserting

UPSERT = WriteMode.UPSERT
KEYED = 'TBLPROPERTIES ("transactional"="true")'
PEOPLE = "id BIGINT NOT NULL, name STRING, PRIMARY KEY (id)"
PATH = ("people",)


@pytest.fixture
def place(fresh_warehouse: Callable[..., Warehouse]) -> Warehouse:
    """A sandbox of its own with an empty table that has a key."""
    made = fresh_warehouse(samples=False)
    made.store._link.options = replace(made.store._link.options, retry_seconds=1.0)
    table(made.store, "people", PEOPLE, KEYED)
    return made


def renamed(first: int, count: int) -> pa.RecordBatch:
    """The same rows with other names."""
    batch = numbered(first, count)
    names = pa.array([f"other {number}" for number in range(first, first + count)])
    return pa.record_batch({"id": batch.column("id"), "name": names})


def names_of(place: Warehouse) -> dict[int, str | None]:
    """Names by key."""
    return {row["id"]: row["name"] for row in read(place.store, PATH).to_pylist()}


def test_rows_are_added_replaced_and_removed_by_key(place: Warehouse) -> None:
    """Through many buckets, and in parts."""
    write(place.store, PATH, UPSERT, numbered(0, 1000), numbered(1000, 1000))
    write(place.store, PATH, UPSERT, renamed(500, 10), numbered(2000, 1), slots="4", compress="zstd")
    found = names_of(place)
    assert (2001, "name 499", "other 505") == (len(found), found[499], found[505])
    plan = begun(place.store, PATH, numbered(0, 1).schema, UPSERT, operation="delete")
    assert ("rows with these keys are removed",) == plan.notes
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 1990)]))
    assert list(range(1990, 2001)) == sorted(names_of(place))


def test_the_promise_is_told(place: Warehouse) -> None:
    """Nothing is checked, and one more mode does not exist for such a table."""
    plan = place.store.plan_write(PATH, numbered(0, 1).schema, WriteWish(UPSERT))
    assert Guarantee.BLIND_UPSERT is plan.guarantee
    assert frozenset({UPSERT}) == place.store.write_modes(PATH)
    assert place.store.acknowledged(place.store.begin_write(plan)) is None


def test_the_last_row_of_a_key_wins_however_often_parts_go(place: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a part the order counts, over several flushes too; a part that is sent again changes nothing."""
    monkeypatch.setattr(upserting, "FLUSH_BYTES", 1000)
    monkeypatch.setattr(upserting, "BATCH_ROWS", 64)
    plan = begun(place.store, PATH, numbered(0, 1).schema, UPSERT)
    for _ in range(2):
        receipt = place.store.write_part(plan, 0, in_plan(plan, numbered(0, 300), renamed(0, 300)))
    assert 600 == receipt.rows
    place.store.commit_write(plan, [receipt])
    assert {number: f"other {number}" for number in range(300)} == names_of(place)


def test_keys_of_every_type_find_their_rows(place: Warehouse) -> None:
    """A row that is upserted twice is there once, whatever its key is made of."""
    kinds = {
        "TINYINT": [1, -1],
        "INT": [2**31 - 1, 0],
        "STRING": ["", "grün"],
        "VARCHAR(9)": ["a", "b"],
        "DATE": [1, 20_000],
        "DATETIME": [-1, 1_700_000_000_000],
        "DECIMAL(10,2)": ["1.25", "-7.00"],
        "BOOLEAN": [True, False],
    }
    for number, (kind, values) in enumerate(kinds.items()):
        path = table(
            place.store, f"keyed_{number}", f"k {kind} NOT NULL, n BIGINT NOT NULL, v BIGINT, PRIMARY KEY (k, n)", KEYED
        )
        schema = pa.schema([(name, pa.null()) for name in "knv"])
        for value in (1, 2):
            plan = begun(place.store, path, schema, UPSERT)
            keys = (
                pa.array(values).cast(plan.schema.field("k").type) if kind != "DATE" else pa.array(values, pa.date32())
            )
            columns = [keys, pa.array([5, 6], pa.int64()), pa.array([value] * 2, pa.int64())]
            batch = pa.RecordBatch.from_arrays(columns, schema=plan.schema)
            place.store.commit_write(plan, [place.store.write_part(plan, 0, iter([batch]))])
        assert [2, 2] == read(place.store, path).column("v").to_pylist()


def test_columns_that_a_replaced_row_loses_are_named_before(place: Warehouse) -> None:
    """A row is replaced whole, so what is not given is not kept; the plan says so."""
    write(place.store, PATH, UPSERT, numbered(1, 1))
    schema = pa.schema([("id", pa.int64())])
    plan = begun(place.store, PATH, schema, UPSERT)
    assert any(note.startswith("name: not among") for note in plan.notes)
    place.store.commit_write(plan, written(place.store, plan, [numbered(1, 1).select(["id"])]))
    assert {1: None} == names_of(place)
    whole = place.store.plan_write(PATH, numbered(0, 1).schema, WriteWish(UPSERT))
    assert not any("not among" in note for note in whole.notes)


def test_a_row_without_its_key_is_refused_by_its_place(place: Warehouse) -> None:
    """The others go."""
    plan = begun(place.store, PATH, numbered(0, 1).schema, UPSERT)
    batch = pa.RecordBatch.from_arrays([pa.array([1, None], pa.int64()), pa.array(["a", "b"])], names=["id", "name"])
    receipt = place.store.write_part(plan, 0, iter([batch]))
    assert [(1, "id")] == [(reject.row, reject.column) for reject in receipt.rejects]
    place.store.commit_write(plan, [receipt])
    assert [1] == ids(place.store, PATH)


def test_an_absent_partition_is_made_for_an_upsert(place: Warehouse) -> None:
    """When that was asked for."""
    path = table(place.store, "parted", f"{PEOPLE}", f"PARTITIONED BY (pt STRING) {KEYED}")
    write(place.store, (*path, "pt=a"), UPSERT, numbered(0, 3), create_partition="true")
    write(place.store, (*path, "pt=a"), UPSERT, numbered(2, 2))
    assert [0, 1, 2, 3] == ids(place.store, path)


@pytest.mark.parametrize(
    "spec",
    [
        "error,status=308,op=WriteUpsert,times=3",
        "error,status=429,op=WriteUpsert,times=3",
        "error,status=502,op=WriteUpsert,times=3",
        "reset,op=WriteUpsert,times=3",
        "lost,op=WriteUpsert,times=3",
        "lost,op=CommitUpsert,times=1",
        "error,status=500,op=CommitUpsert,times=1",
    ],
)
def test_buckets_and_commits_that_failed_go_again(place: Warehouse, spec: str) -> None:
    """A refused bucket is not lost, a repeated one not doubled, and a commit is done once."""
    fault(place.sandbox, spec)
    place.sandbox.tunnel.committing_polls = 2
    write(place.store, PATH, UPSERT, numbered(0, 500))
    assert list(range(500)) == ids(place.store, PATH)


def test_a_bucket_that_is_refused_for_good_fails_its_part(place: Warehouse) -> None:
    """A part that did not get through is no receipt; the error passes, and the part goes later."""
    plan = begun(place.store, PATH, numbered(0, 1).schema, UPSERT)
    fault(place.sandbox, "error,status=308,op=WriteUpsert,for=5m")
    with pytest.raises(Unavailable) as caught:
        written(place.store, plan, [numbered(0, 10)])
    assert caught.value.retryable
    place.sandbox.plan.clear()
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 10)]))
    assert list(range(10)) == ids(place.store, PATH)


def test_sessions_that_ended_and_aborts_are_told_apart(place: Warehouse) -> None:
    """An aborted session drops its rows; a committed one is left as it is; an expired one says so."""
    plan = begun(place.store, PATH, numbered(0, 1).schema, UPSERT)
    receipts = written(place.store, plan, [numbered(0, 10)])
    place.store.abort_write(plan)
    place.store.abort_write(plan)
    with pytest.raises(SessionExpired):
        place.store.commit_write(plan, receipts)
    assert [] == ids(place.store, PATH)
    plan = begun(place.store, PATH, numbered(0, 1).schema, UPSERT, lifecycle="1")
    place.sandbox.tunnel.clock.advance(3601)
    for act in (lambda: written(place.store, plan, [numbered(0, 1)]), lambda: place.store.begin_write(plan)):
        with pytest.raises(SessionExpired):
            act()


def test_cancelling_an_upsert_ends_its_threads(place: Warehouse) -> None:
    """Wherever its buckets wait; it goes through when it is run again."""
    plan = begun(place.store, PATH, numbered(0, 1).schema, UPSERT)
    fault(place.sandbox, "stall,op=WriteUpsert")
    token, ended = CancelToken(), []

    def run() -> None:
        with pytest.raises(Cancelled):
            place.store.write_part(plan, 0, in_plan(plan, numbered(0, 1000)), token)
        ended.append(True)

    worker = threading.Thread(target=run)
    worker.start()
    wait_until(lambda: any(place.sandbox.plan._seen.values()))
    token.cancel()
    worker.join(10)
    assert [True] == ended
    wait_until(lambda: not [one for one in threading.enumerate() if one.name.startswith("upsert")])
    place.sandbox.plan.clear()
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 1000)]))
    assert list(range(1000)) == ids(place.store, PATH)


def test_a_source_that_fails_is_told_as_it_is(place: Warehouse) -> None:
    """Its error comes through, and what was sent is not committed."""
    plan = begun(place.store, PATH, numbered(0, 1).schema, UPSERT)

    def torn() -> Any:
        yield from in_plan(plan, numbered(0, 10))
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        place.store.write_part(plan, 0, torn())
    place.store.abort_write(plan)
    assert [] == ids(place.store, PATH)
