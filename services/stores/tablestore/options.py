"""What a profile says about a Tablestore instance, checked."""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from services.errors import UsageError
from services.logs import remember_secret
from services.secrets import Secret
from services.stores.endpoints import DEFAULT_PORTS, HttpEndpoint, require_access_key
from services.stores.profile_fields import number, timeout_seconds

KEY_ID_VARIABLE: Final = "OTS_AK_ENV"
KEY_SECRET_VARIABLE: Final = "OTS_SK_ENV"  # noqa: S105 - the name of a variable
TLS_VERSIONS: Final = ("", "TLSv1.2", "TLSv1.3")


@dataclass(frozen=True, slots=True)
class TablestoreOptions(HttpEndpoint):
    """A profile's fields with their types.

    Attributes:
        region: asks for signatures of version 4, empty for version 2.
        encoding: of names and texts in requests, as Python calls it.
        ssl_version: the lowest TLS version allowed, empty for the default.
        retry_seconds: how long a request is tried again after the service was busy.
        timeout_seconds: for connecting and for each answer.
    """

    endpoint: str
    instance: str
    access_key_id: str
    access_key_secret: Secret
    sts_token: Secret | None = None
    region: str = ""
    encoding: str = "utf-8"
    max_connection: int = 8
    ssl_version: str = ""
    retry_seconds: float = 5.0
    timeout_seconds: float = 30.0

    @classmethod
    def from_profile(cls, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> TablestoreOptions:
        """Read and check the fields of a profile; an access key that it lacks comes from the vendor's variables.

        Raises:
            UsageError: a field does not make sense.
        """
        token = secrets.get("sts_token")
        region, encoding = fields.get("region", "").strip(), _encoding(fields.get("encoding", "").strip() or "utf8")
        if region and encoding != "utf-8":
            hint = "Leave the region or the encoding empty."
            raise UsageError(f"encoding: {encoding} cannot be signed by version 4, which a region asks for", hint=hint)
        return cls(
            endpoint=_endpoint(fields.get("endpoint", "")),
            instance=_instance(fields),
            access_key_id=fields.get("access_key_id", "").strip() or os.environ.get(KEY_ID_VARIABLE, ""),
            access_key_secret=secrets.get("access_key_secret") or _secret_of(KEY_SECRET_VARIABLE),
            sts_token=token if token is not None and token.reveal() else None,
            region=region,
            encoding=encoding,
            max_connection=int(number(fields, "max_connection", "8", 1, 500)),
            ssl_version=_tls_version(fields.get("ssl_version", "").strip()),
            retry_seconds=number(fields, "retry_seconds", "5", 0, 600),
            timeout_seconds=timeout_seconds(fields),
        )

    def require_key(self) -> None:
        """Refuse to connect without an access key.

        Raises:
            UsageError, SecretNeeded: a part of it is in neither the profile nor the environment.
        """
        hint = f"Fill it in, or set {KEY_ID_VARIABLE} and {KEY_SECRET_VARIABLE}."
        require_access_key(self.access_key_id, self.access_key_secret, hint)


def _secret_of(variable: str) -> Secret:
    return remember_secret(Secret(os.environ.get(variable, "")))


def _endpoint(text: str) -> str:
    text = text.strip().rstrip("/")
    hint = "Write http:// or https:// and the host, such as https://name.cn-hangzhou.ots.aliyuncs.com."
    try:
        parts: SplitResult = urlsplit(text)
        is_good = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or parts.username or parts.query or parts.fragment or not text.isascii():
        raise UsageError(f"endpoint: {text!r} is no address of the service", hint=hint)
    return text


def _instance(fields: Mapping[str, str]) -> str:
    name = fields.get("instance", "").strip()
    if not name or not name.isascii() or not name.isprintable():
        raise UsageError(f"instance: {name!r} is no name of an instance", hint="The console of the service lists them.")
    return name


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise UsageError(f"encoding: {name!r} is no encoding", hint="Usually utf8.") from None


def _tls_version(text: str) -> str:
    if text not in TLS_VERSIONS:
        raise UsageError(f"ssl_version: {text!r} is none of {', '.join(TLS_VERSIONS[1:])}")
    return text
