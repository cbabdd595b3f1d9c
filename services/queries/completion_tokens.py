"""The words, names and signs of the statement at the cursor, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from services.queries.completion_words import Dialect, dialect_of
from services.queries.lexing import COMMENT, END, NAME, TEXT, Lexeme, lexemes

_PLAIN: Final = re.compile(
    r"(?P<word>[^\W\d][\w$]*)|(?P<value>\d[\w.]*)|(?P<dot>\.)|(?P<comma>,)|(?P<open>\()|(?P<close>\))|(?P<sign>\S)"
)


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    NAME = "name"
    VALUE = "value"
    DOT = "dot"
    COMMA = "comma"
    OPEN = "open"
    CLOSE = "close"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """One of them.

    Attributes:
        text: as written; of a quoted name what is between its quotes.
        quote: that opened a quoted name, or empty.
    """

    kind: Kind
    text: str
    start: int
    end: int
    quote: str = ""

    @property
    def upper(self) -> str:
        """A word in capitals; empty for all else, a quoted name included."""
        return self.text.upper() if self.kind is Kind.WORD else ""

    @property
    def written(self) -> str:
        """A name as the statement writes it."""
        return f"{self.quote}{self.text.replace(self.quote, self.quote * 2)}{self.quote}" if self.quote else self.text

    @property
    def is_name(self) -> bool:
        """Whether it may name something."""
        return self.kind in (Kind.WORD, Kind.NAME)


def statement_tokens(text: str, offset: int, dialect: str = "") -> list[Token] | None:
    """The tokens of the statement that `offset` lies in; None where nothing is to be named: in a text or comment."""
    known = dialect_of(dialect)
    tokens: list[Token] = []
    last = 0
    for lexeme in lexemes(text, dialect):
        tokens += _plain(text, last, lexeme.start)
        last = lexeme.end
        if lexeme.kind == END:
            if lexeme.start >= offset:
                return tokens
            tokens = []
            continue
        is_quoted_name = lexeme.kind == NAME and text[lexeme.start] in known.quotes
        if not is_quoted_name and _is_inside(text, lexeme, offset):
            return None
        if is_quoted_name and lexeme.start < offset and not _is_closed(text, lexeme):
            return [*tokens, _name(text, Lexeme(NAME, lexeme.start, offset)), *_behind(text, offset, dialect)]
        if lexeme.kind != COMMENT:
            tokens.append(_name(text, lexeme) if is_quoted_name else _value(text, lexeme))
    return [*tokens, *_plain(text, last, len(text))]


def _behind(text: str, offset: int, dialect: str) -> list[Token]:
    """The tokens behind a name that is being typed, whose quote would else enclose them."""
    rest = statement_tokens(text[offset:], 0, dialect) or []
    return [replace(token, start=token.start + offset, end=token.end + offset) for token in rest]


def _plain(text: str, start: int, end: int) -> Iterator[Token]:
    for match in _PLAIN.finditer(text, start, end):
        yield Token(Kind(match.lastgroup or "sign"), match[0], match.start(), match.end())


def _is_inside(text: str, lexeme: Lexeme, offset: int) -> bool:
    if lexeme.kind not in (TEXT, NAME, COMMENT):
        return lexeme.start < offset <= lexeme.end
    is_open = lexeme.end == offset and not _is_closed(text, lexeme)
    return lexeme.start < offset < lexeme.end or is_open


def _is_closed(text: str, lexeme: Lexeme) -> bool:
    whole = text[lexeme.start : lexeme.end]
    if lexeme.kind == COMMENT:
        return whole.startswith("/*") and whole.endswith("*/") and len(whole) > 3
    if whole[0] == "$":
        return whole.count("$") > 3
    return whole.count(whole[0]) % 2 == 0


def _value(text: str, lexeme: Lexeme) -> Token:
    return Token(Kind.VALUE, text[lexeme.start : lexeme.end], lexeme.start, lexeme.end)


def _name(text: str, lexeme: Lexeme) -> Token:
    quote = text[lexeme.start]
    end = lexeme.end - 1 if _is_closed(text, lexeme) else lexeme.end
    inside = text[lexeme.start + 1 : end].replace(quote * 2, quote)
    return Token(Kind.NAME, inside, lexeme.start, lexeme.end, quote)


def is_keyword(token: Token, dialect: Dialect) -> bool:
    """Whether it is a word with a meaning of its own."""
    return token.upper in dialect.keywords
