"""Arguments of a statement: which it asks for, what the user's words for them mean, how they are bound."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from services.queries.lexing import MARK, NAMED, Lexeme, lexemes

_INTEGER: Final = re.compile(r"[+-]?\d+")
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+)")
_WORDS: Final[Mapping[str, Any]] = {"null": None, "true": True, "false": False}


def argument_names(text: str, dialect: str = "") -> tuple[str, ...]:
    """What to ask for, each once, in order of first use: names of `:name`, and `1`, `2`, ... for every `?`."""
    return tuple(dict.fromkeys(name for _, name in _places(text, dialect)))


def bound(text: str, values: Mapping[str, Any], dialect: str = "") -> tuple[str, tuple[Any, ...]]:
    """The text with a `?` for every argument, and the arguments in order: values are bound, never pasted."""
    parts: list[str] = []
    arguments: list[Any] = []
    last = 0
    for place, name in _places(text, dialect):
        parts += [text[last : place.start], "?"]
        arguments.append(values[name])
        last = place.end
    return "".join(parts) + text[last:], tuple(arguments)


def _places(text: str, dialect: str) -> list[tuple[Lexeme, str]]:
    places: list[tuple[Lexeme, str]] = []
    count = 0
    for lexeme in lexemes(text, dialect):
        if lexeme.kind == NAMED:
            places.append((lexeme, text[lexeme.start + 1 : lexeme.end]))
        elif lexeme.kind == MARK:
            count += 1
            places.append((lexeme, str(count)))
    return places


def argument_value(text: str) -> Any:
    """The value that a user's words stand for.

    Whole numbers, decimals (`1e3` is a double), `null`, `true` and `false` are themselves; text in single quotes is
    exactly that text; all else is text as it stands.
    """
    words = text.strip()
    if words.lower() in _WORDS:
        return _WORDS[words.lower()]
    if _INTEGER.fullmatch(words):
        return int(words)
    if _DECIMAL.fullmatch(words):
        return _decimal(words)
    if len(words) > 1 and words[0] == words[-1] == "'":
        return words[1:-1].replace("''", "'")
    if words[:1] in "+-.0123456789" and words:
        return _double(words, text)
    return text


def _decimal(words: str) -> Any:
    try:
        return Decimal(words)
    except InvalidOperation:
        return words


def _double(words: str, text: str) -> Any:
    try:
        return float(words)
    except ValueError:
        return text
