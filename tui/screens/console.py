"""The SQL console: an editor over a result, one sheet for each profile, for any store that runs SQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.getters import query_one
from textual.widget import Widget
from textual.widgets import TextArea

from services.errors import Cancelled, StoredeckError, UnsupportedOperation
from services.events import SessionChanged
from services.queries.statements import Piece as SqlPiece
from services.stores.features import Feature
from services.text import displayable
from tui.keys import key
from tui.screens.base import DeckScreen
from tui.screens.console_runs import Run
from tui.screens.console_sheet import Sheet, result_notes
from tui.widgets.data_grid import DataGrid
from tui.widgets.empty import EmptyState
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.widgets.sql_editor import SqlEditor
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import ResultApi, SessionApi
    from services.queries.history import History
    from tui.bridge import EventPublished

DRAFT_SECONDS = 1.0


class ConsoleScreen(DeckScreen):
    """Editor and result."""

    MODE = "console"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("f5,ctrl+j,ctrl+enter", "run", "Run", id="console.run", tooltip="Run the statement here.", weight=100),
        key("ctrl+g,f9", "stop", "Stop", id="console.stop", tooltip="Stop it, on the server too.", weight=95),
        key(
            "f6",
            "run_all",
            "Run all",
            id="console.run_all",
            tooltip="Run every statement in order, up to the first that fails.",
            weight=35,
            priority=True,
        ),
        key("f8", "history", "History", id="console.history", tooltip="Statements that ran.", weight=85),
        key("f3", "choose", "Profile", id="console.profile", tooltip="Choose where statements run.", weight=80),
        key("f4", "edit_outside", "$EDITOR", id="console.edit", tooltip="Edit the text in $EDITOR.", weight=25),
        key("ctrl+t", "private", "Private", id="console.private", tooltip="Keep nothing of what runs now.", weight=15),
        key("escape", "to_editor", "Editor", id="console.to_editor", tooltip="Go to the editor."),
    ]
    DEFAULT_CSS = """
    ConsoleScreen {
        #deck-body { layout: vertical; }
        #console-work { width: 1fr; height: 1fr; }
        #console-none { display: none; }
        #console-editor { height: 2fr; }
        #console-result { height: 3fr; }
        #console-error { height: auto; max-height: 7; display: none; }
        &.-failed #console-error { display: block; }
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
        self.query_one("#console-error", Lines).can_focus = False
        self.grid.say_when_empty(
            "The rows of a statement stand here.", "None ran yet.", "f5 runs the one at the cursor"
        )

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
        self.editor.load_text(sheet.text)
        self.editor.move_cursor(sheet.cursor or self.editor.document.end)
        self.editor.focus()
        self.grid.show(sheet.result)
        self._show_notes()
        self._show_error(sheet)

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

    async def session_of(self, sheet: Sheet) -> SessionApi:
        """The sheet's session, opened again if it was lost or closed.

        Raises:
            StoredeckError: it cannot be opened, or runs no SQL.
        """
        session = self.deck.session(sheet.profile)
        if session is None or getattr(session, "is_lost", False):
            await self.deck.services.sessions.close(sheet.profile)
            session = await self.deck.open_session(sheet.profile)
        if Feature.RUNS_SQL not in session.features:
            raise UnsupportedOperation(f"{sheet.profile}: runs no SQL", hint="Choose another profile with f3.")
        sheet.dialect = str(getattr(session, "dialect", ""))
        return session

    def began(self, sheet: Sheet) -> None:
        """A statement was sent."""
        sheet.error = None
        if sheet is self._sheet:
            self._show_error(sheet)
            self.result_pane.busy("running", cancel_key="ctrl+g")
            self.refresh_bindings()

    async def opened(self, sheet: Sheet, result: ResultApi) -> None:
        """A statement's first page is here."""
        old, sheet.result = sheet.result, result
        if sheet is self._sheet:
            self.grid.show(result)
            self._show_notes()
        if old is not None:
            await old.close()

    def failed(self, sheet: Sheet, error: StoredeckError) -> None:
        """A statement failed or was stopped; rows from before stay."""
        sheet.error = error
        self._show_error(sheet)

    def ended(self, sheet: Sheet) -> None:
        """A go is over."""
        if sheet is self._sheet:
            self.result_pane.idle()
            self._show_notes()

    def why_off(self, action: str) -> str:
        """What needs a profile, a statement at work, or none."""
        sheet = self._sheet
        if sheet is None:
            return "" if action in ("choose", "history", "private") else "no open session runs SQL"
        is_busy = sheet.is_running or sheet.is_loading
        if action == "stop" and not is_busy:
            return "nothing runs"
        if action in ("run", "run_all") and sheet.is_running:
            return "a statement runs, ctrl+g stops it"
        return ""

    def action_run(self) -> None:
        """Run the selection, or the statement at the cursor."""
        self._start(self.editor.statements_to_run())

    def action_run_all(self) -> None:
        """Run every statement."""
        self._start(self.editor.all_statements())

    def _start(self, pieces: Sequence[SqlPiece]) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        if not pieces:
            self.set_status("there is no statement here")
            return
        sheet.start(start_work(self, f"run:{sheet.profile}", Run(self, sheet, pieces).go, is_exclusive=False))
        self.refresh_bindings()

    async def action_stop(self) -> None:
        """Stop what runs: the request that waits, or the loading of further rows."""
        sheet = self._sheet
        if sheet is None:
            return
        if sheet.running is not None and not sheet.running.is_finished:
            sheet.running.cancel()
        elif sheet.result is not None:
            start_work(self, "stop", self._stop_loading, sheet, sheet.result, is_exclusive=False)

    async def _stop_loading(self, sheet: Sheet, result: ResultApi) -> None:
        try:
            await result.stop()
        except StoredeckError as error:
            self.failed(sheet, error)
        self._show_notes()

    def action_to_editor(self) -> None:
        """Go to the editor."""
        self.editor.focus()

    def action_history(self) -> None:
        """Find a statement that ran and take it again."""
        start_work(self, "history-modal", self._from_history)

    async def _from_history(self) -> None:
        from tui.modals.statement_history import HistoryModal

        profile = self._sheet.profile if self._sheet is not None else ""
        text = await self.deck.push_screen_wait(HistoryModal(await self._history(), profile))
        if text is not None and self._sheet is not None:
            self.editor.append(text)
            self.editor.focus()

    async def action_private(self) -> None:
        """Switch private mode."""
        history = await self._history()
        history.is_private = not history.is_private
        self._show_notes()
        self.set_status("private: neither history nor drafts" if history.is_private else "history is kept again")

    def action_choose(self) -> None:
        """Choose where statements run."""
        start_work(self, "choose", self._choose)

    async def _choose(self) -> None:
        from tui.modals.menu import MenuEntry, MenuModal

        able = self.open_profiles()
        opened = self.deck.states.open_names
        entries = [
            MenuEntry(name, displayable(name), why_off="" if name in able else "its store runs no SQL")
            for name in opened
        ]
        if not entries:
            self.set_status("no session is open: 1 Connections opens one")
            return
        current = self._sheet.profile if self._sheet is not None else ""
        name = await self.deck.push_screen_wait(MenuModal("Run statements in", entries, current=current))
        if name is not None:
            self.show_profile(name)

    def action_edit_outside(self) -> None:
        """Edit the text in the user's own editor; the console waits."""
        from tui.screens.outside_editor import edit_outside

        text = edit_outside(self.deck, self.editor.text, ".sql")
        if text is not None:
            self.editor.text = text
