"""What can be done right now: every registered action, where it works, and why not where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.screen import Screen

from tui.keys import REGISTRY, KeyEntry, entry_keys, key_words

if TYPE_CHECKING:
    from textual.binding import Binding

SCOPES = {
    "app": "Everywhere",
    "modal": "Pop-ups",
    "list": "Lists",
    "lines": "Texts",
    "choice": "Choices",
    "connections": "Connections",
    "events": "Events",
    "browser": "Browser",
    "tree": "Catalog",
    "grid": "Rows",
    "console": "Console",
    "palette": "Palette",
    "help": "Help",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One registered action as it stands now.

    Attributes:
        keys: as people read them; the user's own where they were changed.
        node: whose action it is, None where it is not in reach.
        reason: why it cannot be done now, or empty.
        depth: 0 for the focused widget, growing outwards; large where it is not in reach.
    """

    entry: KeyEntry
    keys: tuple[str, ...]
    node: DOMNode | None
    reason: str
    depth: int

    @property
    def scope_words(self) -> str:
        """Where it works, for people."""
        return scope_words(self.entry.scope)


def scope_words(scope: str) -> str:
    """A scope for people."""
    return SCOPES.get(scope, scope.replace("_", " ").capitalize())


def actions(screen: Screen[Any]) -> list[Action]:
    """Every registered action, those in reach first, from the focused widget outwards; `load_all` comes before."""
    found: dict[str, Action] = {}
    chain = screen._modal_binding_chain
    active = screen.active_bindings
    for depth, (node, bindings) in enumerate(chain):
        keys_by_id: dict[str, list[Binding]] = {}
        for _, binding in bindings:
            if binding.id in REGISTRY:
                keys_by_id.setdefault(binding.id, []).append(binding)
        for id, bound in keys_by_id.items():
            if id not in found:
                reachable = any(_does(active.get(one.key), REGISTRY[id]) for one in bound)
                reason = "" if reachable else _reason(node, bound[0].action)
                keys = tuple(dict.fromkeys(key_words(one.key) for one in bound))
                found[id] = Action(REGISTRY[id], keys, node, reason, depth)
    for entry in REGISTRY.values():
        if entry.id not in found:
            reason = f"works in: {scope_words(entry.scope)}"
            found[entry.id] = Action(entry, tuple(entry_keys(entry.keys)), None, reason, len(chain) + 1)
    return sorted(found.values(), key=lambda action: action.depth)


def _does(hit: ActiveBinding | None, entry: KeyEntry) -> bool:
    """Whether what a key does now is this action, or one nearer to the focus that says the same."""
    return (
        hit is not None and hit.enabled and (hit.binding.id == entry.id or hit.binding.description == entry.description)
    )


def _reason(node: DOMNode, action: str) -> str:
    """Why an action that is bound cannot be done: the node's own words, or that another key shadows it."""
    why_off = getattr(node, "why_off", None)
    name = action.partition("(")[0].rpartition(".")[2]
    return (why_off(name) if why_off is not None else "") or "its key means something else here"
