"""What the console shows: drafts as tabs over the editor, results as tabs over the rows; and what it says of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.getters import query_one
from textual.widget import Widget
from textual.widgets import TextArea

from services.errors import Cancelled, StoredeckError
from services.stores.features import Feature
from services.text import displayable
from tui.screens.base import DeckScreen
from tui.screens.console_sheet import Sheet, result_notes
from tui.widgets.data_grid import DataGrid
from tui.widgets.empty import EmptyState
from tui.widgets.find_bar import FindBar
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.widgets.sql_editor import SqlEditor
from tui.widgets.tabbed_pane import TabbedPane

if TYPE_CHECKING:
    from services.queries.history import History

EDITOR_WORDS = (
    "Statements; the one at the cursor runs. Each tab is a draft: of a profile, kept as one types, named by its file, "
    "a comment at its beginning or its first words; * means that its text is in no file."
)
RESULT_WORDS = "The rows of each statement that ran, the last eight of the draft; [ and ] turn to another."


class ConsoleView(DeckScreen):
    """Editor over result."""

    MODE = "console"
    DEFAULT_CSS = """
    ConsoleView {
        #deck-body { layout: vertical; }
        #console-work { width: 1fr; height: 1fr; }
        #console-none { display: none; }
        #console-editor { height: 2fr; }
        #console-result { height: 3fr; }
        #console-error { height: auto; max-height: 7; display: none; }
        &.-failed #console-error { display: block; }
        #console-told { height: auto; max-height: 4; display: none; }
        &.-telling #console-told { display: block; }
        &.-without { #console-none { display: block; } #console-work { display: none; } }
    }
    """

    editor = query_one(SqlEditor)
    grid = query_one(DataGrid)
    editor_pane = query_one("#console-editor", TabbedPane)
    result_pane = query_one("#console-result", TabbedPane)

    def __init__(self) -> None:
        super().__init__()
        self._sheets: list[Sheet] = []
        self._sheet: Sheet | None = None

    @property
    def sheet(self) -> Sheet | None:
        """The draft on show."""
        return self._sheet

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Every open draft, in the order of the tabs."""
        return tuple(self._sheets)

    def compose_body(self) -> Iterable[Widget]:
        """Editor over result; or the empty state."""
        with Vertical(id="console-work"):
            with TabbedPane("SQL", id="console-editor", explain=EDITOR_WORDS):
                yield SqlEditor(id="console-text")
                yield FindBar(id="console-find")
                yield Lines(id="console-error")
                yield Lines(id="console-told")
            with TabbedPane("Result", id="console-result", explain=RESULT_WORDS):
                yield DataGrid(id="console-grid")
        with Pane("SQL", id="console-none", explain="Statements for any open session that runs SQL."):
            yield EmptyState(
                "A console for SQL: write a statement, run it, see its rows.",
                "It is empty because no open session runs SQL.",
                "1 Connections",
                id="console-empty",
            )

    def on_mount(self) -> None:
        """Words for an empty result."""
        for name in ("#console-error", "#console-told"):
            self.query_one(name, Lines).can_focus = False
        self._say_why_empty()

    def open_profiles(self) -> list[str]:
        """The profiles with an open session that runs SQL."""
        sessions = ((name, self.deck.session(name)) for name in self.deck.states.open_names)
        return [name for name, session in sessions if session is not None and Feature.RUNS_SQL in session.features]

    async def _history(self) -> History:
        """The history; making its folder blocks, so the first use is off the loop."""
        return await asyncio.to_thread(lambda: self.deck.services.history)

    def turn_to(self, sheet: Sheet) -> None:
        """Show a draft; without a pause, so that no key meets half of a change."""
        self._note_places()
        self._sheet = sheet
        sheet.used = time.time()
        sheet.dialect = str(getattr(self.deck.session(sheet.profile), "dialect", ""))
        self.set_class(False, "-without")
        self.set_place(sheet.profile)
        self.editor.dialect = sheet.dialect
        self.editor.complete_for(sheet.profile)
        self._load_editor(sheet)
        self.editor.focus()
        self._show_result()
        self._show_error(sheet)
        self._show_told(sheet)

    def _load_editor(self, sheet: Sheet) -> None:
        """Give the editor the draft's text, cursor, and what can be undone in it."""
        editor = self.editor
        editor.history = replace(editor.history)
        editor.load_text(sheet.text)
        if sheet.undo is not None:
            editor.history = sheet.undo
        editor.move_cursor(sheet.cursor or editor.document.end)

    def _note_places(self) -> None:
        """Note where the user stands in the draft and the result on show."""
        sheet = self._sheet
        if sheet is not None:
            sheet.text, sheet.cursor = self.editor.text, self.editor.cursor_location
            sheet.undo = self.editor.history
            self._note_row()

    def _note_row(self) -> None:
        tab = self._sheet.shown if self._sheet is not None else None
        row, column = self.grid.cursor_row, self.grid.cursor_column
        if tab is not None and tab.result is self.grid.result:
            tab.sorting = self.grid.sort
            if row is not None and column is not None:
                tab.place = (row, column)

    def _show_result(self) -> None:
        """The rows of the result on show, order and cursor as they were; nothing while they are on their way."""
        tab = self._sheet.shown if self._sheet is not None else None
        result = tab.result if tab is not None else None
        self._say_why_empty()
        if result is None or self.grid.result is not result:
            self.grid.show(result, tab.sorting if tab is not None else None)
            if tab is not None and tab.place is not None:
                self.grid.move_to(*tab.place)
        self._show_run()
        self._show_notes()

    def _say_why_empty(self) -> None:
        sheet = self._sheet
        if sheet is not None and sheet.shown is not None and sheet.shown.result is None:
            why = "The statement runs."
        else:
            why = "None ran yet." if sheet is None or sheet.error is None else "The last one ended without any."
        self.grid.say_when_empty("The rows of a statement stand here.", why, "f5 runs the one at the cursor")

    def _show_run(self) -> None:
        """The progress of a statement stands over its own tab, and goes on while another one is shown."""
        sheet = self._sheet
        tab = sheet.shown if sheet is not None else None
        if sheet is None or tab is None or tab.result is not None:
            self.result_pane.idle()
            return
        words = sheet.told.partition("\n")[0] or "running"
        self.result_pane.busy(words, cancel_key="ctrl+g", since=tab.started)

    def _show_notes(self) -> None:
        """Tabs, and what is said beside them."""
        sheet = self._sheet
        if sheet is None:
            return
        profile = self.deck.book.get(sheet.profile)
        schema = profile.fields.get("schema", "") if profile is not None else ""
        notes = [displayable(sheet.profile)]
        notes += [f"schema {schema}"] if schema else []
        notes += ["PRIVATE, nothing is kept"] if self.deck.services.history.is_private else []
        self.editor_pane.notes = notes
        tab = sheet.shown
        result = [*result_notes(sheet.result.state)] if sheet.result is not None else []
        result += tab.notes if tab is not None else ()
        is_last = not sheet.results or tab is sheet.results[-1]
        self.result_pane.notes = [*result, *(sheet.notes if is_last else ())]
        self._show_tabs(sheet)
        self.refresh_bindings()

    def _show_tabs(self, sheet: Sheet) -> None:
        drafts = [one.forms(number, is_current=one is sheet) for number, one in enumerate(self._sheets, 1)]
        self.editor_pane.show_tabs(drafts, self._sheets.index(sheet))
        results = [tab.forms(is_current=tab is sheet.shown) for tab in sheet.results]
        if len(results) == 1:
            results = [results[0][-1:]]  # its rows and seconds stand right beside it
        self.result_pane.show_tabs(results, sheet.results.index(sheet.shown) if sheet.shown is not None else 0)

    def _show_error(self, sheet: Sheet) -> None:
        if sheet is not self._sheet:
            return
        error = sheet.error
        self.set_class(error is not None, "-failed")
        self._say_why_empty()
        if error is None:
            return
        style = "warning" if isinstance(error, Cancelled) else "error"
        lines = [
            Line.of(Piece(f"{'✗ ' if number == 0 else ''}{text}", style), indent=2)
            for number, text in enumerate(error.message.splitlines() or [""])
        ]
        lines += [Line.of(Piece(error.hint, "text"), indent=2)] if error.hint else []
        lines += [Line.of(Piece(f"request id {error.request_id}", "dim"))] if error.request_id else []
        self.query_one("#console-error", Lines).show(lines)

    def told(self, sheet: Sheet, words: str) -> None:
        """What runs says how it stands."""
        if sheet.is_running:
            sheet.told = words
            self._show_told(sheet)

    def _show_told(self, sheet: Sheet) -> None:
        """How it stands in the result's title, the details, such as a link to copy, below the editor."""
        if sheet is not self._sheet:
            return
        self._show_run()
        details = sheet.told.splitlines()[1:]
        self.set_class(bool(details), "-telling")
        if details:
            self.query_one("#console-told", Lines).show([Line.of(Piece(text, "dim")) for text in details])

    def failed(self, sheet: Sheet, error: StoredeckError) -> None:
        """A statement failed or was stopped; rows from before stay."""
        sheet.error = error
        self._show_error(sheet)

    @on(TextArea.SelectionChanged)
    def _cursor_in_text(self) -> None:
        if self.editor.has_focus:
            self.set_status(self.editor.place_words())
