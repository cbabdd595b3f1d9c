"""The console over a store that keeps jobs: their list, a result read again, and costs before running."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from services.errors import Cancelled, StoredeckError, UnsupportedOperation
from services.stores.features import Feature
from services.stores.types import Statement
from tui.keys import key
from tui.screens.console_sheet import Sheet
from tui.screens.console_text import ConsoleText
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import SessionApi


class ConsoleJobs(ConsoleText):
    """What one can do with jobs; the console itself gives the session."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "f7",
            "jobs",
            "Jobs",
            id="console.jobs",
            tooltip="Jobs of the service: read a result again, look into one, stop it.",
            weight=78,
            priority=True,
        ),
        key("f2", "cost", "Cost", id="console.cost", tooltip="What the statement here would cost.", weight=30),
    ]

    def why_jobs_off(self) -> str:
        """Why there are no jobs here, or empty."""
        session = self.deck.session(self._sheet.profile) if self._sheet is not None else None
        if session is None or Feature.KEEPS_JOBS not in session.features:
            return "this store keeps no jobs"
        return ""

    async def session_of(self, sheet: Sheet) -> SessionApi:
        """The sheet's session."""
        raise NotImplementedError

    def action_jobs(self) -> None:
        """List the jobs and read a result from there."""
        start_work(self, "jobs", self._from_jobs)

    async def _from_jobs(self) -> None:
        from tui.modals.jobs import JobsModal

        sheet = self._sheet
        if sheet is None:
            return
        try:
            session = await self.session_of(sheet)
        except StoredeckError as error:
            self.failed(sheet, error)
            return
        identifier = await self.deck.push_screen_wait(JobsModal(session))
        if identifier is None:
            return
        if sheet.is_running:
            self.set_status("a statement runs, ctrl+g stops it")
            return
        sheet.running = start_work(self, "run", self._read_job, sheet, identifier, is_exclusive=False)
        self.refresh_bindings()

    async def _read_job(self, sheet: Sheet, identifier: str) -> None:
        """Show the result of a job; one that still runs is waited for, and goes on when the wait is given up."""
        tab = self.began(sheet, f"job {identifier}", is_followed=True)
        sheet.notes = ()
        try:
            session = await self.session_of(sheet)
            result = await session.jobs.open_result(identifier, told=lambda words: self.told(sheet, words))
            tab.notes = (f"job {identifier}",)
            await self.opened(sheet, tab, result)
        except asyncio.CancelledError:
            self.failed(sheet, Cancelled(f"job {identifier}: no longer waited for; it goes on"))
        except StoredeckError as error:
            self.failed(sheet, error)
        finally:
            sheet.running = None
            self.ended(sheet)

    def action_cost(self) -> None:
        """Estimate the statement at the cursor."""
        pieces = self.editor.statements_to_run()
        if self._sheet is None or not pieces:
            self.set_status("there is no statement here")
            return
        start_work(self, "cost", self._estimate, self._sheet, pieces[0].text)

    async def _estimate(self, sheet: Sheet, text: str) -> None:
        from tui.modals.jobs import FactsModal

        self.set_status("asking what it would cost")
        try:
            session = await self.session_of(sheet)
            if Feature.KEEPS_JOBS not in session.features:
                raise UnsupportedOperation(f"{sheet.profile}: tells no costs")
            description = await session.jobs.estimate(Statement(text))
        except StoredeckError as error:
            self.failed(sheet, error)
            return
        finally:
            self.set_status("")
        await self.deck.push_screen(FactsModal(description))
