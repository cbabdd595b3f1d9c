"""A scrollbar of one cell a line, drawn as part of the grid's own lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TRACK: Final = " "
THUMB: Final = "▐"


@dataclass(frozen=True, slots=True)
class Thumb:
    """The lines that the thumb covers, the end not included; empty where everything is on screen."""

    start: int = 0
    end: int = 0

    def glyph(self, line: int) -> str:
        """The bar's character on a line."""
        return THUMB if self.start <= line < self.end else TRACK


def thumb_of(top: int, rows: int, lines: int) -> Thumb:
    """The thumb for a screen of `lines` that starts at `top` of `rows`; touches an end only when the view does."""
    if rows <= lines or lines < 2:
        return Thumb()
    size = max(1, lines * lines // rows)
    room = lines - size
    start = round(top * room / (rows - lines))
    if 0 < top < rows - lines and room > 1:
        start = max(1, min(start, room - 1))
    return Thumb(start, start + size)


def top_at(line: int, rows: int, lines: int) -> int:
    """The first row to show when the thumb's middle is dragged to a line."""
    size = max(1, lines * lines // max(rows, 1))
    room = max(lines - size, 1)
    share = min(max((line - size // 2) / room, 0.0), 1.0)
    return round(share * max(rows - lines, 0))
