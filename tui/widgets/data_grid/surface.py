"""The grid's painted surface: lines made once, kept, and made anew only where something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, Self

from rich.style import Style
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from services.results.types import TEXT, ResultState
from tui.widgets.data_grid.cursor import View
from tui.widgets.data_grid.layout import ColumnLayout, Placement
from tui.widgets.data_grid.overlay import InsertedRow, RowMark
from tui.widgets.data_grid.scrollbar import Thumb, thumb_of
from tui.widgets.data_grid.strips import LineStyles, RowLine, header_strip, row_strip, text_strip
from tui.widgets.data_grid.window_cache import BLOCK_ROWS, WindowCache

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
        self._placement: Placement | None = None
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
            self._placement = None
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
        width = self.size.width
        filters = self.get_line_filters()
        if self._lines_size != self.size or not self._lines or filters != self._filters:
            self._lines = [None] * self.size.height
            self._lines_size = self.size
            self._filters = filters
            self._placement = None
        lines = self._lines
        background = self.background_colors[1]
        for y in crop.line_range:
            if lines[y] is None:
                strip = self._paint(y)
                for line_filter in filters:
                    strip = strip.apply_filter(line_filter, background)
                lines[y] = strip
                self.lines_painted += 1
        strips = [line for line in lines[crop.y : crop.bottom] if line is not None]
        if crop.column_span != (0, width):
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
        if self._placement is None:
            self._placement = self._columns.place(self._shown.first, self.text_columns)
            self._thumb = thumb_of(self._shown.top, self.row_total, self.row_lines)
        return self._placement

    def _paint(self, y: int) -> Strip:
        styles = self.line_styles
        width = self.size.width
        if width <= NARROWEST:
            return text_strip("", width, styles.row)
        if self._empty and (y >= HEADER_LINES or not self._columns.order):
            return self._paint_empty(y, width, styles)
        placement = self.placement()
        if y < HEADER_LINES:
            return header_strip(placement, self._shown.position, self._sort, styles)
        line = y - HEADER_LINES
        row = self._shown.top + line
        bar = self._thumb.glyph(line)
        if row >= self.row_total:
            return text_strip("", width, styles.row)
        cursor = self._shown.position if row == self._shown.row else None
        return row_strip(self._row_line(row, placement), placement, cursor, bar, styles)

    def _paint_empty(self, y: int, width: int, styles: LineStyles) -> Strip:
        index = y - max((self.size.height - len(self._empty)) // 2, 0)
        if not 0 <= index < len(self._empty):
            return text_strip("", width, styles.row)
        style = styles.header_cursor if index == 0 else styles.empty
        return text_strip(self._empty[index], width, style, is_centred=True)

    def _row_line(self, row: int, placement: Placement) -> RowLine:
        number = self.data_row(row)
        if number is None:
            return self._inserted_line(self._inserts[row])
        block = self._cache.block(number)
        offset = number % BLOCK_ROWS
        cells: dict[int, tuple[str, str]] = {}
        if block is not None:
            for placed in placement.columns:
                column = block.cells.get(placed.index)
                if column is not None and offset < len(column[0]):
                    cells[placed.index] = (column[0][offset], column[1][offset])
        if not self._marks and not self._selection:
            return RowLine(cells)
        return self._marked_line(number, cells)

    def _marked_line(self, number: int, cells: dict[int, tuple[str, str]]) -> RowLine:
        key = self._cache.key(number)
        is_selected = self.selection_token(number) in self._selection
        mark = self._marks.get(key) if key else None
        if mark is None:
            return RowLine(cells, is_selected=is_selected)
        changed = set()
        for index in cells:
            text = mark.cells.get(self._columns.columns[index].name)
            if text is not None:
                cells[index] = (text, TEXT)
                changed.add(index)
        return RowLine(cells, mark.mark, frozenset(changed), is_selected)

    def _inserted_line(self, inserted: InsertedRow) -> RowLine:
        columns = enumerate(self._columns.columns)
        cells = {index: (inserted.cells.get(column.name, ""), TEXT) for index, column in columns}
        return RowLine(cells, inserted.mark)

    def selection_token(self, number: int) -> str:
        """What names a marked row: its key, or its number where it has none."""
        return self._cache.key(number) or f"#{number}"
