"""Clusters of real nodes for tests and benchmarks: started on entry, ended on exit whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyignite
from ignite_certificates import CERTIFIED_HOST, Certificates, make_certificates
from ignite_command import NodeSetup
from ignite_ports import HOST
from real_ignite import RealIgnite, make_nodes
from sdk_connections import sdk_client

ACTIVE = 1
FAR_ZONE = "Asia/Tokyo"
FIRST_USER, FIRST_PASSWORD = "ignite", "ignite"


@dataclass(frozen=True)
class LiveCluster:
    """A running cluster, and all a client must know to sign in to it."""

    nodes: tuple[RealIgnite, ...]
    host: str = HOST
    username: str | None = None
    password: str | None = None
    certificates: Certificates | None = None

    @property
    def port(self) -> int:
        """The thin client port of the first node."""
        return self.nodes[0].port

    @property
    def endpoints(self) -> tuple[tuple[str, int], ...]:
        """Host and thin client port of every node."""
        return tuple((self.host, node.port) for node in self.nodes)

    @property
    def addresses(self) -> str:
        """The endpoints as host:port, with commas between."""
        return ",".join(f"{host}:{port}" for host, port in self.endpoints)

    @property
    def is_tls(self) -> bool:
        """Whether clients must speak TLS."""
        return self.certificates is not None

    @property
    def ca_file(self) -> str | None:
        """The authority that signed the nodes' certificate (a PEM file)."""
        return str(self.certificates.ca_file) if self.certificates else None

    @property
    def timezone(self) -> str:
        """The zone of the nodes' JVMs, in which DATE, TIME and TIMESTAMP travel."""
        return self.nodes[0].setup.timezone

    @property
    def uncertified_host(self) -> str:
        """A name that reaches the nodes but is not in their certificate."""
        return HOST

    def connect(self, **options: object) -> pyignite.Client:
        """Return the SDK's client, connected to the first node as the first user; options override."""
        return sdk_client(self, **options)

    def heal(self) -> None:
        """Start every node that is not running."""
        for node in self.nodes:
            node.start()

    def log_tail(self) -> str:
        """Return the end of every node's log."""
        return "\n".join(f"--- {node.place.name} (port {node.port})\n{node.log_tail()}" for node in self.nodes)


@contextmanager
def plain_cluster(
    folder: Path, count: int = 1, *, region_mb: int = 512, is_short_lived: bool = False
) -> Iterator[LiveCluster]:
    """Run nodes in memory, without users or TLS."""
    setup = NodeSetup(region_mb=region_mb, is_short_lived=is_short_lived)
    with _running(make_nodes(folder, count, setup)) as nodes:
        yield LiveCluster(nodes)


@contextmanager
def secure_cluster(folder: Path, *, asks_client_certificate: bool = False) -> Iterator[LiveCluster]:
    """Run one node with persistence, users and TLS, made active; its JVM's zone is far from UTC."""
    certificates = make_certificates(folder / "certificates")
    setup = NodeSetup(
        has_users=True,
        is_persistent=True,
        certificates=certificates,
        asks_client_certificate=asks_client_certificate,
        timezone=FAR_ZONE,
        is_short_lived=True,
    )
    with _running(make_nodes(folder, 1, setup, name="secure")) as nodes:
        cluster = LiveCluster(nodes, CERTIFIED_HOST, FIRST_USER, FIRST_PASSWORD, certificates)
        client = cluster.connect()
        try:
            client.get_cluster().set_state(ACTIVE)  # a cluster with persistence starts inactive
        finally:
            client.close()
        yield cluster


@contextmanager
def _running(nodes: list[RealIgnite]) -> Iterator[tuple[RealIgnite, ...]]:
    try:
        for node in nodes:
            node.start()
        yield tuple(nodes)
    finally:
        for node in nodes:
            node.stop()
