"""Edits of a text of statements that need no screen: places of some words, lines made comments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

MARK: Final = "-- "
"""Begins a comment in every dialect; one of them wants the blank."""
_COMMENTED: Final = re.compile(r"(\s*)-- ?")


def matches(text: str, words: str) -> list[tuple[int, int]]:
    """Start and end of each place with the words; capitals in them, and only those, make case count."""
    if not words:
        return []
    flags = re.NOFLAG if any(character.isupper() for character in words) else re.IGNORECASE
    return [match.span() for match in re.finditer(re.escape(words), text, flags)]


def replaced(text: str, places: Sequence[tuple[int, int]], words: str) -> str:
    """The text with other words in these places, which are in order."""
    stops = [(0, 0), *places, (len(text), len(text))]
    return words.join(text[end:start] for (_, end), (start, _) in pairwise(stops))


def toggled(lines: Sequence[str]) -> list[str]:
    """The lines as comments, or as they were where all of them are comments; blank ones stay blank among others."""
    written = [line for line in lines if line.strip()]
    if not written:
        return [line + MARK for line in lines]
    if all(_COMMENTED.match(line) for line in written):
        return [_COMMENTED.sub(r"\1", line, count=1) if line.strip() else line for line in lines]
    indent = min(len(line) - len(line.lstrip()) for line in written)
    return [line[:indent] + MARK + line[indent:] if line.strip() else line for line in lines]
