"""A list of one-line entries with a cursor: draws only the lines on screen, however many there are."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui.keys import key
from tui.widgets.scrolled import ScrolledWidget


class LineList(ScrolledWidget):
    """Subclasses say how many lines there are and draw one; the cursor line has a `▸` and a ground of its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("up,k", "move(-1)", "Up", id="list.up", tooltip="The line above."),
        key("down,j", "move(1)", "Down", id="list.down", tooltip="The line below."),
        key("pageup,ctrl+u", "page(-1)", "Page up", id="list.page_up", tooltip="A page up."),
        key("pagedown,ctrl+d", "page(1)", "Page down", id="list.page_down", tooltip="A page down."),
        key("home,g", "go(0)", "First", id="list.first", tooltip="The first line."),
        key("end,G", "go(-1)", "Last", id="list.last", tooltip="The last line."),
        key("enter", "choose", "Open", id="list.open", tooltip="Open what the cursor stands on.", weight=100),
    ]
    DEFAULT_CSS = """
    LineList {
        width: 1fr;
        height: 1fr;
    }
    """

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another line."""

        def __init__(self, list_widget: LineList, index: int) -> None:
            super().__init__()
            self.list_widget = list_widget
            self.index = index

        @property
        def control(self) -> LineList:
            """The list."""
            return self.list_widget

    class Chosen(Moved):
        """A line was opened."""

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """The segments of one line, at most `width` cells; `style` has the ground to draw on."""
        return []

    def validate_cursor(self, cursor: int) -> int:
        """Within the list."""
        return max(0, min(cursor, self.count - 1))

    def watch_cursor(self, cursor: int) -> None:
        """Keep it in view and tell."""
        self._show_cursor()
        if self.count:
            self.post_message(self.Moved(self, cursor))

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._show_cursor()

    def lines_changed(self) -> None:
        """Lines came, went or changed: call this after any change of the data."""
        self.cursor = self.validate_cursor(self.cursor)
        self._show_cursor()
        self.refresh()
        self.refresh_bindings()

    def _show_cursor(self) -> None:
        height = max(self.size.height, 1)
        top = min(self.top, self.cursor)
        self.top = max(top, self.cursor - height + 1)

    def render_line(self, y: int) -> Strip:
        """One line of the list."""
        width = self.size.width
        index = self.top + y
        if index >= self.count:
            return Strip.blank(width, self.ground)
        if index != self.cursor:
            style = self.ground
        else:
            style = self.look("on-cursor bold on cursor" if self.has_focus else "text on raised")
        mark = "▸" if index == self.cursor else " "
        segments = [Segment(mark, style), *self.draw(index, width - 1, style)]
        return Strip(segments).crop_extend(0, width, style)

    def on_click(self, event: events.Click) -> None:
        """Stand on the line; a second click opens it."""
        index = self.top + event.y
        if index < self.count:
            self.cursor = index
            if event.chain > 1:
                self.action_choose()

    def action_move(self, by: int) -> None:
        """Move by lines."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Move by pages."""
        self.cursor += by * self.page_lines

    def action_go(self, index: int) -> None:
        """Go to the first line or the last."""
        self.cursor = index if index >= 0 else self.count - 1

    def action_choose(self) -> None:
        """Open the line."""
        if self.count:
            self.post_message(self.Chosen(self, self.cursor))
