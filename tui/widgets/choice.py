"""A choice of one of a few words: `(•) dev  ( ) test  ( ) prod`, on as many lines as they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui.keys import key
from tui.widgets.drawn import DrawnWidget
from tui.widgets.rule import cells


class Choice(DrawnWidget):
    """Left and right, space or a click choose; told by mark, not by colour alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("right,l,space", "move(1)", "Choose", id="choice.next", tooltip="The next word.", weight=30),
        key("left,h", "move(-1)", "Previous", id="choice.previous", tooltip="The word before."),
    ]
    DEFAULT_CSS = """
    Choice {
        height: auto;
        &:focus { background: $cursor; color: $on-cursor; }
    }
    """

    can_focus = True

    index: reactive[int] = reactive(0)

    class Changed(Message):
        """Another word was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice:
            """The choice."""
            return self.choice

    def __init__(
        self, options: Sequence[tuple[str, str]], value: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        """A choice.

        Args:
            options: value and word of each.
            value: the one chosen at first; the first option for a value that is none of them.
        """
        super().__init__(id=id, classes=classes)
        self._options = list(options)
        values = [option for option, _ in options]
        self.set_reactive(Choice.index, values.index(value) if value in values else 0)

    @property
    def value(self) -> str:
        """The chosen value."""
        return self._options[self.index][0]

    def watch_index(self) -> None:
        """Tell."""
        self.post_message(self.Changed(self))

    def _lines(self, width: int) -> list[list[int]]:
        """The places of the options on each line."""
        lines: list[list[int]] = [[]]
        used = 0
        for place, (_, word) in enumerate(self._options):
            if lines[-1] and used + 4 + cells(word) > width:
                lines.append([])
                used = 0
            lines[-1].append(place)
            used += 6 + cells(word)
        return lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the options need."""
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        """One line of options."""
        segments: list[Segment] = []
        quiet = "" if self.has_focus else "dim"
        lines = self._lines(self.size.width)
        for place in lines[y] if y < len(lines) else ():
            style = self.look("bold" if place == self.index else quiet)
            mark = "•" if place == self.index else " "
            segments.append(Segment(f"({mark}) {self._options[place][1]}  ", style))
        return Strip(segments).crop_extend(0, self.size.width, self.ground)

    def on_click(self, event: events.Click) -> None:
        """Choose the word under the pointer."""
        end = 0
        lines = self._lines(self.size.width)
        for place in lines[event.y] if event.y < len(lines) else ():
            end += cells(self._options[place][1]) + 6
            if event.x < end:
                self.index = place
                return

    def action_move(self, by: int) -> None:
        """Choose the next word, round and round."""
        self.index = (self.index + by) % len(self._options)
