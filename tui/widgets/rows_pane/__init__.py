"""The rows of a container: grid, filter, and editing that stages and never sends."""

from tui.widgets.rows_pane.pane import RowsPane

__all__ = ["RowsPane"]
