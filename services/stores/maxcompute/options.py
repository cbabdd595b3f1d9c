"""What a profile says about a MaxCompute project, checked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from services.errors import UsageError
from services.logs import remember_secret
from services.secrets import Secret
from services.stores.endpoints import DEFAULT_PORTS, HttpEndpoint, require_access_key
from services.stores.profile_fields import timeout_seconds

KEY_ID_VARIABLES: Final = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ODPS_STS_ACCESS_KEY_ID")
KEY_SECRET_VARIABLES: Final = ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ODPS_STS_ACCESS_KEY_SECRET")
TOKEN_VARIABLES: Final = ("ALIBABA_CLOUD_SECURITY_TOKEN", "ODPS_STS_TOKEN")
RETRY_SECONDS: Final = 5.0
NO_SECRET: Final = Secret("")
_NAME: Final = re.compile(r"^[A-Za-z]\w{0,254}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class MaxComputeOptions(HttpEndpoint):
    """A profile's fields with their types.

    Attributes:
        tunnel_endpoint: where rows are read and written; empty lets the service name it.
        schema: the schema that names without one stand in; empty for projects without schemas, or their `default`.
        bearer_token: signs in without an access key.
        quota: the compute quota that jobs run in; quotas of tunnels are others.
        region: asks for signatures of version 4; empty lets the endpoint's name tell.
        retry_seconds: how long a request is tried again after the service was busy.
        timeout_seconds: for each answer.
    """

    endpoint: str
    project: str
    access_key_id: str = ""
    access_key_secret: Secret = NO_SECRET
    sts_token: Secret | None = None
    bearer_token: Secret | None = None
    tunnel_endpoint: str = ""
    schema: str = ""
    quota: str = ""
    region: str = ""
    retry_seconds: float = RETRY_SECONDS
    timeout_seconds: float = 30.0

    @classmethod
    def from_profile(cls, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> MaxComputeOptions:
        """Read and check the fields of a profile; an access key that it lacks comes from the vendor's variables.

        Raises:
            UsageError: a field does not make sense.
        """
        tunnel = fields.get("tunnel_endpoint", "").strip()
        own_id = fields.get("access_key_id", "").strip()
        bearer = _given(secrets.get("bearer_token"))
        # A key of the environment is taken whole: its token belongs to no key of a profile.
        token = _given(secrets.get("sts_token")) or (None if own_id else _given(_secret_of(TOKEN_VARIABLES)))
        return cls(
            endpoint=_address("endpoint", fields.get("endpoint", "")),
            project=_name("project", fields.get("project", ""), is_required=True),
            access_key_id=own_id or _first(KEY_ID_VARIABLES),
            access_key_secret=secrets.get("access_key_secret") or _secret_of(KEY_SECRET_VARIABLES),
            sts_token=token,
            bearer_token=bearer,
            tunnel_endpoint=_address("tunnel_endpoint", tunnel) if tunnel else "",
            schema=_name("schema", fields.get("schema", "")),
            quota=fields.get("quota", "").strip(),
            region=fields.get("region", "").strip(),
            timeout_seconds=timeout_seconds(fields),
        )

    def require_key(self) -> None:
        """Refuse to connect without a way to sign.

        Raises:
            UsageError, SecretNeeded: a part of the access key is in neither the profile nor the environment.
        """
        if self.bearer_token is not None:
            return
        hint = f"Fill it in with its secret, give a bearer token, or set {KEY_ID_VARIABLES[0]} and its secret."
        require_access_key(self.access_key_id, self.access_key_secret, hint)

    @property
    def signer(self) -> str:
        """Who signs, in words that tell no secret."""
        if self.bearer_token is not None:
            return "by bearer token"
        return f"as {self.access_key_id}" + (" with an STS token" if self.sts_token else "")


def _given(secret: Secret | None) -> Secret | None:
    return secret if secret is not None and secret.reveal() else None


def _first(variables: tuple[str, ...]) -> str:
    return next((text for variable in variables if (text := os.environ.get(variable, ""))), "")


def _secret_of(variables: tuple[str, ...]) -> Secret:
    return remember_secret(Secret(_first(variables)))


def _address(field: str, text: str) -> str:
    text = text.strip().rstrip("/")
    hint = "Write http:// or https://, the host and, for the endpoint, /api: https://service.REGION.maxcompute.aliyun.com/api."
    try:
        parts: SplitResult = urlsplit(text)
        is_good = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or parts.username or parts.query or parts.fragment or not text.isascii():
        raise UsageError(f"{field}: {text!r} is no address of the service", hint=hint)
    return text


def _name(field: str, text: str, *, is_required: bool = False) -> str:
    name = text.strip()
    if _NAME.match(name) or (not name and not is_required):
        return name
    raise UsageError(f"{field}: {name!r} is no name", hint="Names are letters, digits and _, and begin with a letter.")
