"""A node is killed while its rows are read: one clear error, and the next read goes to the other node."""

import contextlib
import time
from collections.abc import Iterator

import pytest
from ignite_clusters import LiveCluster
from ignite_load import fill_cache
from live_stores import open_store

from services.errors import ConnectError, Refused, StoredeckError
from services.stores.ignite.store import IgniteStore
from services.stores.types import RowQuery, Statement
from services.values import Typed

NAME = "failover"
PATH = ("caches", NAME)
OPTIONS = {"backups": 1, "cache_mode": "PARTITIONED", "write_synchronization_mode": "FULL_SYNC"}
"""Both nodes hold every entry once a put is answered: by default the backup follows later."""
ROWS = 20_000
PAGE_ROWS = 100
SETTLE_SECONDS = 60


@pytest.fixture
def store(two_nodes: LiveCluster) -> Iterator[IgniteStore]:
    """A store that knows both nodes and is connected to the first; the cache has one backup of every entry."""
    opened = open_store(two_nodes)
    opened.create(PATH, {"options": OPTIONS})
    client = two_nodes.connect()
    fill_cache(client, NAME, ROWS)
    client.close()
    yield opened
    opened.drop(PATH)
    opened.close()


def settled_rows(store: IgniteStore) -> int:
    """The rows of a whole read, tried again while the cluster refuses because it rearranges itself."""
    deadline = time.monotonic() + SETTLE_SECONDS
    rows = 0
    while rows != ROWS and time.monotonic() < deadline:
        with contextlib.suppress(Refused):
            rows = sum(page.batch.num_rows for page in store.read_rows(PATH, RowQuery()))
    return rows


def test_a_node_killed_in_mid_scan(two_nodes: LiveCluster, store: IgniteStore) -> None:
    """A scan ends in one error with advice when its node dies; the same store reads on from the other node."""
    pages = store.read_rows(PATH, RowQuery(page_rows=PAGE_ROWS))
    assert next(pages).batch.num_rows == PAGE_ROWS
    two_nodes.nodes[0].kill()
    with pytest.raises(ConnectError) as raised:
        list(pages)
    assert str(two_nodes.nodes[0].port) in raised.value.message
    assert raised.value.hint
    assert list(pages) == []
    assert settled_rows(store) == ROWS
    (found,) = store.read_keys(PATH, [{"key": Typed("Int", ROWS)}])
    assert found == {"key": Typed("Int", ROWS), "value": Typed("String", f"row-{ROWS:017d}")}


def test_a_node_killed_in_mid_statement(two_nodes: LiveCluster, store: IgniteStore) -> None:
    """A statement's pages end in one error when their node dies; the next statement runs on the other node."""
    pages = store.run_sql(Statement("SELECT X FROM SYSTEM_RANGE(1, 1000000)", page_rows=PAGE_ROWS))
    next(pages)
    two_nodes.nodes[0].kill()
    with pytest.raises(StoredeckError) as raised:
        list(pages)
    assert raised.value.hint
    (page,) = store.run_sql(Statement("SELECT CONSISTENT_ID FROM SYS.NODES"))
    assert page.batch is not None
    assert "node2" in page.batch.column(0).to_pylist()


def test_an_idle_connection_to_a_dead_node_is_not_used(two_nodes: LiveCluster, store: IgniteStore) -> None:
    """A node that dies between two reads goes unnoticed: the second read takes the other node."""
    two_nodes.nodes[0].kill()
    assert settled_rows(store) == ROWS


def test_both_nodes_dead_is_said_so(two_nodes: LiveCluster) -> None:
    """With no node left the error names every node that was tried."""
    store = open_store(two_nodes)
    for node in two_nodes.nodes:
        node.kill()
    with pytest.raises(ConnectError) as raised:
        store.list_children(("caches",))
    store.close()
    told = raised.value.message + raised.value.hint
    assert [str(port) in told for _, port in two_nodes.endpoints] == [True, True]
