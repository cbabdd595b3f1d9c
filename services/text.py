"""The first wall against hostile text: remote text becomes displayable text here, at the model's edge.

Every string that came from a store, a server or a file passes `displayable` before it reaches a widget. Control
characters become the symbols people know (`␛` for escape), bidirectional controls and other invisible characters
become `·`-like marks, and nothing that a terminal would act on is left. Markup is no matter here: the console never
parses strings as markup. Exports and edits use the raw value, never this text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

NEWLINE: Final = "⏎"
TAB: Final = "⇥"
CUT: Final = "…"
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def _control_symbols() -> dict[int, str]:
    table = {code: chr(0x2400 + code) for code in range(0x20)}
    table[0x7F] = "␡"
    table[0x0A] = NEWLINE
    table[0x09] = TAB
    table.update(dict.fromkeys(range(0x80, 0xA0), REPLACEMENT))
    invisible = [
        0xAD,
        0x61C,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    ]
    table.update(dict.fromkeys(invisible, "◌"))
    table.update(dict.fromkeys(range(0xFFF9, 0xFFFC), "◌"))
    table.update(dict.fromkeys(range(0xE0000, 0xE0080), "◌"))
    return table


CONTROL_SYMBOLS: Final = _control_symbols()
"""For `str.translate`: every character that a terminal acts on or that hides, to a visible one."""

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKS = re.compile(
    "(\\w?)([\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{5,})"
)


def is_safe(text: str) -> bool:
    """Whether the text holds nothing that a terminal acts on or that hides."""
    return _UNSAFE.search(text) is None


def displayable(text: str, limit: int | None = None) -> str:
    """Text that may be drawn: one line, no control, bidirectional or hidden character.

    Args:
        limit: cut to so many characters, the last of them `…`.
    """
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)] + CUT
    if text.isascii() and text.isprintable():
        return text
    text = _SURROGATE.sub(REPLACEMENT, text).translate(CONTROL_SYMBOLS)
    return _MARKS.sub(lambda match: match.group(1) + match.group(2)[:4], text)


def displayable_lines(text: str, limit: int | None = None) -> list[str]:
    """Like `displayable`, keeping line breaks as separate lines (for value viewers and server messages)."""
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)] + CUT
    return [displayable(line) for line in text.replace("\r\n", "\n").split("\n")]


def one_line(text: str) -> str:
    """A server's words as one displayable line, white space folded."""
    return displayable(unicodedata.normalize("NFC", " ".join(text.split())))
