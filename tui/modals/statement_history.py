"""Statements that ran: searched as one types, and taken into the editor again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.binding import BindingType
from textual.getters import query_one
from textual.widget import Widget
from textual.widgets import Input

from services.queries.history import History, HistoryEntry
from services.text import displayable, one_line
from tui.keys import key
from tui.modals.base import DeckModal
from tui.skeleton import WIDE_COLUMNS
from tui.widgets.data_grid.counts import seconds_text
from tui.widgets.line_list import LineList
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.widgets.rule import cells, fit
from tui.working import start_work

MARKS = {"done": "●", "failed": "✗", "cancelled": "‖", "running": "◐"}


class HistoryList(LineList):
    """One line a statement: when, how it went, where, and its beginning."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"history-list--dim", "history-list--error"}
    DEFAULT_CSS = """
    HistoryList {
        height: 1fr;
        .history-list--dim { color: $dim; }
        .history-list--error { color: $error; }
    }
    """
    can_focus = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.entries: list[HistoryEntry] = []

    @property
    def count(self) -> int:
        """Statements found."""
        return len(self.entries)

    @property
    def current(self) -> HistoryEntry | None:
        """The one under the cursor."""
        return self.entries[self.cursor] if self.entries else None

    def show(self, entries: Sequence[HistoryEntry]) -> None:
        """Show what was found."""
        self.entries = list(entries)
        self.lines_changed()

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One statement."""
        entry = self.entries[index]
        error = style + Style(color=self.get_component_rich_style("history-list--error").color)
        dim = style + Style(color=self.get_component_rich_style("history-list--dim").color)
        room = 12 if width < WIDE_COLUMNS else 24
        profile = fit(displayable(entry.profile), room)
        facts = f" {when(entry.started)} {profile}{' ' * (room - cells(profile))} {rows_words(entry):>12}  "
        mark = MARKS.get(entry.outcome, "?")
        text = fit(one_line(entry.text[:500]), max(width - cells(facts) - 1, 1))
        is_failed = entry.outcome == "failed"
        return [Segment(mark, error if is_failed else style), Segment(facts, dim), Segment(text, style)]


class HistoryModal(DeckModal[str]):
    """Gives the text of the statement chosen, None for none."""

    TITLE_WORDS = "History"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "cancel", "Close", id="history.close", tooltip="Back to the editor.", weight=1),
        key("enter", "take", "Take", id="history.take", tooltip="Put the statement into the editor.", weight=100),
        key("down,ctrl+n", "move(1)", "Older", id="history.down", tooltip="An older statement."),
        key("up", "move(-1)", "Newer", id="history.up", tooltip="A newer statement."),
        key("pagedown", "move(10)", "Page down", id="history.page_down", tooltip="Ten statements on."),
        key("pageup", "move(-10)", "Page up", id="history.page_up", tooltip="Ten statements back."),
        key("f2", "here_only", "This profile", id="history.here", tooltip="Only this profile's, or all.", weight=50),
        key("ctrl+x", "forget", "Forget", id="history.forget", tooltip="Delete the entry for good.", weight=30),
    ]
    DEFAULT_CSS = """
    HistoryModal {
        #modal-box { width: 94%; max-width: 160; height: 90%; }
        #modal-pane { height: 1fr; max-height: 100%; }
        #history-text { height: 8; border-top: solid $line; }
    }
    """

    list_widget = query_one(HistoryList)

    def __init__(self, history: History, profile: str) -> None:
        super().__init__()
        self._history = history
        self._profile = profile
        self._is_here_only = False

    def compose_body(self) -> Iterable[Widget]:
        """Search, list, the whole statement."""
        yield Input(placeholder="words to look for", id="history-search", classes="deck-input")
        yield HistoryList(id="history-list")
        yield Lines(id="history-text")

    def on_mount(self) -> None:
        """Show the newest."""
        self.query_one(Lines).can_focus = False
        self.query_one(Input).focus()
        self._search()

    @on(Input.Changed)
    def _search(self) -> None:
        start_work(self, "history", self._find, self.query_one(Input).value)

    async def _find(self, text: str) -> None:
        profile = self._profile if self._is_here_only else ""
        entries = await asyncio.to_thread(self._history.search, text, profile)
        self.list_widget.show(entries)
        notes = [f"{len(entries):,} found", f"{self._profile} only" if self._is_here_only else "all profiles"]
        if self._history.is_private:
            notes.append("private: nothing is added now")
        self.query_one("#modal-pane", Pane).notes = notes
        self._show_text()

    @on(LineList.Moved)
    def _show_text(self) -> None:
        entry = self.list_widget.current
        if entry is None:
            self.query_one(Lines).show([Line.of(Piece("No statement here, or none with these words.", "dim"))])
            return
        error = [Line.of(Piece(f"✗ {entry.error}", "error"))] if entry.error else []
        lines = [Line.of(text) for text in entry.text.splitlines()[:200]]
        self.query_one(Lines).show([*error, *lines])

    @on(LineList.Chosen)
    @on(Input.Submitted)
    def action_take(self) -> None:
        """Give the statement."""
        entry = self.list_widget.current
        if entry is not None:
            self.dismiss(entry.text)

    def action_move(self, by: int) -> None:
        """Move in the list while typing."""
        self.list_widget.cursor += by

    def action_here_only(self) -> None:
        """Only this profile's, or all."""
        self._is_here_only = not self._is_here_only
        self._search()

    async def action_forget(self) -> None:
        """Delete the entry."""
        entry = self.list_widget.current
        if entry is not None:
            await asyncio.to_thread(self._history.forget, entry.id)
            self._search()


def when(started: float) -> str:
    """Today's by the clock, others by the day."""
    then, now = time.localtime(started), time.localtime()
    return time.strftime("%H:%M:%S  " if then[:3] == now[:3] else "%Y-%m-%d", then)


def rows_words(entry: HistoryEntry) -> str:
    """How many rows, or how long, or how it ended."""
    if entry.outcome != "done":
        return entry.outcome
    if entry.rows is not None:
        return f"{entry.rows:,} rows" if entry.rows != 1 else "1 row"
    return seconds_text(entry.seconds) if entry.seconds is not None else ""
