"""The SQL console: drafts over their results, for any store that runs SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from services.errors import StoredeckError, UnsupportedOperation
from services.queries.statements import Piece
from services.stores.features import Feature
from services.text import displayable
from tui.keys import key
from tui.screens.console_jobs import ConsoleJobs
from tui.screens.console_runs import Run
from tui.screens.console_sheet import Sheet
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import ResultApi, SessionApi


class ConsoleScreen(ConsoleJobs):
    """What one can do in the console."""

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
        key(
            "escape",
            "to_editor",
            "Editor or rows",
            id="console.to_editor",
            tooltip="From the rows to the editor; from the editor to the rows, where 1 to 6 go to other screens.",
        ),
    ]

    async def session_of(self, sheet: Sheet) -> SessionApi:
        """The sheet's session, opened again if it was lost or closed.

        Raises:
            StoredeckError: it cannot be opened, or runs no SQL.
        """
        session = self.deck.session(sheet.profile)
        if session is None:
            session = await self.deck.open_session(sheet.profile)
        if Feature.RUNS_SQL not in session.features:
            raise UnsupportedOperation(f"{sheet.profile}: runs no SQL", hint="Choose another profile with f3.")
        sheet.dialect = str(getattr(session, "dialect", ""))
        return session

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
        if action in ("turn_result", "close_result"):
            return self.why_no_results(action)
        return self.why_jobs_off() if action in ("jobs", "cost") else self.why_no_drafts(action)

    def action_run(self) -> None:
        """Run the selection, or the statement at the cursor."""
        self._start(self.editor.statements_to_run())

    def action_run_all(self) -> None:
        """Run every statement."""
        self._start(self.editor.all_statements())

    def _start(self, pieces: Sequence[Piece]) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        if not pieces:
            self.set_status("there is no statement here")
            return
        sheet.running = start_work(self, "run", Run(self, sheet, pieces).go, is_exclusive=False)
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
        """Go to the editor; from there to the rows, where a digit is not text."""
        if not self.editor.has_focus:
            self.editor.focus()
        elif self._sheet is not None:
            self.grid.focus()
            self.set_status("1 to 6 go to other screens, esc goes back to the editor")

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
