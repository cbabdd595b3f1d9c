"""What users write, as exact values: text of a cell editor and JSON of the command line."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from services.errors import ValueRefused
from services.stores.changes import CellStep
from services.stores.tablestore import steps
from services.value_json import MAX_SAFE_INTEGER
from services.values import Typed

INT_BOUND: Final = 2**63
_TRUTH: Final = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}


def parse(word: str, text: str) -> Typed:
    """The value of type `word` that a text stands for.

    Raises:
        ValueRefused: the text does not fit the type.
    """
    if word == CellStep.INCREMENT:
        return steps.increment(parse("Integer", text))
    if word == CellStep.DELETE_VERSIONS:
        return steps.versions_of(text)
    reader = _READERS.get(word)
    if reader is None:
        raise ValueRefused(f"{word}: no type of Tablestore", hint=f"The types are {', '.join(_READERS)}.")
    return Typed(word, reader(text))


def _integer(text: str) -> int:
    try:
        value = int(text.strip().replace("_", "").replace(",", ""))
    except ValueError:
        raise ValueRefused(f"{text[:60]!r}: not a whole number", hint="Integer holds 64 bits.") from None
    if not -INT_BOUND <= value < INT_BOUND:
        hint = f"Integer holds {-INT_BOUND:,} to {INT_BOUND - 1:,}."
        raise ValueRefused(f"{text[:60]}: out of range for Integer", hint=hint)
    return value


def _double(text: str) -> float:
    try:
        value = float(text.strip())
    except (ValueError, OverflowError):
        raise ValueRefused(f"{text[:60]!r}: not a number") from None
    is_named = text.strip().lstrip("+-").lower() in ("inf", "infinity", "nan")
    if not math.isfinite(value) and not is_named:
        raise ValueRefused(f"{text[:60]}: too large for a Double")
    return value


def _boolean(text: str) -> bool:
    value = _TRUTH.get(text.strip().lower())
    if value is None:
        raise ValueRefused(f"{text[:60]!r}: neither true nor false")
    return value


def _string(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueRefused(f"{text[:60]!r}: no Unicode text", hint="A String holds UTF-8; use Binary.") from None
    return text


def _binary(text: str) -> bytes:
    digits = re.sub(r"\s", "", text)
    try:
        return bytes.fromhex(digits.removeprefix("0x").removeprefix("0X"))
    except ValueError:
        raise ValueRefused(f"{text[:60]!r}: not hexadecimal bytes", hint="Write 0x and pairs of digits.") from None


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "Integer": _integer,
    "String": _string,
    "Double": _double,
    "Boolean": _boolean,
    "Binary": _binary,
}


def from_json(data: Any, word: str = "", *, is_key: bool = False) -> Typed:
    """The value that JSON data stands for.

    Args:
        word: the type expected; `{"$type": ..., "value": ...}` names another. Without either, whole numbers become
            Integer, others Double, text String.
        is_key: the column has this type only, so a text may stand for it. Elsewhere the text "1" is a String beside
            the Integer 1, except for the digits of an integer that JSON's own numbers would round.
    Raises:
        ValueRefused: the data does not fit the type.
    """
    if isinstance(data, Mapping) and "$type" in data:
        return _hinted(str(data["$type"]), data.get("value"), is_key=is_key)
    if isinstance(data, Mapping) and "$bytes" in data:
        return _fitting("Binary", _base64(data["$bytes"]), word)
    if isinstance(data, Mapping) and "$float" in data:
        return _fitting("Double", _double(str(data["$float"])), word)
    match data:
        case bool():
            return _fitting("Boolean", data, word)
        case int():
            return parse(word if word in ("Integer", "Double") else _same("Integer", word), str(data))
        case float():
            return _fitting("Double", float(data), word)
        case str() if word in ("", "String"):
            return Typed("String", _string(data))
        case str() if is_key or (word == "Integer" and _is_long(data)):
            return parse(word, data)
        case str():
            _same("String", word)
        case None:
            raise ValueRefused("NULL: Tablestore has none", hint="Leave the column out instead.")
    raise ValueRefused(f"{str(data)[:60]}: Tablestore holds single values only", hint="Store it as JSON text.")


def _hinted(word: str, data: Any, *, is_key: bool) -> Typed:
    """Data under a type word, which may be that of a step of a cell."""
    if word == CellStep.INCREMENT:
        return steps.increment(from_json(data, "Integer"))
    return steps.versions_of(data) if word == CellStep.DELETE_VERSIONS else from_json(data, word, is_key=is_key)


def _is_long(text: str) -> bool:
    """Whether a text is a whole number as lossless JSON writes it."""
    return re.fullmatch(r"-?[0-9]{16,19}", text) is not None and abs(int(text)) > MAX_SAFE_INTEGER


def _same(found: str, word: str) -> str:
    if word not in ("", found):
        raise ValueRefused(f"{found} given, {word} expected", hint=f'Write {{"$type": "{found}", ...}} to mean it.')
    return found


def _fitting(found: str, value: Any, word: str) -> Typed:
    return Typed(_same(found, word), value)


def _base64(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueRefused("$bytes: not base64") from error
