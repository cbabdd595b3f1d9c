"""Running statements: arguments asked, history kept, cancel with effect, errors handed on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from services.errors import Cancelled, StoredeckError
from services.queries.arguments import argument_names, bound
from services.queries.statements import Piece
from services.stores.features import Feature
from services.stores.types import Statement
from services.text import one_line
from tui.modals.arguments import ArgumentsModal, argument_values
from tui.screens.console_sheet import Sheet
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import ResultApi, SessionApi
    from tui.screens.console import ConsoleScreen


class Run:
    """One go over one or more statements of a sheet; stops at the first that fails."""

    def __init__(self, screen: ConsoleScreen, sheet: Sheet, pieces: Sequence[Piece]) -> None:
        self._screen = screen
        self._sheet = sheet
        self._pieces = list(pieces)
        self._history = screen.deck.services.history

    async def go(self) -> None:
        """Run them all."""
        done = 0
        total = len(self._pieces)
        try:
            session = await self._screen.session_of(self._sheet)
            for piece in self._pieces:
                ready = await self._with_arguments(session, piece)
                if ready is None:
                    break
                if not await self._run_one(session, piece, ready):
                    break
                done += 1
        except StoredeckError as error:
            self._screen.failed(self._sheet, error)
        finally:
            self._sheet.running = None
            self._sheet.notes = (f"{done} of {total} statements ran",) if total > 1 else ()
            self._screen.ended(self._sheet)

    async def _with_arguments(self, session: SessionApi, piece: Piece) -> Statement | None:
        """The statement with its arguments bound; None if the user closed the form."""
        if Feature.LITERAL_SQL in session.features:
            return Statement(piece.text)
        names = argument_names(piece.text, self._sheet.dialect)
        words: dict[str, str] = {}
        if names:
            given = await self._screen.deck.push_screen_wait(ArgumentsModal(names, self._sheet.arguments))
            if given is None:
                return None
            words = given
            self._sheet.arguments.update(words)
        text, arguments = bound(piece.text, argument_values(words), self._sheet.dialect)
        return Statement(text, arguments)

    async def _run_one(self, session: SessionApi, piece: Piece, statement: Statement) -> bool:
        """Run one; whether to go on to the next."""
        entry = await asyncio.to_thread(self._history.start, piece.text, self._sheet.profile)
        started = time.monotonic()
        tab = self._screen.began(self._sheet, piece.text, is_followed=piece is self._pieces[0])
        try:
            result = await session.open_sql(statement, lambda words: self._screen.told(self._sheet, words))
        except asyncio.CancelledError:
            await self._finish(entry, "cancelled", started)
            self._screen.failed(self._sheet, Cancelled("stopped: as asked"))
            return False
        except StoredeckError as error:
            outcome = "cancelled" if isinstance(error, Cancelled) else "failed"
            await self._finish(entry, outcome, started, error=error.message)
            self._screen.failed(self._sheet, error)
            return False
        await self._screen.opened(self._sheet, tab, result)
        self._screen.editor.statement_ran(self._sheet.profile, piece.text)
        start_work(self._screen, "history", self._follow, entry, result, is_exclusive=False)
        return True

    async def _finish(
        self, entry: int | None, outcome: str, started: float, *, rows: int | None = None, error: str = ""
    ) -> None:
        seconds = time.monotonic() - started
        await asyncio.to_thread(
            self._history.finish, entry, outcome, seconds=seconds, rows=rows, error=one_line(error[:2000])
        )

    async def _follow(self, entry: int | None, result: ResultApi) -> None:
        """Note in the history how the loading of a result ended."""
        state = result.state
        while state.is_loading:
            newer = await result.changed(state)
            if newer == state:
                break
            state = newer
        outcome = "failed" if state.error else "done"
        rows = state.affected if state.affected is not None and not state.columns else state.loaded
        await asyncio.to_thread(
            self._history.finish, entry, outcome, seconds=state.seconds, rows=rows, error=state.error
        )
        self._screen.result_ended()
