"""What a profile says about a Trove service, completed by its cloud and the OS_* variables, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from services.errors import SecretNeeded, UsageError
from services.logs import remember_secret
from services.secrets import Secret
from services.stores.profile_fields import timeout_seconds
from services.stores.trove.clouds import SECRETS, cloud_fields

INTERFACES: Final = ("public", "internal", "admin")
STRATEGIES: Final = ("keystone", "keystone2", "rax", "rax2")
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class TroveOptions:
    """A profile's fields with their types.

    Attributes:
        auth_url: of Keystone; empty where a token and `service_url` are given.
        service_url: of Trove; empty takes it from the catalog. `{project_id}` in it, or a missing one at its end, is
            filled in.
        strategy: `keystone` (v3), `keystone2`, `rax` or `rax2`.
        secrets: by the field's name; those not given are missing.
    """

    auth_url: str = ""
    service_url: str = ""
    strategy: str = "keystone"
    username: str = ""
    user_id: str = ""
    project_name: str = ""
    project_id: str = ""
    user_domain: tuple[str, str] = ("name", "Default")
    project_domain: tuple[str, str] = ("name", "Default")
    application_credential_id: str = ""
    application_credential_name: str = ""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    region_name: str = ""
    interface: str = "public"
    ca_file: str = ""
    timeout_seconds: float = 30.0

    @classmethod
    def from_profile(cls, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> TroveOptions:
        """Read and check the fields of a profile; what it leaves empty comes from its cloud in clouds.yaml.

        Raises:
            UsageError: a field does not make sense.
        """
        given = {name: value.strip() for name, value in fields.items() if value.strip()}
        known = {name: secret for name, secret in secrets.items() if secret}
        if given.get("cloud"):
            cloud = cloud_fields(given["cloud"])
            given = {name: value for name, value in cloud.items() if name not in SECRETS} | given
            for name in SECRETS & cloud.keys():
                known.setdefault(name, remember_secret(Secret(cloud[name])))
        return cls(
            auth_url=_url(given, "auth_url"),
            service_url=_url(given, "service_url"),
            strategy=_choice(given, "auth_strategy", STRATEGIES),
            username=given.get("username", ""),
            user_id=given.get("user_id", ""),
            project_name=given.get("project_name", ""),
            project_id=given.get("project_id", ""),
            user_domain=_domain(given, "user_domain"),
            project_domain=_domain(given, "project_domain"),
            application_credential_id=given.get("application_credential_id", ""),
            application_credential_name=given.get("application_credential_name", ""),
            secrets=known,
            region_name=given.get("region_name", ""),
            interface=_choice(given, "interface", INTERFACES),
            ca_file=_file(given, "ca_file"),
            timeout_seconds=timeout_seconds(given),
        )

    def secret(self, name: str, words: str) -> str:
        """A secret in clear.

        Raises:
            SecretNeeded: it was not given.
        """
        found = self.secrets.get(name)
        if found is None:
            raise SecretNeeded(name, f"{name}: {words}")
        return found.reveal()

    @property
    def has_application_credential(self) -> bool:
        """Whether it signs in by an application credential."""
        return bool(self.application_credential_id or self.application_credential_name)

    @property
    def is_without_keystone(self) -> bool:
        """Whether a token and the service's own address are all that is needed."""
        return not self.auth_url and bool(self.service_url) and "token" in self.secrets

    @property
    def first_url(self) -> str:
        """What is asked first: Keystone, or the service itself."""
        return self.auth_url or self.service_url

    def require_address(self) -> None:
        """Refuse to connect where nothing says to what.

        Raises:
            UsageError: neither Keystone's address nor the service's own with a token is given.
        """
        if not self.auth_url and not self.is_without_keystone:
            hint = "Set auth_url, or cloud to a name of clouds.yaml, or service_url together with a token."
            raise UsageError("auth_url: no address of Keystone given", hint=hint)


def address_of(url: str) -> tuple[str, int]:
    """Host and port of a URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 80)


def _url(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "").rstrip("/")
    if not text:
        return ""
    try:
        parts: SplitResult = urlsplit(text)
        is_good = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or parts.username or parts.query or parts.fragment:
        hint = "Write http:// or https://, the host and its port, such as https://cloud.example.org:5000/v3."
        raise UsageError(f"{name}: {text!r} is no address of the service", hint=hint)
    return text


def _choice(given: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    text = given.get(name, words[0]).removesuffix("URL")
    if text not in words:
        raise UsageError(f"{name}: {text!r} is none of {', '.join(words)}")
    return text


def _domain(given: Mapping[str, str], name: str) -> tuple[str, str]:
    identifier = given.get(f"{name}_id", "")
    return ("id", identifier) if identifier else ("name", given.get(f"{name}_name", "") or "Default")


def _file(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "")
    if text and not Path(text).expanduser().is_file():
        raise UsageError(f"{name}: {text}: there is no such file")
    return str(Path(text).expanduser()) if text else ""
