"""A profile: the facts that lead to a store. It holds no secret, only where each one is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import uuid4

from services.connections.secret_refs import SecretRef
from services.errors import UsageError
from services.stores.kinds import StoreKind
from services.stores.registry import store_kind

RESERVED: Final = frozenset({"name", "kind", "id", "environment", "read_only", "colour"})
"""Keys of every profile, which no kind may use for a field of its own."""

_NAME = re.compile(r"\w[\w.@+-]{0,63}")


class Environment(StrEnum):
    """How much care a profile asks for."""

    DEV = "dev"
    TEST = "test"
    PROD = "prod"


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to reach a store.

    Attributes:
        fields: the kind's own fields as text; a field that is left out has its default.
        secrets: where each secret field is kept.
        id: random and for life; the keyring keeps the secrets under it, so a new name moves nothing.
        colour: a colour word of the theme, or empty for the environment's own.
    """

    name: str
    kind: str
    fields: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)
    environment: Environment = Environment.DEV
    is_read_only: bool = False
    colour: str = ""
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def store_kind(self) -> StoreKind:
        """What its kind asks and how to build the store.

        Raises:
            UsageError: there is no such kind.
        """
        return store_kind(self.kind)

    @property
    def endpoint(self) -> str:
        """Where it leads to, in a few words."""
        for name in ("nodes", "endpoint", "auth_url"):
            if self.fields.get(name):
                return self.fields[name]
        return next((value for value in self.fields.values() if value), "")

    def value(self, name: str) -> str:
        """A field's text, or the default of its kind."""
        given = self.fields.get(name, "")
        return given or self.store_kind.field(name).default

    def keyring_ref(self, field_name: str) -> SecretRef:
        """The reference under which the keyring keeps this profile's own secret."""
        return SecretRef.keyring(f"{self.id}/{field_name}")


def check_name(name: str) -> str:
    """The name, when it can stand in an address such as `name:table`.

    Raises:
        UsageError: it cannot.
    """
    if _NAME.fullmatch(name):
        return name
    raise UsageError(
        f"{name!r}: no name for a profile",
        hint="Use up to 64 letters, digits and . _ @ + -, starting with a letter or digit.",
    )


def check_profile(profile: Profile) -> None:
    """Check every field as far as that needs no connection.

    Raises:
        UsageError: names the field and what it allows.
    """
    check_name(profile.name)
    kind = profile.store_kind
    for name, value in profile.fields.items():
        _check_field(kind, name, value)
    for name in profile.secrets:
        if not kind.field(name).is_secret:
            raise UsageError(f"{name}: no secret of {kind.kind}", hint=f"Set it by --set {name}=VALUE.")
    for wanted in kind.fields:
        if wanted.is_required and not wanted.is_secret and not (profile.fields.get(wanted.name) or wanted.default):
            raise UsageError(f"{wanted.name}: {kind.kind} needs it", hint=wanted.help)


def _check_field(kind: StoreKind, name: str, value: str) -> None:
    described = kind.field(name)
    if described.is_secret:
        raise UsageError(
            f"{name}: a secret is not kept in a profile",
            hint="Give it by prompt, --secret-stdin, --secret-env VAR or --secret-command CMD.",
        )
    if described.choices and value and value not in described.choices:
        raise UsageError(f"{name}: {value!r} is not possible", hint=f"It is one of {', '.join(described.choices)}.")
    if name.endswith("_seconds") and value and not _is_duration(value):
        raise UsageError(f"{name}: {value!r} is no duration", hint="Give seconds as a number above 0, such as 30.")


def _is_duration(text: str) -> bool:
    try:
        return 0 < float(text) < 1e9
    except ValueError:
        return False
