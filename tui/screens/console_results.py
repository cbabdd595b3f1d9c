"""The results of the console: a tab for each statement that ran, their rows, and how many are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from services.errors import StoredeckError
from services.text import one_line
from tui.keys import key
from tui.screens.console_sheet import ResultTab, Sheet, neighbour
from tui.screens.console_view import ConsoleView
from tui.widgets.data_grid import DataGrid
from tui.widgets.tabbed_pane import TabbedTitle
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import ResultApi

MOST_WORDS = 500


class ConsoleResults(ConsoleView):
    """What one can do with results."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "right_square_bracket,ctrl+down",
            "turn_result(1)",
            "Next result",
            id="console.next_result",
            tooltip="Show the next result of this draft; ctrl+down from the editor, too.",
        ),
        key(
            "left_square_bracket,ctrl+up",
            "turn_result(-1)",
            "Result before",
            id="console.previous_result",
            tooltip="Show the result before; ctrl+up from the editor, too.",
        ),
        key(
            "x",
            "close_result",
            "Close result",
            id="console.close_result",
            tooltip="Close the result on show and free its rows.",
        ),
    ]

    def why_no_results(self, action: str) -> str:
        """Why there is no other result, or none to close; empty where there is."""
        sheet = self._sheet
        if sheet is None or sheet.shown is None:
            return "no result is here"
        if action == "close_result":
            return "the statement runs, ctrl+g stops it" if sheet.shown.result is None else ""
        return "" if len(sheet.results) > 1 else "this is the only result"

    def began(self, sheet: Sheet, words: str, *, is_followed: bool) -> ResultTab:
        """A statement was sent: it has a tab from now on, beside the rows that stay until its own are here."""
        sheet.error, sheet.told = None, ""
        if sheet is self._sheet:
            self._note_row()
        tab = sheet.begin(words, is_followed=is_followed)
        if sheet is self._sheet:
            self._show_error(sheet)
            self._show_told(sheet)
        self._show_notes()
        return tab

    async def opened(self, sheet: Sheet, tab: ResultTab, result: ResultApi) -> None:
        """A statement's first page is here; the oldest results beyond those kept are closed."""
        tab.result = result
        surplus = sheet.surplus()
        for old in surplus:
            sheet.drop(old)
        if sheet is self._sheet and sheet.shown is tab:
            self._show_result()
        self._show_notes()
        for old in surplus:
            await self._free(old)

    def ended(self, sheet: Sheet) -> None:
        """A go is over; what came to no result has no tab any more."""
        sheet.told = ""
        for tab in [tab for tab in sheet.results if tab.result is None]:
            sheet.drop(tab)
        if sheet is self._sheet:
            self._show_result()
            self._show_told(sheet)
        self._show_notes()

    def result_ended(self) -> None:
        """All rows of a result are here, on show or not."""
        self._show_notes()

    async def _free(self, tab: ResultTab) -> None:
        """Give back the rows of a result, in the session's process, too."""
        if tab.result is not None:
            try:
                await tab.result.close()
            except StoredeckError as error:
                self.deck.report(error, "close a result")

    def action_turn_result(self, by: int) -> None:
        """Show another result."""
        sheet = self._sheet
        if sheet is not None and sheet.shown is not None:
            self._turn_to_result(sheet, neighbour(sheet.results, sheet.shown, by))

    def _turn_to_result(self, sheet: Sheet, tab: ResultTab) -> None:
        self._note_row()
        sheet.shown = tab
        self._show_result()
        self.set_status(f"result {tab.number}: {one_line(tab.words[:MOST_WORDS])}")

    @on(TabbedTitle.Chosen, "#console-result TabbedTitle")
    def _result_clicked(self, event: TabbedTitle.Chosen) -> None:
        if self._sheet is not None and event.index < len(self._sheet.results):
            self._turn_to_result(self._sheet, self._sheet.results[event.index])

    def action_close_result(self) -> None:
        """Close the result on show."""
        sheet = self._sheet
        if sheet is None or sheet.shown is None or sheet.shown.result is None:
            return
        tab = sheet.shown
        sheet.drop(tab)
        self._show_result()
        start_work(self, "free", self._free, tab, is_exclusive=False)

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
