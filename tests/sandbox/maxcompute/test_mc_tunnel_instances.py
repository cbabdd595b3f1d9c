"""Downloads of the results of jobs, through the unmodified SDK."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pytest
from maxcompute_tunnels import *  # noqa: F403
from maxcompute_tunnels import COMPRESSIONS, entry, numbers, refusal
from odps import ODPS
from odps.tunnel import InstanceTunnel, TableTunnel

from services.sandbox.maxcompute.model import Table
from services.sandbox.maxcompute.server import MaxComputeSandbox

Make = Callable[..., Table]
ALL = "SELECT id, name FROM people ORDER BY id"


@pytest.fixture
def odps(sandbox: MaxComputeSandbox, tunnels: TableTunnel, table: Make) -> ODPS:
    """The SDK's entry to a project with a table of 12,000 rows."""
    table("people", id="BIGINT", name="STRING").partition().append(numbers(0, 12_000))
    return entry(sandbox)


@pytest.fixture
def results(sandbox: MaxComputeSandbox, odps: ODPS) -> InstanceTunnel:
    return InstanceTunnel(odps, endpoint=sandbox.tunnel_endpoint)


def test_a_result_is_read_whole(odps: ODPS, results: InstanceTunnel) -> None:
    """Beyond the 10,000 rows of a result's text, as Arrow data and as records."""
    session = results.create_download_session(odps.execute_sql(ALL).id)

    assert 12_000 == session.count
    with session.open_arrow_reader(0, session.count) as reader:
        assert numbers(0, 12_000).equals(reader.read())
    with session.open_record_reader(11_990, 10) as reader:
        assert [[number, f"name {number}"] for number in range(11_990, 12_000)] == [row.values for row in reader]


@pytest.mark.parametrize("algorithm", COMPRESSIONS)
def test_a_result_is_compressed_on_request(odps: ODPS, results: InstanceTunnel, algorithm: str) -> None:
    """Arrow data arrives whole in each encoding."""
    session = results.create_download_session(odps.execute_sql(ALL).id, compress_algo=algorithm)

    with session.open_arrow_reader(0, session.count, compress=True) as reader:
        assert numbers(0, 12_000).equals(reader.read())


def test_a_session_is_found_again_by_its_id(odps: ODPS, results: InstanceTunnel) -> None:
    """And reads the same rows, of the columns that were asked for."""
    job = odps.execute_sql(ALL).id
    first = results.create_download_session(job)
    again = results.create_download_session(job, download_id=first.id)

    with again.open_record_reader(3, 1, columns=["name"]) as reader:
        assert [["name 3"]] == [row.values for row in reader]


def test_the_limit_gives_the_first_rows(odps: ODPS, results: InstanceTunnel) -> None:
    """With the limit on a session holds 10,000 rows."""
    assert 10_000 == results.create_download_session(odps.execute_sql(ALL).id, limit=True).count


def test_times_are_exact_in_both_forms(odps: ODPS, results: InstanceTunnel, table: Make) -> None:
    """TIMESTAMP comes as structs in Arrow data, and with all nanoseconds in both."""
    instant = pd.Timestamp("2026-01-02 03:04:05.123456789")
    times = table("times", t="TIMESTAMP").partition()
    times.append(pa.table({"t": pa.array([instant], pa.timestamp("ns"))}))
    session = results.create_download_session(odps.execute_sql("SELECT t FROM times").id)

    with session.open_arrow_reader(0, 1) as reader:
        assert [instant] == reader.read().column("t").to_pylist()
    with session.open_record_reader(0, 1) as reader:
        assert [[instant]] == [row.values for row in reader]


def test_a_job_reader_of_the_sdk_uses_the_tunnel(odps: ODPS) -> None:
    """The instance's own reader, with the tunnel on, reads all rows."""
    with odps.execute_sql(ALL).open_reader(tunnel=True, limit=False) as reader:
        assert 12_000 == reader.count
        assert 12_000 == sum(1 for _ in reader)


def test_what_has_no_rows_is_refused(odps: ODPS, results: InstanceTunnel) -> None:
    """A job that selects nothing, and an instance that is not there."""
    done = odps.execute_sql("CREATE TABLE other (id BIGINT)")

    assert "InvalidArgument" == refusal(results.create_download_session, done.id)
    assert "NoSuchObject" == refusal(results.create_download_session, "absent")
