"""One value as the text and kind of a cell."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

from services.results.types import BLANK, CUT, EMPTY, TEXT
from services.text import CONTROL_SYMBOLS, displayable

CELL_LIMIT: Final = 256
"""Characters of a cell that are shown; the value viewer shows more."""

BINARY_HEAD: Final = 16
"""Bytes of a binary cell that are shown."""

FIRST_COMBINING: Final = "\u0300"
"""Below it, text that Python calls printable is displayable as it is."""

NULL_TEXT: Final = "∅"
ABSENT_TEXT: Final = ""
EMPTY_TEXT: Final = '""'

Cell = tuple[str, str]


def text_cell(value: str) -> Cell:
    """A text: empty, white space only, cut short, or as it is."""
    if not value:
        return EMPTY_TEXT, EMPTY
    if value.isspace():
        shown = blank_text(value[: CELL_LIMIT - 1])
        return (shown + "…", CUT) if len(value) > CELL_LIMIT else (shown, BLANK)
    if len(value) > CELL_LIMIT:
        return displayable(value, CELL_LIMIT), CUT
    return displayable(value), TEXT


def are_plain(values: list[str]) -> bool:
    """Whether all of these texts can be shown just as they are; looks at them as one text, which is fast."""
    whole = "".join(values)
    is_printable = whole.isascii() or max(whole) < FIRST_COMBINING
    return (
        is_printable
        and whole.isprintable()
        and all(values)
        and max(map(len, values)) <= CELL_LIMIT
        and not any(map(str.isspace, values))
    )


def blank_text(value: str) -> str:
    """White space made visible."""
    return "".join(str(CONTROL_SYMBOLS.get(ord(character), "␣")) for character in value)


def float_text(value: float) -> str:
    """The shortest decimal that reads back as the same double."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"


def float_texts(values: list[float]) -> list[str]:
    """`float_text` of each."""
    return list(map(repr if all(map(math.isfinite, values)) else float_text, values))


def single_text(text: str) -> str:
    """Arrow's shortest text of a 32- or 16-bit float, in the same shape as `float_text`."""
    if text == "nan":
        return "NaN"
    return text + ".0" if text.lstrip("-").isdigit() else text


def decimal_text(value: Decimal) -> str:
    """A decimal with all its digits; an exponent only where it would need many zeros."""
    text = str(value)
    if "E" not in text:
        return text
    exponent = value.as_tuple().exponent
    return format(value, "f") if isinstance(exponent, int) and -100 < exponent <= 0 else text


def binary_text(head: bytes, size: int) -> str:
    """The first bytes in hex, and how many there are."""
    mark = "…" if size > BINARY_HEAD else ""
    return f"0x{head[:BINARY_HEAD].hex()}{mark} {size:,} B"
