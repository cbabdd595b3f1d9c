"""The grid's painted surface: lines made once, kept, and made anew only where something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final, Self

from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from services.results.types import TEXT, ResultState
from tui.widgets.data_grid.block_lines import BlockLines, gaps_of
from tui.widgets.data_grid.cells import fit
from tui.widgets.data_grid.cursor import View
from tui.widgets.data_grid.layout import ColumnLayout, Placement
from tui.widgets.data_grid.overlay import InsertedRow, RowMark
from tui.widgets.data_grid.scrollbar import Thumb, thumb_of
from tui.widgets.data_grid.strips import LineStyles, RowLine, header_segments, row_segments, text_segments
from tui.widgets.data_grid.window_cache import BLOCK_ROWS, KEPT_BLOCKS, WindowCache
from tui.widgets.empty import wrap

HEADER_LINES: Final = 1
NARROWEST: Final = 10


class GridSurface(Widget):
    """Paints the rows of `shown`; knows nothing of keys or of how cells come.

    It has no border, no padding and no scrollbars of its own: lines go straight to the compositor, without the
    caches of lines that Textual would put between (they cost as much as all the rest).
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "data-grid--dim",
        "data-grid--cursor",
        "data-grid--cursor-row",
        "data-grid--header",
        "data-grid--header-cursor",
        "data-grid--selected",
        "data-grid--changed",
        "data-grid--added",
        "data-grid--deleted",
        "data-grid--empty",
    }
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = ColumnLayout()
        self._cache = WindowCache()
        self._state = ResultState()
        self._shown = View()
        self._inserts: tuple[InsertedRow, ...] = ()
        self._marks: Mapping[str, RowMark] = {}
        self._selection: set[str] = set()
        self._sort: tuple[str, bool] | None = None
        self._empty: tuple[str, ...] = ()
        self._lines: list[Strip | None] = []
        self._lines_size = Size(0, 0)
        self._filters: Sequence[LineFilter] = ()
        self._styles_made: LineStyles | None = None
        self._placement = Placement((), (), 0, False, False)
        self._is_placed = False
        self._gaps: list[str] = []
        self._block_lines: dict[int, BlockLines] = {}
        self._thumb = Thumb()
        self.lines_painted = 0

    @property
    def row_lines(self) -> int:
        """Lines for rows."""
        return max(self.size.height - HEADER_LINES, 1)

    @property
    def text_columns(self) -> int:
        """Cells of a line that are not the scrollbar."""
        return max(self.size.width - 1, NARROWEST)

    @property
    def row_total(self) -> int:
        """Rows that can be shown, new ones included."""
        return self._state.loaded + len(self._inserts)

    def data_row(self, row: int) -> int | None:
        """The result's row for a row as shown; None for a new row."""
        number = row - len(self._inserts)
        return number if number >= 0 else None

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Paint everything again, or just the regions named."""
        if not regions and repaint:
            self._lines = []
            self._is_placed = False
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Theme or focus changed."""
        self._styles_made = None
        self._lines = []
        super().notify_style_update()

    def repaint_lines(self, *lines: int) -> None:
        """Paint some lines again; line 0 is the header."""
        if not self._lines:
            self.refresh()
            return
        width = self.size.width
        for line in lines:
            if 0 <= line < len(self._lines):
                self._lines[line] = None
                self.refresh(Region(0, line, width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region, made where they are not kept."""
        size = self.size
        filters = self.get_line_filters()
        if self._lines_size != size or not self._lines or filters != self._filters:
            self._lines = [None] * size.height
            self._lines_size = size
            self._filters = filters
            self._is_placed = False
        lines = self._lines
        background = self.background_colors[1]
        for y in crop.line_range:
            if lines[y] is None:
                segments = self._paint(y, size)
                for line_filter in filters:
                    segments = line_filter.apply(segments, background)
                lines[y] = Strip(segments, size.width)
                self.lines_painted += 1
        strips = [line for line in lines[crop.y : crop.bottom] if line is not None]
        if crop.column_span != (0, size.width):
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """One line."""
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    @property
    def line_styles(self) -> LineStyles:
        """The styles of the theme and the focus as they are now."""
        if self._styles_made is None:
            self._styles_made = self._make_styles()
        return self._styles_made

    def _make_styles(self) -> LineStyles:
        base = self.rich_style
        part = {
            name.removeprefix("data-grid--").replace("-", "_"): self.get_component_rich_style(name, partial=True)
            for name in self.COMPONENT_CLASSES
        }
        whole = ("cursor", "cursor_row", "header", "header_cursor", "selected", "added", "deleted", "empty")
        styles: dict[str, Style] = {name: base + part[name] for name in whole}
        return LineStyles(row=base, dim=part["dim"], changed=part["changed"], **styles)

    def placement(self) -> Placement:
        """The columns on screen."""
        if not self._is_placed:
            placement = self._columns.place(self._shown.first, self.text_columns)
            if placement != self._placement or len(self._block_lines) > KEPT_BLOCKS:
                self._placement = placement
                self._gaps = gaps_of(placement)
                self._block_lines.clear()
            self._thumb = thumb_of(self._shown.top, self.row_total, self.row_lines)
            self._is_placed = True
        return self._placement

    def _paint(self, y: int, size: Size) -> list[Segment]:
        styles = self.line_styles
        if size.width <= NARROWEST:
            return text_segments("", size.width, styles.row)
        if self._empty and (y >= HEADER_LINES or not self._columns.order):
            return self._paint_empty(y, size, styles)
        placement = self.placement()
        if y < HEADER_LINES:
            return header_segments(placement, self._gaps, self._shown.position, self._sort, styles)
        line = y - HEADER_LINES
        row = self._shown.top + line
        if row >= self.row_total:
            return text_segments("", size.width, styles.row)
        return self._paint_row(row, placement, self._thumb.glyph(line), styles)

    def _paint_empty(self, y: int, size: Size, styles: LineStyles) -> list[Segment]:
        lines = [(line, number) for number, words in enumerate(self._empty) for line in wrap(words, size.width - 2)]
        index = y - max((size.height - len(lines)) // 2, 0)
        if not 0 <= index < len(lines):
            return text_segments("", size.width, styles.row)
        line, number = lines[index]
        style = styles.empty if number else styles.header_cursor
        return text_segments(line, size.width, style, is_centred=True)

    def _paint_row(self, row: int, placement: Placement, bar: str, styles: LineStyles) -> list[Segment]:
        """One segment where the row has nothing that stands out, else piece by piece."""
        cursor = self._shown.position if row == self._shown.row else None
        number = self.data_row(row)
        if number is None:
            line = self._inserted_line(self._inserts[row], placement)
            return row_segments(line, placement, self._gaps, cursor, bar, styles)
        lines = self._lines_of(number, placement)
        offset = number % BLOCK_ROWS
        has_overlay = self._has_overlay(number)
        if lines is None or offset >= len(lines.lines):
            line = RowLine([self._cache.cell(number, placed.index) for placed in placement.columns])
        elif cursor is None and not has_overlay and offset not in lines.special:
            return [Segment(lines.lines[offset] + bar, styles.row)]
        else:
            pairs = zip(lines.cells, lines.kinds, strict=True)
            line = RowLine([(texts[offset], kinds[offset]) for texts, kinds in pairs], is_fitted=True)
        if has_overlay:
            line = self._with_marks(line, number, placement)
        return row_segments(line, placement, self._gaps, cursor, bar, styles)

    def _has_overlay(self, number: int) -> bool:
        """Whether a row is staged or marked."""
        if not self._marks and not self._selection:
            return False
        return self._cache.key(number) in self._marks or self.selection_token(number) in self._selection

    def _lines_of(self, number: int, placement: Placement) -> BlockLines | None:
        """The fitted lines of a row's block; None while a column of it is not here."""
        key = number // BLOCK_ROWS
        found = self._block_lines.get(key)
        if found is not None:
            return found
        block = self._cache.block(number)
        if block is None or not all(placed.index in block.cells for placed in placement.columns):
            return None
        made = self._block_lines[key] = BlockLines(block, placement)
        return made

    def _with_marks(self, line: RowLine, number: int, placement: Placement) -> RowLine:
        key = self._cache.key(number)
        line = replace(line, is_selected=self.selection_token(number) in self._selection)
        mark = self._marks.get(key) if key else None
        if mark is None:
            return line
        cells = list(line.cells)
        changed = set()
        for place, placed in enumerate(placement.columns):
            text = mark.cells.get(placed.name)
            if text is not None:
                cells[place] = (fit(text, placed.width, placed.is_right) if line.is_fitted else text, TEXT)
                changed.add(placed.index)
        return replace(line, cells=cells, mark=mark.mark, changed=frozenset(changed))

    def _inserted_line(self, inserted: InsertedRow, placement: Placement) -> RowLine:
        return RowLine(
            [(inserted.cells.get(placed.name, ""), TEXT) for placed in placement.columns], mark=inserted.mark
        )

    def selection_token(self, number: int) -> str:
        """What names a marked row: its key, or its number where it has none."""
        return self._cache.key(number) or f"#{number}"
