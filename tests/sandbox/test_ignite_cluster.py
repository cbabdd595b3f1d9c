"""Cluster states, nodes that die, WAL, node operations, users."""

from __future__ import annotations

import struct
from collections.abc import Callable
from uuid import UUID

import pytest
from ignite_raw import NULL, RawClient, Refusal, string
from pyignite import Client
from pyignite.datatypes.cluster_state import ClusterState
from pyignite.exceptions import AuthenticationError, CacheError, ReconnectError, SQLError

from services.sandbox.ignite.server import IgniteSandbox

# The SDK leaves a socket open when a node breaks the connection.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def test_an_inactive_cluster_refuses_data_but_not_its_activation(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable[..., Client]
) -> None:
    """Names, entries and SQL fail while inactive; activating brings them back."""
    client = connect(fresh_ignite(samples=False))
    cache = client.create_cache("c")
    client.get_cluster().set_state(ClusterState.INACTIVE)
    for attempt in (client.get_cache_names, lambda: cache.get(1)):
        with pytest.raises(CacheError, match="cluster is inactive"):
            attempt()
    with pytest.raises(SQLError, match="cluster is inactive"):
        list(client.sql("SELECT * FROM SYS.NODES"))
    client.get_cluster().set_state(ClusterState.ACTIVE)
    assert (client.get_cluster().get_state(), cache.get(1)) == (ClusterState.ACTIVE, None)


def test_a_read_only_cluster_reads_but_does_not_write(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable[..., Client]
) -> None:
    """Reading goes on; puts, statements and new caches are refused."""
    client = connect(fresh_ignite())
    client.get_cluster().set_state(ClusterState.ACTIVE_READ_ONLY)
    assert list(client.sql("SELECT Name FROM City WHERE ID = 1")) == [["Amsterdam"]]
    for attempt in (
        lambda: client.get_cache("Empty").put(1, 1),
        lambda: list(client.sql("DELETE FROM City")),
        lambda: list(client.sql("DROP TABLE City")),
        lambda: client.create_cache("new"),
    ):
        with pytest.raises((CacheError, SQLError), match="read-only"):
            attempt()


def test_the_wal_of_a_cache_is_switched(raw: RawClient) -> None:
    """Off and on again; each answers whether it changed anything."""
    name = string("Orders")
    answers = [raw.request(5003, name), raw.request(5002, name + b"\0"), raw.request(5002, name + b"\0")]
    answers += [raw.request(5003, name), raw.request(5002, name + b"\1")]
    assert answers == [b"\1", b"\1", b"\0", b"\0", b"\1"]
    with pytest.raises(Refusal, match="Cache does not exist"):
        raw.request(5003, string("nowhere"))


def test_node_ids_endpoints_and_details(ignite_sandbox: IgniteSandbox, raw: RawClient) -> None:
    """5100 gives the ids, 5102 the ports, 5101 the consistent ids."""
    body = raw.request(5100, struct.pack("<qi", -1, 0))
    known, _, count = struct.unpack_from("<?qi", body)
    pairs = [struct.unpack_from("<QQ", body, 13 + 16 * index) for index in range(count)]
    ids = [UUID(int=(high << 64) | low) for high, low in pairs]
    assert (known, ids) == (True, [node.node_id for node in ignite_sandbox.cluster.nodes])
    body = raw.request(5102, struct.pack("<qq", -1, -1))
    ports = [struct.unpack_from("<i", body, 12 + 16 + index * (24 + 14))[0] for index in range(2)]
    assert ports == ignite_sandbox.ports
    body = raw.request(5101, struct.pack("<iQQ", 1, *pairs[1]))
    assert (struct.unpack_from("<i", body)[0], string("sandbox-2") in body) == (1, True)


def test_small_operations_answer(raw: RawClient) -> None:
    """Heartbeat, idle timeout and services."""
    assert [raw.request(1), raw.request(2), raw.request(7001)] == [b"", b"\0" * 8, b"\0" * 4]


def test_a_killed_node_leaves_the_other_with_all_data(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable[..., Client]
) -> None:
    """Connections to it break, its port refuses, the rest goes on by the other node."""
    sandbox = fresh_ignite(nodes=2, samples=False)
    victim, survivor = (connect(sandbox, address) for address in sandbox.addresses)
    cache = victim.create_cache("kept")
    cache.put(1, "kept")
    sandbox.kill_node(1)
    with pytest.raises((ConnectionError, ReconnectError, OSError)):
        cache.get(1)
    with pytest.raises(ReconnectError):
        connect(sandbox, sandbox.addresses[0])
    assert survivor.get_cache("kept").get(1) == "kept"
    assert list(survivor.sql("SELECT NODE_ORDER FROM SYS.NODES")) == [[2]]
    assert list(survivor.sql("SELECT ONLINE FROM SYS.BASELINE_NODES ORDER BY CONSISTENT_ID")) == [[False], [True]]


def test_a_client_of_both_nodes_goes_on(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable[..., Client]
) -> None:
    """After the death of one node a client of both still reads and writes."""
    sandbox = fresh_ignite(nodes=2, samples=False)
    client = connect(sandbox, *sandbox.addresses, partition_aware=False)
    cache = client.create_cache("failover")
    cache.put(1, "one")
    sandbox.kill_node(2)
    answers = []
    while len(answers) < 3:
        try:
            answers.append(cache.get(1))
        except OSError:
            continue
    assert answers == ["one"] * 3


def test_users_are_managed_by_the_first(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable[..., Client]
) -> None:
    """CREATE USER folds unquoted names; others may not manage; a dropped user stays out."""
    sandbox = fresh_ignite(users={"ignite": "ignite"}, samples=False)
    first = connect(sandbox, username="ignite", password="ignite")
    list(first.sql("CREATE USER bob WITH PASSWORD 'one'"))
    list(first.sql("ALTER USER bob WITH PASSWORD 'two'"))
    bob = connect(sandbox, username="BOB", password="two")
    with pytest.raises(SQLError, match="User management operations are not allowed for user"):
        list(bob.sql('DROP USER "ignite"'))
    list(first.sql("DROP USER bob"))
    with pytest.raises((AuthenticationError, ReconnectError)):
        connect(sandbox, username="BOB", password="two")


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (9999, b""),
        (1000, b""),
        (1001, struct.pack("<ib", 1, 0)),
        (1003, struct.pack("<ibi", 1, 0, 1 << 30)),
        (1101, struct.pack("<i", 1 << 30)),
        (2004, NULL * 40),
        (3003, b"\xff" * 50),
        (5001, b"\x07"),
        (5101, struct.pack("<i", -1)),
        (1053, struct.pack("<ihh", 0, 1, 999)),
        (1000, struct.pack("<ib", -1, 0) + b"\x18\1\0\0\0\1" * 3000),
    ],
)
def test_malformed_requests_get_an_error_and_the_connection_goes_on(raw: RawClient, code: int, body: bytes) -> None:
    """Whatever the bytes, the node answers with an error and serves the next request."""
    with pytest.raises(Refusal):
        raw.request(code, body)
    assert raw.request(5000) == b"\1"


@pytest.mark.parametrize("length", [-1, 0, 1 << 30])
def test_impossible_lengths_end_only_that_connection(
    ignite_sandbox: IgniteSandbox, client: Client, length: int
) -> None:
    """A message of impossible length closes its connection; others do not notice."""
    with RawClient(ignite_sandbox.addresses[0]) as broken:
        broken.handshake()
        broken.socket.sendall(struct.pack("<i", length))
        assert broken.receive() == b""
    assert list(client.sql("SELECT 1")) == [[1]]
