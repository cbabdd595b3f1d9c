"""Stream uploads, through the unmodified SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from maxcompute_tunnels import *  # noqa: F403
from maxcompute_tunnels import COMPRESSIONS, fault, refusal
from odps.tunnel import TableTunnel
from odps.tunnel.tabletunnel import TableStreamUploadSession

from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.server import MaxComputeSandbox

Make = Callable[..., Table]


@pytest.fixture
def events(table: Make) -> Table:
    return table("events", id="BIGINT", name="STRING")


def write(session: TableStreamUploadSession, *rows: list[Any], compress: bool = False) -> None:
    with session.open_record_writer(compress=compress) as writer:
        for row in rows:
            writer.write(session.new_record(row))


def rows_of(table: Table, spec: str = "") -> list[list[Any]]:
    return [list(row.values()) for row in table.partition(spec).read().to_pylist()]


def test_what_is_flushed_shows_at_once(tunnels: TableTunnel, events: Table) -> None:
    """There is no commit: each flush adds rows."""
    session = tunnels.create_stream_upload_session("events")
    write(session, [1, "one"], [2, None])
    assert [[1, "one"], [2, None]] == rows_of(events)
    write(session, [3, "three"])

    assert [[1, "one"], [2, None], [3, "three"]] == rows_of(events)


@pytest.mark.parametrize("algorithm", [name for name in COMPRESSIONS if name != "lz4"])
def test_compressed_streams_are_read(tunnels: TableTunnel, events: Table, algorithm: str) -> None:
    """All encodings but lz4, with which the SDK's buffered writer fails by itself."""
    session = tunnels.create_stream_upload_session("events", compress_algo=algorithm)
    write(session, *([number, "x"] for number in range(1000)), compress=True)

    assert list(range(1000)) == [row[0] for row in rows_of(events)]


def test_slots_take_turns(tunnels: TableTunnel, events: Table) -> None:
    """As many slots as were asked for, each routed to this server."""
    session = tunnels.create_stream_upload_session("events", slot_num=3)
    for number in range(6):
        write(session, [number, "x"])

    assert 3 == len(session.slots)
    assert [0, 1, 2, 3, 4, 5] == [row[0] for row in rows_of(events)]


def test_a_partition_may_be_created(tunnels: TableTunnel, table: Make) -> None:
    """One that is not there is refused, unless the stream creates it."""
    sales = table("sales", {"pt": "STRING"}, id="BIGINT")

    assert "NoSuchPartition" == refusal(tunnels.create_stream_upload_session, "sales", "pt=1")
    write(tunnels.create_stream_upload_session("sales", "pt=1", create_partition=True), [1])

    assert [[1]] == rows_of(sales, "pt=1")


def test_a_dynamic_stream_makes_partitions_from_records(tunnels: TableTunnel, table: Make) -> None:
    """Each record names its partition, of any type of key."""
    sales = table("sales", {"pt": "STRING", "hour": "BIGINT"}, id="BIGINT")
    session = tunnels.create_stream_upload_session("sales", dynamic_partition=True)
    write(session, [1, "a", 1], [2, "b", 1], [3, "a", 1], [4, "it's", 2])

    found = {partition.name: rows_of(sales, partition.name) for partition in sales.partitions()[:2]}
    assert {"pt=a/hour=1": [[1], [3]], "pt=b/hour=1": [[2]]} == found
    assert {"pt": "it's", "hour": "2"} == sales.partitions()[2].spec
    assert "MalformedDataStream" == refusal(write, session, [5, None, 1])


def test_zorder_columns_have_to_be_there(tunnels: TableTunnel, events: Table) -> None:
    """They are taken when the table has them."""
    write(tunnels.create_stream_upload_session("events", zorder_columns=["id", "name"]), [1, "one"])

    assert [[1, "one"]] == rows_of(events)
    assert "InvalidArgument" == refusal(tunnels.create_stream_upload_session, "events", zorder_columns=["absent"])


def test_an_aborted_stream_takes_nothing_more(tunnels: TableTunnel, events: Table) -> None:
    """What it wrote stays."""
    session = tunnels.create_stream_upload_session("events")
    write(session, [1, "one"])
    session.abort()

    assert "StreamSessionNotFound" == refusal(write, session, [2, "two"])
    assert [[1, "one"]] == rows_of(events)


def test_the_last_batch_is_told(tunnels: TableTunnel, events: Table) -> None:
    """A session says how many batches came, and when the last did."""
    session = tunnels.create_stream_upload_session("events")
    write(session, [1, "one"])
    write(session, [2, "two"])

    assert 2 == session.get_last_batch_id()
    assert session.get_last_batch_commit_time() is not None


def test_a_version_of_the_schema_may_be_wanted(tunnels: TableTunnel, events: Table) -> None:
    """A stream that wants the latest schema is refused an old one, at its making and later."""
    wanted = {"schema_version": "0", "allow_schema_mismatch": False}
    session = tunnels.create_stream_upload_session("events", **wanted)
    events.change_columns([*events.columns, Column("more", "STRING")])

    assert "SchemaModified" == refusal(write, session, [1, "one"])
    assert "NoSuchSchema" == refusal(tunnels.create_stream_upload_session, "events", **wanted)


def test_a_stale_route_is_asked_for_anew(sandbox: MaxComputeSandbox, tunnels: TableTunnel, events: Table) -> None:
    """On 502 the SDK asks for the slots again and sends the batch again."""
    session = tunnels.create_stream_upload_session("events", slot_num=2)
    fault(sandbox, "html,op=WriteStream,times=1")
    write(session, [1, "one"])

    assert [[1, "one"]] == rows_of(events)
    assert 1 == sandbox.counters["GetStream"]
