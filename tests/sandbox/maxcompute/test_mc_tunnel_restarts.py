"""A sandbox with a directory keeps its tunnels' sessions: the unmodified SDK goes on by their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from maxcompute_tunnels import entry, numbers, refusal
from odps.tunnel import TableTunnel

from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.sandbox.maxcompute.tunnel.streams import StreamSession

Start = Callable[[], MaxComputeSandbox]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Start]:
    """Starts a sandbox; the one before ends in order, and its data is taken up."""
    with ExitStack() as stack:
        running: list[MaxComputeSandbox] = []

        def start() -> MaxComputeSandbox:
            for one in running:
                one.close()
            running.append(stack.enter_context(MaxComputeSandbox(samples=False, directory=tmp_path / "kept")))
            return running[-1]

        yield start


def tunnel_of(sandbox: MaxComputeSandbox) -> TableTunnel:
    """The SDK's tunnel."""
    return TableTunnel(entry(sandbox), endpoint=sandbox.tunnel_endpoint)


def write(session: Any, block: int, first: int, count: int) -> None:
    """Write a block of numbered rows."""
    with session.open_arrow_writer(block) as writer:
        writer.write(numbers(first, count).to_batches()[0])


def ids(sandbox: MaxComputeSandbox, table: str, spec: str = "") -> list[int]:
    """The `id` of every row that is there."""
    found = sandbox.warehouse.project(sandbox.project_name).table(table).partition(spec).read()
    return sorted(found.column("id").to_pylist())


def test_an_upload_goes_on_with_its_blocks(started: Start) -> None:
    """Those that were written are listed and committed with the rest; a session that was closed stays closed."""
    first = started()
    entry(first).create_table("plain", "id bigint, name string")
    session = tunnel_of(first).create_upload_session("plain")
    write(session, 0, 0, 10)
    write(session, 7, 10, 10)
    second = started()
    again = tunnel_of(second).create_upload_session("plain", upload_id=session.id)
    assert [0, 7] == sorted(int(block) for block in again.blocks)
    write(again, 3, 20, 5)
    again.commit([0, 3, 7])
    assert list(range(25)) == ids(second, "plain")
    third = started()
    closed = tunnel_of(third).create_upload_session("plain", upload_id=session.id)
    assert [0, 3, 7] == sorted(int(block) for block in closed.blocks)
    closed.commit([0, 3, 7])
    assert list(range(25)) == ids(third, "plain")


def test_a_session_keeps_its_partition_and_its_time(started: Start) -> None:
    """It overwrites what it was opened for, and ends a day after it began; with its table it is gone."""
    first = started()
    client = entry(first)
    client.create_table("parted", ("id bigint, name string", "pt string"))
    client.create_table("dropped", "id bigint, name string")
    tunnel = tunnel_of(first)
    session = tunnel.create_upload_session("parted", "pt=a", create_partition=True, overwrite=True)
    late = tunnel.create_upload_session("parted", "pt=a")
    lost = tunnel.create_upload_session("dropped")
    write(session, 1, 5, 5)
    client.execute_sql("INSERT INTO parted PARTITION (pt='a') VALUES (1, 'old')")
    client.execute_sql("DROP TABLE dropped")
    first.tunnel.clock.advance(23 * 3600)
    second = started()
    tunnel = tunnel_of(second)
    tunnel.create_upload_session("parted", "pt=a", upload_id=session.id).commit([1])
    assert [5, 6, 7, 8, 9] == ids(second, "parted", "pt=a")
    entry(second).create_table("dropped", "id bigint, name string")
    assert "NoSuchUpload" == refusal(tunnel.create_upload_session, "dropped", upload_id=lost.id)
    second.tunnel.clock.advance(2 * 3600)
    ended = tunnel.create_upload_session("parted", "pt=a", upload_id=late.id)
    assert "EXPIRED" == ended.status.name.upper()


def test_a_download_stays_what_it_was(started: Start) -> None:
    """Its rows are those of the moment when it was opened."""
    first = started()
    client = entry(first)
    client.create_table("plain", "id bigint, name string")
    client.execute_sql("INSERT INTO plain VALUES (1, 'a'), (2, 'b')")
    session = tunnel_of(first).create_download_session("plain")
    client.execute_sql("TRUNCATE TABLE plain")
    again = tunnel_of(started()).create_download_session("plain", download_id=session.id)
    assert 2 == again.count
    with again.open_record_reader(0, 2) as reader:
        assert [[1, "a"], [2, "b"]] == [list(record.values) for record in reader]


def test_changes_of_an_upsert_and_a_stream_are_kept(started: Start) -> None:
    """What was put before the end is carried out by the commit after it."""
    first = started()
    client = entry(first)
    client.create_table("keyed", "id bigint not null, name string", transactional=True, primary_key=["id"])
    client.create_table("plain", "id bigint, name string")
    session = tunnel_of(first).create_upsert_session("keyed")
    stream = session.open_upsert_stream()
    for number in range(40):
        stream.upsert(session.new_record([number, "kept"]))
    stream.close()
    session.close()
    flow = tunnel_of(first).create_stream_upload_session("plain")
    second = started()
    again = tunnel_of(second).create_upsert_session("keyed", upsert_id=session.id)
    again.commit()
    again.close()
    assert list(range(40)) == ids(second, "keyed")
    found = second.tunnel.find(StreamSession, flow.id)
    assert found is not None
    assert "plain" == found.table.name
