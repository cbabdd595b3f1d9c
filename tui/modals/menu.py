"""A short list to choose from: each entry with its key, what it does, and why not now where it cannot be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.binding import BindingType
from textual.widget import Widget

from services.text import displayable
from tui.keys import key, key_words
from tui.modals.base import DeckModal
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells, fit


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry.

    Attributes:
        id: what the modal gives when it is chosen.
        key: Textual's name of a key that chooses it at once, or empty.
        why_off: why it cannot be chosen now, or empty.
    """

    id: str
    label: str
    key: str = ""
    note: str = ""
    why_off: str = ""


class MenuList(LineList):
    """The entries, one a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "choose", "Choose", id="menu.choose", tooltip="Do what the line says.", weight=100),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"menu-list--key", "menu-list--dim"}
    DEFAULT_CSS = """
    MenuList {
        height: auto;
        max-height: 24;
        .menu-list--key { color: $accent; text-style: bold; }
        .menu-list--dim { color: $dim; }
    }
    """

    def __init__(self, choices: Sequence[MenuEntry], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.choices = list(choices)
        self._key_cells = max((cells(key_words(choice.key)) for choice in choices if choice.key), default=0)
        self._label_cells = max((cells(displayable(choice.label)) for choice in choices), default=0)

    @property
    def count(self) -> int:
        """Entries."""
        return len(self.choices)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """A line each."""
        return len(self.choices)

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One entry."""
        choice = self.choices[index]
        dim = style + Style(color=self.get_component_rich_style("menu-list--dim").color)
        key_style = style + Style(color=self.get_component_rich_style("menu-list--key").color, bold=True)
        word = key_words(choice.key) if choice.key else ""
        room = max(min(self._label_cells, width - self._key_cells - 4), 1)
        label = fit(displayable(choice.label), room)
        note = f"not now: {choice.why_off}" if choice.why_off else choice.note
        segments = [
            Segment(f" {word.ljust(self._key_cells)} ", dim if choice.why_off else key_style),
            Segment(label.ljust(room - cells(label) + len(label)) + "  ", dim if choice.why_off else style),
        ]
        left = width - sum(cells(segment.text) for segment in segments)
        return [*segments, Segment(fit(displayable(note), left), dim)]


class MenuModal(DeckModal[str]):
    """Gives the id of the entry chosen, None for none."""

    DEFAULT_CSS = """
    MenuModal {
        #modal-box { max-width: 80; }
    }
    """

    def __init__(self, title: str, choices: Sequence[MenuEntry], *, current: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = list(choices)
        self._current = current

    @property
    def title_words(self) -> str:
        """What is chosen for."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """The entries."""
        entries = MenuList(self._choices, id="menu-entries")
        ids = [choice.id for choice in self._choices]
        if self._current in ids:
            entries.set_reactive(LineList.cursor, ids.index(self._current))
        yield entries

    @on(LineList.Chosen)
    def _line_chosen(self, event: LineList.Chosen) -> None:
        self._choose(self._choices[event.index])

    def on_key(self, event: events.Key) -> None:
        """An entry's own key chooses it."""
        for choice in self._choices:
            if choice.key and event.key in choice.key.split(","):
                event.stop()
                event.prevent_default()
                self._choose(choice)
                return

    def _choose(self, choice: MenuEntry) -> None:
        if choice.why_off:
            self.notify(displayable(f"{choice.label}: {choice.why_off}"), severity="warning", markup=False)
        else:
            self.dismiss(choice.id)
