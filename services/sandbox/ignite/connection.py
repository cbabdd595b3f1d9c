"""One thin client: its handshake, its requests in order, its cursors."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from threading import Event
from typing import TYPE_CHECKING, Protocol, TypeVar

from services.sandbox.faults import HANDSHAKE, Fault, FaultPlan
from services.sandbox.ignite import handshake, wire
from services.sandbox.ignite.channel import Channel
from services.sandbox.ignite.cluster import Cluster, Node
from services.sandbox.ignite.dispatch import Call, answer
from services.sandbox.ignite.errors import (
    FAILED,
    NO_SUCH_RESOURCE,
    TOO_MANY_CURSORS,
    BadRequest,
    ConnectionEnds,
    RequestRefused,
)
from services.sandbox.ignite.wire import Reader

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.engine import Engine

MOST_CURSORS = 128
HAS_ERROR, TOPOLOGY_CHANGED, NOTIFICATION = 1, 2, 4
GARBAGE = b"\x11\0\0\0" + b"\xfe\xca" * 8 + b"\n"


R = TypeVar("R")


class Resource(Protocol):
    """Something a connection holds open on the node."""

    def close(self) -> None:
        """Frees it."""


class Connection:
    """Serves one socket until it ends; `serve` runs in a thread of its own."""

    def __init__(
        self, connection_id: int, channel: Channel, cluster: Cluster, node: Node, sql: Engine, faults: FaultPlan
    ) -> None:
        self.connection_id = connection_id
        self.channel = channel
        self.cluster = cluster
        self.node = node
        self.sql = sql
        self.negotiated = handshake.Negotiated((1, 2, 0))
        self.is_open = False
        self.kill_node: Callable[[int], None] = lambda order: None
        self._faults = faults
        self._ids = count(1)
        self._resources: dict[int, Resource] = {}
        self._told_topology: tuple[int, int] | None = None
        self._stopped = Event()

    def serve(self) -> None:
        """Handshake, then one request after the other."""
        try:
            self._shake_hands()
            self.is_open = True
            while True:
                self._serve_request(self.channel.receive())
        except ConnectionEnds:
            pass
        finally:
            self.is_open = False
            self._release()
            self.channel.close()

    def stop(self) -> None:
        """Ends the connection from another thread."""
        self._stopped.set()
        self.channel.stop()

    def _release(self) -> None:
        for resource in list(self._resources.values()):
            resource.close()
        self._resources.clear()
        with self.cluster.lock:
            self.cluster.transactions.drop_owner(self)

    def _shake_hands(self) -> None:
        while True:
            data = self.channel.receive()
            self._show_faults(HANDSHAKE, 0)
            try:
                self.negotiated = handshake.negotiate(data, self._sign_in)
            except handshake.Refused as refusal:
                self.channel.send(handshake.refused(refusal))
            except BadRequest as error:
                self.channel.send(handshake.refused(handshake.Refused(error.message)))
                raise ConnectionEnds from error
            else:
                self.channel.send(handshake.accepted(self.negotiated, self.node.node_id))
                return

    def _sign_in(self, user: str | None, password: str | None) -> str:
        users = self.cluster.users
        if users is None:
            return user or ""
        if user is None or users.get(user) != password:
            raise handshake.wrong_password()
        return user

    def _serve_request(self, data: bytes) -> None:
        reader = Reader(data)
        try:
            code, request = reader.short(), reader.long()
        except BadRequest as error:
            raise ConnectionEnds from error
        try:
            self._show_faults(code, request)
            body = answer(code, Call(self, self.cluster, self.node, self.sql, reader))
            message = self._message(request, body)
        except RequestRefused as refusal:
            message = self._refusal(request, refusal)
        except ConnectionEnds:
            raise
        except Exception as error:
            # A request that no handler foresaw must not take the node down; the client learns what it was.
            message = self._refusal(request, RequestRefused(f"{type(error).__name__}: {error}", FAILED))
        self.channel.send(message)

    def _message(self, request: int, body: bytes) -> bytes:
        if not self.negotiated.has_flags:
            return wire.int32(len(body) + 12) + wire.int64(request) + wire.int32(0) + body
        topology = self._topology_news()
        flags = wire.short(TOPOLOGY_CHANGED if topology else 0)
        length = 10 + len(topology) + len(body)
        return b"".join((wire.int32(length), wire.int64(request), flags, topology, body))

    def _refusal(self, request: int, refusal: RequestRefused) -> bytes:
        error = wire.int32(refusal.status) + wire.string(refusal.message)
        if self.negotiated.has_flags:
            topology = self._topology_news()
            error = wire.short(HAS_ERROR | (TOPOLOGY_CHANGED if topology else 0)) + topology + error
        return wire.int32(len(error) + 8) + wire.int64(request) + error

    def _topology_news(self) -> bytes:
        """The affinity version, once after each change."""
        topology = self.cluster.topology
        if topology == self._told_topology:
            return b""
        self._told_topology = topology
        return wire.int64(topology[0]) + wire.int32(topology[1])

    def notify(self, resource: int, code: int, body: bytes) -> None:
        """Sends a notification (of a continuous query)."""
        head = wire.int64(resource) + wire.short(NOTIFICATION) + wire.short(code)
        self.channel.send(wire.int32(len(head) + len(body)) + head + body)

    def add_resource(self, resource: Resource) -> int:
        if len(self._resources) >= MOST_CURSORS:
            resource.close()
            raise RequestRefused(
                f"Too many open cursors [maximum={MOST_CURSORS}, current={len(self._resources)}]", TOO_MANY_CURSORS
            )
        number = next(self._ids)
        self._resources[number] = resource
        return number

    def skip_resource(self) -> int:
        """A number for a result that ended with its first page."""
        return next(self._ids)

    def resources_of(self, kind: type[R]) -> list[tuple[int, R]]:
        """What is open of one kind, by number."""
        return [(number, item) for number, item in list(self._resources.items()) if isinstance(item, kind)]

    def resource(self, number: int) -> Resource:
        try:
            return self._resources[number]
        except KeyError:
            raise RequestRefused(f"Failed to find resource with id: {number}", NO_SUCH_RESOURCE) from None

    def close_resource(self, number: int) -> None:
        self.resource(number).close()
        del self._resources[number]

    def _show_faults(self, code: int, request: int) -> None:
        for fault in self._faults.due(code, self.node.order):
            self._show(fault)

    def _show(self, fault: Fault) -> None:
        if fault.action == "delay":
            self._stopped.wait(fault.seconds)
        elif fault.action == "error":
            raise RequestRefused(fault.text, fault.status)
        elif fault.action == "reset":
            self.channel.reset()
            raise ConnectionEnds
        elif fault.action == "garbage":
            self.channel.send(GARBAGE)
            raise ConnectionEnds
        elif fault.action == "node-down":
            self.kill_node(fault.node or self.node.order)
            if not self.node.is_alive:
                raise ConnectionEnds
        else:
            self._stall()

    def _stall(self) -> None:
        """Keeps the connection open without an answer until the client gives up."""
        deadline = time.monotonic() + 3600
        while time.monotonic() < deadline and not self._stopped.wait(0.02):
            if self.channel.peer_has_gone():
                break
        raise ConnectionEnds
