"""What the console shows: one sheet for each profile, its text, its rows, its error; and what it says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Vertical
from textual.getters import query_one
from textual.widget import Widget
from textual.widgets import TextArea

from services.errors import Cancelled, StoredeckError
from services.events import SessionChanged
from services.stores.features import Feature
from services.text import displayable
from tui.screens.base import DeckScreen
from tui.screens.console_sheet import Sheet, result_notes
from tui.widgets.data_grid import DataGrid
from tui.widgets.empty import EmptyState
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.widgets.sql_editor import SqlEditor
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import ResultApi
    from services.queries.history import History
    from tui.bridge import EventPublished

DRAFT_SECONDS: Final = 1.0


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
    editor_pane = query_one("#console-editor", Pane)
    result_pane = query_one("#console-result", Pane)

    def __init__(self) -> None:
        super().__init__()
        self._sheets: dict[str, Sheet] = {}
        self._sheet: Sheet | None = None

    @property
    def sheet(self) -> Sheet | None:
        """The page of the profile on show."""
        return self._sheet

    def compose_body(self) -> Iterable[Widget]:
        """Editor over result; or the empty state."""
        with Vertical(id="console-work"):
            with Pane("SQL", id="console-editor", explain="Statements; the one at the cursor runs."):
                yield SqlEditor(id="console-text")
                yield Lines(id="console-error")
                yield Lines(id="console-told")
            with Pane("Result", id="console-result", explain="The rows of the last statement."):
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
        self._say_why_empty("None ran yet.")

    def _say_why_empty(self, why: str) -> None:
        self.grid.say_when_empty("The rows of a statement stand here.", why, "f5 runs the one at the cursor")

    def on_screen_resume(self) -> None:
        """Stand on a profile, if one is open."""
        if self.is_mounted:
            self._find_profile()

    def on_event_published(self, message: EventPublished) -> None:
        """A session opened or was lost."""
        if isinstance(message.event, SessionChanged) and self.is_mounted:
            self._find_profile()

    def _find_profile(self) -> None:
        names = self.open_profiles()
        if self._sheet is None and names:
            self.show_profile(names[-1])
        self.set_class(self._sheet is None, "-without")
        if self._sheet is None and (self.focused is None or self.focused is self.editor):
            self.query_one("#console-empty").focus()

    def open_profiles(self) -> list[str]:
        """The profiles with an open session that runs SQL."""
        sessions = ((name, self.deck.session(name)) for name in self.deck.states.open_names)
        return [name for name, session in sessions if session is not None and Feature.RUNS_SQL in session.features]

    def show_profile(self, name: str, path: tuple[str, ...] = ()) -> None:
        """Turn to the sheet of a profile."""
        sheet = self._sheets.setdefault(name, Sheet(name))
        start_work(self, "sheet", self._show_sheet, sheet)

    async def _show_sheet(self, sheet: Sheet) -> None:
        """Read its draft if need be; from then on without a pause, so that no key meets half of a change."""
        if not sheet.is_loaded:
            history = await self._history()
            sheet.text = await asyncio.to_thread(history.draft, sheet.draft_name)
            sheet.is_loaded = True
        if self._sheet is not None:
            self._sheet.text, self._sheet.cursor = self.editor.text, self.editor.cursor_location
        self._sheet = sheet
        sheet.dialect = str(getattr(self.deck.session(sheet.profile), "dialect", ""))
        self.set_class(False, "-without")
        self.set_place(sheet.profile)
        self.editor.dialect = sheet.dialect
        self.editor.complete_for(sheet.profile)
        self.editor.load_text(sheet.text)
        self.editor.move_cursor(sheet.cursor or self.editor.document.end)
        self.editor.focus()
        self.grid.show(sheet.result)
        self._show_notes()
        self._show_error(sheet)
        self._show_told(sheet)

    async def _history(self) -> History:
        """The history; making its folder blocks, so the first use is off the loop."""
        return await asyncio.to_thread(lambda: self.deck.services.history)

    def _show_notes(self) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        profile = self.deck.book.get(sheet.profile)
        schema = profile.fields.get("schema", "") if profile is not None else ""
        notes = [displayable(sheet.profile)]
        notes += [f"schema {schema}"] if schema else []
        notes += ["PRIVATE, nothing is kept"] if self.deck.services.history.is_private else []
        self.editor_pane.notes = notes
        result = [*result_notes(sheet.result.state)] if sheet.result is not None else []
        self.result_pane.notes = [*result, *sheet.notes]
        self.refresh_bindings()

    def _show_error(self, sheet: Sheet) -> None:
        if sheet is not self._sheet:
            return
        error = sheet.error
        self.set_class(error is not None, "-failed")
        self._say_why_empty("None ran yet." if error is None else "The last one ended without any.")
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
        first, *details = sheet.told.splitlines() or [""]
        if first and self.result_pane.is_busy:
            self.result_pane.busy(first, cancel_key="ctrl+g")
        self.set_class(bool(details), "-telling")
        if details:
            self.query_one("#console-told", Lines).show([Line.of(Piece(text, "dim")) for text in details])

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        sheet = self._sheet
        if sheet is not None and self.editor.text != sheet.text:
            sheet.text = self.editor.text
            start_work(self, "draft", self._keep_draft, sheet)

    async def _keep_draft(self, sheet: Sheet) -> None:
        """Keep the text, once the typing pauses."""
        await asyncio.sleep(DRAFT_SECONDS)
        await asyncio.to_thread(self.deck.services.history.keep_draft, sheet.draft_name, sheet.text)

    @on(TextArea.SelectionChanged)
    def _cursor_in_text(self) -> None:
        if self.editor.has_focus:
            self.set_status(self.editor.place_words())

    @on(DataGrid.StateChanged)
    def _state_changed(self, event: DataGrid.StateChanged) -> None:
        sheet = self._sheet
        if sheet is not None and event.state.error and sheet.result is not None and sheet.error is None:
            self.failed(sheet, StoredeckError(event.state.error, hint=event.state.hint))
        self._show_notes()

    @on(DataGrid.Failed)
    def _grid_failed(self, event: DataGrid.Failed) -> None:
        if self._sheet is not None:
            self.failed(self._sheet, event.error)

    @on(DataGrid.Noted)
    def _noted(self, event: DataGrid.Noted) -> None:
        self.set_status(event.text)

    @on(DataGrid.CursorMoved)
    def _cursor_in_rows(self, event: DataGrid.CursorMoved) -> None:
        columns = self.grid.state.columns
        if event.row is not None and event.column is not None and event.column < len(columns):
            column = columns[event.column]
            self.set_status(f"{column.name} · {column.type} · row {event.row + 1:,}")

    @on(DataGrid.ValueRequested)
    @on(DataGrid.RowActivated)
    def _value_requested(self) -> None:
        row, column = self.grid.cursor_row, self.grid.cursor_column
        if row is not None and column is not None and self.grid.result is not None:
            start_work(self, "view", self._view, self.grid.result, row, column)

    async def _view(self, result: ResultApi, row: int, column: int) -> None:
        from tui.modals.value_viewer import ValueViewer

        try:
            inspection = await result.inspect(row, column)
        except StoredeckError as error:
            self.deck.report(error, "view a value")
            return
        name = result.state.columns[column].name
        self.deck.push_screen(ValueViewer(f"{name}, row {row + 1:,}", inspection))

    def failed(self, sheet: Sheet, error: StoredeckError) -> None:
        """A statement failed or was stopped; rows from before stay."""
        sheet.error = error
        self._show_error(sheet)
