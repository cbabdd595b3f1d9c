"""Drives the console screen in tests: types statements, runs them, waits for what they show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app_driver import WIDE, running, screen_text, services_in, until
from textual.pilot import Pilot

from services.connections.profile import Profile
from tui.app import StoredeckApp
from tui.screens.console import ConsoleScreen
from tui.widgets.lines import Lines


class ConsoleDriver:
    """The app with its console in front."""

    def __init__(self, app: StoredeckApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> ConsoleScreen:
        """The console."""
        screen = next(screen for screen in self.app.deck_screens if isinstance(screen, ConsoleScreen))
        assert isinstance(screen, ConsoleScreen)
        return screen

    @property
    def is_ready(self) -> bool:
        """Whether its editor has the keys."""
        found = [screen for screen in self.app.deck_screens if isinstance(screen, ConsoleScreen)]
        return bool(found) and found[0].sheet is not None and found[0].editor.has_focus

    @property
    def error(self) -> str:
        """What stands below the editor, or empty."""
        if not self.screen.has_class("-failed"):
            return ""
        return self.screen.query_one("#console-error", Lines).text

    @property
    def notes(self) -> str:
        """What the result's title says."""
        return " · ".join(self.screen.result_pane.notes)

    @property
    def text(self) -> str:
        """The whole screen."""
        return screen_text(self.app)

    @property
    def grid_lines(self) -> list[str]:
        """The lines of the result, the header first."""
        region = self.screen.grid.region
        return [line[region.x : region.right - 1] for line in self.text.splitlines()[region.y : region.bottom]]

    async def write(self, text: str) -> None:
        """Put a text into the editor, the cursor at its end."""
        self.screen.editor.text = text
        self.screen.editor.move_cursor(self.screen.editor.document.end)
        await self.pilot.pause()

    async def run(self, text: str, key: str = "f5") -> None:
        """Write, run, and wait until the first rows or an error are here and painted."""
        await self.write(text)
        await self.pilot.press(key)
        await self.finished()

    async def finished(self) -> None:
        """Wait until nothing runs and everything is painted."""
        sheet = self.screen.sheet
        assert sheet is not None
        await until(lambda: not sheet.is_running and not sheet.is_loading, "the statement's end")
        await until(lambda: self.screen.grid.is_settled, "the rows")
        await self.pilot.pause()


@asynccontextmanager
async def console_over(
    folder: Path, *, size: tuple[int, int] = WIDE, is_read_only: bool = False, watch: bool = True, **fields: str
) -> AsyncIterator[ConsoleDriver]:
    """The console, its session `mem` open over the in-memory store in a real process; `watch` fails blocking calls."""
    services = services_in(folder, Profile("mem", "memory", fields, is_read_only=is_read_only))
    async with running(services, size=size, watch=watch) as (app, pilot):
        await app.open_session("mem")
        await pilot.press("3")
        driver = ConsoleDriver(app, pilot)
        await until(lambda: driver.is_ready, "the console")
        yield driver
