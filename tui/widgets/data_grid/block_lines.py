"""The lines of a whole block at once: cells fitted column by column, then joined row by row.

A screen is filled in a fraction of the time that fitting cell by cell takes; rows on which something stands out are
told, and drawn piece by piece from the same fitted cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.results.types import ABSENT_CELL, BINARY, BLANK, EMPTY, NULL
from tui.widgets.data_grid.cells import fit
from tui.widgets.data_grid.layout import DIVIDER, Placement
from tui.widgets.data_grid.window_cache import Block

DIM_KINDS: Final = frozenset(NULL + ABSENT_CELL + EMPTY + BLANK + BINARY)
ABSENT_GLYPH: Final = "·"


class BlockLines:
    """The fitted texts of one block for one placement of columns.

    Attributes:
        placement: the columns that are on screen.
        cells: a list of texts of exact width for each column of the placement.
        kinds: the kinds of each.
        lines: whole lines without the scrollbar.
        special: offsets of rows with a cell that is drawn in a style of its own.
    """

    __slots__ = ("cells", "kinds", "lines", "placement", "special")

    def __init__(self, block: Block, placement: Placement) -> None:
        self.placement = placement
        self.cells: list[list[str]] = []
        self.kinds: list[str] = []
        self.special: set[int] = set()
        for placed in placement.columns:
            texts, kinds = block.cells[placed.index]
            dim = DIM_KINDS.intersection(kinds)
            if dim:
                self.special.update(row for row, kind in enumerate(kinds) if kind in dim)
                if ABSENT_CELL in dim:
                    pairs = zip(texts, kinds, strict=True)
                    texts = [text or (ABSENT_GLYPH if kind == ABSENT_CELL else "") for text, kind in pairs]
            self.cells.append(fit_column(texts, placed.width, placed.is_right))
            self.kinds.append(kinds)
        gaps = gaps_of(placement)
        parts = [[gap + text for text in column] for gap, column in zip(gaps, self.cells, strict=False)]
        self.lines = [f" {''.join(row)}{gaps[-1]}" for row in zip(*parts, strict=False)]


def fit_column(texts: Sequence[str], width: int, is_right: bool) -> list[str]:
    """All texts of a column in exactly `width` cells."""
    if "".join(texts).isascii() and max(map(len, texts), default=0) <= width:
        return [text.rjust(width) for text in texts] if is_right else [text.ljust(width) for text in texts]
    return [fit(text, width, is_right) for text in texts]


def gaps_of(placement: Placement) -> list[str]:
    """What stands before each column, the place for its mark included, and last what stands behind all."""
    gaps: list[str] = []
    x = 1
    for number, placed in enumerate(placement.columns):
        is_divided = placement.frozen and number == len(placement.frozen)
        gaps.append(f"{DIVIDER} " if is_divided else " " * (placed.x - x))
        x = placed.x + placed.width
    behind = DIVIDER if placement.frozen and not placement.scrolled else ""
    return [*gaps, fit(behind, placement.width - x)]
