"""The line of screens: `1 Connections  2 Browser ...`; at 80 columns digits and the current name only."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.reactive import reactive
from textual.strip import Strip

from tui.skeleton import MODES, mode_words
from tui.widgets.drawn import DrawnWidget


class ModeLine(DrawnWidget):
    """Shows the screens; a click goes to one."""

    DEFAULT_CSS = """
    ModeLine {
        height: 1;
        color: $dim;
    }
    """

    mode: reactive[str] = reactive("connections")

    def render_line(self, y: int) -> Strip:
        """The one line."""
        base, current = self.ground, self.look("accent bold underline")
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
