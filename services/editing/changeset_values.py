"""Values in a change set: the command line's JSON with the type word, restored to the last bit without a store."""

from __future__ import annotations

import base64
import math
import re
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from services.value_json import from_typed_json, plain_json, typed_json
from services.values import ABSENT, Typed, Value

_TEXT_WORDS: Final = frozenset({"string", "char"})
_WHOLE_WORDS: Final = frozenset({"byte", "short", "int", "long", "integer", "int32", "int64"})
_FLOAT_WORDS: Final = frozenset({"float", "float32", "double", "float64"})
_TRUTH_WORDS: Final = frozenset({"bool", "boolean"})
_NARROW_WORDS: Final = frozenset({"float", "float32"})
_WHOLE: Final = re.compile(r"-?[0-9]{1,40}")
_HEX_FLOAT: Final = re.compile(r"nan|-?inf|-?0x[0-9a-f.]+p[+-][0-9]+")
_ABSENT_FORM: Final = {"$absent": True}


class _InexactError(Exception):
    """The data is not what `value_form` writes; a store has to say what it stands for."""


def value_form(value: Value) -> Any:
    """A value as JSON data from which `value_from` restores it exactly, whatever the types of the column are."""
    if value is ABSENT:
        return dict(_ABSENT_FORM)
    return {"$type": value.type, "value": _form(value.type.lower(), value.value)}


def _form(word: str, data: Any) -> Any:
    """The bare data where its type word says the rest, else with a tag."""
    match data:
        case None:
            return None
        case bool():
            return data if word in _TRUTH_WORDS else {"$bool": data}
        case str():
            return data if word in _TEXT_WORDS else {"$text": data}
        case int():
            return plain_json(data) if word in _WHOLE_WORDS else {"$int": str(data)}
        case float() if math.isfinite(data) and word in _FLOAT_WORDS and _fits(word, data):
            return data
        case Mapping():
            return {"$fields": [[name, value_form(field)] for name, field in data.items()]}
        case list() | tuple():
            if data and isinstance(data[0], tuple):
                return {"$pairs": [[value_form(name), value_form(item)] for name, item in data]}
            return [value_form(item) for item in data]
    return typed_json(Typed("", data))["value"]


def value_from(data: Any, read: Callable[[Any], Typed]) -> Value:
    """The value that JSON data stands for.

    Args:
        read: what a store makes of data that names no exact value, such as a bare number.
    """
    try:
        return _exact(data)
    except _InexactError:
        return read(data)


def _exact(data: Any) -> Value:
    match data:
        case {"$absent": True} if len(data) == 1:
            return ABSENT
        case {"$type": str(word), "value": inner} if len(data) == 2:
            return Typed(word, _exact_data(word.lower(), inner))
    raise _InexactError


def _exact_data(word: str, data: Any) -> Any:
    match data:
        case None:
            return None
        case bool() if word in _TRUTH_WORDS:
            return data
        case str() if word in _TEXT_WORDS:
            return data
        case int() if word in _WHOLE_WORDS and not isinstance(data, bool):
            return data
        case str() if word in _WHOLE_WORDS and _WHOLE.fullmatch(data):
            return int(data)
        case float() if word in _FLOAT_WORDS and math.isfinite(data) and _fits(word, data):
            return float(data)
        case list():
            return [_exact(item) for item in data]
        case dict():
            return _untagged(data)
    raise _InexactError


def _fits(word: str, data: float) -> bool:
    """Whether a type of 32 bits holds the number as it is."""
    if word not in _NARROW_WORDS:
        return True
    try:
        return bool(struct.unpack("<f", struct.pack("<f", data))[0] == data)
    except OverflowError:
        return False


def _untagged(data: dict[str, Any]) -> Any:
    if len(data) == 1:
        ((tag, inner),) = data.items()
        reader = _READERS.get(tag)
        if reader is not None:
            return reader(inner)
    if data.keys() == {"$moment", "zone"} and isinstance(data["$moment"], str) and isinstance(data["zone"], str):
        return _restored(data)
    raise _InexactError


def _restored(data: Any) -> Any:
    try:
        value = from_typed_json({"$type": "", "value": data})
    except (ValueError, ArithmeticError) as error:
        raise _InexactError from error
    assert isinstance(value, Typed)
    return value.value


def _of_kind(kind: type, tag: str = "") -> Callable[[Any], Any]:
    """Reads what is of that kind: as it is, or as typed JSON has it under the tag."""

    def read(inner: Any) -> Any:
        if type(inner) is not kind:
            raise _InexactError
        return _restored({tag: inner}) if tag else inner

    return read


def _matching(pattern: re.Pattern[str], make: Callable[[str], Any]) -> Callable[[Any], Any]:
    def read(inner: Any) -> Any:
        if not isinstance(inner, str) or not pattern.fullmatch(inner):
            raise _InexactError
        return make(inner)

    return read


def _bytes(inner: Any) -> bytes:
    try:
        return base64.b64decode(inner, validate=True)
    except (ValueError, TypeError) as error:
        raise _InexactError from error


def _twos(inner: Any) -> list[tuple[Any, Any]]:
    if not isinstance(inner, list) or not all(isinstance(item, list) and len(item) == 2 for item in inner):
        raise _InexactError
    return [(first, second) for first, second in inner]


def _fields(inner: Any) -> dict[str, Value]:
    pairs = _twos(inner)
    if not all(isinstance(name, str) for name, _ in pairs):
        raise _InexactError
    return {name: _exact(field) for name, field in pairs}


def _pairs(inner: Any) -> list[tuple[Value, Value]]:
    return [(_exact(name), _exact(item)) for name, item in _twos(inner)]


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "$bool": _of_kind(bool),
    "$text": _of_kind(str),
    "$int": _matching(_WHOLE, int),
    "$float": _matching(_HEX_FLOAT, lambda text: _restored({"$float": text})),
    "$decimal": _of_kind(str, "$decimal"),
    "$bytes": _bytes,
    "$uuid": _of_kind(str, "$uuid"),
    "$day": _of_kind(int, "$day"),
    "$time": _of_kind(int, "$time"),
    "$fields": _fields,
    "$pairs": _pairs,
}
