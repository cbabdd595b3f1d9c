"""The types of the memory store: their words, their Arrow types, and how text becomes values of them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from services.errors import ValueRefused
from services.times import parse_clock, parse_day, parse_moment
from services.value_json import from_typed_json
from services.values import Typed

ANY: Final = "Any"
WORDS: Final = (
    "String",
    "Int",
    "Long",
    "Double",
    "Decimal(38,10)",
    "Bool",
    "Bytes",
    "Timestamp",
    "Day",
    "Time",
    "Uuid",
    "Object",
    "List",
)
"""What a cell of an `Any` column can be, the usual one first."""

_DECIMAL = re.compile(r"Decimal\((\d+),\s*(\d+)\)")
_RANGES: Final = {"Int": 31, "Long": 63}


def decimal_shape(word: str) -> tuple[int, int] | None:
    """Precision and scale of `Decimal(p,s)`."""
    match = _DECIMAL.fullmatch(word)
    return (int(match.group(1)), int(match.group(2))) if match else None


def parse_text(word: str, text: str) -> Typed:
    """The value of a type that a text stands for.

    Raises:
        ValueRefused: the text does not fit.
    """
    if word == "String":
        return Typed(word, text)
    shape = decimal_shape(word)
    if shape is not None:
        return Typed(word, _decimal(text, *shape))
    parser = _PARSERS.get(word)
    if parser is None:
        raise ValueRefused(f"{word}: no type of this store", hint=f"The types are {', '.join(WORDS)}.")
    try:
        return Typed(word, parser(text.strip()))
    except ValueRefused:
        raise
    except (ValueError, TypeError, KeyError, binascii.Error) as error:
        raise ValueRefused(f"{text[:80]!r}: no {word}", hint=_HINTS.get(word, "")) from error


def _decimal(text: str, precision: int, scale: int) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueRefused(f"{text[:80]!r}: no decimal number", hint="Write digits with one point.") from error
    digits = value.as_tuple()
    if not isinstance(digits.exponent, int):
        raise ValueRefused(f"{text[:80]!r}: no finite number", hint="Write digits with one point.")
    if -digits.exponent > scale or len(digits.digits) + digits.exponent > precision - scale:
        raise ValueRefused(f"{text[:80]!r}: does not fit Decimal({precision},{scale})", hint="Nothing is rounded.")
    return value.quantize(Decimal(1).scaleb(-scale)) if precision <= 28 else value


def _integer(bits: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if not -(2**bits) <= value < 2**bits:
            raise ValueRefused(f"{text[:80]!r}: beyond {bits + 1} bits", hint="Choose a wider type.")
        return value

    return parse


def _bool(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:]) if text.lower().startswith("0x") else base64.b64decode(text, validate=True)


def _object(text: str) -> dict[str, Typed]:
    data = json.loads(text, parse_float=Decimal)
    if not isinstance(data, dict):
        raise ValueError
    return {name: of_json(item) for name, item in data.items()}


def _list(text: str) -> list[Typed]:
    data = json.loads(text, parse_float=Decimal)
    if not isinstance(data, list):
        raise ValueError
    return [of_json(item) for item in data]


_PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "Int": _integer(31),
    "Long": _integer(63),
    "Double": float,
    "Bool": _bool,
    "Bytes": _bytes,
    "Timestamp": parse_moment,
    "Day": parse_day,
    "Time": parse_clock,
    "Uuid": UUID,
    "Object": _object,
    "List": _list,
}
_HINTS: Final = {
    "Int": "Write a whole number.",
    "Long": "Write a whole number.",
    "Bool": "Write true or false.",
    "Bytes": "Write 0x and hex digits, or base64.",
    "Object": 'Write JSON such as {"name": "value"}.',
    "List": "Write JSON such as [1, 2].",
}


def of_json(data: Any, word: str = "") -> Typed:
    """JSON data as a value, of the usual type or of the one named.

    Raises:
        ValueRefused: it does not fit.
    """
    match data:
        case {"$type": str()}:
            return _tagged(data)
        case None:
            return Typed(word or "String", None)
        case bool():
            return _checked(word, "Bool", data)
        case int():
            usual = "Int" if -(2**31) <= data < 2**31 else "Long"
            return parse_text(word or usual, str(data))
        case float() | Decimal():
            return parse_text(word or "Double", str(data))
        case str():
            return parse_text(word or "String", data)
        case dict():
            return _checked(word, "Object", {name: of_json(item) for name, item in data.items()})
        case list():
            return _checked(word, "List", [of_json(item) for item in data])
    raise ValueRefused(f"{data!r}: no JSON value of this store")


def _tagged(data: dict[str, Any]) -> Typed:
    """`{"$type": …, "value": …}`, the value as typed JSON writes it or as plain JSON."""
    value = data.get("value")
    if isinstance(value, dict):
        found = from_typed_json(data)
        assert isinstance(found, Typed)
        return found
    return of_json(value, data["$type"])


def _checked(word: str, usual: str, value: Any) -> Typed:
    if word not in ("", usual):
        raise ValueRefused(f"{value!r}: no {word}", hint=_HINTS.get(word, ""))
    return Typed(usual, value)
