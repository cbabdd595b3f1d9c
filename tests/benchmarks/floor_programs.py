"""The least that Textual can do at a key: one label changes, or every line does. Imports nothing else."""

from __future__ import annotations

import sys

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Label


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


if __name__ == "__main__":
    (LabelFloor if sys.argv[1] == "label" else ScreenFloor)().run()
