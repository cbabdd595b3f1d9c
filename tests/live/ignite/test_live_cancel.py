"""Cancelling, time limits and killing end a statement on the server itself."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from ignite_clusters import LiveCluster
from live_stores import open_store

from services.cancel import CancelToken
from services.errors import Cancelled, Refused, StatementRefused, TimedOut
from services.stores.ignite.store import IgniteStore
from services.stores.types import Statement

SLOW = "SELECT COUNT(*) FROM SYSTEM_RANGE(1, 200000) A, SYSTEM_RANGE(1, 200000) B WHERE A.X + B.X < 0"
DEADLINE_SECONDS = 30


@pytest.fixture
def store(plain_node: LiveCluster) -> Iterator[IgniteStore]:
    """A store on the plain node."""
    opened = open_store(plain_node)
    yield opened
    opened.close()


@pytest.fixture
def running(plain_node: LiveCluster) -> Iterator[Callable[[], list[str]]]:
    """Asks, over the SDK, for the ids of the slow statements that the node runs."""
    client = plain_node.connect()
    yield lambda: [row[0] for row in client.sql("SELECT QUERY_ID, SQL FROM SYS.SQL_QUERIES") if row[1] == SLOW]
    client.close()


def wait_until(is_so: Callable[[], bool]) -> bool:
    """Wait for a condition; whether it came true in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            return False
    return True


def test_cancel_ends_the_statement_on_the_server(store: IgniteStore, running: Callable[[], list[str]]) -> None:
    """After a cancel the node runs the statement no more, and the store goes on."""
    cancel = CancelToken()
    with ThreadPoolExecutor(1) as worker:
        answer = worker.submit(lambda: list(store.run_sql(Statement(SLOW), cancel)))
        assert wait_until(lambda: len(running()) == 1)
        cancel.cancel()
        with pytest.raises(Cancelled):
            answer.result(DEADLINE_SECONDS)
    assert wait_until(lambda: running() == [])
    (page,) = store.run_sql(Statement("SELECT 1 AS ONE"))
    assert page.batch is not None
    assert page.batch.to_pydict() == {"ONE": [1]}


def test_a_time_limit_ends_the_statement_on_the_server(store: IgniteStore, running: Callable[[], list[str]]) -> None:
    """A statement over its limit is reported as timed out, not as killed, and runs no more."""
    with pytest.raises(TimedOut) as raised:
        list(store.run_sql(Statement(SLOW, timeout_seconds=0.5)))
    assert "0.5 s" in raised.value.message
    assert wait_until(lambda: running() == [])


def test_a_kill_by_somebody_else_is_not_called_a_timeout(plain_node: LiveCluster, store: IgniteStore) -> None:
    """A statement that another session kills is reported as ended by somebody."""
    other = open_store(plain_node)
    with ThreadPoolExecutor(1) as worker:
        answer = worker.submit(lambda: list(store.run_sql(Statement(SLOW))))
        identifiers: list[str] = []

        def is_listed() -> bool:
            listed = other.cluster("queries").batch.to_pylist()
            identifiers[:] = [row["QUERY_ID"] for row in listed if row["SQL"] == SLOW]
            return bool(identifiers)

        assert wait_until(is_listed)
        assert identifiers[0] in other.kill("query", identifiers[0])
        with pytest.raises(StatementRefused) as raised:
            answer.result(DEADLINE_SECONDS)
    assert "KILL QUERY" in raised.value.hint
    with pytest.raises(Refused, match="ended already"):
        other.kill("query", identifiers[0])
    other.close()


def test_a_statement_slower_than_the_answer_timeout_goes_on(plain_node: LiveCluster) -> None:
    """Without a limit of its own a slow statement is waited for as long as the node works on it."""
    store = open_store(plain_node, timeout_seconds="1")
    threads = threading.active_count()
    text = "SELECT COUNT(*) FROM SYSTEM_RANGE(1, 5000) A, SYSTEM_RANGE(1, 8000) B WHERE A.X + B.X > 0"
    (page,) = store.run_sql(Statement(text))
    store.close()
    assert page.batch is not None
    assert page.batch.column(0).to_pylist() == [40_000_000]
    assert threading.active_count() == threads
