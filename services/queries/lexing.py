"""The few lexical facts that splitting needs: quotes, comments, semicolons, places for arguments.

A small lexer of its own, because the console splits at every key on half-written text: it must never fail on an
unclosed quote, must map every piece to its place in the editor, and must not cost the import of a whole parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

TEXT: Final = "text"
NAME: Final = "name"
COMMENT: Final = "comment"
END: Final = "end"
NAMED: Final = "named"
MARK: Final = "mark"

HASH_COMMENT_DIALECTS: Final = frozenset({"mysql", "bigquery", "doris", "starrocks", "singlestore"})
BACKSLASH_DIALECTS: Final = HASH_COMMENT_DIALECTS | {"hive", "spark", "spark2", "databricks", "clickhouse", "drill"}

_PLAIN_QUOTE = r"'[^']*(?:''[^']*)*(?:'|\Z)"
_BACKSLASH_QUOTE = r"'[^'\\]*(?:(?:''|\\.)[^'\\]*)*(?:'|\\?\Z)"
_REST = r"""
 |(?P<name>"[^"]*(?:""[^"]*)*(?:"|\Z)|`[^`]*(?:``[^`]*)*(?:`|\Z))
 |(?P<dollar>(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z))
 |(?P<block>/\*.*?(?:\*/|\Z))
 |(?P<end>;)
 |(?P<named>(?<![:\w]):[^\W\d]\w*)
 |(?P<mark>\?)
"""
_KINDS = {"text": TEXT, "name": NAME, "dollar": TEXT, "block": COMMENT, "line": COMMENT}


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A stretch of text that is not plain words; `end` is not included."""

    kind: str
    start: int
    end: int


@lru_cache
def _pattern(dialect: str) -> re.Pattern[str]:
    quote = _BACKSLASH_QUOTE if dialect in BACKSLASH_DIALECTS else _PLAIN_QUOTE
    line = r"(?:--|\#)[^\n]*" if dialect in HASH_COMMENT_DIALECTS else r"--[^\n]*"
    return re.compile(f"(?P<text>{quote})|(?P<line>{line}){_REST}", re.DOTALL | re.VERBOSE)


def lexemes(text: str, dialect: str = "") -> Iterator[Lexeme]:
    """All quotes, comments, semicolons and argument places, in order; an unclosed quote runs to the end."""
    for match in _pattern(dialect).finditer(text):
        name = match.lastgroup or ""
        kind = "dollar" if match["dollar"] is not None else name
        yield Lexeme(_KINDS.get(kind, kind), match.start(), match.end())


def bare(text: str, dialect: str = "") -> str:
    """The text with quotes and comments blanked, of the same length."""
    parts: list[str] = []
    last = 0
    for lexeme in lexemes(text, dialect):
        if lexeme.kind in (TEXT, NAME, COMMENT):
            parts += [text[last : lexeme.start], " " * (lexeme.end - lexeme.start)]
            last = lexeme.end
    return "".join(parts) + text[last:]
