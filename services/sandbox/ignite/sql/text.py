"""Statements as tokens: enough of the lexer to read DDL, number arguments and tell statements apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count

from services.sandbox.ignite.errors import SqlRefused

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<argument>\?\d*)
  | (?P<mark><>|<=|>=|!=|\|\||::|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One token with its place in the text; `kind` is the group that matched."""

    kind: str
    text: str
    start: int

    @property
    def word(self) -> str:
        """An unquoted word in upper case, else the mark itself."""
        return self.text.upper() if self.kind == "word" else self.text

    @property
    def name(self) -> str:
        """The identifier that this token names: upper case unless quoted."""
        if self.kind == "quoted":
            return self.text[1:-1].replace('""', '"')
        return self.text.upper()


def syntax_error(sql: str, at: int = 0) -> SqlRefused:
    """The refusal of a text that does not parse; the mark stands where reading stopped."""
    shown = sql[:at] + "[*]" + sql[at:]
    return parse_error(f'Syntax error in SQL statement "{shown}"', sql, 42000)


def parse_error(reason: str, sql: str, code: int) -> SqlRefused:
    """A refusal in the words of the node's parser."""
    return SqlRefused("42000", f"Failed to parse query. {reason}; SQL statement:\n{sql} [{code}-197]")


def tokens_of(sql: str) -> list[Token]:
    """The tokens without space and comments, a closing semicolon removed."""
    found = []
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "mark"
        if kind == "mark" and match[0] in {"'", '"'}:
            raise syntax_error(sql, match.start())
        if kind != "space":
            found.append(Token(kind, match[0], match.start()))
    while found and found[-1].text == ";":
        found.pop()
    if any(token.text == ";" for token in found):
        raise SqlRefused("0A000", "Multiple statements queries are not supported.")
    if not found:
        raise syntax_error(sql)
    return found


def numbered(sql: str, tokens: list[Token]) -> tuple[str, int]:
    """The text with arguments written `:p1`, `:p2`..., and how many there are."""
    parts, at, numbers, most = [], 0, count(1), 0
    for token in tokens:
        if token.kind == "argument":
            number = int(token.text[1:] or next(numbers))
            most = max(most, number)
            parts += [sql[at : token.start], f":p{number}"]
            at = token.start + len(token.text)
    last = tokens[-1]
    parts.append(sql[at : last.start + len(last.text)] if at <= last.start else "")
    return "".join(parts), most


class TokenReader:
    """Reads a statement token by token; a surprise is a syntax error at that place."""

    def __init__(self, sql: str, tokens: list[Token]) -> None:
        self.sql = sql
        self._tokens = tokens
        self._at = 0

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._tokens)

    def peek(self) -> str:
        """The next word or mark, empty at the end."""
        return "" if self.is_done else self._tokens[self._at].word

    def next(self) -> Token:
        if self.is_done:
            raise syntax_error(self.sql, len(self.sql))
        self._at += 1
        return self._tokens[self._at - 1]

    def has(self, *words: str) -> bool:
        """Takes these words if they come next."""
        ahead = self._tokens[self._at : self._at + len(words)]
        if [token.word for token in ahead] != list(words):
            return False
        self._at += len(words)
        return True

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.has(word):
                raise self.error()

    def error(self) -> SqlRefused:
        at = len(self.sql) if self.is_done else self._tokens[self._at].start
        return syntax_error(self.sql, at)

    def identifier(self) -> str:
        token = self.next()
        if token.kind not in {"word", "quoted"}:
            self._at -= 1
            raise self.error()
        return token.name

    def qualified(self, default: str) -> tuple[str, str]:
        """`[schema.]name`."""
        first = self.identifier()
        return (first, self.identifier()) if self.has(".") else (default, first)

    def string(self) -> str:
        token = self.next()
        if token.kind == "quoted":
            return token.name
        if token.kind != "string":
            self._at -= 1
            raise self.error()
        return token.text[1:-1].replace("''", "'")

    def number(self) -> int:
        token = self.next()
        if not token.text.isdecimal():
            self._at -= 1
            raise self.error()
        return int(token.text)

    def rest(self) -> str:
        """The text from here to the end, and nothing is left."""
        start = len(self.sql) if self.is_done else self._tokens[self._at].start
        self._at = len(self._tokens)
        return self.sql[start:].rstrip().rstrip(";")

    def end(self) -> None:
        if not self.is_done:
            raise self.error()
