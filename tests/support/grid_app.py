"""The smallest app around a grid, in the console's own theme, behind its second wall."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import App, ComposeResult
from textual.filter import LineFilter
from textual.message import Message
from textual.pilot import Pilot

from services.connections.api import ResultApi
from tui.theming import load_theme, themes_folder
from tui.walls import WallFilter
from tui.widgets.data_grid import DataGrid
from tui.widgets.data_grid.messages import GridMessage


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

    def lines(self) -> list[str]:
        """What stands on the screen."""
        return [strip.text for strip in self.screen._compositor.render_strips()]


def told(app: GridApp, kind: type[GridMessage]) -> list[GridMessage]:
    """The messages of one kind so far."""
    return [message for message in app.told if isinstance(message, kind)]


async def press_all(pilot: Pilot[None], keys: Iterable[str]) -> None:
    """Press keys one by one, each until its paint."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
