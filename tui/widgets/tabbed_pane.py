"""A pane whose title is a row of tabs: `▸ 1 top_cities.sql  2 scratch*  3 ots ── …`; it shortens and never wraps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive

from tui.widgets.pane import Pane, PaneTitle
from tui.widgets.rule import CUT, cells, clean

GAP: Final = "  "
NOTES_SHARE: Final = 0.45
"""Of the line, at most so much is kept free for the notes."""

Forms = tuple[str, ...]
"""What a tab says, from the longest to the shortest."""


class TabbedTitle(PaneTitle):
    """The rule above a pane, with tabs in place of a title; a click turns to one."""

    tabs: reactive[tuple[Forms, ...]] = reactive(())
    current: reactive[int] = reactive(0)

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, title_line: TabbedTitle, index: int) -> None:
            super().__init__()
            self.title_line = title_line
            self.index = index

        @property
        def control(self) -> TabbedTitle:
            """The line of tabs."""
            return self.title_line

    def head(self, room: int) -> list[Segment]:
        """The tabs that fit, the current one marked; the plain title without any."""
        if not self.tabs:
            return super().head(room)
        segments: list[Segment] = []
        for index, text in self._placed(room):
            segments.append(Segment(text, self.look(self._style_of(index))))
            segments.append(Segment(GAP, self.ground))
        segments[-1] = Segment(" ", self.ground)
        return segments

    def _style_of(self, index: int) -> str:
        if index != self.current:
            return "dim"
        line = " underline" if len(self.tabs) > 1 else ""
        return ("accent bold" if self.is_marked else "text bold" if line else "dim") + line

    def _placed(self, room: int) -> list[tuple[int, str]]:
        notes = sum(4 + cells(note) for note in (*((self.progress,) if self.progress else ()), *self.notes))
        return fitted(self.tabs, self.current, max(room - min(notes, int(room * NOTES_SHARE)), 1))

    def on_click(self, event: events.Click) -> None:
        """Turn to the tab under the pointer."""
        start = 2
        for index, text in self._placed(self.size.width - 4) if self.tabs else ():
            end = start + cells(text) + len(GAP)
            if index >= 0 and start <= event.x < end:
                self.post_message(self.Chosen(self, index))
                return
            start = end


class TabbedPane(Pane):
    """A pane with tabs in its title."""

    TITLE_LINE: ClassVar[type[PaneTitle]] = TabbedTitle

    def show_tabs(self, tabs: Sequence[Forms], current: int) -> None:
        """Say what tabs there are; without any the plain title stands."""
        line = self.query_one(TabbedTitle)
        line.tabs, line.current = tuple(tabs), current


def fitted(tabs: Sequence[Forms], current: int, room: int) -> list[tuple[int, str]]:
    """The index and text of each tab shown, in the longest forms that fit the room; -1 stands for those left out.

    The current tab is always there, at the last resort alone and cut.
    """
    for level in range(max(len(forms) for forms in tabs)):
        texts = [clean(forms[min(level, len(forms) - 1)], room) for forms in tabs]
        if _width(texts) <= room:
            return list(enumerate(texts))
    shortest = [clean(forms[-1], room) for forms in tabs]
    return _around(shortest, current, room)


def _width(texts: Sequence[str]) -> int:
    return sum(map(cells, texts)) + len(GAP) * (len(texts) - 1)


def _around(texts: Sequence[str], current: int, room: int) -> list[tuple[int, str]]:
    """As many tabs around the current one as fit, with a mark where others were left out."""
    first = end = current
    shown = [(current, texts[current])]
    while True:
        wider = [(max(first - 1, 0), end), (first, min(end + 1, len(texts) - 1))]
        if end - current < current - first:
            wider.reverse()
        for start, stop in wider:
            found = _cut(texts, start, stop)
            if (start, stop) != (first, end) and _width([text for _, text in found]) <= room:
                first, end, shown = start, stop, found
                break
        else:
            return shown


def _cut(texts: Sequence[str], first: int, end: int) -> list[tuple[int, str]]:
    shown = [(index, texts[index]) for index in range(first, end + 1)]
    before = [(-1, CUT)] if first > 0 else []
    after = [(-1, CUT)] if end < len(texts) - 1 else []
    return [*before, *shown, *after]
