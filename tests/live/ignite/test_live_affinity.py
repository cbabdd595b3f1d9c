"""Where the profile asks for it, a key's request goes to the node that holds it: real nodes agree with our hashes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from uuid import UUID

import pytest
from ignite_clusters import LiveCluster
from live_stores import open_store

from services.stores.ignite.codec import requests
from services.stores.ignite.options import IgniteOptions
from services.stores.ignite.store import IgniteStore
from services.stores.ignite.wire import Wire
from services.values import Typed

PATH = ("caches", "affinity")
KEYS = (
    *(Typed("Int", number) for number in (0, 7, -1, 123_456_789)),
    *(Typed("Long", number) for number in (1, -1, 1 << 40)),
    *(Typed("String", text) for text in ("a", "grüße", "😀 emoji", "x" * 500)),
    Typed("UUID", UUID("12345678-1234-5678-9abc-def012345678")),
    Typed("Bool", True),
    Typed("Char", "ß"),
    Typed("Short", -300),
)


@pytest.fixture
def store(two_nodes: LiveCluster) -> Iterator[IgniteStore]:
    """A partition aware store on a cache without backups: each entry is on one node only."""
    opened = open_store(two_nodes, partition_aware="true")
    opened.create(PATH, {"options": {"cache_mode": "PARTITIONED", "backups": 0}})
    yield opened
    opened.drop(PATH)
    opened.close()


def holder(wires: list[Wire], key: bytes) -> UUID:
    """The node whose local scan of all its partitions finds the key."""
    for wire in wires:
        answer = wire.request(requests.OP_SCAN, requests.scan(PATH[1], 1000, is_local=True))
        if key in bytes(answer):
            return wire.node_id
    raise AssertionError("no node has the entry")


def test_the_node_chosen_holds_the_entry(two_nodes: LiveCluster, store: IgniteStore) -> None:
    """For every type of key whose hash is known here, the node asked is the one whose own entries have it."""
    options = IgniteOptions.from_profile({"nodes": two_nodes.addresses}, {})
    wires = [Wire(node, options) for node in options.nodes]
    encode = store._types.encode
    for number, key in enumerate(KEYS):
        store.put(PATH, {"key": key, "value": Typed("Int", number)})
        encoded = encode(key)
        entry = encoded + struct.pack("<Bi", 3, number)
        assert holder(wires, entry) == store._caches._affinity.node_of(PATH[1], encoded), key
        assert store.read_keys(PATH, [{"key": key}]) == [{"key": key, "value": Typed("Int", number)}]
    for wire in wires:
        wire.close()
