"""Where the grid looks and where its cursor stands; moves are plain functions of that."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class View:
    """What of the result is on screen.

    Attributes:
        top: the row on the first line.
        row: the row of the cursor.
        position: the cursor's column, as a position in the order shown.
        first: how many of the columns that scroll are scrolled away at the left.
    """

    top: int = 0
    row: int = 0
    position: int = 0
    first: int = 0


def moved_to(view: View, row: int, rows: int, lines: int) -> View:
    """The view with its cursor on `row`, bounded, scrolled as little as needed."""
    row = max(0, min(row, rows - 1))
    top = min(view.top, row)
    top = max(top, row - lines + 1)
    return replace(view, row=row, top=_bounded_top(top, rows, lines))


def paged(view: View, by_lines: int, rows: int, lines: int) -> View:
    """The view moved by so many lines, the cursor keeping its line on screen; at an end the cursor goes there."""
    row = max(0, min(view.row + by_lines, rows - 1))
    top = _bounded_top(view.top + by_lines, rows, lines)
    top = max(min(top, row), row - lines + 1)
    return replace(view, row=row, top=top)


def scrolled(view: View, top: int, rows: int, lines: int) -> View:
    """The view from `top` on, the cursor dragged along only if it would leave the screen."""
    top = _bounded_top(top, rows, lines)
    row = max(top, min(view.row, top + lines - 1, rows - 1))
    return replace(view, top=top, row=max(row, 0))


def _bounded_top(top: int, rows: int, lines: int) -> int:
    return max(0, min(top, rows - lines))
