"""How many terminal cells a displayable text needs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

SAMPLE_ROWS: Final = 200
MAX_WIDTH: Final = 60
MIN_WIDTH: Final = 3


def cell_width(text: str) -> int:
    """Cells of a text: 2 for wide characters, 0 for combining ones."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


@lru_cache(maxsize=4096)
def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def widest(texts: Iterable[str], at_least: int) -> int:
    """The width that these cells need, within what a column may take."""
    width = max((cell_width(text) for text in texts), default=0)
    return min(max(width, at_least, MIN_WIDTH), MAX_WIDTH)
