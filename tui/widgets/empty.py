"""What an empty place says: what this is, why it is empty, the key that fills it."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from textual.strip import Strip

from services.text import displayable
from tui.widgets.drawn import DrawnWidget
from tui.widgets.rule import cells, fit

MOST_CHARACTERS: Final = 2000
LOOKS: Final = {"what": "text bold", "why": "dim", "key": "accent"}


class EmptyState(DrawnWidget):
    """Three lines (or as many as the texts need) in the middle; can take the focus so that keys reach its pane."""

    DEFAULT_CSS = """
    EmptyState {
        width: 1fr;
        height: 1fr;
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
            return Strip.blank(width, self.ground)
        text, name = self._shown[index]
        text = fit(text, width)
        left = (width - cells(text)) // 2
        style = self.look(LOOKS[name])
        strip = Strip([Segment(" " * left, self.ground), Segment(text, style)])
        return strip.extend_cell_length(width, self.ground)

    def _lay_out(self, width: int) -> list[tuple[str, str]]:
        lines: list[tuple[str, str]] = []
        room = max(min(width - 4, 72), 10)
        for text, name in zip(self._texts, ("what", "why", "key"), strict=True):
            if text:
                lines += [("", name)] if lines and name == "key" else []
                lines += [(line, name) for line in wrap(displayable(text, MOST_CHARACTERS), room)]
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
