"""Copying: `y`, then what; the clipboard gets the exact value, not the text on screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events
from textual.binding import BindingType

from services.errors import StoredeckError
from services.results.types import ABSENT_CELL, NULL
from services.value_json import json_text, plain_json
from services.values import ABSENT
from tui.keys import key
from tui.widgets.data_grid.finding import GridFinding
from tui.widgets.data_grid.messages import Failed, Noted
from tui.working import start_work

CopyText = Callable[[int, int], Awaitable[str]]


class GridCopying(GridFinding):
    """A grid whose cells and rows can be copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "y", "copy", "Copy", id="grid.copy", tooltip="Copy: then c for the cell, r for the row as JSON.", weight=20
        ),
    ]

    _is_copying = False

    def action_copy(self) -> None:
        """Wait for the key that says what."""
        self._is_copying = True
        self.post_message(Noted(self, "copy: c cell, r row, n column name"))

    def on_key(self, event: events.Key) -> None:
        """The key after `y`."""
        if not self._is_copying:
            return
        self._is_copying = False
        copies: dict[str, CopyText] = {
            "c": self._cell_text,
            "r": self._row_text,
            "n": self._name_text,
        }
        row, column = self.data_row(self._view.row), self.cursor_column
        copy = copies.get(event.key)
        if copy is None:
            if event.key != "escape":
                return
        elif row is not None and column is not None and row < self._state.loaded:
            start_work(self, "copy", self._copy, copy, row, column)
        event.stop()
        event.prevent_default()
        self.post_message(Noted(self, ""))

    async def _copy(self, text: CopyText, row: int, column: int) -> None:
        try:
            copied = await text(row, column)
        except StoredeckError as error:
            self.post_message(Failed(self, error))
            return
        self.app.copy_to_clipboard(copied)
        self.post_message(Noted(self, f"copied {len(copied):,} characters"))

    async def _cell_text(self, row: int, column: int) -> str:
        """The raw text of a cell; NULL and absent copy as nothing."""
        assert self._result is not None
        cell = self._cache.cell(row, column)
        if cell is not None and cell[1] in (NULL, ABSENT_CELL):
            return ""
        inspection = await self._result.inspect(row, column)
        return inspection.edit_text or "\n".join(inspection.lines)

    async def _row_text(self, row: int, column: int) -> str:
        """The row as one line of lossless JSON; columns it lacks are left out."""
        assert self._result is not None
        record = await self._result.row(row)
        values = {name: plain_json(value) for name, value in record.values.items() if value is not ABSENT}
        return json_text(values)

    async def _name_text(self, row: int, column: int) -> str:
        return ".".join(part for part in self._columns.columns[column].source if part)
