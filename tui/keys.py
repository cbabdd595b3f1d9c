"""The one registry of keys: help, footer, palette and re-binding all read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key as help, footer and palette show it; `weight` orders the footer, 0 keeps it out."""

    id: str
    keys: str
    action: str
    description: str
    tooltip: str
    weight: int


REGISTRY: Final[dict[str, KeyEntry]] = {}


def key(
    keys: str, action: str, description: str, *, id: str, tooltip: str, weight: int = 0, priority: bool = False
) -> Binding:
    """A binding that is also in the registry.

    Args:
        keys: as Textual takes them, with commas; the first is the one shown.
        id: `scope.verb`, stable: users re-bind by it.
        tooltip: one sentence for the help page.
        weight: higher stands further left in the footer; 0 is not in the footer.
        priority: acts before the focused widget; never for printable keys.
    """
    REGISTRY[id] = KeyEntry(id, keys, action, description, tooltip, weight)
    return Binding(keys, action, description, show=weight > 0, id=id, tooltip=tooltip, priority=priority)
