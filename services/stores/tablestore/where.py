"""The filter language: `region = 'eu' and amount > 5`, `(region, id) >= ('eu', 7)`, `note is absent`.

    or-part   := and-part {or and-part}
    and-part  := not-part {and not-part}
    not-part  := [not] ( comparison | ( or-part ) )
    comparison := column (= | != | <> | < | <= | > | >=) value
               |  ( column, ... ) (= | < | <= | > | >=) ( value, ... )
               |  column [not] between value and value  |  column [not] in ( value, ... )
               |  column is [not] (absent | present | null)
    value     := 12 | 1.5 | 'text' | x'00ff' | true | false

Columns are bare words, or stand in "quotes" or `backticks`. A row that lacks a column fails every comparison with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from services.errors import UsageError
from services.values import Typed

HINT: Final = "Write such as: region = 'eu' and amount > 5, or (region, id) >= ('eu', 7), or note is absent."
MAX_DEPTH: Final = 50


@dataclass(frozen=True, slots=True)
class Compare:
    """Columns compared with values, in lexicographic order where there are several."""

    names: tuple[str, ...]
    operator: str
    values: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a row has a column."""

    name: str
    is_present: bool


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    part: Test


@dataclass(frozen=True, slots=True)
class All:
    """What must hold together."""

    parts: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Of which one must hold."""

    parts: tuple[Test, ...]


Test = Compare | Presence | Not | All | Either

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<binary>[xX]'(?:[0-9A-Fa-f]{2})*')
      | (?P<text>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")+"|`(?:[^`]|``)+`)
      | (?P<number>[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))
      | (?P<sign><=|>=|<>|!=|==|[=<>(),])
      | (?P<word>[^\W\d]\w*)
    )""",
    re.VERBOSE,
)
_SIGNS: Final = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_RESERVED: Final = frozenset(("and", "or", "not", "is", "in", "between", "true", "false"))


def parse(text: str) -> Test | None:
    """The test that a filter means; None where it is empty.

    Raises:
        UsageError: it cannot be read.
    """
    if not text.strip():
        return None
    return _Parser(_tokens(text)).whole()


def _refuse(words: str) -> NoReturn:
    raise UsageError(f"filter: {words}", hint=HINT)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            _refuse(f"not understood at {text[at : at + 20].strip()!r}")
        tokens.append((str(match.lastgroup), match[match.lastgroup or 0]))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        found = self._any()
        if self._at < len(self._tokens):
            _refuse(f"nothing was expected at {self._tokens[self._at][1]!r}")
        return found

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else ("end", "the end")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _takes(self, *words: str) -> bool:
        """Step over the words if all of them follow."""
        for ahead, word in enumerate(words):
            kind, text = self._peek(ahead)
            if kind not in ("word", "sign") or text.lower() != word:
                return False
        self._at += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            _refuse(f"{word!r} was expected at {self._peek()[1]!r}")

    def _any(self) -> Test:
        parts = [self._all()]
        while self._takes("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Test:
        parts = [self._not()]
        while self._takes("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _not(self) -> Test:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _refuse("it is nested too deep")
        try:
            if self._takes("not"):
                return Not(self._not())
            if self._peek() == ("sign", "(") and not self._is_tuple():
                self._next()
                found = self._any()
                self._expect(")")
                return found
            return self._comparison()
        finally:
            self._depth -= 1

    def _is_tuple(self) -> bool:
        return self._peek(1)[0] in ("word", "quoted") and self._peek(2) == ("sign", ",")

    def _comparison(self) -> Test:
        if self._peek() == ("sign", "("):
            return self._tuples()
        name = self._column()
        if self._takes("is"):
            return self._presence(name)
        is_denied = self._takes("not")
        if self._takes("between"):
            low = self._value()
            self._expect("and")
            between = All((Compare((name,), ">=", (low,)), Compare((name,), "<=", (self._value(),))))
            return Not(between) if is_denied else between
        if self._takes("in"):
            found = Either(tuple(Compare((name,), "=", (value,)) for value in self._values()))
            return Not(found) if is_denied else found
        return Compare((name,), self._operator(), (self._value(),))

    def _presence(self, name: str) -> Presence:
        is_denied = self._takes("not")
        for word, is_present in (("absent", False), ("null", False), ("present", True)):
            if self._takes(word):
                return Presence(name, is_present != is_denied)
        _refuse(f"absent or present was expected at {self._peek()[1]!r}")

    def _tuples(self) -> Compare:
        names = [self._column_after("(")]
        while self._takes(","):
            names.append(self._column())
        self._expect(")")
        operator = self._operator()
        values = self._values()
        if len(values) != len(names) or operator == "!=":
            _refuse(f"({', '.join(names)}) is compared with as many values, by = < <= > >=")
        return Compare(tuple(names), operator, values)

    def _column_after(self, sign: str) -> str:
        self._expect(sign)
        return self._column()

    def _column(self) -> str:
        kind, text = self._next()
        if kind == "quoted":
            return text[1:-1].replace(text[0] * 2, text[0])
        if kind != "word" or text.lower() in _RESERVED:
            _refuse(f"a column was expected at {text!r}")
        return text

    def _operator(self) -> str:
        kind, text = self._next()
        if kind != "sign" or text not in _SIGNS:
            _refuse(f"a comparison was expected at {text!r}")
        return _SIGNS[text]

    def _values(self) -> tuple[Typed, ...]:
        self._expect("(")
        values = [self._value()]
        while self._takes(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> Typed:
        kind, text = self._next()
        if kind == "text":
            return Typed("String", text[1:-1].replace("''", "'"))
        if kind == "binary":
            return Typed("Binary", bytes.fromhex(text[2:-1]))
        if kind == "word" and text.lower() in ("true", "false"):
            return Typed("Boolean", text.lower() == "true")
        if kind != "number":
            _refuse(f"a value was expected at {text!r} (texts stand in 'single quotes')")
        if not re.fullmatch(r"[+-]?\d+", text):
            return Typed("Double", float(text))
        number = int(text)
        if not -(2**63) <= number < 2**63:
            _refuse(f"{text} is out of the range of an Integer")
        return Typed("Integer", number)
