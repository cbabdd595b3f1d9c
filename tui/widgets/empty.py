"""What an empty place says: what this is, why it is empty, the key that fills it."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from services.text import displayable
from tui.widgets.rule import cells, fit


class EmptyState(Widget):
    """Three lines (or as many as the texts need) in the middle; can take the focus so that keys reach its pane."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"empty-state--what", "empty-state--why", "empty-state--key"}
    DEFAULT_CSS = """
    EmptyState {
        width: 1fr;
        height: 1fr;
        .empty-state--what { color: $foreground; text-style: bold; }
        .empty-state--why { color: $dim; }
        .empty-state--key { color: $accent; }
    }
    """

    can_focus = True

    def __init__(
        self, what: str, why: str = "", key_hint: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._texts = (what, why, key_hint)
        self._shown: list[tuple[str, str]] = []
        self._shown_width = -1

    def say(self, what: str, why: str = "", key_hint: str = "") -> None:
        """Change the words."""
        self._texts = (what, why, key_hint)
        self._shown_width = -1
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One centred line."""
        width, height = self.size
        if width != self._shown_width:
            self._shown, self._shown_width = self._lay_out(width), width
        index = y - max((height - len(self._shown)) // 2, 0)
        if not 0 <= index < len(self._shown):
            return Strip.blank(width, self.rich_style)
        text, name = self._shown[index]
        text = fit(text, width)
        left = (width - cells(text)) // 2
        style = self.rich_style + self.get_component_rich_style(f"empty-state--{name}")
        strip = Strip([Segment(" " * left, self.rich_style), Segment(text, style)])
        return strip.extend_cell_length(width, self.rich_style)

    def _lay_out(self, width: int) -> list[tuple[str, str]]:
        lines: list[tuple[str, str]] = []
        room = max(min(width - 4, 72), 10)
        for text, name in zip(self._texts, ("what", "why", "key"), strict=True):
            if text:
                lines += [("", name)] if lines and name == "key" else []
                lines += [(line, name) for line in wrap(displayable(text), room)]
        return lines


def wrap(text: str, width: int) -> list[str]:
    """Break a text at blanks into lines of at most so many cells; a longer word is cut."""
    lines: list[str] = []
    for word in text.split():
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(fit(word, width))
    return lines
