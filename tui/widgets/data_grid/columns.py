"""Keys that arrange columns: widths, order, hiding, the finder, sorting."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Final, Protocol

from textual.binding import BindingType

from services.errors import StoredeckError
from services.results.types import ResultState
from tui.keys import key
from tui.widgets.data_grid.cells import text_width
from tui.widgets.data_grid.feed import GridFeed
from tui.widgets.data_grid.messages import Failed, Noted
from tui.working import start_work

STEP: Final = 4


class Sorter(Protocol):
    """Sorts where the rows are; the default sorts the loaded rows in the session."""

    async def __call__(self, column: str, is_descending: bool) -> ResultState | None:
        """Sort by a column's name, empty for the order they came in; None if the grid gets a new result instead."""
        ...


class GridColumns(GridFeed):
    """A fed grid whose columns can be arranged."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "f",
            "find_column",
            "Column",
            id="grid.find_column",
            tooltip="Type a column's name to jump to it.",
            weight=30,
        ),
        key("s", "sort", "Sort", id="grid.sort", tooltip="Sort by this column; again for descending.", weight=40),
        key("S", "clear_sort", "Unsort", id="grid.clear_sort", tooltip="Go back to the order the rows came in."),
        key("less_than_sign", "widen(-1)", "Narrower", id="grid.narrower", tooltip="Make this column narrower."),
        key("greater_than_sign", "widen(1)", "Wider", id="grid.wider", tooltip="Make this column wider."),
        key("underscore", "fit", "Fit", id="grid.fit", tooltip="Make this column as wide as its values need."),
        key("minus", "hide", "Hide", id="grid.hide", tooltip="Take this column off the screen."),
        key("plus", "unhide", "Show all", id="grid.unhide", tooltip="Bring hidden columns back."),
        key("H", "shift(-1)", "Shift left", id="grid.shift_left", tooltip="Move this column to the left."),
        key("L", "shift(1)", "Shift right", id="grid.shift_right", tooltip="Move this column to the right."),
    ]

    sorter: Sorter | None = None
    """Set by a screen whose store sorts at the server."""

    @property
    def cursor_column(self) -> int | None:
        """The index of the cursor's column in the result's state."""
        order = self._columns.order
        return order[self._view.position] if self._view.position < len(order) else None

    @property
    def sort(self) -> tuple[str, bool] | None:
        """The sorted column's name and whether it descends."""
        return self._sort

    def go_to_position(self, position: int) -> None:
        """Put the cursor on the column at a position, scrolled as little as needed."""
        count = len(self._columns.order)
        if not count:
            return
        position = max(0, min(position, count - 1))
        first = self._columns.first_showing(position, self._view.first, self.text_columns)
        self._go(replace(self._view, position=position, first=first))

    def _rearranged(self, position: int) -> None:
        """Paint the columns anew, the cursor on a position."""
        position = max(0, min(position, len(self._columns.order) - 1))
        first = self._columns.first_showing(position, self._view.first, self.text_columns)
        self._view = self._shown = replace(self._view, position=position, first=first)
        self.refresh()
        self._wake.set()

    def action_widen(self, by: int) -> None:
        """Change the width of the cursor's column."""
        column = self.cursor_column
        if column is not None:
            self._columns.resize(self._view.position, self._columns.width(column) + by * STEP)
            self._rearranged(self._view.position)

    def action_fit(self) -> None:
        """Fit the cursor's column to its values that are here."""
        column = self.cursor_column
        if column is not None:
            texts = (*self._cache.widest(column), self._columns.columns[column].name)
            self._columns.resize(self._view.position, max(text_width(text) for text in texts))
            self._rearranged(self._view.position)

    def action_hide(self) -> None:
        """Hide the cursor's column."""
        if self._columns.order and self._columns.hide(self._view.position):
            self._rearranged(self._view.position)

    def action_unhide(self) -> None:
        """Show all columns, the cursor staying on its own."""
        column = self.cursor_column
        self._columns.show_all()
        if column is not None:
            self._rearranged(self._columns.order.index(column))

    def action_shift(self, by: int) -> None:
        """Move the cursor's column."""
        if self._columns.order:
            self._rearranged(self._columns.move(self._view.position, by))

    def action_sort(self) -> None:
        """Sort by the cursor's column, or the other way round."""
        column = self.cursor_column
        if column is not None:
            name = self._columns.columns[column].name
            is_descending = self._sort == (name, False)
            self._start_sort(name, is_descending)

    def action_clear_sort(self) -> None:
        """The order the rows came in."""
        self._start_sort("", False)

    def _start_sort(self, column: str, is_descending: bool) -> None:
        if self._result is not None:
            start_work(self, "sort", self._sort_rows, column, is_descending)

    async def _sort_rows(self, column: str, is_descending: bool) -> None:
        result = self._result
        assert result is not None
        try:
            if self.sorter is not None:
                state = await self.sorter(column, is_descending)
            else:
                state = await result.arrange(column, is_descending=is_descending)
        except StoredeckError as error:
            self.post_message(Failed(self, error))
            return
        if state is None or result is not self._result:
            return
        self._sort = (column, is_descending) if column else None
        if self._make_room_for_sort():
            self.refresh()
        self.repaint_lines(0)
        self.post_message(Noted(self, self._sort_words()))

    def _sort_words(self) -> str:
        if self._sort is None:
            return "not sorted"
        name, is_descending = self._sort
        note = f", {self._state.note}" if self._state.note else ""
        return f"sorted by {name}, {'descending' if is_descending else 'ascending'}{note}"
