"""The base of widgets that have more lines than rows on the screen."""

from __future__ import annotations

from textual import events
from textual.reactive import reactive

from tui.widgets.drawn import DrawnWidget

WHEEL_LINES = 3


class ScrolledWidget(DrawnWidget):
    """`top` is the first line shown; the wheel moves it."""

    can_focus = True

    top: reactive[int] = reactive(0)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return 0

    @property
    def page_lines(self) -> int:
        """Lines that a page key moves by: one stays in view."""
        return max(self.size.height - 1, 1)

    def validate_top(self, top: int) -> int:
        """Never past the last page."""
        return max(0, min(top, self.count - self.size.height))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Some lines on."""
        event.stop()
        self.top += WHEEL_LINES

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Some lines back."""
        event.stop()
        self.top -= WHEEL_LINES
