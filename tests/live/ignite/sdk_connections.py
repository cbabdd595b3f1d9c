"""The unmodified SDK, connected to a live cluster: the witness our own code is compared with."""

from __future__ import annotations

import ssl
import warnings
from typing import Protocol

import pyignite
from ignite_certificates import Certificates


class SignIn(Protocol):
    """What a client must know of a cluster."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def username(self) -> str | None: ...
    @property
    def password(self) -> str | None: ...
    @property
    def certificates(self) -> Certificates | None: ...
    @property
    def ca_file(self) -> str | None: ...


def sdk_client(cluster: SignIn, **options: object) -> pyignite.Client:
    """Return a connected client for the first node; options override what the cluster asks for."""
    chosen: dict[str, object] = {
        "partition_aware": False,
        "username": cluster.username,
        "password": cluster.password,
    }
    if cluster.certificates:
        chosen |= {
            "use_ssl": True,
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
            "ssl_ca_certfile": cluster.ca_file,
            "ssl_certfile": str(cluster.certificates.client_cert_file),
            "ssl_keyfile": str(cluster.certificates.client_key_file),
        }
    host = options.pop("host", cluster.host)
    client = pyignite.Client(**(chosen | options))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its default TLS version is a deprecated constant
        try:
            client.connect(host, cluster.port)
        except Exception:
            _close_sockets(client)
            raise
    return client


def _close_sockets(client: pyignite.Client) -> None:
    """Close what the SDK leaves open when it cannot connect."""
    for connection in client._nodes:
        if connection._socket is not None:
            connection._socket.close()
