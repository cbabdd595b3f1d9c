"""Work that a screen began, while the screen is taken apart."""

from __future__ import annotations

import asyncio

import pytest
from app_driver import until
from textual.app import App
from textual.css.query import NoMatches
from textual.screen import ModalScreen
from textual.widgets import Label
from textual.worker import WorkerFailed

from tui.working import start_work


class Asking(ModalScreen[None]):
    """Waits for an answer, then looks for a widget."""

    answer = asyncio.Event()

    async def ask(self) -> None:
        """The work; the wait does not end with its screen."""
        try:
            await self.answer.wait()
        except asyncio.CancelledError:
            self.query_one(Label)


async def test_work_that_outlives_its_screen_ends_quietly() -> None:
    """The pop-up is closed while it waits: no error comes of what it does not find any more."""
    app: App[None] = App()
    async with app.run_test():
        screen = Asking()
        await app.push_screen(screen)
        worker = start_work(screen, "ask", screen.ask)
        await until(lambda: worker.is_running, "the work")
        screen.dismiss(None)
        await until(lambda: worker.is_finished, "its end")
        assert not screen.is_attached


async def test_a_mistake_is_told_while_the_screen_is_there() -> None:
    """What cannot be found on a screen that is shown is a defect like any other."""
    app: App[None] = App()
    with pytest.raises(WorkerFailed) as told:
        await look_in_vain(app)
    assert isinstance(told.value.error, NoMatches)


async def look_in_vain(app: App[None]) -> None:
    """Look for a widget that a shown screen does not have."""
    async with app.run_test():
        screen = Asking()
        await app.push_screen(screen)

        async def look() -> None:
            screen.query_one(Label)

        await start_work(screen, "look", look).wait()
