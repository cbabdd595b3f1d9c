"""Lines of the grid: one segment a row wherever nothing on it stands out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from services.results.types import ABSENT_CELL, BINARY, BLANK, EMPTY, NULL
from tui.widgets.data_grid.cells import fit
from tui.widgets.data_grid.layout import DIVIDER, Placed, Placement

PLACEHOLDER: Final = "…"
ABSENT_GLYPH: Final = "·"
SELECTED: Final = "▪"
UP: Final = "↑"
DOWN: Final = "↓"
DIM_KINDS: Final = frozenset(NULL + ABSENT_CELL + EMPTY + BLANK + BINARY)


@dataclass(frozen=True, slots=True)
class LineStyles:
    """The styles of one theme and focus state, computed once."""

    row: Style
    dim: Style
    cursor: Style
    cursor_row: Style
    header: Style
    header_cursor: Style
    selected: Style
    changed: Style
    added: Style
    deleted: Style
    empty: Style

    def of_row(self, mark: str, is_selected: bool, is_cursor: bool) -> Style:
        """The style of a row's plain text."""
        style = _MARK_STYLES.get(mark)
        base = getattr(self, style) if style else self.selected if is_selected else self.row
        if is_cursor:
            return base + Style(bgcolor=self.cursor_row.bgcolor) if style else self.cursor_row
        assert isinstance(base, Style)
        return base


_MARK_STYLES: Final = {"+": "added", "-": "deleted"}


@dataclass(frozen=True, slots=True)
class RowLine:
    """All that one row's line shows.

    Attributes:
        cells: text and kind by column index; columns that are not here yet are missing.
        mark: of a staged change to the row, or empty.
        changed: the columns whose texts are staged.
    """

    cells: Mapping[int, tuple[str, str]]
    mark: str = ""
    changed: frozenset[int] = frozenset()
    is_selected: bool = False


class _Runs:
    """Text in growing runs of one style each."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self._parts: list[str] = []
        self._style: Style | None = None

    def add(self, text: str, style: Style) -> None:
        if style is not self._style:
            self.flush()
            self._style = style
        self._parts.append(text)

    def flush(self) -> None:
        if self._parts:
            self.segments.append(Segment("".join(self._parts), self._style))
            self._parts = []


def row_strip(line: RowLine, placement: Placement, cursor: int | None, bar: str, styles: LineStyles) -> Strip:
    """The line of one row.

    Args:
        cursor: the position of the cursor's column if the cursor is on this row.
        bar: the scrollbar's character on this line.
    """
    is_cursor_row = cursor is not None
    base = styles.of_row(line.mark, line.is_selected, is_cursor_row)
    dim = base + styles.dim
    changed = base + styles.changed
    runs = _Runs()
    add = runs.add
    add(SELECTED if line.is_selected else line.mark[:1] or " ", base)
    x = 1
    for placed in placement.frozen + placement.scrolled:
        text, kind = line.cells.get(placed.index, (PLACEHOLDER, ABSENT_CELL))
        is_changed = placed.index in line.changed
        if placed.x > x:
            add(_gap(placed, placement, x), base)
            add(*(("~", changed) if is_changed else (" ", base)))
        style = dim if kind in DIM_KINDS else changed if is_changed else base
        if cursor == placed.position:
            style = styles.cursor
        if kind == ABSENT_CELL and not text:
            text = ABSENT_GLYPH
        add(fit(text, placed.width, placed.is_right), style)
        x = placed.x + placed.width
    add(_tail(placement, x) + bar, base)
    runs.flush()
    return Strip(runs.segments, placement.width + 1)


def _gap(placed: Placed, placement: Placement, x: int) -> str:
    """What stands before a column's place for a mark."""
    if placement.frozen and placement.scrolled and placed is placement.scrolled[0]:
        return DIVIDER
    return " " * (placed.x - x - 1)


def _tail(placement: Placement, x: int) -> str:
    """The rest of the line behind the last column."""
    if placement.frozen and not placement.scrolled:
        return fit(DIVIDER, placement.width - x)
    return " " * (placement.width - x)


def header_strip(placement: Placement, cursor: int, sort: tuple[str, bool] | None, styles: LineStyles) -> Strip:
    """The line of column names.

    Args:
        cursor: the position of the cursor's column.
        sort: the name of the sorted column and whether it descends.
    """
    runs = _Runs()
    runs.add(" ", styles.header)
    x = 1
    for placed in placement.frozen + placement.scrolled:
        if placed.x > x:
            runs.add(_gap(placed, placement, x), styles.header)
            is_first = bool(placement.scrolled) and placed is placement.scrolled[0]
            runs.add("‹" if is_first and placement.has_left else " ", styles.header)
        style = styles.header_cursor if placed.position == cursor else styles.header
        runs.add(_title(placed, sort), style)
        x = placed.x + placed.width
    runs.add(_tail(placement, x) + ("›" if placement.has_right else " "), styles.header)
    runs.flush()
    return Strip(runs.segments, placement.width + 1)


def _title(placed: Placed, sort: tuple[str, bool] | None) -> str:
    if sort is None or sort[0] != placed.name or placed.width < 3:
        return fit(placed.name, placed.width, placed.is_right)
    arrow = DOWN if sort[1] else UP
    name = fit(placed.name, placed.width - 2).rstrip()
    return fit(f"{name} {arrow}", placed.width, placed.is_right)


def text_strip(text: str, width: int, style: Style, is_centred: bool = False) -> Strip:
    """A line of plain words."""
    text = fit(text, width).rstrip()
    if is_centred:
        text = " " * ((width - len(text)) // 2) + text
    return Strip([Segment(fit(text, width), style)], width)
