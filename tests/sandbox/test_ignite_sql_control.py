"""Running queries: how they are listed, cancelled, timed out; what cursors hold."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from threading import Thread

import pytest
from ignite_raw import RawClient, Refusal, string
from ignite_sandbox import wait_until
from pyignite import Client
from pyignite.exceptions import SQLError

from services.sandbox.ignite.server import IgniteSandbox

SLOW = "SELECT COUNT(*) FROM City a, City b, City c WHERE a.Population + b.Population > c.Population"
CANCELLED = "The query was cancelled while executing."


class Running:
    """A slow query in a thread of its own, and the error it ended in."""

    def __init__(self, client: Client, sql: str = SLOW, **options: object) -> None:
        self.error = ""
        self._thread = Thread(target=self._run, args=(client, sql, options))
        self._thread.start()

    def _run(self, client: Client, sql: str, options: dict[str, object]) -> None:
        try:
            list(client.sql(sql, **options))
        except SQLError as error:
            self.error = str(error)

    def ended_with(self) -> str:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.error


def listed(client: Client, sql: str = SLOW) -> list[str]:
    """The ids of the running queries with this text, as the node of the client sees them."""
    with client.sql("SELECT QUERY_ID, SQL FROM SYS.SQL_QUERIES") as cursor:
        return [row[0] for row in cursor if row[1] == sql]


def query_request(sql: str, page: int = 1) -> bytes:
    """The body of an SQL request."""
    head = struct.pack("<ib", 0, 0) + string("PUBLIC") + struct.pack("<ii", page, -1) + string(sql)
    return head + struct.pack("<ib6?q?", 0, 0, *[False] * 6, 0, False)


@pytest.mark.parametrize("verb", ["KILL QUERY", "KILL QUERY ASYNC"])
@pytest.mark.parametrize("killer_node", [0, 1])
def test_kill_ends_a_running_query(
    ignite_sandbox: IgniteSandbox, connect: Callable[..., Client], verb: str, killer_node: int
) -> None:
    """From its own node and from another, at once and asynchronously."""
    runner = connect(ignite_sandbox, ignite_sandbox.addresses[0])
    watcher = connect(ignite_sandbox, ignite_sandbox.addresses[0])
    killer = connect(ignite_sandbox, ignite_sandbox.addresses[killer_node])
    query = Running(runner)
    wait_until(lambda: listed(watcher), "the query is listed")
    (query_id,) = listed(watcher)
    list(killer.sql(f"{verb} '{query_id}'"))
    assert CANCELLED in query.ended_with()
    wait_until(lambda: not listed(watcher), "the query leaves the list")
    assert list(runner.sql("SELECT 1")) == [[1]]


def test_running_queries_are_listed_by_their_own_node_only(
    ignite_sandbox: IgniteSandbox, connect: Callable[..., Client]
) -> None:
    """The other node does not know of it."""
    runner, here, there = (connect(ignite_sandbox, ignite_sandbox.addresses[node]) for node in (0, 0, 1))
    query = Running(runner)
    wait_until(lambda: listed(here), "the query is listed")
    assert listed(there) == []
    list(here.sql(f"KILL QUERY '{listed(here)[0]}'"))
    assert CANCELLED in query.ended_with()


def test_a_query_stops_at_its_time_limit(client: Client) -> None:
    """The error is the same as for a kill."""
    with pytest.raises(SQLError, match=re.escape(CANCELLED)):
        list(client.sql(SLOW, timeout=50))


def test_changes_stop_at_their_time_limit_too(fresh_ignite: Callable[..., IgniteSandbox], connect: Callable) -> None:
    """A cancelled UPDATE leaves no row changed."""
    client = connect(fresh_ignite())
    with pytest.raises(SQLError, match=re.escape(CANCELLED)):
        list(client.sql("UPDATE City SET Population = (SELECT COUNT(*) FROM City a, City b)", timeout=50))
    assert list(client.sql("SELECT Population FROM City WHERE ID = 1")) == [[870000]]


def test_closing_the_socket_cancels_the_query(ignite_sandbox: IgniteSandbox, connect: Callable[..., Client]) -> None:
    """A client that leaves takes its query with it."""
    watcher = connect(ignite_sandbox)
    sql = SLOW + " -- leaving"
    with RawClient(ignite_sandbox.addresses[0]) as leaver:
        leaver.handshake()
        leaver.send(struct.pack("<hq", 2004, 1) + query_request(sql))
        wait_until(lambda: listed(watcher, sql), "the query is listed")
    wait_until(lambda: not listed(watcher, sql), "the query is cancelled")


def test_open_cursors_stay_listed_until_closed(
    ignite_sandbox: IgniteSandbox, connect: Callable[..., Client], raw: RawClient
) -> None:
    """A half-read result is a running query; closing it ends that."""
    watcher = connect(ignite_sandbox)
    sql = "SELECT ID FROM City -- half read"
    cursor = raw.request(2004, query_request(sql))[:8]
    assert len(listed(watcher, sql)) == 1
    raw.request(0, cursor)
    assert listed(watcher, sql) == []
    with pytest.raises(Refusal) as caught:
        raw.request(2005, cursor)
    assert caught.value.status == 1011


def test_a_killed_cursor_gives_no_further_page(
    ignite_sandbox: IgniteSandbox, connect: Callable[..., Client], raw: RawClient
) -> None:
    """The next page answers that the query was cancelled."""
    watcher = connect(ignite_sandbox)
    sql = "SELECT ID FROM City -- to be killed"
    cursor = raw.request(2004, query_request(sql))[:8]
    list(watcher.sql(f"KILL QUERY '{listed(watcher, sql)[0]}'"))
    with pytest.raises(Refusal, match=re.escape(CANCELLED)):
        raw.request(2005, cursor)


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("KILL QUERY 'x'", "Syntax error"),
        ("KILL QUERY '00000000-0000-0000-0000-000000000000_5'", "node is not alive"),
        ("KILL QUERY '{node}_999999'", "Query with provided ID doesn't exist"),
        ("KILL NOTHING 'x'", "Syntax error"),
    ],
)
def test_a_kill_of_nothing_says_so(ignite_sandbox: IgniteSandbox, client: Client, statement: str, wanted: str) -> None:
    """Wrong ids are refused with the reason."""
    node = ignite_sandbox.cluster.nodes[0].node_id
    with pytest.raises(SQLError, match=wanted):
        list(client.sql(statement.format(node=node)))


def test_history_counts_executions_and_failures(client: Client) -> None:
    """The history knows how often a text ran and failed."""
    for _ in range(3):
        list(client.sql("SELECT 42 AS counted"))
    with pytest.raises(SQLError):
        list(client.sql("SELECT 42 AS counted FROM nowhere"))
    query = "SELECT EXECUTIONS, FAILURES FROM SYS.SQL_QUERIES_HISTORY WHERE SQL LIKE 'SELECT 42 AS counted%' ORDER BY 1"
    assert list(client.sql(query)) == [[1, 1], [3, 0]]


def test_a_page_without_rows_ends_the_connection(raw: RawClient) -> None:
    """Page size 0 closes the connection, as on a real node."""
    with pytest.raises(ConnectionError):
        raw.request(2004, query_request("SELECT 1", page=0))


def test_cursors_are_limited(raw: RawClient) -> None:
    """The 129th open cursor of a connection is refused with status 1010."""
    for _ in range(128):
        raw.request(2004, query_request("SELECT ID FROM City"))
    with pytest.raises(Refusal) as caught:
        raw.request(2004, query_request("SELECT ID FROM City"))
    assert caught.value.status == 1010


def test_a_closed_cursor_leaves_no_old_state_behind(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable[..., Client]
) -> None:
    """After an early close the next query sees what was changed meanwhile."""
    client = connect(fresh_ignite())
    with client.sql("SELECT Population FROM City ORDER BY ID", page_size=1) as cursor:
        assert next(cursor) == [870000]
    list(client.sql("UPDATE City SET Population = 1 WHERE ID = 1"))
    assert [list(client.sql("SELECT Population FROM City WHERE ID = 1")) for _ in range(5)] == [[[1]]] * 5
