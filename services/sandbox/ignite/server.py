"""The sandbox cluster as a server: listening sockets, one thread a connection."""

from __future__ import annotations

import socket
import ssl
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock, Thread

from services.sandbox.closing import ClosedAtEnd
from services.sandbox.faults import Fault, FaultPlan, parse_faults
from services.sandbox.ignite import (
    operations_atomics,
    operations_binary,
    operations_caches,
    operations_cluster,
    operations_events,
    operations_keyvalue,
    operations_queries,
    operations_transactions,
)
from services.sandbox.ignite.channel import Channel, TlsChannel
from services.sandbox.ignite.cluster import Cluster, Node
from services.sandbox.ignite.connection import Connection
from services.sandbox.ignite.data import load_rows, load_samples
from services.sandbox.ignite.errors import ConnectionEnds
from services.sandbox.ignite.persistence import STATE_FILE, TABLES_FILE, load, save
from services.sandbox.ignite.sql.engine import Engine

# Importing these modules registers their operations.
OPERATIONS = (
    operations_atomics, operations_binary, operations_caches, operations_cluster, operations_events,
    operations_keyvalue, operations_queries, operations_transactions,
)  # fmt: skip
HANDSHAKE_SECONDS = 10
HOST = "127.0.0.1"


class IgniteSandbox(ClosedAtEnd):
    """An Ignite cluster on loopback, in threads of this process.

    Args:
        nodes: how many server nodes share the cluster.
        users: names and passwords; None is a cluster without authentication. The first may manage users.
        tls: a server-side context; None is plain TCP.
        faults: a specification (see `services.sandbox.faults`) or faults; `plan` takes more later.
        rows: entries of the extra cache `Events` and rows of the extra table `EVENTS`; 0 is none.
        samples: whether the sample tables and caches are loaded.
        timezone: the zone in which the nodes think of dates and times.
        directory: where the data is kept from an orderly end to the next start; without it nothing is kept.
    """

    def __init__(
        self,
        nodes: int = 1,
        users: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        faults: str | Iterable[Fault] = (),
        rows: int = 0,
        *,
        samples: bool = True,
        timezone: str = "UTC",
        directory: Path | None = None,
    ) -> None:
        self.users = None if users is None else dict(users)
        self.plan = FaultPlan()
        self.plan.add(*(f for f in (parse_faults(faults) if isinstance(faults, str) else faults) if f.kind == "ignite"))
        self._tls = tls
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="storedeck-sandbox-")
        self._directory = directory or Path(self._temporary.name if self._temporary else "")
        self.cluster = Cluster(nodes, self.users, timezone)
        self.sql = Engine(self.cluster, self._tables_file())
        self.cluster.make_cache = self.sql.tables.make_cache
        self.cluster.on_destroy = self.sql.tables.drop
        self._load(samples, rows)
        self._numbers = count(1)
        self._lock = Lock()
        self._is_closed = False
        self._threads: set[Thread] = set()
        self._listeners: dict[int, socket.socket] = {}
        for node in self.cluster.nodes:
            self._listen(node)

    @property
    def ports(self) -> list[int]:
        """The port of each node in order, dead ones too."""
        return [node.port for node in self.cluster.nodes]

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of each node in order."""
        return [(HOST, port) for port in self.ports]

    @property
    def nodes(self) -> str:
        """The addresses as a profile holds them: `host:port,host:port`."""
        return ",".join(f"{HOST}:{port}" for port in self.ports)

    def close(self) -> None:
        """Ends all connections and frees the ports; a second call does nothing."""
        with self.cluster.lock:
            self.cluster.transactions.is_closing = True
            self.cluster.changed.notify_all()
        for node in self.cluster.nodes:
            self._stop(node)
        for thread in list(self._threads):
            thread.join(timeout=5)
        if self._is_closed:
            return
        self._is_closed = True
        if self._temporary is None:
            save(self.sql, self._directory)
        self.sql.close()
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.cleanup()

    def _tables_file(self) -> Path:
        """The file of the tables; without a saved state one that is there has nothing to say."""
        self._directory.mkdir(parents=True, exist_ok=True)
        if not (self._directory / STATE_FILE).exists():
            for old in self._directory.glob(TABLES_FILE + "*"):
                old.unlink()
        return self._directory / TABLES_FILE

    def _load(self, samples: bool, rows: int) -> None:
        """Takes up the saved state, else loads the samples; the rows are added where they are missing."""
        is_saved = load(self.sql, self._directory)
        if samples and not is_saved:
            load_samples(self.sql)
        if rows and self.sql.catalog.find("PUBLIC", "EVENTS") is None:
            load_rows(self.sql, rows)

    def kill_node(self, order: int) -> None:
        """Takes a node down as a crash would: its port closes, its connections break."""
        node = self.cluster.nodes[order - 1]
        with self.cluster.lock:
            node.is_alive = False
        self._stop(node)

    def _listen(self, node: Node) -> None:
        listener = socket.create_server((HOST, 0), backlog=128)
        node.port = listener.getsockname()[1]
        self._listeners[node.order] = listener
        self._spawn(self._accept, node, listener)

    def _spawn(self, target: object, *args: object) -> None:
        def run() -> None:
            try:
                target(*args)  # type: ignore[operator]
            finally:
                self._threads.discard(thread)

        thread = Thread(target=run, name="ignite-sandbox", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _stop(self, node: Node) -> None:
        listener = self._listeners.pop(node.order, None)
        if listener is not None:
            # shutdown wakes the accept that waits in another thread; close alone does not.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in list(node.connections.values()):
            connection.stop()

    def _accept(self, node: Node, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            self._spawn(self._serve, node, sock)

    def _serve(self, node: Node, sock: socket.socket) -> None:
        try:
            channel = self._channel(sock)
        except (OSError, ValueError, ConnectionEnds):
            sock.close()
            return
        number = (node.order << 32) + next(self._numbers)
        connection = Connection(number, channel, self.cluster, node, self.sql, self.plan)
        connection.kill_node = self.kill_node
        with self._lock:
            node.connections[number] = connection
        try:
            if self.cluster.transactions.is_closing or node.order not in self._listeners:
                channel.close()
            else:
                connection.serve()
        finally:
            with self._lock:
                node.connections.pop(number, None)

    def _channel(self, sock: socket.socket) -> Channel:
        if self._tls is None:
            return Channel(sock)
        sock.settimeout(HANDSHAKE_SECONDS)
        return TlsChannel(self._tls.wrap_socket(sock, server_side=True))
