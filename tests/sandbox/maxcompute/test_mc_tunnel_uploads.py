"""Upload sessions, through the unmodified SDK."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from maxcompute_tunnels import *  # noqa: F403
from maxcompute_tunnels import COMPRESSIONS, numbers, refusal
from odps.tunnel import TableTunnel
from odps.tunnel.errors import TunnelError
from odps.tunnel.tabletunnel import TableUploadSession

from services.sandbox.faults import parse_faults
from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.server import MaxComputeSandbox

Make = Callable[..., Table]


@pytest.fixture
def people(table: Make) -> Table:
    return table("people", id="BIGINT", name="STRING")


def put_arrow(session: TableUploadSession, block: int, rows: pa.Table, *, compress: bool = False) -> None:
    with session.open_arrow_writer(block, compress=compress) as writer:
        writer.write(rows)


def ids(table: Table, spec: str = "") -> list[int]:
    return table.partition(spec).read().column("id").to_pylist()


def test_blocks_show_at_the_commit_in_the_order_of_their_ids(tunnels: TableTunnel, people: Table) -> None:
    """Records and Arrow blocks mix; nothing shows before the commit."""
    session = tunnels.create_upload_session("people")
    put_arrow(session, 7, numbers(100, 3))
    with session.open_record_writer(2) as writer:
        writer.write(session.new_record([1, "one"]))
    assert [] == ids(people)

    session.commit([2, 7])

    assert [1, 100, 101, 102] == ids(people)
    assert session.status == TableUploadSession.Status.Closed


@pytest.mark.parametrize("algorithm", COMPRESSIONS)
def test_every_compression_of_the_sdk_is_read(tunnels: TableTunnel, people: Table, algorithm: str) -> None:
    """Blocks of Arrow data and of records arrive whole in each encoding."""
    records = tunnels.create_upload_session("people", compress_algo=algorithm)
    with records.open_record_writer(0, compress=True) as writer:
        for number in range(500):
            writer.write(records.new_record([number, f"name {number}"]))
    records.commit([0])
    arrow = tunnels.create_upload_session("people", compress_algo=algorithm)
    put_arrow(arrow, 0, numbers(500, 50_000), compress=True)
    arrow.commit([0])

    assert people.partition().read().equals(numbers(0, 50_500))


def test_a_block_that_is_written_again_counts_once(tunnels: TableTunnel, people: Table) -> None:
    """The last writing of a block wins."""
    session = tunnels.create_upload_session("people")
    put_arrow(session, 0, numbers(0, 10))
    put_arrow(session, 0, numbers(50, 2))
    session.commit([0])

    assert [50, 51] == ids(people)


def test_a_session_is_found_again_by_its_id(tunnels: TableTunnel, people: Table) -> None:
    """What another session object wrote is in the block list, and can be committed."""
    first = tunnels.create_upload_session("people")
    put_arrow(first, 3, numbers(0, 2))

    again = tunnels.create_upload_session("people", upload_id=first.id)

    assert [3] == again.get_block_list()
    again.commit([3])
    assert [0, 1] == ids(people)


def test_a_list_that_does_not_match_is_not_committed(tunnels: TableTunnel, people: Table) -> None:
    """The SDK compares its list with the server's, by number and by members."""
    session = tunnels.create_upload_session("people")
    put_arrow(session, 0, numbers(0, 2))

    for wrong in ([], [1], [0, 1]):
        with pytest.raises(TunnelError):
            session.commit(wrong)
    assert [] == ids(people)


def test_a_second_commit_adds_nothing(tunnels: TableTunnel, people: Table) -> None:
    """The commit of a closed session is answered and changes nothing."""
    session = tunnels.create_upload_session("people")
    put_arrow(session, 0, numbers(0, 2))
    session.commit([0])
    session.commit([0])

    assert [0] == session.get_block_list()
    assert [0, 1] == ids(people)


def test_a_closed_session_takes_no_block(tunnels: TableTunnel, people: Table) -> None:
    """After the commit blocks are refused."""
    session = tunnels.create_upload_session("people")
    session.commit([])

    assert "StatusConflict" == refusal(put_arrow, session, 0, numbers(0, 2))


def test_an_overwriting_session_replaces_all_rows(tunnels: TableTunnel, people: Table) -> None:
    """Rows that were there are gone with the commit, not before."""
    people.partition().append(numbers(0, 5))
    session = tunnels.create_upload_session("people", overwrite=True)
    put_arrow(session, 0, numbers(90, 1))
    assert [0, 1, 2, 3, 4] == ids(people)
    session.commit([0])

    assert [90] == ids(people)


def test_partitions_are_named_and_may_be_created(tunnels: TableTunnel, table: Make) -> None:
    """A partition that is not there is refused, unless the session creates it."""
    sales = table("sales", {"pt": "STRING", "region": "STRING"}, id="BIGINT", name="STRING")

    assert "NoSuchPartition" == refusal(tunnels.create_upload_session, "sales", "pt=1,region=eu")
    assert "MissingPartitionSpec" == refusal(tunnels.create_upload_session, "sales")
    session = tunnels.create_upload_session("sales", "pt=1,region=eu", create_partition=True)
    put_arrow(session, 0, numbers(0, 2))
    session.commit([0])

    assert [0, 1] == ids(sales, "pt=1,region=eu")
    assert 2 == sales.record_num


def test_a_session_ends_after_a_day(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """An expired session says so, and takes neither blocks nor a commit."""
    session = tunnels.create_upload_session("people")
    put_arrow(session, 0, numbers(0, 2))
    sandbox.tunnel.clock.advance(24 * 3600 + 1)

    session.reload()

    assert session.status == TableUploadSession.Status.Expired
    assert "StatusConflict" == refusal(put_arrow, session, 1, numbers(0, 2))
    assert "StatusConflict" == refusal(session.commit, [0])
    assert [] == ids(people)


def test_a_session_that_ended_long_ago_is_forgotten(
    sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table
) -> None:
    """After another day nobody knows its id any more."""
    session = tunnels.create_upload_session("people")
    sandbox.tunnel.clock.advance(2 * 24 * 3600 + 1)
    tunnels.create_upload_session("people")

    assert "NoSuchUpload" == refusal(session.reload)
    assert 1 == sandbox.tunnel.count()


def test_a_schema_of_the_project_is_named(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """A table of that name in another schema is another table."""
    project = sandbox.warehouse.project(sandbox.project_name)
    project.create_schema("other")
    columns = [Column("id", "BIGINT"), Column("name", "STRING")]
    other = project.add_table(Table(sandbox.project_name, "people", columns, schema="other"))
    session = tunnels.create_upload_session("people", schema="other")
    put_arrow(session, 0, numbers(0, 2))
    session.commit([0])

    assert ([], [0, 1]) == (ids(people), ids(other))
    download = tunnels.create_download_session("people", schema="other")
    with download.open_arrow_reader(0, download.count) as reader:
        assert numbers(0, 2).equals(reader.read())


@pytest.mark.parametrize("block", [20_000, -1])
def test_a_block_id_has_its_range(tunnels: TableTunnel, people: Table, block: int) -> None:
    """Ids are 0 to 19,999."""
    session = tunnels.create_upload_session("people")
    put_arrow(session, 19_999, numbers(0, 1))

    assert "InvalidBlockID" == refusal(put_arrow, session, block, numbers(0, 2))


def test_a_body_that_is_no_block_is_refused(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """A block that was damaged on its way is not kept."""
    sandbox.plan.add(*parse_faults("maxcompute:corrupt,op=UploadBlock"))
    session = tunnels.create_upload_session("people")

    assert "MalformedDataStream" == refusal(put_arrow, session, 0, numbers(0, 2))
    assert [] == session.get_block_list()


def test_null_is_refused_where_it_may_not_be(tunnels: TableTunnel, people: Table) -> None:
    """A NOT NULL column takes no NULL."""
    people.columns[1] = Column("name", "STRING", nullable=False)
    session = tunnels.create_upload_session("people")
    rows = pa.table({"id": [1], "name": pa.array([None], pa.string())})

    assert "MalformedDataStream" == refusal(put_arrow, session, 0, rows)


def test_a_table_that_changed_takes_no_commit(tunnels: TableTunnel, people: Table) -> None:
    """Columns that were changed in between refuse what was written for the old ones."""
    session = tunnels.create_upload_session("people")
    put_arrow(session, 0, numbers(0, 2))
    people.change_columns([*people.columns, Column("more", "STRING")])

    assert "TableModified" == refusal(session.commit, [0])
    assert [] == ids(people)


def test_a_partition_that_was_dropped_takes_no_commit(tunnels: TableTunnel, table: Make) -> None:
    """Rows go to the partition of that name that is there, and never into the void."""
    sales = table("sales", {"pt": "STRING"}, id="BIGINT", name="STRING")
    session = tunnels.create_upload_session("sales", "pt=a", create_partition=True)
    put_arrow(session, 0, numbers(0, 2))
    sales.drop_partition("pt=a")
    assert "NoSuchPartition" == refusal(session.commit, [0])

    sales.create_partition("pt=a")
    session.commit([0])
    assert [0, 1] == ids(sales, "pt=a")


def test_many_blocks_are_taken_at_once(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """Sixteen threads share a session."""
    session = tunnels.create_upload_session("people")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda block: put_arrow(session, block, numbers(block * 1000, 1000)), range(16)))
    session.commit(list(range(16)))

    assert list(range(16_000)) == ids(people)
    assert 16 == sandbox.counters["Blocks"]


def test_tables_that_cannot_be_written_are_refused(tunnels: TableTunnel, table: Make) -> None:
    """A view has no rows of its own, and what is not there cannot be written."""
    table("seen", id="BIGINT").view_text = "SELECT 1"

    assert "InvalidArgument" == refusal(tunnels.create_upload_session, "seen")
    assert "NoSuchTable" == refusal(tunnels.create_upload_session, "absent")


def test_a_session_belongs_to_its_table(tunnels: TableTunnel, people: Table, table: Make) -> None:
    """Another table does not know its id."""
    table("others", id="BIGINT")
    session = tunnels.create_upload_session("people")

    assert "NoSuchUpload" == refusal(tunnels.create_upload_session, "others", upload_id=session.id)
