"""Continuous queries and atomic counters."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import pytest
from ignite_raw import NULL, RawClient, Refusal, cache_id, head, number, string
from pyignite import Client

from services.sandbox.ignite.server import IgniteSandbox


@pytest.fixture
def listener(ignite_sandbox: IgniteSandbox) -> Iterator[RawClient]:
    """A second bare client, which listens."""
    with RawClient(ignite_sandbox.addresses[1]) as bare:
        bare.handshake()
        yield bare


def subscribe(client: RawClient, cache: str) -> bytes:
    """The number of a new continuous query."""
    client.request(1052, string(cache))
    return client.request(2006, head(cache) + struct.pack("<iq?", 1, 0, False) + NULL)


def test_changes_are_sent_as_they_happen(raw: RawClient, listener: RawClient) -> None:
    """Creation, update and removal arrive in order with key, old and new value, from any node."""
    query = subscribe(listener, "watched")
    for code, rest in ((1001, string("a")), (1001, string("b")), (1016, b"")):
        raw.request(code, head("watched") + number(3, 1) + rest)
    start = query + struct.pack("<hhi", 4, 2007, 1) + number(3, 1)
    assert [listener.receive() for _ in range(3)] == [
        start + NULL + string("a") + b"\0",
        start + string("a") + string("b") + b"\1",
        start + string("b") + NULL + b"\2",
    ]


def test_a_closed_query_hears_nothing_more(raw: RawClient, listener: RawClient) -> None:
    """After the close the next message is the answer to the next request."""
    query = subscribe(listener, "closed")
    listener.request(0, query)
    raw.request(1001, head("closed") + number(3, 1) + number(3, 1))
    assert listener.request(5000) == b"\1"


def test_open_queries_are_listed(
    ignite_sandbox: IgniteSandbox, connect: Callable[..., Client], listener: RawClient
) -> None:
    """The node that serves the query shows it."""
    subscribe(listener, "listed")
    client = connect(ignite_sandbox, ignite_sandbox.addresses[1])
    rows = list(client.sql("SELECT CACHE_NAME, BUFFER_SIZE FROM SYS.CONTINUOUS_QUERIES WHERE CACHE_NAME = 'listed'"))
    assert rows == [["listed", 1]]


def test_filters_are_refused(raw: RawClient) -> None:
    """The sandbox has no Java to run a filter in, and says so."""
    raw.request(1052, string("filtered"))
    with pytest.raises(Refusal, match="Filters of continuous queries are not supported"):
        raw.request(2006, head("filtered") + struct.pack("<iq?", 1, 0, False) + string("filter") + b"\1")
    with pytest.raises(Refusal, match="Filters of scan queries are not supported"):
        raw.request(2000, head("filtered") + string("filter") + b"\1" + struct.pack("<ii?", 1, -1, False))


def test_a_counter_is_made_changed_and_removed(raw: RawClient) -> None:
    """Every operation on an atomic long answers as Java's does."""
    name = string("counter") + NULL

    def long(value: int) -> bytes:
        return struct.pack("<q", value)

    raw.request(9000, string("counter") + long(5) + b"\0")
    answers = [
        raw.request(9002, name),
        raw.request(9003, name),
        raw.request(9004, name + long(10)),
        raw.request(9005, name + long(7)),
        raw.request(9006, name + long(1) + long(2)),
        raw.request(9006, name + long(7) + long((1 << 63) - 1)),
        raw.request(9004, name + long(1)),
        raw.request(9007, name + long(0) + long(1)),
    ]
    assert answers == [b"\1", long(5), long(15), long(15), b"\0", b"\1", long(-(1 << 63)), long(-(1 << 63))]
    raw.request(9001, name)
    assert raw.request(9002, name) == b"\0"
    with pytest.raises(Refusal) as caught:
        raw.request(9003, name)
    assert (caught.value.status, caught.value.message) == (1011, "AtomicLong with name 'counter' does not exist.")


def test_a_table_cache_tells_of_its_puts(raw: RawClient, listener: RawClient, client: Client) -> None:
    """Puts through the cache of a table are events too."""
    list(client.sql("CREATE TABLE watched_table (id INT PRIMARY KEY, v INT)"))
    name = "SQL_PUBLIC_WATCHED_TABLE"
    query = listener.request(2006, head(name) + struct.pack("<iq?", 1, 0, False) + NULL)
    list(client.sql("INSERT INTO watched_table VALUES (1, 2)"))
    value = raw.request(1000, head(name) + number(3, 1))
    raw.request(1001, head(name) + number(3, 9) + value)
    event = listener.receive()
    assert event == query + struct.pack("<hhi", 4, 2007, 1) + number(3, 9) + NULL + value + b"\0"
    list(client.sql("DROP TABLE watched_table"))
    assert cache_id(name) not in [cache_id(item) for item in client.get_cache_names()]
