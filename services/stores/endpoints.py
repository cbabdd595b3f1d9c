"""What stores with an HTTP endpoint and an access key share."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from services.errors import SecretNeeded, UsageError
from services.secrets import Secret

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class HttpEndpoint:
    """Mixed into the options of a store."""

    __slots__ = ()

    endpoint: str

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the endpoint."""
        parts = urlsplit(self.endpoint)
        return parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]

    @property
    def is_tls(self) -> bool:
        """Whether the endpoint is asked over TLS."""
        return urlsplit(self.endpoint).scheme == "https"


def require_access_key(identifier: str, secret: Secret, hint: str) -> None:
    """Refuse to connect without both halves of an access key.

    Raises:
        UsageError, SecretNeeded: one is in neither the profile nor the environment.
    """
    if not identifier:
        raise UsageError("access_key_id: no access key given", hint=hint)
    if not secret.reveal():
        raise SecretNeeded("access_key_secret", "access_key_secret: no secret of the access key given")
