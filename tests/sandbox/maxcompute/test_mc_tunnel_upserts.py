"""Upsert sessions, through the unmodified SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from maxcompute_tunnels import *  # noqa: F403
from maxcompute_tunnels import fault, refusal
from odps.tunnel import TableTunnel
from odps.tunnel.tabletunnel import TableUpsertSession

from services.sandbox.maxcompute.model import Table
from services.sandbox.maxcompute.server import MaxComputeSandbox

Make = Callable[..., Table]
Open = Callable[..., TableUpsertSession]
Rows = Sequence[list[Any]]


@pytest.fixture
def orders(table: Make) -> Table:
    return table("orders", {}, "id", id="BIGINT", name="STRING")


@pytest.fixture
def opened(tunnels: TableTunnel) -> Iterator[Open]:
    """Opens upserts; their keepalive ends with the test."""
    made: list[TableUpsertSession] = []

    def open_session(*words: object, **options: object) -> TableUpsertSession:
        made.append(tunnels.create_upsert_session(*words, **options))
        return made[-1]

    yield open_session
    for session in made:
        session.close()


def write(session: TableUpsertSession, upserts: Rows, deletes: Rows = (), *, compress: bool = False) -> None:
    stream = session.open_upsert_stream(compress=compress)
    for row in upserts:
        stream.upsert(session.new_record(row))
    for row in deletes:
        stream.delete(session.new_record(row))
    stream.close()


def rows_of(table: Table, spec: str = "") -> dict[int, str]:
    rows = table.partition(spec).read().to_pylist()
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row["name"] for row in rows}


@pytest.mark.parametrize(("algorithm", "slots"), [(None, 1), ("zlib", 3), ("zstd", 16), ("snappy", 2)])
def test_rows_are_put_and_deleted_by_key(opened: Open, orders: Table, algorithm: str | None, slots: int) -> None:
    """The last change of a key counts; nothing shows before the commit."""
    session = opened("orders", slot_num=slots, compress_algo=algorithm)
    write(session, [[number, "new"] for number in range(200)], compress=algorithm is not None)
    write(session, [[1, "newer"], [2, "gone"]], [[2, None], [3, None]], compress=algorithm is not None)
    write(session, [[3, "back"]])
    assert {} == rows_of(orders)

    session.commit()

    assert session.status == TableUpsertSession.Status.Committed
    assert {**dict.fromkeys(range(200), "new"), 1: "newer", 3: "back"} == {**rows_of(orders), 2: "new"}
    assert 2 not in rows_of(orders)


def test_rows_that_are_there_are_changed(opened: Open, orders: Table) -> None:
    """A second session updates, inserts and deletes."""
    first = opened("orders")
    write(first, [[1, "one"], [2, "two"], [3, "three"]])
    first.commit()
    second = opened("orders")
    write(second, [[2, "TWO"], [4, "four"]], [[1, None], [9, None]])
    second.commit()

    assert {2: "TWO", 3: "three", 4: "four"} == rows_of(orders)


def test_a_partition_is_changed_alone(opened: Open, table: Make) -> None:
    """The same key in another partition is another row."""
    sales = table("sales", {"pt": "STRING"}, "id", id="BIGINT", name="STRING")
    for number in (1, 2):
        sales.create_partition(f"pt={number}")
    for spec, name in (("pt=1", "a"), ("pt=2", "b"), ("pt=1", "c")):
        session = opened("sales", spec)
        write(session, [[1, name]])
        session.commit()

    assert ({1: "c"}, {1: "b"}) == (rows_of(sales, "pt=1"), rows_of(sales, "pt=2"))


def test_a_session_is_found_again_by_its_id(opened: Open, orders: Table) -> None:
    """What another session object wrote is committed with the rest."""
    first = opened("orders")
    write(first, [[1, "one"]])
    again = opened("orders", upsert_id=first.id)
    write(again, [[2, "two"]])
    again.commit()

    assert {1: "one", 2: "two"} == rows_of(orders)


def test_an_aborted_session_changes_nothing(opened: Open, orders: Table) -> None:
    """Its changes are dropped; it can neither be written nor committed."""
    session = opened("orders")
    write(session, [[1, "one"]])
    session.abort()

    assert "StatusConflict" == refusal(session.commit)
    assert "StatusConflict" == refusal(write, session, [[2, "two"]])
    assert {} == rows_of(orders)


def test_a_commit_may_take_its_time(sandbox: MaxComputeSandbox, opened: Open, orders: Table) -> None:
    """The SDK asks again until the session says that it is done, and rows are changed once."""
    sandbox.tunnel.committing_polls = 1
    session = opened("orders")
    write(session, [[1, "one"]])
    session.commit()

    assert session.status == TableUpsertSession.Status.Committed
    assert 2 == sandbox.counters["CommitUpsert"]
    assert {1: "one"} == rows_of(orders)


def test_a_session_ends_when_its_lifecycle_does(sandbox: MaxComputeSandbox, opened: Open, orders: Table) -> None:
    """Of two hours, here: it takes changes before and none after."""
    session = opened("orders", lifecycle=2)
    write(session, [[1, "one"]])
    sandbox.tunnel.clock.advance(2 * 3600 - 60)
    write(session, [[2, "two"]])
    sandbox.tunnel.clock.advance(120)

    assert "StatusConflict" == refusal(session.commit)
    session.reload()
    assert session.status == TableUpsertSession.Status.Expired
    assert {} == rows_of(orders)


def test_slots_share_the_buckets(opened: Open, orders: Table) -> None:
    """Buckets are those of the table, from 0, each in one slot."""
    orders.properties["write.bucket.num"] = "6"
    session = opened("orders", slot_num=4)

    assert list(range(6)) == sorted(session.buckets)
    assert {"0", "1", "2", "3"} == {slot.slot for slot in session.buckets.values()}


def test_a_table_without_a_key_takes_no_upsert(opened: Open, table: Make) -> None:
    """Upserts go by primary key."""
    table("plain", id="BIGINT")

    assert "InvalidArgument" == refusal(opened, "plain")


def test_a_key_is_never_null(opened: Open, orders: Table) -> None:
    """A change without a key belongs to no row."""
    assert "MalformedDataStream" == refusal(write, opened("orders"), [[None, "one"]])


def test_a_lost_answer_to_a_commit_changes_rows_once(sandbox: MaxComputeSandbox, opened: Open, orders: Table) -> None:
    """The SDK asks again, and the session knows that it is done."""
    session = opened("orders")
    write(session, [[1, "one"]])
    fault(sandbox, "lost,op=CommitUpsert,times=1")
    session.commit()

    assert 1 == orders.partition().version
    assert {1: "one"} == rows_of(orders)


def test_a_bucket_answered_308_is_lost_by_the_sdk(sandbox: MaxComputeSandbox, opened: Open, orders: Table) -> None:
    """The stock SDK takes 308 for success: the row is not there, and the commit says nothing."""
    session = opened("orders")
    fault(sandbox, "error,status=308,op=WriteUpsert,times=1")
    write(session, [[1, "one"]])
    session.commit()

    assert {} == rows_of(orders)


def test_a_busy_server_is_asked_again(sandbox: MaxComputeSandbox, opened: Open, orders: Table) -> None:
    """429 and 503 pass, and each bucket is written once."""
    session = opened("orders")
    fault(sandbox, "error,status=429,op=WriteUpsert,times=2")
    fault(sandbox, "error,status=503,op=WriteUpsert,times=3")
    write(session, [[number, "x"] for number in range(50)])
    session.commit()

    assert list(range(50)) == sorted(rows_of(orders))


def test_an_absent_session_is_said(opened: Open, orders: Table) -> None:
    """An id that no session has."""
    assert "UpsertSessionNotFound" == refusal(opened, "orders", upsert_id="absent")
