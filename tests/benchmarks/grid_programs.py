"""The programs that the grid's benchmarks compare: Textual's floors, and the grid over a session process."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from grid_app import GridApp
from memory_session import EXTRA_KINDS, MemorySessions
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Label

from services.connections.proxy import Session
from services.paths import Paths
from services.stores.types import RowQuery


class LabelFloor(App[None]):
    """A key changes one label."""

    BINDINGS = [("down,pagedown", "step", "Step"), ("ctrl+q", "quit", "Quit")]
    CSS = "Screen { overflow: hidden; } Label { width: 100%; }"

    count = 0

    def compose(self) -> ComposeResult:
        """One label."""
        yield Label("ready")

    def action_step(self) -> None:
        """Another text, as wide as a line of the grid."""
        self.count += 1
        self.query_one(Label).update(f"{self.count:<150}")


class Screenful(Widget, can_focus=True):
    """Lines that are ready before they are asked for."""

    BINDINGS = [("down,pagedown", "step", "Step")]
    DEFAULT_CSS = "Screenful { width: 1fr; height: 1fr; overflow: hidden; }"

    page = 0

    def on_mount(self) -> None:
        """Make two screens of different lines."""
        style = Style(color="white", bgcolor="black")
        width, height = self.app.size
        self.pages = [
            [Strip([Segment(f"ready {page} {line} ".ljust(width, letter), style)], width) for line in range(height)]
            for page, letter in enumerate("xyz")
        ]
        self.focus()

    def action_step(self) -> None:
        """The next screen."""
        self.page += 1
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line that is ready."""
        return self.pages[self.page % 3][y]


class ScreenFloor(App[None]):
    """A key changes every line."""

    BINDINGS = [("ctrl+q", "quit", "Quit")]
    CSS = "Screen { overflow: hidden; }"

    def compose(self) -> ComposeResult:
        """The lines."""
        yield Screenful()


class GridOverSession(GridApp):
    """The grid over a table of a session in a process of its own, every row loaded before the first key.

    Args:
        busy: how many other sessions decode without end meanwhile.
    """

    def __init__(self, rows: int, busy: int = 0) -> None:
        super().__init__()
        self._rows = rows
        self._busy = busy
        self._folder = tempfile.TemporaryDirectory()

    def on_mount(self) -> None:
        """Load in a worker, so that the screen is up."""
        super().on_mount()
        self.run_worker(self._load())

    async def _load(self) -> None:
        os.environ["STOREDECK_EXTRA_KINDS"] = EXTRA_KINDS
        root = Path(self._folder.name)
        (root / "state").mkdir()
        made = MemorySessions(Paths(root / "config", root / "state", root / "cache"), 3.0)
        session = await made.open(generated=str(self._rows), page_rows="65536")
        result = await session.open_rows(("main", "numbers"), RowQuery())
        await result.load_more(self._rows)
        for number in range(self._busy):
            other = await made.open(f"busy{number}", generated="1000000000", page_rows="8192")
            self.run_worker(self._decode(other))
        self.grid.show(result)

    async def _decode(self, session: Session) -> None:
        """Let a session decode pages without end."""
        while True:
            result = await session.open_rows(("main", "numbers"), RowQuery())
            await result.load_more(2_000_000)
            await result.close()


def run_grid(rows: int, busy: int = 0) -> None:
    """The grid over rows of ten columns."""
    GridOverSession(rows, busy).run()


if __name__ == "__main__":
    if sys.argv[1] == "label":
        LabelFloor().run()
    elif sys.argv[1] == "screen":
        ScreenFloor().run()
    else:
        run_grid(*(int(argument) for argument in sys.argv[2:]))
