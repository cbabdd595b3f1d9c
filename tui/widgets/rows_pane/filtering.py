"""Filtering rows: in the store's own language where it can, else among the loaded rows, and it says which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.keys import key
from tui.widgets.rows_pane.base import FilterAsked, ShowsRows


class FilterInput(Input):
    """The text of the filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "submit", "Filter", id="filter.take", tooltip="Show only these rows; all for no text.", weight=90),
    ]


class FilterLine(Horizontal):
    """`where …` for the store, or `contains …` for the loaded rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+t",
            "turn",
            "Where or loaded",
            id="filter.turn",
            tooltip="Filter at the server, or the loaded rows.",
            weight=80,
        ),
        key(
            "escape",
            "leave",
            "Back",
            id="filter.leave",
            tooltip="Back to the rows; the filter stays as it was.",
            weight=70,
        ),
    ]
    DEFAULT_CSS = """
    FilterLine {
        height: 1;
        display: none;
        &.-open { display: block; }
        #filter-word { width: auto; color: $accent; padding: 0 1; }
        #filter-text { width: 1fr; }
    }
    """

    is_where = False
    place = ""

    def compose(self) -> ComposeResult:
        """The word and the field."""
        yield Static(id="filter-word")
        yield FilterInput(id="filter-text", classes="deck-input")

    def open(self, text: str, *, is_where: bool, place: str) -> None:
        """Show the line and type into it; `place` says where the store filters, if it does."""
        self.add_class("-open")
        self.place = place
        self.show_kind(is_where)
        field = self.query_one(Input)
        field.value = text
        self.screen.set_focus(field)

    def show_kind(self, is_where: bool) -> None:
        """Say who filters."""
        self.is_where = is_where
        self.query_one("#filter-word", Static).update(Content("where" if is_where else "contains"))
        self.query_one(Input).placeholder = (
            f"a condition, {self.place}; ctrl+t: loaded rows only" if is_where else "a text, loaded rows only"
        )

    def action_turn(self) -> None:
        """The other kind, where the store has both."""
        if self.place:
            self.show_kind(not self.is_where)

    def action_leave(self) -> None:
        """Close without filtering."""
        if isinstance(self.parent, FiltersRows):
            self.parent.close_filter()


class FiltersRows(ShowsRows):
    """Rows with a filter line."""

    def _body(self) -> Iterable[Widget]:
        yield FilterLine()
        yield from super()._body()

    @on(FilterAsked)
    def _filter_asked(self, event: FilterAsked) -> None:
        event.stop()
        if self.shown is None:
            return
        place = self.shown.filter_place
        has_where = bool(self.shown.query.where) or (bool(place) and not self.shown.contains)
        text = self.shown.query.where if has_where else self.shown.contains
        self.query_one(FilterLine).open(text, is_where=has_where, place=place)

    def close_filter(self) -> None:
        """Hide the line and go back to the rows."""
        self.query_one(FilterLine).remove_class("-open")
        self.screen.set_focus(self.grid)

    @on(Input.Submitted, "#filter-text")
    def _filter_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        is_where = self.query_one(FilterLine).is_where
        self.close_filter()
        self.filter_rows(event.value, is_where=is_where)

    def filter_rows(self, text: str, *, is_where: bool) -> None:
        """Show only these rows; an empty text shows all again."""
        if self.shown is None:
            return
        query = replace(self.shown.query, where=text.strip() if is_where else "")
        self._load(replace(self.shown, query=query, contains="" if is_where else text))
