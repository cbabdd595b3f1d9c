"""What tunnels show when they are told to: refusals, cuts, lost answers, damage, throttles."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from maxcompute_tunnels import *  # noqa: F403
from maxcompute_tunnels import fault, numbers, refusal
from odps.tunnel import TableTunnel
from odps.tunnel.tabletunnel import TableUploadSession

from services.sandbox.maxcompute.model import Table
from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.sandbox.maxcompute.tunnel.body_faults import throttled
from services.sandbox.maxcompute.tunnel.uploads import UploadSession

Make = Callable[..., Table]


@pytest.fixture
def people(table: Make) -> Table:
    return table("people", id="BIGINT", name="STRING")


def put(session: TableUploadSession, block: int, count: int = 1000) -> None:
    with session.open_arrow_writer(block) as writer:
        writer.write(numbers(0, count))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_session_is_asked_for_until_it_comes(
    sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table, status: int
) -> None:
    """The SDK tries again after a refusal, and one session is made."""
    fault(sandbox, f"error,status={status},op=CreateUpload,times=3")
    session = tunnels.create_upload_session("people")

    assert session.status == TableUploadSession.Status.Normal
    assert 4 == sandbox.counters["CreateUpload"]


def test_errors_may_last_for_a_time(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """A fault that lasts for a while ends by itself."""
    fault(sandbox, "error,status=429,op=CreateUpload,for=100ms")
    tunnels.create_upload_session("people")

    assert sandbox.counters["CreateUpload"] > 1


def test_a_refused_block_is_not_there(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """The SDK never sends a block again that has an id: the caller has to, and it counts once."""
    session = tunnels.create_upload_session("people")
    fault(sandbox, "error,status=503,op=UploadBlock,times=1")

    assert "ServiceUnavailable" == refusal(put, session, 0)
    assert [] == session.get_block_list()
    put(session, 0)
    session.commit([0])
    assert people.partition().read().equals(numbers(0, 1000))


@pytest.mark.parametrize("action", ["cut", "reset"])
def test_a_connection_that_breaks_leaves_no_block(
    sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table, action: str
) -> None:
    """In the middle of a block, or before its first byte."""
    session = tunnels.create_upload_session("people")
    fault(sandbox, f"{action},op=UploadBlock,times=1")

    with pytest.raises(requests.ConnectionError):
        put(session, 0, 200_000)
    assert [] == session.get_block_list()


def test_a_lost_answer_to_a_block_leaves_the_block(
    sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table
) -> None:
    """It is in the block list although the client saw an error."""
    session = tunnels.create_upload_session("people")
    fault(sandbox, "lost,op=UploadBlock,times=1")

    with pytest.raises(requests.ConnectionError):
        put(session, 0)
    assert [0] == session.get_block_list()


def test_a_lost_answer_to_a_commit_adds_rows_once(
    sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table
) -> None:
    """The SDK asks again; the session is closed already, and says so."""
    session = tunnels.create_upload_session("people")
    put(session, 0)
    fault(sandbox, "lost,op=CommitUpload,times=1")
    session.commit([0])

    assert 2 == sandbox.counters["CommitUpload"]
    assert people.partition().read().equals(numbers(0, 1000))


def test_a_cut_arrow_stream_is_read_on(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """The SDK opens it again at the row that it reached."""
    people.partition().append(numbers(0, 200_000))
    session = tunnels.create_download_session("people")
    fault(sandbox, "cut,op=ReadRows,times=1")

    with session.open_arrow_reader(0, session.count) as reader:
        assert reader.read().equals(numbers(0, 200_000))
    assert 2 == sandbox.counters["ReadRows"]


def test_a_damaged_answer_is_noticed(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """The checksum of the SDK does not match; it reads again and finds whole data."""
    people.partition().append(numbers(0, 1000))
    session = tunnels.create_download_session("people")
    fault(sandbox, "corrupt,op=ReadRows,times=1")

    with session.open_arrow_reader(0, session.count) as reader:
        assert reader.read().equals(numbers(0, 1000))
    assert 2 == sandbox.counters["ReadRows"]


def test_a_throttled_block_arrives_whole(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """Slowness changes no byte, either way."""
    fault(sandbox, "throttle=100")
    session = tunnels.create_upload_session("people")
    put(session, 0, 50_000)
    session.commit([0])

    download = tunnels.create_download_session("people")
    with download.open_arrow_reader(0, download.count) as reader:
        assert reader.read().equals(numbers(0, 50_000))


def test_a_throttle_holds_its_rate() -> None:
    """Each piece waits for what its bytes take; time that went by elsewhere is not waited for again."""
    clock, waits = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    pieces = throttled([bytes(1000)] * 4, 1000.0, lambda: clock[0], sleep)
    next(pieces)
    clock[0] += 1.5
    rest = list(pieces)

    assert [1.0, 0.5, 1.0] == waits
    assert 4.0 == clock[0]
    assert [bytes(1000)] * 3 == rest


def test_figures_are_told(sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table) -> None:
    """Requests by name, blocks, bytes, sessions, connections."""
    session = tunnels.create_upload_session("people")
    put(session, 0)
    put(session, 1)
    session.commit([0, 1])

    assert {"CreateUpload": 1, "UploadBlock": 2, "Blocks": 2, "CommitUpload": 1}.items() <= (
        sandbox.counters.snapshot().items()
    )
    assert sandbox.counters["TunnelBytesIn"] > 2 * numbers(0, 1000).nbytes
    assert 1 == sandbox.tunnel.count(UploadSession)
    assert sandbox.open_connections >= 1


def test_figures_and_the_clock_are_reached_from_outside(
    sandbox: MaxComputeSandbox, tunnels: TableTunnel, people: Table
) -> None:
    """A test in another process reads the figures, and ends sessions by letting a day go by."""
    session = tunnels.create_upload_session("people")
    figures = requests.get(f"{sandbox.tunnel_endpoint}/sandbox/figures", timeout=10).json()
    assert {"CreateUpload": 1, "Sessions": 1}.items() <= figures.items()

    requests.post(f"{sandbox.tunnel_endpoint}/sandbox/clock", params={"advance": 86_401}, timeout=10)

    assert "StatusConflict" == refusal(put, session, 0)
