"""The line of screens: `1 Connections  2 Browser ...`; at 80 columns digits and the current name only."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.skeleton import MODES, mode_words


class ModeLine(Widget):
    """Shows the screens; a click goes to one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"mode-line--current"}
    DEFAULT_CSS = """
    ModeLine {
        height: 1;
        color: $dim;
        .mode-line--current { color: $accent; text-style: bold underline; }
    }
    """

    mode: reactive[str] = reactive("connections")

    def render_line(self, y: int) -> Strip:
        """The one line."""
        base, current = self.rich_style, self.get_component_rich_style("mode-line--current")
        segments: list[Segment] = []
        for text, is_current in mode_words(self.size.width, self.mode):
            segments += [Segment(" ", base), Segment(text, current if is_current else base), Segment(" ", base)]
        return Strip(segments).crop_extend(0, self.size.width, base)

    def on_click(self, event: events.Click) -> None:
        """Go to the screen under the pointer."""
        end = 0
        for (mode, _), (text, _) in zip(MODES, mode_words(self.size.width, self.mode), strict=True):
            end += len(text) + 2
            if event.x < end:
                self.app.switch_mode(mode)
                return
