"""Download sessions, through the unmodified SDK."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from maxcompute_tunnels import *  # noqa: F403
from maxcompute_tunnels import COMPRESSIONS, TYPES, numbers, refusal
from odps.compat import Monthdelta
from odps.tunnel import TableTunnel
from odps.tunnel.tabletunnel import TableDownloadSession

from services.sandbox.maxcompute.model import Table
from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.sandbox.maxcompute.types import arrow_schema

Make = Callable[..., Table]
INSTANT = pd.Timestamp("2026-01-02 03:04:05.123456789")
ZOO: dict[str, Any] = {
    "tiny": -128,
    "small": 32_767,
    "medium": -(2**31),
    "big": 2**63 - 1,
    "single": 0.5,
    "twice": 1e308,
    "yes": True,
    "words": "grün",
    "fixed": "abc",
    "short": "abc",
    "raw": b"\xff\x00",
    "money": Decimal("12345678901234567890.123456789012345678"),
    "day": datetime.date(1969, 12, 31),
    "moment": datetime.datetime(2026, 1, 2, 3, 4, 5, 678_000),
    "instant": INSTANT,
    "wall": INSTANT,
    "pause": {"sec": 90_061, "nano": 7},
    "numbers": [1, None, 3],
    "names": [("a", 1), ("b", None)],
    "pair": {"a": 1, "b": None},
}


@pytest.fixture
def people(table: Make) -> Table:
    made = table("people", id="BIGINT", name="STRING")
    made.partition().append(numbers(0, 50_000))
    return made


def arrow(session: TableDownloadSession, start: int, count: int, **options: Any) -> pa.Table:
    with session.open_arrow_reader(start, count, **options) as reader:
        return reader.read()


def records(session: TableDownloadSession, start: int, count: int, **options: Any) -> list[list[Any]]:
    with session.open_record_reader(start, count, **options) as reader:
        return [record.values for record in reader]


def test_a_session_is_a_snapshot(tunnels: TableTunnel, people: Table) -> None:
    """Rows that come later do not show in a session, opened again by its id either."""
    session = tunnels.create_download_session("people")
    people.partition().append(numbers(50_000, 10))
    again = tunnels.create_download_session("people", download_id=session.id)

    assert (50_000, 50_000) == (session.count, again.count)
    assert arrow(again, 0, again.count).equals(numbers(0, 50_000))


@pytest.mark.parametrize("algorithm", COMPRESSIONS)
def test_every_compression_of_the_sdk_is_written(tunnels: TableTunnel, people: Table, algorithm: str) -> None:
    """Arrow data and records arrive whole in each encoding."""
    session = tunnels.create_download_session("people", compress_algo=algorithm)

    assert arrow(session, 0, 50_000, compress=True).equals(numbers(0, 50_000))
    assert [[number, f"name {number}"] for number in range(10, 210)] == records(session, 10, 200, compress=True)


def test_ranges_are_read_as_often_as_one_likes(tunnels: TableTunnel, people: Table) -> None:
    """Any range, any number of times; one that ends behind the last row ends there."""
    session = tunnels.create_download_session("people")

    for _ in range(2):
        assert arrow(session, 49_990, 5).equals(numbers(49_990, 5))
    assert [[49_999, "name 49999"]] == records(session, 49_999, 100)


def test_columns_are_chosen(tunnels: TableTunnel, people: Table) -> None:
    """A subset, in the order that was asked for, as records and as Arrow data."""
    session = tunnels.create_download_session("people")

    assert [["name 7", 7]] == records(session, 7, 1, columns=["name", "id"])
    assert {"name": ["name 7"], "id": [7]} == arrow(session, 7, 1, columns=["name", "id"]).to_pydict()
    assert [["name 7"]] == records(session, 7, 1, columns=["name"])


def test_rows_before_and_after_a_change_are_read_in_batches(tunnels: TableTunnel, people: Table) -> None:
    """The buffered reader asks for rows and bytes, and gets all of them."""
    session = tunnels.create_download_session("people")
    assert session.support_read_by_raw_size

    read = records(session, 0, 5000, buffered=True, row_batch_size=700)

    assert list(range(5000)) == [row[0] for row in read]


def test_an_empty_table_has_a_session(tunnels: TableTunnel, table: Make) -> None:
    """It holds no rows, and its records end at once."""
    table("nobody", id="BIGINT")
    session = tunnels.create_download_session("nobody")

    assert 0 == session.count
    assert [] == records(session, 0, 0)


def test_a_partition_is_named(tunnels: TableTunnel, table: Make) -> None:
    """The rows of one partition; the SDK adds the partition's values itself."""
    sales = table("sales", {"pt": "STRING"}, id="BIGINT", name="STRING")
    sales.create_partition("pt=1").append(numbers(0, 2))
    sales.create_partition("pt=2").append(numbers(5, 1))

    assert [[5, "name 5", "2"]] == records(tunnels.create_download_session("sales", partition_spec="pt=2"), 0, 1)
    assert "NoSuchPartition" == refusal(tunnels.create_download_session, "sales", partition_spec="pt=3")
    assert "MissingPartitionSpec" == refusal(tunnels.create_download_session, "sales")


def test_every_type_goes_up_and_down_as_arrow(tunnels: TableTunnel, table: Make) -> None:
    """What was uploaded is downloaded, and is what the table holds."""
    zoo = table("zoo", **TYPES)
    rows = pa.Table.from_pylist([ZOO, dict.fromkeys(ZOO)], arrow_schema(TYPES.items()))
    session = tunnels.create_upload_session("zoo")
    with session.open_arrow_writer(0) as writer:
        writer.write(rows)
    session.commit([0])

    assert rows.equals(zoo.partition().read())
    assert rows.to_pylist() == arrow(tunnels.create_download_session("zoo"), 0, 2).to_pylist()


def test_every_type_goes_up_and_down_as_records(tunnels: TableTunnel, table: Make) -> None:
    """JSON and intervals of months too, which have no form in the SDK's Arrow data."""
    kinds = {**TYPES, "document": "JSON", "months": "INTERVAL_YEAR_MONTH"}
    zoo = table("zoo", **kinds)
    values = {
        **ZOO,
        "pause": pd.Timedelta(seconds=90_061, nanoseconds=7),
        "names": {"a": 1, "b": None},
        "pair": (1, None),
        "document": {"a": [1]},
        "months": Monthdelta(25),
    }
    session = tunnels.create_upload_session("zoo")
    with session.open_record_writer(0) as writer:
        writer.write(session.new_record(list(values.values())))
        writer.write(session.new_record([None] * len(values)))
    session.commit([0])

    assert [list(values.values()), [None] * len(values)] == records(tunnels.create_download_session("zoo"), 0, 2)
    held = zoo.partition().read().to_pylist()[0]
    assert {**ZOO, "document": '{"a": [1]}', "months": 25} == held


def test_a_session_may_start_later(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """The SDK asks again while the session says that it is being made."""
    sandbox.tunnel.initiating_polls = 2

    session = tunnels.create_download_session("people")

    assert session.status == TableDownloadSession.Status.Normal
    assert 2 == sandbox.counters["GetDownload"]


def test_a_session_ends_after_a_day(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """An expired session says so, and gives no rows."""
    session = tunnels.create_download_session("people")
    sandbox.tunnel.expire(session.id)

    session.reload()

    assert session.status == TableDownloadSession.Status.Expired
    assert "StatusConflict" == refusal(session.open_arrow_reader, 0, 1)


def test_what_cannot_be_read_is_refused(tunnels: TableTunnel, people: Table) -> None:
    """A range behind the end, a column and a session that are not there."""
    session = tunnels.create_download_session("people")

    assert "InvalidRowRange" == refusal(records, session, 50_001, 1)
    assert "InvalidColumnSpec" == refusal(session._build_input_stream, 0, 1, columns=["absent"])
    assert "NoSuchDownload" == refusal(tunnels.create_download_session, "people", download_id="absent")
