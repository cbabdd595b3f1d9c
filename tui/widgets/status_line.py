"""The rule above the footer: what the cursor stands on, in words."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from services.text import displayable
from tui.widgets.rule import RULE, cells, fit


class StatusLine(Widget):
    """`─ City.Name · text · staged, not sent ────`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"status-line--rule"}
    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        color: $dim;
        .status-line--rule { color: $line; }
    }
    """

    text: reactive[str] = reactive("")

    def render_line(self, y: int) -> Strip:
        """The rule with the words in it."""
        width = self.size.width
        rule = self.get_component_rich_style("status-line--rule")
        shown = fit(displayable(self.text), width - 4)
        if not shown:
            return Strip([Segment(RULE * width, rule)], width)
        segments = [Segment(f"{RULE} ", rule), Segment(f"{shown} ", self.rich_style)]
        segments.append(Segment(RULE * max(width - 3 - cells(shown), 0), rule))
        return Strip(segments).crop_extend(0, width, self.rich_style)
