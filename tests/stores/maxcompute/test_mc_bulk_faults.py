"""Faults in the middle of bulk work: nothing is lost, nothing is doubled, and what happened is said."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from maxcompute_bulk import begun, fault, ids, in_plan, numbered, table, wait_until, written
from maxcompute_stores import Warehouse, opened

from services.cancel import CancelToken
from services.errors import (
    Cancelled,
    Refused,
    SessionExpired,
    SessionLost,
    SourceChanged,
    StoredeckError,
    TimedOut,
    Unavailable,
)
from services.sandbox.maxcompute.tunnel.uploads import UploadSession
from services.stores.bulk import WriteMode, WritePlan
from services.stores.maxcompute.tunnel.bodies import KeptBody
from services.stores.types import RowQuery

APPEND = WriteMode.APPEND
PATH = ("things",)
DAY_SECONDS = 24 * 3600.0


@pytest.fixture
def place(fresh_warehouse: Callable[..., Warehouse]) -> Warehouse:
    """A sandbox of its own with an empty table, and a store that gives up retrying soon."""
    made = fresh_warehouse(samples=False)
    made.store._link.options = replace(made.store._link.options, retry_seconds=1.0)
    table(made.store, "things", "id BIGINT NOT NULL, name STRING")
    return made


def plan_of(place: Warehouse, **options: str) -> WritePlan:
    """A write that takes blocks."""
    return begun(place.store, PATH, numbered(0, 1).schema, APPEND, **options)


def told_by(token: CancelToken, act: Callable[[], Any]) -> list[str]:
    """What is said while something runs."""
    words: list[str] = []
    with token.heard_by(words.append):
        act()
    return words


@pytest.mark.parametrize(
    "spec",
    [
        "error,status=308,op=UploadBlock,times=2",
        "error,status=429,op=UploadBlock,times=2",
        "error,status=500,op=UploadBlock,times=2",
        "error,status=503,op=UploadBlock,times=1",
        "reset,op=UploadBlock,times=1",
        "cut,op=UploadBlock,times=1",
        "lost,op=UploadBlock,times=1",
        "corrupt,op=UploadBlock,times=1",
    ],
)
@pytest.mark.parametrize("compress", ["none", "lz4"])
def test_a_block_that_failed_goes_again_by_itself_and_shows_once(place: Warehouse, spec: str, compress: str) -> None:
    """Busy, failing, cut, damaged or unanswered: the same bytes go again, and a retry is told."""
    plan = plan_of(place, compress=compress)
    fault(place.sandbox, spec)
    token = CancelToken()
    batch = numbered(0, 50_000)
    receipts: list[Any] = []

    def send() -> None:
        receipts.append(place.store.write_part(plan, 0, in_plan(plan, batch), token))

    if spec.startswith("corrupt"):
        # Only the server can find out, and says it is no good; the queue then sends the part anew.
        with pytest.raises(Refused):
            send()
        send()
    else:
        words = told_by(token, send)
        assert any("tried again in" in line for line in words)
    place.store.commit_write(plan, receipts)
    assert list(range(50_000)) == ids(place.store, PATH)


def test_a_service_that_fails_for_minutes_is_told_soon_and_nothing_is_lost(place: Warehouse) -> None:
    """The block is given up within the time for retries, as an error that passes; later it goes through."""
    plan = plan_of(place)
    fault(place.sandbox, "error,status=503,op=UploadBlock,for=5m")
    with pytest.raises(Unavailable) as caught:
        place.store.write_part(plan, 0, in_plan(plan, numbered(0, 10)))
    assert caught.value.retryable
    assert caught.value.request_id
    place.sandbox.plan.clear()
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 10)]))
    assert list(range(10)) == ids(place.store, PATH)


@pytest.mark.parametrize("spec", ["lost,op=CommitUpload", "error,status=500,op=CommitUpload", "reset,op=CommitUpload"])
def test_a_commit_whose_answer_is_lost_is_one_commit(place: Warehouse, spec: str) -> None:
    """The session tells whether it was done; a second commit, also by another process, adds nothing."""
    plan = plan_of(place)
    receipts = written(place.store, plan, [numbered(0, 10), numbered(10, 10)])
    fault(place.sandbox, f"{spec},times=1")
    place.store.commit_write(plan, receipts)
    assert list(range(20)) == ids(place.store, PATH)
    assert place.store.acknowledged(plan) is None
    assert "before" in place.store.commit_write(plan, receipts).message
    assert list(range(20)) == ids(place.store, PATH)


def test_a_session_that_ended_is_said_to_have_ended(place: Warehouse) -> None:
    """Blocks, list and commit: nothing was committed, and that is what is said."""
    plan = plan_of(place)
    receipts = written(place.store, plan, [numbered(0, 10)])
    place.sandbox.tunnel.clock.advance(DAY_SECONDS)
    acts: list[Callable[[], Any]] = [
        lambda: place.store.write_part(plan, 1, in_plan(plan, numbered(10, 1))),
        lambda: place.store.acknowledged(plan),
        lambda: place.store.commit_write(plan, receipts),
        lambda: place.store.begin_write(plan),
    ]
    for act in acts:
        with pytest.raises(SessionExpired) as caught:
            act()
        assert caught.value.hint
    assert [] == ids(place.store, PATH)


def test_a_source_that_ends_early_leaves_no_block(place: Warehouse) -> None:
    """The source's own error comes through as it is, whatever its kind, and no half of a block stays."""
    plan = plan_of(place, compress="none")

    def torn(error: BaseException) -> Iterator[pa.RecordBatch]:
        yield from in_plan(plan, numbered(0, 200_000))
        raise error

    for error in (SourceChanged("file: changed"), OSError("disk gone"), SessionLost("source: cut"), KeyError("x")):
        with pytest.raises(type(error)) as caught:
            place.store.write_part(plan, 0, torn(error))
        assert error is caught.value
    assert frozenset() == place.store.acknowledged(plan)
    assert 0 == place.store.write_part(plan, 0, iter(())).rows


@pytest.mark.parametrize("moment", ["stalled answer", "slow body", "retry"])
def test_cancelling_leaves_no_block_and_no_thread(place: Warehouse, moment: str) -> None:
    """It ends at once wherever it waits; the part may be written again."""
    plan = plan_of(place, compress="lz4")
    specs = {
        "stalled answer": "stall,op=UploadBlock,times=1",
        "slow body": "throttle=0.05,op=UploadBlock,times=1",
        "retry": "error,status=503,op=UploadBlock,for=5m",
    }
    fault(place.sandbox, specs[moment])
    place.store._link.options = replace(place.store._link.options, retry_seconds=60.0)
    token, ended = CancelToken(), []
    before = set(threading.enumerate())
    seen = place.sandbox.counters["UploadBlock"]

    def run() -> None:
        with pytest.raises(Cancelled):
            place.store.write_part(plan, 0, in_plan(plan, numbered(0, 400_000)), token)
        ended.append(moment)

    worker = threading.Thread(target=run)
    worker.start()
    wait_until(lambda: place.sandbox.counters["UploadBlock"] > seen)
    token.cancel()
    worker.join(10)
    assert [moment] == ended
    own = [one for one in set(threading.enumerate()) - before if one.name.startswith(("store-", "compress", "upsert"))]
    assert [] == own
    place.sandbox.plan.clear()
    assert frozenset() == place.store.acknowledged(plan)
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 3)]))
    assert [0, 1, 2] == ids(place.store, PATH)


@pytest.mark.parametrize(
    "spec",
    [
        "error,status=308,op=ReadRows,times=2",
        "error,status=429,op=ReadRows,times=2",
        "error,status=502,op=ReadRows,times=2",
        "reset,op=ReadRows,times=2",
        "cut,op=ReadRows,times=2",
        "corrupt,op=ReadRows,times=2",
    ],
)
def test_a_range_that_breaks_is_read_on_at_its_row(place: Warehouse, spec: str) -> None:
    """Every row comes once, in its order."""
    plan = plan_of(place)
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 100_000)]))
    fault(place.sandbox, spec)
    source, token = place.store.plan_read(PATH, RowQuery(), None), CancelToken()
    found: list[Any] = []
    words = told_by(token, lambda: found.extend(place.store.read_part(source, source.parts[0], token)))
    assert list(range(100_000)) == pa.Table.from_batches(found).column("id").to_pylist()
    assert [] != [line for line in words if "read on from row" in line or "tried again" in line]


def test_a_range_that_stands_still_is_given_up_in_time(place: Warehouse) -> None:
    """As an error that passes, so that whoever asked may wait and ask again."""
    plan = plan_of(place)
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 100_000)]))
    source = place.store.plan_read(PATH, RowQuery(), None)
    place.store.close()
    fields = {"timeout_seconds": "0.3"}
    with closing(opened(place.sandbox.profile, **fields)) as impatient:
        fault(place.sandbox, "throttle=0.7,op=ReadRows")
        with pytest.raises(TimedOut) as caught:
            list(impatient.read_part(source, source.parts[0]))
    assert caught.value.retryable


def test_a_read_can_be_cancelled_while_it_waits(place: Warehouse) -> None:
    """The connection is cut; the thread that reads goes on at once."""
    plan = plan_of(place)
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 1000)]))
    fault(place.sandbox, "stall,op=ReadRows")
    source = place.store.plan_read(PATH, RowQuery(), None)
    token, ended = CancelToken(), []

    def run() -> None:
        with pytest.raises(Cancelled):
            list(place.store.read_part(source, source.parts[0], token))
        ended.append(True)

    worker = threading.Thread(target=run)
    worker.start()
    wait_until(lambda: any(place.sandbox.plan._seen.values()))
    token.cancel()
    worker.join(10)
    assert [True] == ended


def test_a_download_that_ended_is_said_to_have_ended(place: Warehouse) -> None:
    """Its rows are not those of a new one, which another plan would read."""
    plan = plan_of(place)
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 10)]))
    source = place.store.plan_read(PATH, RowQuery(), None)
    assert source.is_snapshot
    place.sandbox.tunnel.clock.advance(DAY_SECONDS)
    with pytest.raises(SessionExpired):
        list(place.store.read_part(source, source.parts[0]))


def test_a_plan_reads_the_rows_of_its_moment(place: Warehouse) -> None:
    """What is added later is in no part of it, and a part read again is the same."""
    plan = plan_of(place)
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 10)]))
    source = place.store.plan_read(PATH, RowQuery(), 4)
    plan = plan_of(place)
    place.store.commit_write(plan, written(place.store, plan, [numbered(10, 10)]))
    for _ in range(2):
        found = [batch for part in source.parts for batch in place.store.read_part(source, part)]
        assert list(range(10)) == pa.Table.from_batches(found).column("id").to_pylist()  # type: ignore[arg-type]


def test_blocks_of_sixteen_threads_use_a_pool_of_connections(place: Warehouse) -> None:
    """One connection a thread at most, and the same ones for the next blocks."""
    plan = plan_of(place, compress="none")
    receipts: list[Any] = []

    def send(first: int) -> None:
        parts = range(first, 64, 16)
        receipts.extend(place.store.write_part(plan, part, in_plan(plan, numbered(100 * part, 100))) for part in parts)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.sandbox.open_connections <= 18
    place.store.commit_write(plan, receipts)
    assert list(range(6400)) == ids(place.store, PATH)


def test_a_session_without_blocks_of_ours_is_not_committed(place: Warehouse) -> None:
    """A block that another client put into the session is named, and nothing is committed."""
    plan = plan_of(place)
    receipts = written(place.store, plan, [numbered(0, 2)])
    session = place.sandbox.tunnel.find(UploadSession, plan.state["id"])
    assert session is not None
    session.blocks[7] = session.blocks[0]
    with pytest.raises(Refused) as caught:
        place.store.commit_write(plan, receipts)
    assert "block 7" in caught.value.message
    assert [] == ids(place.store, PATH)


def test_a_body_beyond_its_bound_is_not_kept() -> None:
    """Memory stays bounded; sent again it is an error that passes, so that the part is read anew."""
    body = KeptBody(iter([[b"12"], [b"34", b"5"], [b"6"]]), kept_bytes=3)
    assert [[b"12"], [b"34", b"5"], [b"6"]] == list(body)
    assert 6 == body.size_bytes
    with pytest.raises(StoredeckError) as caught:
        list(body)
    assert caught.value.retryable
    again = KeptBody(iter([[b"12"], [b"34"]]), kept_bytes=4)
    assert [[[b"12"], [b"34"]]] * 2 == [list(again), list(again)]


@pytest.mark.parametrize("op", ["CreateUpload", "GetUpload", "CommitUpload"])
def test_cancelling_a_session_call_ends_the_thread_that_asks(place: Warehouse, op: str) -> None:
    """The wait ends at once, and its connection with it."""
    plan = plan_of(place)
    receipts = written(place.store, plan, [numbered(0, 2)])
    fault(place.sandbox, f"stall,op={op}")
    token, ended = CancelToken(), []
    acts: dict[str, Callable[[], Any]] = {
        "CreateUpload": lambda: place.store.begin_write(replace(plan, state=without_id(plan)), token),
        "GetUpload": lambda: place.store.commit_write(plan, receipts, token),
        "CommitUpload": lambda: place.store.commit_write(plan, receipts, token),
    }

    def run() -> None:
        with pytest.raises(Cancelled):
            acts[op]()
        ended.append(True)

    worker = threading.Thread(target=run)
    worker.start()
    wait_until(lambda: any(place.sandbox.plan._seen.values()))
    token.cancel()
    worker.join(10)
    assert [True] == ended
    wait_until(lambda: not [one for one in threading.enumerate() if one.name == "store-request"])


def without_id(plan: WritePlan) -> dict[str, Any]:
    """The state before a session was opened."""
    return {name: value for name, value in plan.state.items() if name != "id"}


def test_quota_and_tags_of_the_tunnel_go_along(place: Warehouse) -> None:
    """The session at the service has the quota that was wished."""
    plan = plan_of(place, quota="fast", tags="nightly,load")
    session = place.sandbox.tunnel.find(UploadSession, plan.state["id"])
    assert session is not None
    assert "fast" == session.quota
    place.store.commit_write(plan, written(place.store, plan, [numbered(0, 2)]))
    assert [0, 1] == ids(place.store, PATH)
