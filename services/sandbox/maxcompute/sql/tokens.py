"""Statements cut into words, names, texts, numbers and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.sandbox.maxcompute.errors import OdpsError, parse_error

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      |(?P<quoted>`(?:[^`]|``)*`)
      |(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
      |(?P<number>\d+(?:\.\d+)?)
      |(?P<word>[^\W\d]\w*)
      |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)|''|\"\"", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


@dataclass(frozen=True)
class Token:
    """A piece of a statement. `kind` is quoted, text, number, word, sign or end; `value` is without quotes."""

    kind: str
    value: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """A word in capitals; empty for anything else."""
        return self.value.upper() if self.kind == "word" else ""


def tokenize(sql: str) -> list[Token]:
    """The tokens of a text, without spaces and comments, and an end."""
    tokens = []
    for found in _TOKEN.finditer(sql):
        kind = found.lastgroup or "sign"
        if kind != "space":
            tokens.append(Token(kind, _value(kind, found[0]), found.start(), found.end()))
    return [*tokens, Token("end", "", len(sql), len(sql))]


def _value(kind: str, text: str) -> str:
    if kind == "quoted":
        return text[1:-1].replace("``", "`")
    if kind == "text":
        quote = text[0]
        return _ESCAPED.sub(lambda m: _ESCAPES.get(m[1], m[1]) if m[1] else (m[0][0]), text[1:-1]) if quote else text
    return text


def split_statements(sql: str) -> list[str]:
    """The statements between semicolons, without empty ones."""
    parts, start = [], 0
    for token in tokenize(sql):
        if token.kind == "end" or (token.kind == "sign" and token.value == ";"):
            parts.append(sql[start : token.start])
            start = token.end
    return [part.strip() for part in parts if len(tokenize(part)) > 1]


class Reader:
    """Takes tokens of a statement one after another."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = tokenize(sql)
        self._at = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def error(self, wanted: str = "") -> OdpsError:
        """What is wrong at the next token, with its line and column."""
        before = self.sql[: self.next.start]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        seen = self.sql[self.next.start : self.next.end] or "<EOF>"
        reason = f"invalid token '{seen}'" + (f", expect '{wanted}'" if wanted else "")
        return parse_error(reason, line, column)

    def is_at(self, *words: str) -> bool:
        """Whether these words (or signs) are next."""
        tokens = self._tokens[self._at : self._at + len(words)]
        return [token.upper or (token.value if token.kind == "sign" else "") for token in tokens] == list(words)

    def accept(self, *words: str) -> bool:
        """Takes these words, if they are next."""
        found = self.is_at(*words)
        if found:
            self._at += len(words)
        return found

    def expect(self, *words: str) -> None:
        """Takes these words; OdpsError when they are not next."""
        for word in words:
            if not self.accept(word):
                raise self.error(word)

    def take(self, *kinds: str) -> Token:
        """Takes a token of one of these kinds."""
        if self.next.kind not in kinds:
            raise self.error(kinds[0])
        self._at += 1
        return self._tokens[self._at - 1]

    def name(self) -> str:
        """A name, quoted or not."""
        return self.take("word", "quoted").value

    def text(self) -> str:
        return self.take("text").value

    def number(self) -> int:
        return int(self.take("number").value)

    def qualified(self) -> tuple[str, ...]:
        """A name with what stands before its points, as in `project.schema.table`."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        return tuple(parts)

    def names(self) -> list[str]:
        """Names in parentheses."""
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return found

    def type_text(self) -> str:
        """The text of a type, with what is in its `<>` or `()`."""
        start, end, depth = self.next.start, self.take("word").end, 0
        while self.is_at("<") or self.is_at("(") or depth:
            token = self._tokens[self._at]
            if token.kind == "end":
                raise self.error(">")
            depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(token.value if token.kind == "sign" else "", 0)
            self._at += 1
            end = token.end
        return self.sql[start:end]

    def rest(self) -> str:
        """All that is left."""
        return self.sql[self.next.start :].strip()

    def finish(self) -> None:
        """OdpsError unless nothing is left."""
        if self.next.kind != "end":
            raise self.error()
