"""Small measures that every one-line widget needs: cells of a text, and a text cut to so many cells."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len, set_cell_size

from services.text import displayable

RULE: Final = "─"
CUT: Final = "…"


def cells(text: str) -> int:
    """Terminal cells the text takes."""
    return cell_len(text)


def fit(text: str, width: int) -> str:
    """The text if it fits, else cut with `…` at its end; empty when there is no room at all."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + CUT


def clean(text: str, width: int) -> str:
    """Any text as displayable text of at most so many cells; a huge one costs no more than a short one."""
    return fit(displayable(text, 8 * max(width, 0) + 8), width)


def fit_left(text: str, width: int) -> str:
    """The text if it fits, else cut with `…` at its beginning, so that its end stays readable."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    kept = text
    while cell_len(kept) > width - 1:
        kept = kept[1:]
    return CUT + kept
