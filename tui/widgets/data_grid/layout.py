"""Which columns stand where: frozen key columns, the scrolled rest, widths, order, hidden ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.results.types import ResultColumn
from tui.widgets.data_grid.cells import text_width

MIN_WIDTH: Final = 3
USUAL_WIDTH: Final = 40
"""A column starts no wider than this; the user may widen it."""
GUTTER: Final = 1
DIVIDER: Final = "▕│"
GAP: Final = 2
"""Cells between two columns: the place of a changed cell's mark, and one blank."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column on screen; `x` is that of its text, counted from the grid's left edge."""

    index: int
    position: int
    x: int
    width: int
    is_right: bool
    name: str


@dataclass(frozen=True, slots=True)
class Placement:
    """The columns on screen for one scroll position.

    Attributes:
        frozen: the key columns at the left.
        scrolled: the others, the last of them maybe cut.
        width: of the line without the scrollbar.
    """

    frozen: tuple[Placed, ...]
    scrolled: tuple[Placed, ...]
    width: int
    has_left: bool
    has_right: bool

    @property
    def columns(self) -> tuple[Placed, ...]:
        """All columns on screen."""
        return self.frozen + self.scrolled


class ColumnLayout:
    """Order, widths and visibility of a result's columns; positions count the shown columns, keys first."""

    def __init__(self, columns: Sequence[ResultColumn] = ()) -> None:
        self.columns = tuple(columns)
        keys = [index for index, column in enumerate(columns) if column.is_key]
        rest = [index for index, column in enumerate(columns) if not column.is_key]
        self.order = keys + rest
        self._widths = [_first_width(column) for column in columns]
        self._is_chosen = [False] * len(self.columns)

    def extended(self, columns: Sequence[ResultColumn]) -> ColumnLayout:
        """The layout for columns that start with the same ones; what the user arranged stays."""
        layout = ColumnLayout(columns)
        known = len(self.columns)
        if [column.name for column in columns[:known]] != [column.name for column in self.columns]:
            return layout
        layout._widths[:known] = self._widths
        layout._is_chosen[:known] = self._is_chosen
        layout.order = self.order + [index for index in layout.order if index >= known]
        return layout

    def width(self, index: int) -> int:
        """The width of a column's text."""
        return self._widths[index]

    def resize(self, position: int, width: int) -> None:
        """Give a column another width, which then stays."""
        self._widths[self.order[position]] = max(MIN_WIDTH, width)
        self._is_chosen[self.order[position]] = True

    def must_fit(self, index: int) -> bool:
        """Whether a column grows with its values: keys and numbers that were cut would tell lies."""
        column = self.columns[index]
        return (column.is_key or column.is_right) and not self._is_chosen[index]

    def grow(self, index: int, width: int) -> bool:
        """Let a column grow to what its values need, within the usual bound; whether it did."""
        width = min(width, USUAL_WIDTH)
        if width <= self._widths[index]:
            return False
        self._widths[index] = width
        return True

    def make_room(self, name: str, width: int) -> bool:
        """Let the title of a column be seen whole, unless the user chose its width; whether it grew."""
        has_grown = False
        for index, column in enumerate(self.columns):
            if column.name == name and not self._is_chosen[index]:
                has_grown |= self.grow(index, width)
        return has_grown

    def hide(self, position: int) -> bool:
        """Take a column off the screen; the last one stays."""
        if len(self.order) < 2:
            return False
        del self.order[position]
        return True

    def show_all(self) -> None:
        """Bring hidden columns back, behind the others."""
        shown = set(self.order)
        self.order += [index for index in range(len(self.columns)) if index not in shown]

    def move(self, position: int, by: int) -> int:
        """Shift a column among those of its part (keys or the rest); its new position."""
        target = position + by
        frozen = self.key_count
        low, high = (0, frozen) if position < frozen else (frozen, len(self.order))
        if not low <= target < high:
            return position
        self.order[position], self.order[target] = self.order[target], self.order[position]
        return target

    @property
    def key_count(self) -> int:
        """How many of the shown columns are keys; they come first."""
        count = 0
        for index in self.order:
            if not self.columns[index].is_key:
                break
            count += 1
        return count

    def frozen_count(self, width: int) -> int:
        """How many key columns stay in view: as many as fit in half of the width, while another column is left."""
        room = (width - GUTTER) // 2
        count = 0
        for index in self.order[: self.key_count]:
            room -= self._widths[index] + GAP
            if room < 0:
                break
            count += 1
        return count if count < len(self.order) else 0

    def place(self, first: int, width: int) -> Placement:
        """The columns on screen when so many of the columns that scroll are scrolled away."""
        frozen_count = self.frozen_count(width)
        frozen, x = self._run(0, frozen_count, GUTTER, width)
        if frozen:
            x += len(DIVIDER) - GAP
        scrolled, end = self._run(frozen_count + first, len(self.order), x + 1, width)
        last = scrolled[-1] if scrolled else None
        has_right = last is not None and (
            last.position + 1 < len(self.order) or last.width < self._widths[last.index] or end - GAP > width
        )
        return Placement(frozen, scrolled, width, first > 0, has_right)

    def _run(self, start: int, end: int, x: int, width: int) -> tuple[tuple[Placed, ...], int]:
        placed: list[Placed] = []
        for position in range(start, end):
            if x >= width:
                break
            index = self.order[position]
            column = self.columns[index]
            size = min(self._widths[index], width - x)
            placed.append(Placed(index, position, x, size, column.is_right, column.name))
            x += size + GAP
        return tuple(placed), x

    def first_showing(self, position: int, first: int, width: int) -> int:
        """The number of columns to scroll away, nearest to `first`, that shows the column at `position` whole."""
        frozen_count = self.frozen_count(width)
        if position < frozen_count:
            return first
        if position <= frozen_count + first:
            return position - frozen_count
        room = width - GUTTER - 1 - sum(self._widths[index] + GAP for index in self.order[:frozen_count])
        needed = self._widths[self.order[position]]
        start = position
        while start > frozen_count + first:
            needed += self._widths[self.order[start - 1]] + GAP
            if needed > room:
                break
            start -= 1
        return start - frozen_count

    def find(self, text: str, start: int = 0) -> int | None:
        """The next column from position `start` on, around the end, whose name holds the text, whatever its case."""
        text = text.casefold()
        count = len(self.order)
        for step in range(count):
            position = (start + step) % count
            if text in self.columns[self.order[position]].name.casefold():
                return position
        return None


def _first_width(column: ResultColumn) -> int:
    return max(MIN_WIDTH, min(max(column.width, text_width(column.name)), USUAL_WIDTH))
