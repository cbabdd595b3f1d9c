"""What a profile says about an IKV store, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from services.errors import UsageError
from services.secrets import Secret
from services.stores.profile_fields import flag, timeout_seconds

DEFAULT_ENDPOINT: Final = "gateway.inlined.io:443"
DEFAULT_PORT: Final = 443
NO_GATEWAY: Final = "none"
"""An endpoint of this word: the mounted index is read, nothing is written, no account is needed."""
LOG_LEVELS: Final = ("error", "warn", "info", "debug", "trace")


@dataclass(frozen=True, slots=True)
class IkvOptions:
    """A profile's fields with their types.

    Attributes:
        host: of the gateway, or empty when only the mounted index is read.
        timeout_seconds: for connecting and for each answer.
    """

    store_name: str
    account_id: str = ""
    account_passkey: Secret = field(default_factory=lambda: Secret(""))
    host: str = ""
    port: int = DEFAULT_PORT
    is_plaintext: bool = False
    mount_directory: str = ""
    console_log_level: str = ""
    file_log_level: str = ""
    timeout_seconds: float = 30.0

    @classmethod
    def from_profile(cls, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> IkvOptions:
        """Read and check the fields of a profile.

        Raises:
            UsageError: a field does not make sense.
        """
        host, port = _endpoint(fields.get("endpoint", "").strip() or DEFAULT_ENDPOINT)
        found = cls(
            store_name=_store_name(fields.get("store_name", "")),
            account_id=fields.get("account_id", "").strip(),
            account_passkey=secrets.get("account_passkey", Secret("")),
            host=host,
            port=port,
            is_plaintext=flag(fields, "plaintext"),
            mount_directory=fields.get("mount_directory", "").strip(),
            console_log_level=_level(fields, "console_log_level"),
            file_log_level=_level(fields, "file_log_level"),
            timeout_seconds=timeout_seconds(fields),
        )
        _check_together(found)
        return found

    @property
    def has_gateway(self) -> bool:
        """Whether there is anything to connect to."""
        return bool(self.host)

    @property
    def target(self) -> str:
        """The gateway as `host:port`, with brackets around an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _check_together(options: IkvOptions) -> None:
    if not options.has_gateway:
        if not options.mount_directory:
            raise UsageError(
                "mount_directory: needed when the endpoint is none", hint="Name the directory that a reader fills."
            )
        return
    if not options.account_id:
        raise UsageError("account_id: the gateway needs it", hint="The vendor gives it when the store is made.")
    if options.is_plaintext and not is_loopback(options.host):
        raise UsageError(
            f"plaintext: not to {options.host}, only to this machine",
            hint="The passkey goes with every request; use TLS, or an address such as 127.0.0.1.",
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _endpoint(text: str) -> tuple[str, int]:
    if text.lower() == NO_GATEWAY:
        return "", 0
    text = text.removeprefix("https://").rstrip("/")
    host, separator, port = text.rpartition(":")
    if not separator or (host.count(":") and not host.startswith("[")):
        host, port = text, str(DEFAULT_PORT)
    host = host.strip("[]")
    if not _is_host(host) or not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(
            f"endpoint: {text!r} is no host:port",
            hint=f"Such as {DEFAULT_ENDPOINT}; {NO_GATEWAY} only reads the index.",
        )
    return host, int(port)


def _is_host(text: str) -> bool:
    """Whether a text can be a host's name or address; only an IPv6 address has colons."""
    if ":" not in text:
        return bool(text)
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _store_name(text: str) -> str:
    name = text.strip()
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise UsageError(f"store_name: {text!r} is no name of a store", hint="The vendor gave it with the account.")
    return name


def _level(fields: Mapping[str, str], name: str) -> str:
    text = fields.get(name, "").strip().lower()
    if text and text not in LOG_LEVELS:
        raise UsageError(f"{name}: {text!r} is no level", hint=f"It is one of {', '.join(LOG_LEVELS)}.")
    return text
