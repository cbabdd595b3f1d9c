"""The rule above the footer: what the cursor stands on, in words."""

from __future__ import annotations

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip

from tui.widgets.drawn import DrawnWidget
from tui.widgets.rule import RULE, cells, clean


class StatusLine(DrawnWidget):
    """`─ City.Name · text · staged, not sent ────`."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        color: $dim;
    }
    """

    text: reactive[str] = reactive("")

    def render_line(self, y: int) -> Strip:
        """The rule with the words in it."""
        width = self.size.width
        rule = self.look("line")
        shown = clean(self.text, width - 4)
        if not shown:
            return Strip([Segment(RULE * width, rule)], width)
        segments = [Segment(f"{RULE} ", rule), Segment(f"{shown} ", self.ground)]
        segments.append(Segment(RULE * max(width - 3 - cells(shown), 0), rule))
        return Strip(segments).crop_extend(0, width, self.ground)
