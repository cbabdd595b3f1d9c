"""What users write, as exact values: text of a cell editor, JSON of the command line, arguments of statements."""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from services.errors import ValueRefused
from services.stores.ignite.codec import tags
from services.times import Day, Moment, TimeOfDay, parse_clock, parse_day, parse_moment
from services.values import Typed

INT_BITS: Final = {"Byte": 8, "Short": 16, "Int": 32, "Long": 64}

SQL_WORDS: Final = {
    "INT": "Int",
    "BIGINT": "Long",
    "SMALLINT": "Short",
    "TINYINT": "Byte",
    "BOOLEAN": "Bool",
    "DOUBLE": "Double",
    "REAL": "Float",
    "DECIMAL": "Decimal",
    "VARCHAR": "String",
    "DATE": tags.SQL_DATE_WORD,
    "TIME": "Time",
    "TIMESTAMP": "Timestamp",
    "UUID": "UUID",
    "BINARY": tags.BYTE_ARRAY_WORD,
}
"""SQL types to the type words of their values."""


def sql_word(declared: str) -> str:
    """The type word of the values of a declared SQL type; a Java class that SQL lacks is a binary object."""
    return SQL_WORDS.get(declared.partition("(")[0], tags.OBJECT_WORD)


def parse(word: str, text: str, zone: str) -> Typed:
    """The value of type `word` that a text stands for; wall times are in the server's zone.

    Raises:
        ValueRefused: the text does not fit the type.
    """
    reader = _READERS.get(word)
    if reader is not None:
        return Typed(word, reader(text, word, zone))
    try:
        data = json.loads(text)
    except ValueError as error:
        hint = f"A value of type {word} is written as JSON."
        raise ValueRefused(f"{text[:60]!r}: not a {word}", hint=hint) from error
    return from_json(data, zone, word)


def _integer(text: str, word: str, zone: str) -> int:
    try:
        value = int(text.strip().replace("_", "").replace(",", ""))
    except ValueError:
        raise ValueRefused(f"{text[:60]!r}: not a whole number", hint=f"{word} is an integer.") from None
    bound = 1 << (INT_BITS[word] - 1)
    if not -bound <= value < bound:
        raise ValueRefused(f"{value}: out of range for {word}", hint=f"{word} holds {-bound:,} to {bound - 1:,}.")
    return value


def _floating(text: str, word: str, zone: str) -> float:
    try:
        value = float(text.strip())
        return struct.unpack("<f", struct.pack("<f", value))[0] if word == "Float" else value
    except (ValueError, OverflowError):
        raise ValueRefused(f"{text[:60]!r}: not a number that {word} can hold") from None


def _decimal(text: str, word: str, zone: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise ValueRefused(f"{text[:60]!r}: not a decimal number", hint="Write digits with a point, such as 12.50.")
    return value


_TRUTH: Final = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}


def _boolean(text: str, word: str, zone: str) -> bool:
    value = _TRUTH.get(text.strip().lower())
    if value is None:
        raise ValueRefused(f"{text[:60]!r}: neither true nor false")
    return value


def _char(text: str, word: str, zone: str) -> str:
    if len(text) != 1 or ord(text) > 0xFFFF:
        raise ValueRefused(f"{text[:60]!r}: not one character", hint="Char holds one UTF-16 unit.")
    return text


def _string(text: str, word: str, zone: str) -> str:
    return text


def _uuid(text: str, word: str, zone: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise ValueRefused(f"{text[:60]!r}: not a UUID") from None


def _bytes(text: str, word: str, zone: str) -> bytes:
    digits = re.sub(r"\s", "", text).removeprefix("0x").removeprefix("0X")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ValueRefused(f"{text[:60]!r}: not hexadecimal bytes", hint="Write 0x and pairs of digits.") from None


def _moment(text: str, word: str, zone: str) -> Moment:
    return parse_moment(text, zone)


def _day(text: str, word: str, zone: str) -> Day:
    return parse_day(text)


def _clock(text: str, word: str, zone: str) -> TimeOfDay:
    return parse_clock(text)


def _null(text: str, word: str, zone: str) -> None:
    return None


_READERS: Final[dict[str, Callable[[str, str, str], Any]]] = {
    **dict.fromkeys(INT_BITS, _integer),
    "Float": _floating,
    "Double": _floating,
    "Decimal": _decimal,
    "Bool": _boolean,
    "Char": _char,
    "String": _string,
    "UUID": _uuid,
    tags.BYTE_ARRAY_WORD: _bytes,
    "Date": _moment,
    "Timestamp": _moment,
    tags.SQL_DATE_WORD: _day,
    "Time": _clock,
    tags.NULL_WORD: _null,
}


def from_json(data: Any, zone: str, word: str = "") -> Typed:
    """The value that JSON data stands for.

    Args:
        word: the type expected; `{"$type": ..., "value": ...}` names another. Without either, numbers become Int or
            Long by size or Double, text String, a list ArrayList, an object a map.
    Raises:
        ValueRefused: the data does not fit the type.
    """
    if isinstance(data, Mapping) and "$type" in data:
        return from_json(data.get("value"), zone, str(data["$type"]))
    if data is None:
        return Typed(word or tags.NULL_WORD, None)
    if isinstance(data, Mapping) and "$bytes" in data:
        return Typed(word or tags.BYTE_ARRAY_WORD, _base64(data["$bytes"]))
    if isinstance(data, Mapping) and "$float" in data:
        return parse(word or "Double", str(data["$float"]), zone)
    if word in _READERS:
        return parse(word, _scalar_text(data, word), zone)
    return _nested(data, zone, word)


def _base64(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueRefused("$bytes: not base64") from error


def _scalar_text(data: Any, word: str) -> str:
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, int | float | Decimal | str):
        return str(data)
    raise ValueRefused(f"{json.dumps(data)[:60]}: not a {word}")


def _nested(data: Any, zone: str, word: str) -> Typed:
    if isinstance(data, list):
        return _list(data, zone, word or "ArrayList")
    if isinstance(data, Mapping):
        if word in tags.MAP_WORDS.values() or not word:
            pairs = [(Typed("String", str(name)), from_json(item, zone)) for name, item in data.items()]
            return Typed(word or "LinkedHashMap", pairs)
        return Typed(word, {str(name): from_json(item, zone) for name, item in data.items()})
    if word:
        raise ValueRefused(f"{json.dumps(data)[:60]}: not a {word}", hint="Its fields are written as a JSON object.")
    return argument(data)


def _list(data: list[Any], zone: str, word: str) -> Typed:
    if word in tags.MAP_WORDS.values():
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in data):
            raise ValueRefused(f"{word}: a map is written as an object or a list of pairs")
        return Typed(word, [(from_json(name, zone), from_json(item, zone)) for name, item in data])
    element = word.removesuffix("Array") if word in tags.ARRAY_WORDS.values() else ""
    return Typed(word, [from_json(item, zone, element) for item in data])


def argument(value: Any) -> Typed:
    """A Python value as the type Ignite would give it: the smallest of Int and Long, Double, String, ...

    Raises:
        ValueRefused: no type fits.
    """
    match value:
        case Typed():
            return value
        case None:
            return Typed(tags.NULL_WORD, None)
        case bool():
            return Typed("Bool", value)
        case int() if -(2**31) <= value < 2**31:
            return Typed("Int", value)
        case int() if -(2**63) <= value < 2**63:
            return Typed("Long", value)
        case int() | Decimal():
            return Typed("Decimal", Decimal(value))
    for kind, word in _PYTHON_WORDS:
        if isinstance(value, kind):
            return Typed(word, value)
    raise ValueRefused(f"{type(value).__name__}: no Ignite type fits")


_PYTHON_WORDS: Final[tuple[tuple[type, str], ...]] = (
    (float, "Double"),
    (str, "String"),
    (bytes, tags.BYTE_ARRAY_WORD),
    (UUID, "UUID"),
    (Moment, "Timestamp"),
    (Day, tags.SQL_DATE_WORD),
    (TimeOfDay, "Time"),
)
