"""The palette: every action with its key, its place and why not now; profiles by `@`, tables by `#`, themes by name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.binding import BindingType
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from services.errors import StoredeckError
from services.stores.types import Node
from services.text import displayable
from tui.active_keys import Action, actions
from tui.keys import key
from tui.modals.base import DeckModal
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells, clean, fit
from tui.working import start_work

MOST_TABLES = 2000
_PLUMBING = frozenset({"list", "lines", "choice", "modal", "palette", "help", "confirm", "name", "secret"})
"""Scopes whose keys are for the hand, not worth a line among actions unless they are searched for."""


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """One line.

    Attributes:
        note: at the right: the key, or what it is.
        reason: why it cannot be done now, or empty.
        run: does it, after the palette closed.
    """

    name: str
    where: str
    note: str
    reason: str
    run: Callable[[], object]
    search: str


class PaletteList(LineList):
    """The entries that match."""

    DEFAULT_CSS = """
    PaletteList {
        height: 1fr;
    }
    """
    can_focus = False

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.entries: list[PaletteEntry] = []

    @property
    def count(self) -> int:
        """Entries that match."""
        return len(self.entries)

    def show(self, entries: list[PaletteEntry]) -> None:
        """Show others."""
        self.entries = entries
        self.cursor = 0
        self.lines_changed()

    def render_line(self, y: int) -> Strip:
        """One line; where nothing matches, it says so."""
        if y or self.entries:
            return super().render_line(y)
        words = fit("  nothing has these words: @ finds profiles, # tables of open profiles", self.size.width)
        return Strip([Segment(words, self.look("dim"))]).crop_extend(0, self.size.width, self.ground)

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One entry: name, place or reason, key."""
        entry = self.entries[index]
        note = fit(entry.note, 20)
        is_here = index == self.cursor
        dim, bright = (style if is_here else style + Style(color=self.look(name).color) for name in ("dim", "accent"))
        name = clean(entry.name, width // 2)
        middle = clean(f"  {entry.reason or entry.where}", width - cells(name) - cells(note) - 3)
        gap = max(width - 2 - cells(name) - cells(middle) - cells(note), 0)
        return [
            Segment(f" {name}", dim if entry.reason else style),
            Segment(middle + " " * gap, dim),
            Segment(f"{note} ", dim if entry.reason else bright),
        ]


class Palette(DeckModal[None]):
    """Type to search; `@` lists profiles, `#` tables and caches of open sessions."""

    TITLE_WORDS = "Palette"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "enter",
            "choose",
            "Do it",
            id="palette.do",
            tooltip="Do this entry.",
            weight=30,
            priority=True,
        ),
        key("down", "move(1)", "Down", id="palette.down", tooltip="The next entry.", weight=20),
        key("up", "move(-1)", "Up", id="palette.up", tooltip="The entry before.", weight=19),
        key("pagedown", "page(1)", "Page down", id="palette.page_down", tooltip="A page down."),
        key("pageup", "page(-1)", "Page up", id="palette.page_up", tooltip="A page up."),
    ]
    DEFAULT_CSS = """
    Palette {
        align: center top;
        #modal-box { height: 24; max-height: 90%; margin-top: 2; }
        #modal-pane { height: 1fr; }
    }
    """

    def __init__(self, below: Screen[Any]) -> None:
        """The palette over a screen."""
        super().__init__()
        self._actions = actions(below)
        self._tables: list[PaletteEntry] = []

    def compose_body(self) -> Iterable[Widget]:
        """The field and the list."""
        yield Input(placeholder="an action   @ profile   # table", id="palette-input", classes="deck-input")
        yield PaletteList(id="palette-list")

    def on_mount(self) -> None:
        """Show everything; look for tables meanwhile."""
        self._search("")
        start_work(self, "tables", self._find_tables, is_exclusive=False)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._search(event.value)

    def _search(self, text: str) -> None:
        text = text.removeprefix(":").strip()
        match text[:1]:
            case "@":
                entries, words = self._profiles(), text[1:]
            case "#":
                entries, words = self._tables, text[1:]
            case _:
                entries, words = [*self._action_entries(bool(text)), *self._themes()], text
        self.query_one(PaletteList).show(ranked(entries, words))

    def _action_entries(self, with_plumbing: bool) -> list[PaletteEntry]:
        return [
            self._action_entry(action)
            for action in self._actions
            if with_plumbing or action.entry.scope not in _PLUMBING
        ]

    def _action_entry(self, action: Action) -> PaletteEntry:
        entry = action.entry
        name = "Help" if entry.description == "more" else entry.description
        return PaletteEntry(
            name,
            action.scope_words,
            action.keys[0] if action.keys else "",
            action.reason,
            lambda: self.app.run_action(entry.action, action.node),
            f"{name} {action.scope_words} {entry.tooltip}",
        )

    def _profiles(self) -> list[PaletteEntry]:
        states = self.deck.states
        return [
            PaletteEntry(
                f"@{profile.name}",
                f"{profile.kind} {profile.environment.value} {profile.endpoint}",
                states.get(profile.name).mark,
                "",
                lambda name=profile.name: self.deck.open_profile(name),  # type: ignore[misc]
                f"{profile.name} {profile.kind} {profile.endpoint}",
            )
            for profile in self.deck.book.profiles
        ]

    def _themes(self) -> list[PaletteEntry]:
        return [
            PaletteEntry(
                f"Theme {name}",
                "Everywhere",
                "in use" if name == self.app.theme else "",
                "",
                lambda name=name: self.deck.use_theme(name),  # type: ignore[misc]
                f"theme {name}",
            )
            for name in sorted(self.app.available_themes)
            if name.startswith("storedeck") or name == self.app.theme
        ]

    async def _find_tables(self) -> None:
        for name in self.deck.states.open_names:
            try:
                await asyncio.wait_for(self._tables_of(name), 10)
            except (StoredeckError, TimeoutError):
                continue
            if self.query_one(Input).value.startswith("#"):
                self._search(self.query_one(Input).value)

    async def _tables_of(self, profile: str) -> None:
        session = self.deck.session(profile)
        above: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((), (profile,))]
        while session is not None and above and len(self._tables) < MOST_TABLES:
            path, names = above.pop()
            for node in (await session.list_children(path)).nodes:
                if node.is_readable:
                    self._tables.append(self._table_entry(profile, node, " › ".join((*names, node.name))))
                elif node.has_children:
                    above.append((node.path, (*names, node.name)))

    def _table_entry(self, profile: str, node: Node, words: str) -> PaletteEntry:
        return PaletteEntry(
            f"#{node.name}",
            words,
            node.kind,
            "",
            lambda: self.deck.open_path(profile, node.path),
            f"{node.name} {words}",
        )

    def why_off(self, action: str) -> str:
        """What cannot be done now says why in its line."""
        return ""

    def action_move(self, by: int) -> None:
        """Another entry."""
        self.query_one(PaletteList).action_move(by)

    def action_page(self, by: int) -> None:
        """A page of entries."""
        self.query_one(PaletteList).action_page(by)

    @on(LineList.Chosen)
    def action_choose(self) -> None:
        """Do the entry, unless it says why not."""
        found = self.query_one(PaletteList)
        if not found.count:
            return
        entry = found.entries[found.cursor]
        if entry.reason:
            self.app.notify(displayable(f"{entry.name}: {entry.reason}"), severity="warning", markup=False)
            return
        self.dismiss(None)
        self.app.call_later(entry.run)


def ranked(entries: list[PaletteEntry], words: str) -> list[PaletteEntry]:
    """The entries with every word in them; those whose name begins with the first word come first."""
    wanted = words.lower().split()
    found = [entry for entry in entries if all(word in entry.search.lower() for word in wanted)]
    if not wanted:
        return sorted(found, key=lambda entry: bool(entry.reason))

    def rank(entry: PaletteEntry) -> tuple[bool, bool, bool]:
        name = entry.name.lower().lstrip("@#")
        return bool(entry.reason), not name.startswith(wanted[0]), wanted[0] not in name

    return sorted(found, key=rank)
