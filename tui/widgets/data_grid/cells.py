"""Cell texts of an exact width, whatever script they are in."""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len, set_cell_size

from services.text import CUT

HIDDEN: Final = "◌"
_JOINERS = re.compile("[\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
_FLAG_LETTERS = re.compile("[\U0001f1e6-\U0001f1ff]")
_FLAG_SHIFT: Final = 0x24B6 - 0x1F1E6


def steady(text: str) -> str:
    """The text without sequences whose width terminals disagree about.

    Skin tones and joiners become `◌`, flag letters circled letters, variation selectors go: each remaining character
    then has a width of its own, so no terminal shifts the columns after it.
    """
    if text.isascii():
        return text
    text = _FLAG_LETTERS.sub(lambda match: chr(ord(match.group()) + _FLAG_SHIFT), text)
    return _JOINERS.sub(lambda match: "" if "\ufe00" <= match.group() <= "\ufe0f" else HIDDEN, text)


def text_width(text: str) -> int:
    """Cells that the text takes."""
    return len(text) if text.isascii() else cell_len(steady(text))


def fit(text: str, width: int, is_right: bool = False) -> str:
    """The text in exactly `width` cells: padded, or cut with `…` as its last character."""
    if text.isascii():
        if len(text) <= width:
            return text.rjust(width) if is_right else text.ljust(width)
        return text[: width - 1] + CUT if width > 0 else ""
    return _fit_wide(steady(text), width, is_right)


def _fit_wide(text: str, width: int, is_right: bool) -> str:
    size = cell_len(text)
    if size <= width:
        padding = " " * (width - size)
        return padding + text if is_right else text + padding
    if width <= 0:
        return ""
    kept = set_cell_size(text, width - 1)
    return f"{kept} " if kept.endswith(CUT) else kept + CUT
