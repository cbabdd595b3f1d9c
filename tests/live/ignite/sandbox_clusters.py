"""The sandbox in the place of real nodes, for tests that hold for both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyignite
from ignite_certificates import Certificates
from sdk_connections import sdk_client

from services.sandbox.process import start


@dataclass(frozen=True)
class SandboxCluster:
    """A running sandbox, and all a client must know to sign in to it."""

    addresses: str
    username: str
    password: str
    certificates: Certificates | None = None
    ca_file: str | None = None

    @property
    def host(self) -> str:
        """The host of the first node."""
        return self.addresses.split(",")[0].rpartition(":")[0]

    @property
    def port(self) -> int:
        """The thin client port of the first node."""
        return int(self.addresses.split(",")[0].rpartition(":")[2])

    def connect(self, **options: object) -> pyignite.Client:
        """Return the SDK's client, connected to the first node; options override."""
        return sdk_client(self, **options)


@contextmanager
def sandbox_cluster() -> Iterator[SandboxCluster]:
    """Run the sandbox in a process of its own."""
    with start(("ignite",)) as process:
        fields = process.endpoints["ignite"]
        secrets = fields["secrets"]
        assert isinstance(secrets, dict)
        yield SandboxCluster(str(fields["nodes"]), str(fields["username"]), str(secrets["password"]))
