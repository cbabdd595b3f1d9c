"""Cluster operations: heartbeats, states, WAL, nodes, services."""

from __future__ import annotations

from services.sandbox.ignite import values, wire
from services.sandbox.ignite.caches import Cache
from services.sandbox.ignite.cluster import PRODUCT_VERSION, Node
from services.sandbox.ignite.dispatch import Call, operation
from services.sandbox.ignite.errors import NO_SUCH_CACHE, BadRequest, RequestRefused
from services.sandbox.ignite.handshake import FORCE_DEACTIVATION
from services.sandbox.ignite.node_attributes import attributes_of

ATTRIBUTE, SERVER_NODES = 1, 2


@operation(1, is_locked=False)
def heartbeat(call: Call) -> bytes:
    return b""


@operation(2, is_locked=False)
def idle_timeout(call: Call) -> bytes:
    """Connections are never cut for being idle."""
    return wire.int64(0)


@operation(5000)
def get_state(call: Call) -> bytes:
    return wire.byte(call.cluster.state)


@operation(5001)
def set_state(call: Call) -> bytes:
    state = call.reader.byte()
    if call.has(FORCE_DEACTIVATION):
        call.reader.boolean()
    if state not in {0, 1, 2}:
        raise BadRequest(f"Unknown cluster state: {state}")
    call.cluster.state = state
    return b""


def _named_cache(call: Call) -> Cache:
    name = call.reader.text()
    cache = call.cluster.cache_named(name)
    if cache is None:
        raise RequestRefused(f"Cache does not exist [cacheName={name}]", NO_SUCH_CACHE)
    return cache


@operation(5002)
def set_wal_state(call: Call) -> bytes:
    cache, is_logging = _named_cache(call), call.reader.boolean()
    changed = cache.is_logging != is_logging
    cache.is_logging = is_logging
    return wire.boolean(changed)


@operation(5003)
def get_wal_state(call: Call) -> bytes:
    return wire.boolean(_named_cache(call).is_logging)


@operation(5100)
def node_ids(call: Call) -> bytes:
    """The nodes of a projection, unless the client already knows this topology."""
    known = call.reader.long()
    nodes = call.cluster.alive
    for _ in range(call.reader.count()):
        kind = call.reader.short()
        if kind == ATTRIBUTE:
            name, value = call.reader.text(), values.read_value(call.reader)
            nodes = [node for node in nodes if attributes_of(call.cluster, node).get(name) == value]
        elif kind == SERVER_NODES:
            nodes = nodes if call.reader.boolean() else []
        else:
            raise BadRequest(f"Unknown projection item: {kind}")
    major = call.cluster.topology[0]
    if known == major:
        return b"\0"
    head = b"\1" + wire.int64(major) + wire.int32(len(nodes))
    return head + b"".join(wire.bare_uuid(node.node_id) for node in nodes)


@operation(5101)
def node_info(call: Call) -> bytes:
    wanted = [call.reader.bare_uuid() for _ in range(call.reader.count(16))]
    nodes = [node for node in call.cluster.alive if node.node_id in wanted]
    return wire.int32(len(nodes)) + b"".join(_node(call, node) for node in nodes)


def _node(call: Call, node: Node) -> bytes:
    attributes = attributes_of(call.cluster, node)
    parts = [values.uuid(node.node_id), wire.int32(len(attributes))]
    for name, value in attributes.items():
        parts += [wire.string(name), values.number(3, value) if type(value) is int else values.encode(value)]
    parts += [values.collection([values.text("127.0.0.1")]), values.collection([])]
    flags = (node is call.node, False, False)
    parts += [wire.int64(node.order), *map(wire.boolean, flags), values.text(node.consistent_id)]
    parts += [bytes(PRODUCT_VERSION), values.text(""), wire.int64(0), values.byte_array(bytes(20))]
    return b"".join(parts)


@operation(5102)
def endpoints(call: Call) -> bytes:
    """All nodes as added; a client that knows a newer topology than it asks for gets the whole list too."""
    start, end = call.reader.long(), call.reader.long()
    major = call.cluster.topology[0]
    nodes = [] if start == major or start == end != -1 else call.cluster.alive
    parts = [wire.int64(major), wire.int32(len(nodes))]
    for node in nodes:
        parts += [wire.bare_uuid(node.node_id), wire.int32(node.port), wire.int32(1), wire.string("127.0.0.1")]
    gone = [node for node in call.cluster.nodes if not node.is_alive] if start > 0 else []
    parts += [wire.int32(len(gone)), *(wire.bare_uuid(node.node_id) for node in gone)]
    return b"".join(parts)


@operation(7001)
def services(call: Call) -> bytes:
    """No services are deployed."""
    return wire.int32(0)


@operation(7002)
def service(call: Call) -> bytes:
    raise RequestRefused(f"Service not found: {call.reader.text()}")
