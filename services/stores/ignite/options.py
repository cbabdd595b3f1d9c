"""What a profile says about an Ignite cluster, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.errors import UsageError
from services.secrets import Secret
from services.stores.profile_fields import flag, timeout_seconds

DEFAULT_PORT = 10800


@dataclass(frozen=True, slots=True)
class IgniteOptions:
    """A profile's fields with their types.

    Attributes:
        nodes: host and port of each node, in the order to try them.
        timeout_seconds: for connecting and for each answer.
    """

    nodes: tuple[tuple[str, int], ...]
    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    is_tls: bool = False
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    schema: str = "PUBLIC"
    is_partition_aware: bool = False
    timeout_seconds: float = 30.0

    @classmethod
    def from_profile(cls, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> IgniteOptions:
        """Read and check the fields of a profile.

        Raises:
            UsageError: a field does not make sense.
        """
        return cls(
            nodes=_nodes(fields.get("nodes", "")),
            username=fields.get("username", ""),
            password=secrets.get("password", Secret("")),
            is_tls=flag(fields, "tls"),
            tls_ca=fields.get("tls_ca", ""),
            tls_cert=fields.get("tls_cert", ""),
            tls_key=fields.get("tls_key", ""),
            schema=fields.get("schema", "") or "PUBLIC",
            is_partition_aware=flag(fields, "partition_aware"),
            timeout_seconds=timeout_seconds(fields),
        )


def node_text(node: tuple[str, int]) -> str:
    """A node as `host:port`, with brackets around an IPv6 address."""
    host, port = node
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _nodes(text: str) -> tuple[tuple[str, int], ...]:
    nodes = tuple(_node(part.strip()) for part in text.split(",") if part.strip())
    if not nodes:
        raise UsageError("nodes: no node given", hint="Write host:port, several with commas.")
    return nodes


def _node(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or host.endswith(":"):
        host, port = text, str(DEFAULT_PORT)
    if host.count(":") > 1 and not host.startswith("["):
        host, port = text, str(DEFAULT_PORT)
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(
            f"nodes: {text!r} is no host:port", hint="The port is a number from 1 to 65535, usually 10800."
        )
    return host.strip("[]"), int(port)
