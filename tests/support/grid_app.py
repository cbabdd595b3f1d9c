"""The smallest app around a grid, in the console's own theme, behind its second wall."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.message import Message
from textual.pilot import Pilot

from services.connections.api import ResultApi
from tui.theming import load_theme, themes_folder
from tui.walls import WallFilter
from tui.widgets.data_grid import DataGrid
from tui.widgets.data_grid.messages import GridMessage

Told = TypeVar("Told", bound=GridMessage)


class GridApp(App[None]):
    """A grid on the whole screen; keeps the grid's messages."""

    CSS = "Screen { overflow: hidden; }"

    def __init__(self, result: ResultApi | None = None) -> None:
        super().__init__()
        self.grid = DataGrid(result)
        self.told: list[GridMessage] = []
        self._wall = WallFilter()
        self.register_theme(load_theme(themes_folder() / "storedeck.toml"))
        self.theme = "storedeck"

    def compose(self) -> ComposeResult:
        """The grid."""
        yield self.grid

    def on_mount(self) -> None:
        """The grid has the focus."""
        self.grid.focus()

    def get_line_filters(self) -> list[LineFilter]:
        """With the second wall."""
        return [*super().get_line_filters(), self._wall]

    async def _on_message(self, message: Message) -> None:
        if isinstance(message, GridMessage):
            self.told.append(message)
        await super()._on_message(message)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until it holds, for at most ten seconds."""
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true"
            await asyncio.sleep(0.005)

    def lines(self) -> list[str]:
        """What stands on the screen."""
        return [strip.text for strip in self.screen._compositor.render_strips()]


def told(app: GridApp, kind: type[Told]) -> list[Told]:
    """The messages of one kind so far."""
    return [message for message in app.told if isinstance(message, kind)]


async def settled(pilot: Pilot[None], app: GridApp) -> None:
    """Wait until no window is on its way and everything is painted."""
    await pilot.pause()
    await app.until(lambda: app.grid.is_settled)
    await pilot.pause()


async def press_all(pilot: Pilot[None], keys: Iterable[str]) -> None:
    """Press keys one by one, each until its paint."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
