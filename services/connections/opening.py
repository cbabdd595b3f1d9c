"""What a session's process is told to open, and what it says once it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from services.stores.features import Feature
from services.stores.limits import Limits

if TYPE_CHECKING:
    from services.connections.profile import Profile
    from services.results.budget import Budget
    from services.secrets import Secret
    from services.stores.base import Store


@dataclass(frozen=True, slots=True)
class Opening:
    """All that a session's process needs.

    Attributes:
        secrets: those that the user typed; the others it gets itself from where the profile says.
        spill_folder: where rows beyond the budget go, None to keep all in memory.
        page_rows: rows a page where a query does not say, None for the store's own.
    """

    profile: Profile
    budget: Budget
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    spill_folder: Path | None = None
    page_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a connected store said of itself.

    Attributes:
        dialect: for splitting statements and telling reads from writes; empty where it runs no SQL.
    """

    features: frozenset[Feature]
    limits: Limits
    dialect: str = ""


def build_store(opening: Opening) -> Store:
    """The unconnected store of a profile, its secrets resolved here.

    Raises:
        SecretNeeded, VaultUnusable, ExtraMissing, UsageError.
    """
    from services.connections.vault import KeyringVault

    profile = opening.profile
    secrets = KeyringVault().resolve_secrets(profile, opening.secrets)
    return profile.store_kind.build(profile.fields, secrets)
