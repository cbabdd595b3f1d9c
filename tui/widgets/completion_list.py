"""The small list below the cursor: names with their type and table, one of them marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Region, Size
from textual.strip import Strip

from services.queries.completion import Candidate
from tui.widgets.drawn import DrawnWidget
from tui.widgets.rule import cells, clean

MOST_LINES: Final = 8
MOST_WIDTH: Final = 76
_MOST_NAME: Final = 44
_MOST_OTHER: Final = 20
_CHROME_BELOW: Final = 2
"""Lines at the bottom of the screen that tell what the keys do."""


class CompletionList(DrawnWidget):
    """Draws what it is shown, made displayable here; keys are the editor's, it takes the focus from nobody."""

    DEFAULT_CSS = """
    CompletionList {
        overlay: screen;
        position: absolute;
        background: $raised;
        color: $foreground;
        display: none;
    }
    """

    can_focus = False

    def __init__(self, take: Callable[[Candidate], None]) -> None:
        """An empty list.

        Args:
            take: called with what is clicked.
        """
        super().__init__()
        self._take = take
        self.candidates: Sequence[Candidate] = ()
        self.cursor = 0
        self._top = 0
        self._widths = (0, 0, 0)
        self._placed = Region()

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return bool(self.candidates) and self.display

    @property
    def current(self) -> Candidate | None:
        """The marked one."""
        return self.candidates[self.cursor] if self.is_open else None

    def show(self, candidates: Sequence[Candidate], at: Offset, screen: Size) -> None:
        """Show these beside a place: the first cell of the word that is typed, whose line stays free."""
        self.candidates, self.cursor, self._top = candidates, 0, 0
        self._widths = _column_widths(candidates, min(MOST_WIDTH, screen.width))
        region = placed(len(candidates), sum(self._widths) + 4, at, screen)
        if not self.display or region != self._placed:
            self._placed = region
            self.absolute_offset = region.offset
            self.styles.width, self.styles.height = region.width, region.height
            self.display = region.height > 0
            self.refresh(layout=True)
        self.refresh()

    def hide(self) -> None:
        """Leave the screen."""
        self.candidates = ()
        self.display = False

    def move(self, by: int) -> None:
        """Mark another line; behind the last comes the first."""
        self.cursor = (self.cursor + by) % max(len(self.candidates), 1)
        height = max(self.size.height, 1)
        self._top = max(min(self._top, self.cursor), self.cursor - height + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One candidate: name, type, table."""
        index = self._top + y
        if index >= len(self.candidates):
            return Strip.blank(self.size.width, self.ground)
        candidate = self.candidates[index]
        is_marked = index == self.cursor
        ground = self.look("on-cursor bold on cursor" if is_marked else "text on raised")
        other = self.look("on-cursor on cursor" if is_marked else "dim on raised")
        name, type_, source = self._widths
        segments = [Segment("▸" if is_marked else " ", ground), _cell(candidate.name, name, ground)]
        segments += [Segment(" ", other), _cell(candidate.type, type_, other)]
        segments += [Segment(" ", other), _cell(candidate.source, source, other)]
        return Strip(segments).crop_extend(0, self.size.width, ground)

    def on_click(self, event: events.Click) -> None:
        """Take a line."""
        event.stop()
        if self._top + event.y < len(self.candidates):
            self._take(self.candidates[self._top + event.y])

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The next one."""
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The one before."""
        event.stop()
        self.move(-1)


def _cell(text: str, width: int, style: Style) -> Segment:
    shown = clean(text, width)
    return Segment(shown + " " * (width - cells(shown)), style)


def _column_widths(candidates: Sequence[Candidate], room: int) -> tuple[int, int, int]:
    """Cells for name, type and table: as wide as the widest, within the room, the name first."""
    widest = [0, 0, 0]
    for candidate in candidates:
        for place, text in enumerate((candidate.name, candidate.type, candidate.source)):
            widest[place] = max(widest[place], cells(clean(text, _MOST_NAME)))
    name = min(widest[0], _MOST_NAME, room - 4)
    type_ = min(widest[1], _MOST_OTHER, max(room - 4 - name, 0))
    return name, type_, min(widest[2], _MOST_OTHER, max(room - 4 - name - type_, 0))


def placed(count: int, width: int, at: Offset, screen: Size) -> Region:
    """Where a list of so many lines lies: below the line of `at`, or above it where there is more room."""
    below = screen.height - _CHROME_BELOW - at.y - 1
    above = at.y
    height = min(count, MOST_LINES)
    is_below = height <= below or below >= above
    height = max(min(height, below if is_below else above), 0)
    width = min(width, screen.width)
    x = max(min(at.x - 1, screen.width - width), 0)
    return Region(x, at.y + 1 if is_below else at.y - height, width, height)
