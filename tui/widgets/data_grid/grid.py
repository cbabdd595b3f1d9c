"""The grid itself: keys, mouse, and what a screen may ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, TypeAlias

from textual import events
from textual.binding import BindingType

from tui.keys import key
from tui.widgets.data_grid import messages
from tui.widgets.data_grid.copying import GridCopying
from tui.widgets.data_grid.cursor import View, moved_to, paged, scrolled
from tui.widgets.data_grid.overlay import InsertedRow, RowMark
from tui.widgets.data_grid.scrollbar import top_at

WHEEL_LINES = 3


class DataGrid(GridCopying, can_focus=True):
    """Shows a `ResultApi`; cells come from its process in windows, staged work lies over them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "activate", "Open", id="grid.open", tooltip="Open the row under the cursor.", weight=90),
        key("v", "view", "View", id="grid.view", tooltip="See the value whole: text, JSON tree, hex.", weight=60),
        key("space", "select", "Mark", id="grid.mark", tooltip="Mark the row for an action over many.", weight=10),
        key("down,j", "move(1)", "Down", id="grid.down", tooltip="One row down."),
        key("up,k", "move(-1)", "Up", id="grid.up", tooltip="One row up."),
        key("right,l", "sideways(1)", "Right", id="grid.right", tooltip="One column to the right."),
        key("left,h", "sideways(-1)", "Left", id="grid.left", tooltip="One column to the left."),
        key("pagedown", "page(2)", "Page down", id="grid.page_down", tooltip="One screen down."),
        key("pageup", "page(-2)", "Page up", id="grid.page_up", tooltip="One screen up."),
        key("ctrl+d", "page(1)", "Half down", id="grid.half_down", tooltip="Half a screen down."),
        key("ctrl+u", "page(-1)", "Half up", id="grid.half_up", tooltip="Half a screen up."),
        key("g,ctrl+home", "first_row", "First row", id="grid.first_row", tooltip="To the first row."),
        key("G,ctrl+end", "last_row", "Last row", id="grid.last_row", tooltip="To the last loaded row."),
        key("0,home", "first_column", "First column", id="grid.first_column", tooltip="To the first column."),
        key("dollar_sign,end", "last_column", "Last column", id="grid.last_column", tooltip="To the last column."),
    ]
    DEFAULT_CSS = """
    DataGrid {
        width: 1fr;
        height: 1fr;
        overflow: hidden;
        color: $foreground;
        background: $ground;
        .data-grid--dim { color: $dim; }
        .data-grid--cursor-row { background: $raised; color: $foreground; }
        .data-grid--cursor { background: $raised; color: $foreground; text-style: underline; }
        .data-grid--header { color: $dim; text-style: bold; }
        .data-grid--header-cursor { color: $foreground; text-style: bold; }
        .data-grid--selected { color: $accent; text-style: bold; }
        .data-grid--changed { color: $staged; }
        .data-grid--added { color: $ok; }
        .data-grid--deleted { color: $error; text-style: strike; }
        .data-grid--empty { color: $dim; }
        &:focus {
            .data-grid--cursor { background: $accent; color: $on-accent; text-style: bold; }
            .data-grid--header-cursor { color: $accent; text-style: bold; }
        }
    }
    """

    CursorMoved: TypeAlias = messages.CursorMoved
    RowActivated: TypeAlias = messages.RowActivated
    ValueRequested: TypeAlias = messages.ValueRequested
    NeedsMore: TypeAlias = messages.NeedsMore
    StateChanged: TypeAlias = messages.StateChanged
    SelectionChanged: TypeAlias = messages.SelectionChanged
    Noted: TypeAlias = messages.Noted
    Failed: TypeAlias = messages.Failed

    _is_dragging = False

    @property
    def cursor_row(self) -> int | None:
        """The result's row under the cursor; None on a new row or without rows."""
        row = self.data_row(self._view.row)
        return row if row is not None and row < self._state.loaded else None

    @property
    def cursor_key(self) -> str:
        """The key of the row under the cursor, the token of a new row, or empty."""
        row = self.data_row(self._view.row)
        if row is not None:
            return self._cache.key(row)
        return self._inserts[self._view.row].token if self._view.row < len(self._inserts) else ""

    @property
    def marked_keys(self) -> frozenset[str]:
        """The keys of the rows that the user marked."""
        return frozenset(token for token in self._selection if not token.startswith("#"))

    @property
    def marks(self) -> Mapping[str, RowMark]:
        """The staged changes on show, by key."""
        return self._marks

    def set_marks(self, marks: Mapping[str, RowMark]) -> None:
        """Show staged changes over the rows with these keys."""
        self._marks = dict(marks)
        self.refresh()

    def set_inserts(self, rows: Sequence[InsertedRow]) -> None:
        """Show new rows above the first one; what is on screen stays where it is."""
        by = len(rows) - len(self._inserts)
        self._inserts = tuple(rows)
        view = self._view
        if by and self._state.loaded:
            top = max(view.top + by, 0) if view.top else 0
            view = moved_to(replace(view, top=top), view.row + by, self.row_total, self.row_lines)
        self._view = self._shown = view
        self._say_emptiness()
        self.refresh()
        self._wake.set()

    def clear_selection(self) -> None:
        """Unmark all rows."""
        if self._selection:
            self._selection.clear()
            self.refresh()
            self.post_message(self.SelectionChanged(self, 0))

    def move_to(self, row: int, column: int | None = None) -> None:
        """Put the cursor on a row of the result, and on a column by its index."""
        self._walk(moved_to(self._view, row + len(self._inserts), self.row_total, self.row_lines))
        if column is not None and column in self._columns.order:
            self.go_to_position(self._columns.order.index(column))

    def move_to_insert(self, token: str) -> None:
        """Put the cursor on a new row."""
        tokens = [row.token for row in self._inserts]
        if token in tokens:
            self._walk(moved_to(self._view, tokens.index(token), self.row_total, self.row_lines))

    def _go(self, view: View) -> None:
        place = (self._view.row, self._view.position)
        super()._go(view)
        if (view.row, view.position) != place:
            self._tell_cursor()

    def _tell_cursor(self) -> None:
        self.post_message(self.CursorMoved(self, self.cursor_row, self.cursor_column))

    def _walk(self, view: View) -> None:
        if self.row_total:
            self._go(view)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A press on the scrollbar starts dragging; elsewhere it moves the cursor."""
        event.stop()
        if event.x >= self.size.width - 1 and event.y > 0:
            self._is_dragging = True
            self.capture_mouse()
            self._drag_to(event.y)
        elif event.y == 0:
            self._click_column(event.x)
        else:
            row = self._shown.top + event.y - 1
            if row < self.row_total:
                self._click_column(event.x)
                self._walk(moved_to(self._view, row, self.row_total, self.row_lines))

    def _click_column(self, x: int) -> None:
        for placed in self.placement().columns:
            if placed.x - 1 <= x <= placed.x + placed.width:
                self.go_to_position(placed.position)
                return

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the scrollbar."""
        if self._is_dragging:
            self._drag_to(event.y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let the scrollbar go."""
        if self._is_dragging:
            self._is_dragging = False
            self.release_mouse()

    def _drag_to(self, y: int) -> None:
        top = top_at(y - 1, self.row_total, self.row_lines)
        self._walk(scrolled(self._view, top, self.row_total, self.row_lines))

    def on_click(self, event: events.Click) -> None:
        """A double click opens the row, or sorts by the column of a name."""
        if event.chain != 2 or event.x >= self.size.width - 1:
            return
        if event.y == 0:
            self.action_sort()
        else:
            self.action_activate()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls rows."""
        self._wheel(event, WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls rows."""
        self._wheel(event, -WHEEL_LINES)

    def _wheel(self, event: events.MouseEvent, lines: int) -> None:
        event.stop()
        if event.shift or event.ctrl:
            self.action_sideways(1 if lines > 0 else -1)
        else:
            self._walk(scrolled(self._view, self._view.top + lines, self.row_total, self.row_lines))

    def action_move(self, rows: int) -> None:
        """Rows down, or up."""
        self._walk(moved_to(self._view, self._view.row + rows, self.row_total, self.row_lines))

    def action_sideways(self, columns: int) -> None:
        """Columns to the right, or left."""
        self.go_to_position(self._view.position + columns)

    def action_page(self, halves: int) -> None:
        """Half screens down, or up."""
        lines = self.row_lines if abs(halves) == 2 else max(self.row_lines // 2, 1)
        self._walk(paged(self._view, lines if halves > 0 else -lines, self.row_total, self.row_lines))

    def action_first_row(self) -> None:
        """The first row."""
        self._walk(moved_to(self._view, 0, self.row_total, self.row_lines))

    def action_last_row(self) -> None:
        """The last loaded row."""
        self._walk(moved_to(self._view, self.row_total - 1, self.row_total, self.row_lines))

    def action_first_column(self) -> None:
        """The first column."""
        self.go_to_position(0)

    def action_last_column(self) -> None:
        """The last column."""
        self.go_to_position(len(self._columns.order) - 1)

    def action_activate(self) -> None:
        """Open the row."""
        if self.row_total:
            self.post_message(self.RowActivated(self, self.cursor_row, self.cursor_key))

    def action_view(self) -> None:
        """See the value whole."""
        if self.cursor_row is not None and self.cursor_column is not None:
            self.post_message(self.ValueRequested(self, self.cursor_row, self.cursor_column))

    def action_select(self) -> None:
        """Mark the row, or unmark it, and go on to the next."""
        row = self.cursor_row
        if row is None:
            return
        self._selection ^= {self.selection_token(row)}
        self.repaint_lines(self._view.row - self._shown.top + 1)
        self.post_message(self.SelectionChanged(self, len(self._selection)))
        self.action_move(1)
