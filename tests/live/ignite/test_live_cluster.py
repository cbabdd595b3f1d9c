"""The cluster view on two real nodes: every node is asked, and what runs on another node can be ended."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pyignite
import pytest
from ignite_clusters import LiveCluster
from live_stores import open_store
from pyignite.datatypes import TransactionConcurrency, TransactionIsolation
from pyignite.exceptions import CacheError, SQLError

from services.errors import UnsupportedOperation
from services.stores.ignite.store import IgniteStore

SLOW = "SELECT COUNT(*) FROM SYSTEM_RANGE(1, 300000) A, SYSTEM_RANGE(1, 300000) B WHERE A.X + B.X < 0"
DEADLINE_SECONDS = 30


@pytest.fixture
def store(two_nodes: LiveCluster) -> Iterator[IgniteStore]:
    """A store whose profile names the first node only."""
    host, port = two_nodes.endpoints[0]
    opened = open_store(two_nodes, nodes=f"{host}:{port}")
    yield opened
    opened.close()


@pytest.fixture
def second(two_nodes: LiveCluster) -> Iterator[pyignite.Client]:
    """The SDK's client on the second node."""
    client = pyignite.Client(partition_aware=False)
    client.connect(*two_nodes.endpoints[1])
    yield client
    client.close()


def rows(store: IgniteStore, view: str) -> list[dict[str, object]]:
    """The rows of a view."""
    found: list[dict[str, object]] = store.cluster(view).batch.to_pylist()
    return found


def first_row(store: IgniteStore, view: str, is_it: Callable[[dict[str, object]], bool]) -> dict[str, object]:
    """Wait for the row of a view that is asked for."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        for row in rows(store, view):
            if is_it(row):
                return row
    raise AssertionError(f"the row never showed among the {view}")


def test_both_nodes_are_listed_and_asked(store: IgniteStore) -> None:
    """The nodes of the cluster are listed, also the one that the profile does not name."""
    listed = {row["CONSISTENT_ID"]: row["ASKED"] for row in rows(store, "nodes")}
    assert {name: listed.get(name) for name in ("node1", "node2")} == {"node1": True, "node2": True}


def test_caches_are_listed(store: IgniteStore, second: pyignite.Client) -> None:
    """A cache made through one node is listed through the other."""
    second.get_or_create_cache("live_listed")
    listed = [row["CACHE_NAME"] for row in rows(store, "caches")]
    second.get_cache("live_listed").destroy()
    assert listed.count("live_listed") == 1


def test_a_query_on_another_node_is_listed_and_killed(store: IgniteStore, second: pyignite.Client) -> None:
    """A statement that only the second node lists is found and ended from the first."""
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(lambda: list(second.sql(SLOW)))
        found = first_row(store, "queries", lambda row: row["SQL"] == SLOW)
        said = store.kill("query", str(found["QUERY_ID"]))
        with pytest.raises(SQLError, match="cancelled"):
            running.result(DEADLINE_SECONDS)
    assert str(found["QUERY_ID"]) in said


def test_a_transaction_is_listed_and_killed(store: IgniteStore, second: pyignite.Client) -> None:
    """An open transaction is listed with its label, and its commit fails once it was ended."""
    cache = second.get_or_create_cache({0: "live_transactions", 2: 0})
    with second.tx_start(
        TransactionConcurrency.PESSIMISTIC, TransactionIsolation.REPEATABLE_READ, timeout=60_000, label="live label"
    ) as transaction:
        cache.put(1, "inside")
        found = first_row(store, "transactions", lambda row: row["LABEL"] == "live label")
        store.kill("transaction", str(found["XID"]))
        with pytest.raises(CacheError):
            transaction.commit()
    assert cache.get(1) is None
    cache.destroy()


def test_nothing_else_is_ended(store: IgniteStore) -> None:
    """A scan, which a real node cannot be trusted to end, is refused before any request."""
    with pytest.raises(UnsupportedOperation):
        store.kill("scan", "1")
