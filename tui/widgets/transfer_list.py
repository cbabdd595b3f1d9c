"""The list of transfers: number, what goes where, parts, rows, rate, time left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from services.transfers.model import Item, ItemState
from tui.amounts import left_words, rate_words
from tui.places import tag_of
from tui.profile_book import ProfileBook
from tui.transfer_words import bar, mark_of, rows_words, short_name, state_words
from tui.widgets.drawn import DrawnWidget
from tui.widgets.header import tag_style
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells, clean

if TYPE_CHECKING:
    from services.connections.profile import Profile

ARROW: Final = " → "
_NUMBER, _ROWS, _RATE, _LEFT = 5, 20, 11, 8
_NARROW: Final = 100
_SHORT: Final = 40
"""Cells for both names below which only their last parts are shown."""


def _bar_cells(width: int) -> int:
    return 14 if width >= _NARROW else 10


def _number_cells(width: int) -> int:
    """What the columns behind the name take."""
    rate = _RATE if width >= _NARROW else 0
    return _bar_cells(width) + 2 + _ROWS + rate + _LEFT


class TransferHeads(DrawnWidget):
    """The names of the columns."""

    DEFAULT_CSS = """
    TransferHeads { height: 1; }
    """

    def render_line(self, y: int) -> Strip:
        """The one line, in the measures of the list below."""
        width = self.size.width
        what = width - _NUMBER - 2 - _number_cells(width)
        words = f"{'#':>{_NUMBER - 1}}   {'What':<{what}}{'Parts':<{_bar_cells(width) + 2}}{'Rows':>{_ROWS}}"
        words += f"{'Rate':>{_RATE}}" if width >= _NARROW else ""
        return Strip([Segment(f"{words}{'Left':>{_LEFT}}", self.look("dim"))]).crop_extend(0, width, self.ground)


class TransferList(LineList):
    """One line a transfer; the cursor stays on its transfer when others come or go."""

    DEFAULT_CSS = """
    TransferList {
    }
    """

    def __init__(self, book: ProfileBook, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.book = book
        self._items: tuple[Item, ...] = ()

    @property
    def count(self) -> int:
        """Transfers."""
        return len(self._items)

    @property
    def current(self) -> Item | None:
        """The transfer under the cursor."""
        return self._items[self.cursor] if self.cursor < len(self._items) else None

    def show(self, items: Sequence[Item]) -> None:
        """Show the queue as it is now."""
        stays = self.current.id if self.current else None
        self._items = tuple(items)
        places = [place for place, item in enumerate(self._items) if item.id == stays]
        if places:
            self.cursor = places[0]
        self.lines_changed()

    def select(self, identifier: int) -> None:
        """Stand on a transfer."""
        for place, item in enumerate(self._items):
            if item.id == identifier:
                self.cursor = place

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One transfer."""
        item = self._items[index]
        mark, look = mark_of(item)
        name_room = max(width - _NUMBER - 1 - _number_cells(width + 1), 10)
        segments = [
            Segment(f"{item.id:>{_NUMBER - 2}} ", style),
            Segment(f"{mark} ", self._on(look, style)),
            *self._names(item, name_room, style),
        ]
        return segments + self._numbers(item, width - sum(cells(segment.text) for segment in segments), style)

    def _on(self, look: str, style: Style) -> Style:
        """A state's colour on the ground of the line; the cursor line keeps its own."""
        return style if style.bgcolor != self.ground.bgcolor else style + self.look(look)

    def _names(self, item: Item, room: int, style: Style) -> list[Segment]:
        """Source and target, each with the tag of its store; both give way alike where room is short."""
        ends = [self._end(address, is_short=room < _SHORT) for address in (item.source, item.target)]
        used = len(ARROW) + 1 + sum(5 for profile, _ in ends if profile is not None)
        widths = _shared([cells(clean(name, room)) for _, name in ends], max(room - used, 2))
        segments: list[Segment] = []
        for place, ((profile, name), width) in enumerate(zip(ends, widths, strict=True)):
            if place:
                segments.append(Segment(ARROW, self._on("dim", style)))
            if profile is not None:
                segments += [Segment(f" {tag_of(profile)} ", tag_style(self, profile.kind)), Segment(" ", style)]
            segments.append(Segment(clean(name, width), style))
        left = room - sum(cells(segment.text) for segment in segments)
        return [*segments, Segment(" " * max(left, 0), style)]

    def _end(self, address: str, *, is_short: bool) -> tuple[Profile | None, str]:
        """The profile of an address and its words; where room is short the tag alone tells the profile."""
        name, words = short_name(address, self.book.names)
        if name and is_short:
            words = _last_part(words.removeprefix(name).strip())
        return self.book.get(name) if name else None, words

    def _numbers(self, item: Item, width: int, style: Style) -> list[Segment]:
        bar_cells = _bar_cells(self.size.width)
        words = state_words(item, time.time())
        look = "error" if item.state is ItemState.FAILED else "warning" if item.failure or item.rejected else "dim"
        drawn = bar(item, bar_cells)
        segments = [Segment(f"{drawn:<{bar_cells}}  ", style)]
        room = width - bar_cells - 2
        if words:
            return [*segments, Segment(clean(words, room), self._on(look, style))]
        numbers = f"{rows_words(item):>{_ROWS}}"
        if self.size.width >= _NARROW:
            numbers += f"{rate_words(item.rate) if item.state is ItemState.RUNNING else '':>{_RATE}}"
        numbers += f"{left_words(item.seconds_left) if item.state is ItemState.RUNNING else '':>{_LEFT}}"
        return [*segments, Segment(numbers[-room:] if room > 0 else "", style)]


def _last_part(path: str) -> str:
    """The table of a path, with its partition where it has one."""
    parts = path.split("/")
    tables = [place for place, part in enumerate(parts) if "=" not in part]
    return "/".join(parts[tables[-1] :]) if tables else path


def _shared(wanted: Sequence[int], room: int) -> list[int]:
    """Room for each of two texts: as much as they want, else half each, the shorter one first."""
    first, second = wanted
    if first + second <= room:
        return [first, second]
    half = room // 2
    if first <= half:
        return [first, room - first]
    return [room - second, second] if second <= half else [half, room - half]
