"""Lines of the grid: one segment a row wherever nothing on it stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.style import Style

from services.results.types import ABSENT_CELL
from tui.widgets.data_grid.block_lines import ABSENT_GLYPH, DIM_KINDS
from tui.widgets.data_grid.cells import fit, text_width
from tui.widgets.data_grid.layout import Placed, Placement

PLACEHOLDER: Final = "…"
SELECTED: Final = "▪"
CHANGED: Final = "~"
UP: Final = "↑"
DOWN: Final = "↓"


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
        cells: the text and the kind of each column on screen; None where it is not here yet.
        is_fitted: whether the texts have their exact width already.
        mark: of a staged change to the row, or empty.
        changed: the columns, by index, whose texts are staged.
    """

    cells: Sequence[tuple[str, str] | None]
    is_fitted: bool = False
    mark: str = ""
    changed: frozenset[int] = frozenset()
    is_selected: bool = False


class Runs:
    """Text in growing runs of one style each."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._parts: list[str] = []
        self._style: Style | None = None

    def add(self, text: str, style: Style) -> None:
        """More text."""
        if style is not self._style:
            self._flush()
            self._style = style
        self._parts.append(text)

    def _flush(self) -> None:
        if self._parts:
            self._segments.append(Segment("".join(self._parts), self._style))
            self._parts = []

    @property
    def segments(self) -> list[Segment]:
        """A segment for each run."""
        self._flush()
        return self._segments


def row_segments(
    line: RowLine, placement: Placement, gaps: Sequence[str], cursor: int | None, bar: str, styles: LineStyles
) -> list[Segment]:
    """The line of one row, piece by piece.

    Args:
        gaps: of the placement.
        cursor: the position of the cursor's column if the cursor is on this row.
        bar: the scrollbar's character on this line.
    """
    base = styles.of_row(line.mark, line.is_selected, cursor is not None)
    dim = base + styles.dim
    changed = base + styles.changed
    runs = Runs()
    runs.add(SELECTED if line.is_selected else line.mark[:1] or " ", base)
    for placed, cell, gap in zip(placement.columns, line.cells, gaps, strict=False):
        text, kind = cell or (PLACEHOLDER, ABSENT_CELL)
        is_changed = placed.index in line.changed
        if is_changed and gap:
            runs.add(gap[:-1], base)
            runs.add(CHANGED, changed)
        else:
            runs.add(gap, base)
        style = dim if kind in DIM_KINDS else changed if is_changed else base
        if cursor == placed.position:
            style = styles.cursor
        if not line.is_fitted:
            shown = ABSENT_GLYPH if kind == ABSENT_CELL and not text else text
            text = fit(shown, placed.width, placed.is_right)
        runs.add(text, style)
    runs.add(gaps[-1] + bar, base)
    return runs.segments


def header_segments(
    placement: Placement, gaps: Sequence[str], cursor: int, sort: tuple[str, bool] | None, styles: LineStyles
) -> list[Segment]:
    """The line of column names.

    Args:
        cursor: the position of the cursor's column.
        sort: the name of the sorted column and whether it descends.
    """
    runs = Runs()
    runs.add(" ", styles.header)
    for number, (placed, gap) in enumerate(zip(placement.columns, gaps, strict=False)):
        is_first_scrolled = number == len(placement.frozen)
        runs.add(f"{gap[:-1]}‹" if is_first_scrolled and placement.has_left else gap, styles.header)
        style = styles.header_cursor if placed.position == cursor else styles.header
        runs.add(_title(placed, sort), style)
    runs.add(gaps[-1] + ("›" if placement.has_right else " "), styles.header)
    return runs.segments


def _title(placed: Placed, sort: tuple[str, bool] | None) -> str:
    if sort is None or sort[0] != placed.name or placed.width < 3:
        return fit(placed.name, placed.width, placed.is_right)
    arrow = DOWN if sort[1] else UP
    name = fit(placed.name, placed.width - 2).rstrip()
    return fit(f"{name} {arrow}", placed.width, placed.is_right)


def text_segments(text: str, width: int, style: Style, is_centred: bool = False) -> list[Segment]:
    """A line of plain words."""
    text = fit(text, width).rstrip()
    if is_centred:
        text = " " * ((width - text_width(text)) // 2) + text
    return [Segment(fit(text, width), style)]
