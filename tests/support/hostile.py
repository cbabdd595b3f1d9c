"""Hostile text: what a store may hold to hurt a terminal or a toolkit. The same corpus in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator

ESCAPES = (
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[H",
    "\x1b]0;title\x07",
    "\x1b]0;title\x1b\\",
    "\x1b]52;c;aGVsbG8=\x07",
    "\x1b]52;c;aGVsbG8=\x1b\\",
    "\x1b]8;;http://example.invalid\x1b\\link\x1b]8;;\x1b\\",
    "\x1bPdevice\x1b\\",
    "\x1b[6n",
    "\x1bc",
    "\x9b31mred",
    "\x9d0;title\x9c",
    "\x90device\x9c",
    "\x85\x8d",
)
CONTROLS = ("\x00", "\x07", "\x08\x08\x08", "\r", "\n", "\t", "\x0b\x0c", "\x0e", "\x0f", "\x7f", "a\x00b", "\r\n")
BIDI = (
    "\u202etxet\u202c",
    "\u2066a\u2067b\u2069",
    "\u200e\u200f",
    "\u061c",
    "\u200bzero\u200b",
    "\u2028\u2029",
    "\ufeff",
    "\u00ad",
    "\u2060",
    "\ufff9a\ufffab\ufffb",
    "\U000e0041",
)
MARKUP = (
    "[red]x[/red]",
    "[/]",
    "x[/]y",
    "x[/nope]y",
    "[@click=app.bell]x[/]",
    "[link=http://example.invalid]x[/link]",
    "[",
    "]",
    "[[",
    "\\[",
    "[b",
    "[$accent]",
    "{0}",
    "%s",
    ":smile:",
)
WIDE = (
    "漢字かな交じり文",
    "👩‍👩‍👧‍👦",
    "👍🏽",
    "e" + "\u0301" * 30,
    "ﷺ",
    "한국어",
    "\U0001f1e9\U0001f1ea",
    "ｗｉｄｅ",
    "\ud800",
    "\udc80x",
)
PLAIN = ("", " ", "   ", "Shanghai", "null", "∅", "a'b\"c", "../x", "-1", "0x00", "ok" * 40)
HUGE = ("A" * 1_000_000, "漢" * 300_000, "\x1b[31m" * 20_000, "[/]" * 30_000)

PIECES = (*ESCAPES, *CONTROLS, *BIDI, *MARKUP, *WIDE, *PLAIN)
UNSAFE_BYTES = frozenset(range(0x20)) | {0x7F} | frozenset(range(0x80, 0xA0))
"""Code points that a terminal acts on; none may stand in a rendered segment."""


def corpus(count: int = 10_000, *, seed: int = 7, with_huge: bool = True) -> Iterator[str]:
    """So many hostile strings: every piece alone, the huge ones, then mixtures of two to five."""
    chosen = random.Random(seed)
    alone = (*PIECES, *HUGE) if with_huge else PIECES
    yield from alone[:count]
    for _ in range(count - len(alone)):
        yield "".join(chosen.choice(PIECES) for _ in range(chosen.randint(2, 5)))


def unsafe_characters(text: str) -> set[str]:
    """The characters of a rendered text that a terminal would act on or that turn the reading order."""
    bidi = {"\u061c", *map(chr, range(0x200B, 0x2010)), *map(chr, range(0x202A, 0x202F))}
    bidi |= set(map(chr, range(0x2066, 0x206A)))
    return {char for char in text if ord(char) in UNSAFE_BYTES or char in bidi}
