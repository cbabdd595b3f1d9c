"""What users write, as exact values: the text of a cell editor, and JSON of the command line."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from services.errors import ValueRefused
from services.stores.ikv.types import BITS, BOOLEAN, BYTES, FLOAT32, FLOAT64, INT32, INT64, LAYOUTS, STRING, WORDS
from services.values import Typed

TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
SHOWN: Final = 60


def parse(word: str, text: str) -> Typed:
    """The value of type `word` that a text stands for.

    Raises:
        ValueRefused: the text does not fit the type.
    """
    reader = _READERS.get(word)
    if reader is None:
        raise ValueRefused(f"{word}: no IKV type", hint=f"The types are {', '.join(WORDS)}.")
    return Typed(word, reader(text, word))


def _integer(text: str, word: str) -> int:
    try:
        value = int(text.strip().replace("_", "").replace(",", ""))
    except ValueError:
        raise ValueRefused(f"{text[:SHOWN]!r}: not a whole number", hint=f"{word} is an integer.") from None
    bound = 1 << (BITS[word] - 1)
    if not -bound <= value < bound:
        raise ValueRefused(f"{value}: out of range for {word}", hint=f"{word} holds {-bound:,} to {bound - 1:,}.")
    return value


def _floating(text: str, word: str) -> float:
    try:
        value = float(text.strip())
        packed: float = LAYOUTS[word].unpack(LAYOUTS[word].pack(value))[0]
    except (ValueError, OverflowError):
        raise ValueRefused(f"{text[:SHOWN]!r}: not a number that {word} can hold") from None
    return packed


def _boolean(text: str, word: str) -> bool:
    value = TRUTH.get(text.strip().lower())
    if value is None:
        raise ValueRefused(f"{text[:SHOWN]!r}: neither true nor false", hint="Write true or false.")
    return value


def _string(text: str, word: str) -> str:
    return text


def _bytes(text: str, word: str) -> bytes:
    digits = re.sub(r"\s", "", text).removeprefix("0x").removeprefix("0X")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ValueRefused(f"{text[:SHOWN]!r}: not hexadecimal bytes", hint="Write 0x and pairs of digits.") from None


_READERS: Final[Mapping[str, Callable[[str, str], Any]]] = {
    INT32: _integer,
    INT64: _integer,
    FLOAT32: _floating,
    FLOAT64: _floating,
    BOOLEAN: _boolean,
    STRING: _string,
    BYTES: _bytes,
}


def from_json(data: Any, usual: str = "") -> Typed:
    """The value that JSON data stands for.

    Args:
        usual: the type that the field has; taken where the data fits it. Without it a number becomes INT64 or FLOAT64.
            `{"$type": ..., "value": ...}` names the type.
    Raises:
        ValueRefused: no type of IKV holds the data.
    """
    if isinstance(data, Mapping) and "$type" in data:
        return _hinted(str(data["$type"]), data.get("value"))
    if data is None:
        return Typed(usual or STRING, None)
    natural = _natural(data)
    if usual in _WIDER.get(natural.type, ()):
        return parse(usual, str(data))
    return natural


_WIDER: Final[Mapping[str, tuple[str, ...]]] = {INT64: (INT32, FLOAT64, FLOAT32), FLOAT64: (FLOAT32,)}
"""Types that a plain JSON number may stand for beside the one it looks like."""


def _hinted(word: str, data: Any) -> Typed:
    if data is None:
        return Typed(word, None)
    if isinstance(data, bool):
        return parse(word, "true" if data else "false")
    is_text = isinstance(data, str) and (word != BYTES or data[:2].lower() == "0x")
    if is_text or isinstance(data, int | float | Decimal):
        return parse(word, str(data))
    natural = _natural(data)
    if natural.type != word and not (natural.type == FLOAT64 and word == FLOAT32):
        raise ValueRefused(f"{str(data)[:SHOWN]}: not a {word}")
    return Typed(word, natural.value)


def _natural(data: Any) -> Typed:
    match data:
        case bool():
            return Typed(BOOLEAN, data)
        case int():
            return parse(INT64, str(data))
        case float() | Decimal():
            return parse(FLOAT64, str(data))
        case str():
            return Typed(STRING, data)
        case {"$bytes": text}:
            return Typed(BYTES, _base64(text))
        case {"$float": text}:
            return parse(FLOAT64, str(text))
    hint = "A field is text, a number, true or false, or bytes; keep nested data as JSON text in a STRING."
    raise ValueRefused(f"{str(data)[:SHOWN]}: IKV has no type for it", hint=hint)


def _base64(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueRefused("$bytes: not base64") from error
