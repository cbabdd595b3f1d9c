"""A grid over a result set that lives in another process: rows and columns are windowed, lines are painted whole."""

from tui.widgets.data_grid.grid import DataGrid
from tui.widgets.data_grid.overlay import InsertedRow, RowMark

__all__ = ["DataGrid", "InsertedRow", "RowMark"]
