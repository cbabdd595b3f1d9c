"""All actions by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.errors import NotFound
from services.stores.trove.actions import (
    accounts,
    admin,
    configuring,
    copies,
    creating,
    lifecycle,
    logs,
    modules,
    replicas,
)
from services.stores.trove.actions.deed import Deed

_PARTS: Final = (creating, lifecycle, copies, replicas, accounts, configuring, logs, modules, admin)
DEEDS: Final[Mapping[str, Deed]] = {deed.name: deed for part in _PARTS for deed in part.DEEDS}

SERVICE_SCOPES: Final = frozenset(
    (
        "service",
        copies.BACKUPS,
        copies.STRATEGIES,
        configuring.CONFIGURATIONS,
        modules.MODULES,
    )
)
"""Scopes whose actions need no instance."""


def deed_of(name: str) -> Deed:
    """The action of that name.

    Raises:
        NotFound: there is none.
    """
    found = DEEDS.get(name)
    if found is None:
        raise NotFound(f"{name}: no action of Trove", hint=f"Its actions are {', '.join(DEEDS)}.")
    return found
