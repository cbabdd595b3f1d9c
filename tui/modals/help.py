"""Help: every key, those that work here first, made from the registry and searched by typing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from tui.active_keys import Action, actions
from tui.keys import key
from tui.modals.base import DeckModal
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane

KEY_CELLS = 22


class HelpModal(DeckModal[None]):
    """What the pane is for, then its keys, then those around it, then everything else."""

    TITLE_WORDS = "Keys"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("down", "scroll_by(1)", "Down", id="help.down", tooltip="Scroll down while typing.", weight=20),
        key("up", "scroll_by(-1)", "Up", id="help.up", tooltip="Scroll up while typing.", weight=19),
        key("pagedown", "page(1)", "Page down", id="help.page_down", tooltip="A page down while typing."),
        key("pageup", "page(-1)", "Page up", id="help.page_up", tooltip="A page up while typing."),
        key("f1", "cancel", "Close", id="help.close", tooltip="Close the help.", weight=1),
    ]
    DEFAULT_CSS = """
    HelpModal {
        #modal-box { height: 90%; }
        #modal-pane { height: 1fr; }
        #help-lines { padding: 1 0 0 0; }
    }
    """

    def __init__(self, below: Screen[Any]) -> None:
        """Help about the screen below."""
        super().__init__()
        self._actions = actions(below)
        self._explain = explanation(below)

    def compose_body(self) -> Iterable[Widget]:
        """The search field and the list."""
        yield Input(placeholder="type to search", id="help-search", classes="deck-input")
        yield Lines(help_lines(self._actions, self._explain, ""), id="help-lines")

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        self.query_one(Lines).show(help_lines(self._actions, self._explain, event.value))

    def action_scroll_by(self, by: int) -> None:
        """Scroll while the search field has the focus."""
        self.query_one(Lines).action_scroll_by(by)

    def action_page(self, by: int) -> None:
        """Scroll by pages while the search field has the focus."""
        self.query_one(Lines).action_page(by)


def explanation(screen: Screen[Any]) -> tuple[str, str]:
    """Title and words of the focused pane."""
    focused = screen.focused
    for node in focused.ancestors_with_self if focused is not None else ():
        if isinstance(node, Pane) and node.explain:
            return node.title, node.explain
    return "", ""


def help_lines(found: list[Action], explain: tuple[str, str], search: str) -> list[Line]:
    """The page: sections by reach, only what matches the search."""
    lines: list[Line] = []
    if explain[1] and not search:
        lines += [Line.of(Piece(explain[0], "bright")), Line.of(explain[1]), Line()]
    matching = [action for action in found if matches(action, search)]
    in_reach = [action for action in matching if action.node is not None]
    elsewhere = sorted((action for action in matching if action.node is None), key=lambda action: action.scope_words)
    for title, group in (*_sections(in_reach), *_sections(elsewhere)):
        lines.append(Line.of(Piece(title, "bright")))
        lines += [_line(action) for action in group]
        lines.append(Line())
    return lines or [Line.of(Piece(f"Nothing is called {search}.", "dim"))]


def _sections(found: list[Action]) -> list[tuple[str, list[Action]]]:
    return [(title, list(group)) for title, group in groupby(found, key=lambda action: action.scope_words)]


def _line(action: Action) -> Line:
    keys = "  ".join(action.keys)
    style = "text" if action.node is not None and not action.reason else "dim"
    reason = f"  ({action.reason})" if action.reason and action.node is not None else ""
    name = "Help" if action.entry.description == "more" else action.entry.description
    return Line.of(
        Piece(f"  {keys:<{KEY_CELLS}}", style),
        Piece(f"{name:<17} ", style),
        Piece(action.entry.tooltip + reason, "dim"),
        indent=KEY_CELLS + 20,
    )


def matches(action: Action, search: str) -> bool:
    """Whether every word of the search is in the action's name, keys, place or explanation."""
    entry = action.entry
    text = f"{entry.description} {' '.join(action.keys)} {action.scope_words} {entry.tooltip} {entry.id}".lower()
    return all(word in text for word in search.lower().split())
