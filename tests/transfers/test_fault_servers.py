"""Servers that go away, are busy or lose a table in the middle of a transfer to them."""

from collections.abc import Iterator

import pytest
from restarted_servers import PART_ROWS, Copy, Server, no_own_waits

from services.transfers import settling
from services.transfers.model import ItemState


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that can be seen, and are soon over."""
    monkeypatch.setattr(settling, "backoff_seconds", lambda attempt: 0.05)
    no_own_waits(monkeypatch)


@pytest.fixture(params=["tablestore", "maxcompute"])
def server(request, tmp_path) -> Iterator[Server]:
    """A server that keeps its data."""
    made = Server(request.param, tmp_path / "kept")
    yield made
    made.end()


@pytest.fixture
def maxcompute(tmp_path) -> Iterator[Server]:
    """A MaxCompute that keeps its tables and the sessions of its tunnel."""
    made = Server("maxcompute", tmp_path / "kept")
    yield made
    made.end()


@pytest.mark.parametrize("fault", ["reset", "html", "error,status=503", "error,status=429"])
@pytest.mark.parametrize("after", [0, 1])
def test_a_server_that_fails_for_a_while_is_waited_for(services, server, monkeypatch, fault, after):
    """The queue shows until when it waits and why; when the server is well again it ends with every row once."""
    copy = Copy(services, server, monkeypatch)
    copy.before("part 1", lambda: server.fail(f"{fault},after={after}"))
    copy.when_it_waits(server.sandbox.plan.clear)
    copy.turns.drain()
    copy.check_whole()
    assert [True] == [wait.failure.is_passing and bool(wait.failure.message) for wait in copy.waits]


@pytest.mark.parametrize(("name", "fault"), [("part 1", "cut"), ("part 1", "lost"), ("commit", "lost")])
def test_an_upload_whose_answers_are_lost_doubles_nothing(services, maxcompute, monkeypatch, name, fault):
    """Requests are carried out or torn in the middle, and no answer comes for a while: every row is there once."""
    copy = Copy(services, maxcompute, monkeypatch)
    copy.before(name, lambda: maxcompute.fail(fault))
    copy.when_it_waits(maxcompute.sandbox.plan.clear)
    copy.turns.drain()
    copy.check_whole()
    assert 1 == len(copy.waits)


def test_a_restarted_server_is_waited_for(services, server, monkeypatch):
    """Its port is refused, then it is there again with its data: acknowledged parts stay, every row is there once."""
    copy = Copy(services, server, monkeypatch)
    copy.before("part 2", server.end)
    copy.when_it_waits(server.start_again)
    copy.turns.drain()
    copy.check_whole()
    assert [(2, 2 * PART_ROWS)] == [(wait.parts_done, wait.rows_done) for wait in copy.waits]
    assert [0, 0, 1, 0] == [part.attempts for part in services.transfers.parts(copy.id)]


def test_a_restarted_maxcompute_that_forgot_the_session_says_so(services, maxcompute, monkeypatch):
    """When the upload is unknown there, the transfer says how to go on, and a retry sends every row once."""
    copy = Copy(services, maxcompute, monkeypatch)

    def forget() -> None:
        maxcompute.end()
        (maxcompute.directory / "sessions.json").unlink()

    copy.before("part 2", forget)
    copy.when_it_waits(maxcompute.start_again)
    copy.turns.drain()
    item = copy.item
    assert ([2], ItemState.FAILED, "SessionExpired") == (
        [wait.parts_done for wait in copy.waits],
        item.state,
        item.failure.kind,
    )
    assert f"transfers retry {copy.id}" in item.failure.hint
    services.transfers.retry([copy.id])
    copy.turns.drain()
    copy.check_whole()
    assert 1 == copy.item.restarts


def test_a_dropped_table_stops_the_transfer(services, server, monkeypatch):
    """One clear error that names the table and what to do, at once and without a wait; no rows are put aside."""
    copy = Copy(services, server, monkeypatch)

    def drop() -> None:
        store = server.open()
        store.drop(("copied",))
        store.close()

    copy.before("part 2", drop)
    copy.turns.drain()
    item = copy.item
    assert (ItemState.FAILED, 0, 0) == (item.state, item.rejected, item.attempts)
    assert "copied" in item.failure.message
    assert item.failure.hint
    assert 1 == sum(line.level == "error" for line in services.transfers.log(copy.id))
