"""What the grid tells its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.message import Message

from services.errors import StoredeckError
from services.results.types import ResultState

if TYPE_CHECKING:
    from tui.widgets.data_grid.grid import DataGrid
    from tui.widgets.data_grid.surface import GridSurface


class GridMessage(Message):
    """A message of a grid; handlers select by `control`."""

    def __init__(self, grid: GridSurface) -> None:
        super().__init__()
        self.grid = cast("DataGrid", grid)

    @property
    def control(self) -> DataGrid:
        """The grid it came from."""
        return self.grid


class CursorMoved(GridMessage, namespace="data_grid"):
    """The cursor stands elsewhere now.

    Attributes:
        row: the result's row, None on an inserted row or without rows.
        column: the column's index in the result's state, None without columns.
    """

    def __init__(self, grid: GridSurface, row: int | None, column: int | None) -> None:
        super().__init__(grid)
        self.row = row
        self.column = column

    def can_replace(self, message: Message) -> bool:
        """Only the newest place counts."""
        return isinstance(message, CursorMoved) and message.grid is self.grid


class CellsCame(GridMessage, namespace="data_grid"):
    """The cells on screen are here now, and with them the key of the row under the cursor."""

    def can_replace(self, message: Message) -> bool:
        """Once is enough."""
        return isinstance(message, CellsCame) and message.grid is self.grid


class RowActivated(GridMessage, namespace="data_grid"):
    """The user opened the row under the cursor; `row` and `key` as in `CursorMoved` and `cursor_key`."""

    def __init__(self, grid: GridSurface, row: int | None, key: str) -> None:
        super().__init__(grid)
        self.row = row
        self.key = key


class ValueRequested(GridMessage, namespace="data_grid"):
    """The user wants to see one value whole."""

    def __init__(self, grid: GridSurface, row: int, column: int) -> None:
        super().__init__(grid)
        self.row = row
        self.column = column


class NeedsMore(GridMessage, namespace="data_grid"):
    """The grid asks its result for rows up to `until_row`; nobody has to answer."""

    def __init__(self, grid: GridSurface, until_row: int) -> None:
        super().__init__(grid)
        self.until_row = until_row


class StateChanged(GridMessage, namespace="data_grid"):
    """The result's state differs from the last one told: rows came, loading ended, it was sorted."""

    def __init__(self, grid: GridSurface, state: ResultState) -> None:
        super().__init__(grid)
        self.state = state

    def can_replace(self, message: Message) -> bool:
        """Only the newest state counts."""
        return isinstance(message, StateChanged) and message.grid is self.grid


class SelectionChanged(GridMessage, namespace="data_grid"):
    """The user marked rows for an action over many; `count` are marked now."""

    def __init__(self, grid: GridSurface, count: int) -> None:
        super().__init__(grid)
        self.count = count


class Noted(GridMessage, namespace="data_grid"):
    """A few words for the status line, such as `no row with "x"`."""

    def __init__(self, grid: GridSurface, text: str) -> None:
        super().__init__(grid)
        self.text = text


class Failed(GridMessage, namespace="data_grid"):
    """The result could not be read; the rows that are here stay."""

    def __init__(self, grid: GridSurface, error: StoredeckError) -> None:
        super().__init__(grid)
        self.error = error
