"""The one registry of keys: help, footer, palette and re-binding all read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
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

    @property
    def scope(self) -> str:
        """Where it works: the first word of the id."""
        return self.id.partition(".")[0]


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


def load_all() -> None:
    """Import every module that binds keys, so that the registry is whole."""
    from pkgutil import walk_packages

    import tui

    for module in walk_packages(tui.__path__, "tui."):
        if module.name.startswith(("tui.screens", "tui.widgets", "tui.modals", "tui.app")):
            import_module(module.name)


_WORDS: Final = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "equals_sign": "=",
    "plus": "+",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "full_stop": ".",
    "comma": ",",
    "dollar_sign": "$",
    "asterisk": "*",
    "number_sign": "#",
    "at": "@",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "escape": "esc",
    "pageup": "page up",
    "pagedown": "page down",
    "circumflex_accent": "^",
    "underscore": "_",
    "exclamation_mark": "!",
    "vertical_line": "|",
    "backslash": "\\",
    "tilde": "~",
}
_NAMES: Final = {word: name for name, word in _WORDS.items()}


def key_words(key_name: str) -> str:
    """A key as people read it: `ctrl+s`, `?`, `esc`, `D`."""
    *modifiers, last = key_name.strip().split("+") if key_name.strip() != "+" else [key_name]
    if last.startswith("upper_"):
        last = last.removeprefix("upper_").upper()
    return "+".join([*modifiers, _WORDS.get(last, last)])


def entry_keys(keys: str) -> list[str]:
    """Every key of an entry as people read it, in the order given."""
    parts = [","] if keys == "," else keys.split(",")
    return [key_words(part) for part in parts]


def key_name(words: str) -> str:
    """Textual's name of a key as people write it."""
    *modifiers, last = words.strip().split("+") if words.strip() != "+" else ["+"]
    return "+".join([*modifiers, _NAMES.get(last, last)])


def keymap(wanted: Mapping[str, str]) -> dict[str, str]:
    """What a user asked for, in Textual's names of the keys."""
    return {id: ",".join(key_name(part) for part in keys.split(",")) for id, keys in wanted.items()}


def clashes(wanted: Mapping[str, str], entries: Iterable[KeyEntry]) -> Iterator[str]:
    """One line for each wish that cannot be: an unknown id, or a key that two things of one scope would share."""
    known = {entry.id: entry for entry in entries}
    for id in wanted:
        if id not in known:
            yield f"{id}: no such action"
    taken: dict[tuple[str, str], KeyEntry] = {}
    for entry in known.values():
        for part in keymap({entry.id: wanted.get(entry.id, entry.keys)})[entry.id].split(","):
            other = taken.setdefault((entry.scope, part.strip()), entry)
            if other is not entry and (entry.id in wanted or other.id in wanted):
                yield f"{key_words(part)}: wanted by {other.id} and {entry.id}"
