"""The text that an editor of a value starts with: read back by the store, it is the same value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from services.times import Day, Moment, TimeOfDay, clock_text, day_text, moment_text
from services.value_json import plain_json
from services.values import ABSENT, Typed, Value

_PLAIN_WORDS: Final = ("string", "varchar", "text", "bool", "boolean")
"""Types (in lower case) whose values need no hint inside JSON."""


def edit_text(value: Value) -> str:
    """The exact text of a value; empty for NULL and absent."""
    if value is ABSENT or value.value is None:
        return ""
    match value.value:
        case bool():
            return "true" if value.value else "false"
        case str():
            return value.value
        case Decimal():
            exponent = value.value.as_tuple().exponent
            is_short = isinstance(exponent, int) and -100 < exponent <= 0
            return format(value.value, "f") if is_short else str(value.value)
        case bytes() | bytearray() | memoryview():
            return f"0x{bytes(value.value).hex()}"
        case Moment():
            return moment_text(value.value, separator=" ")
        case Day():
            return day_text(value.value.epoch_days)
        case TimeOfDay():
            return clock_text(value.value.nanos)
        case Mapping() | list() | tuple():
            return json.dumps(_inner(value.value), ensure_ascii=False, indent=2)
    return str(value.value)


def is_nested(value: Value) -> bool:
    """Whether it is an object, a list or a map."""
    return isinstance(value, Typed) and isinstance(value.value, Mapping | list | tuple)


def _inner(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _hinted(cell) for name, cell in value.items() if cell is not ABSENT}
    return [[_hinted(item[0]), _hinted(item[1])] if isinstance(item, tuple) else _hinted(item) for item in value]


def _hinted(value: Value) -> Any:
    """A value inside another with its type word, so that it is read back as the same type."""
    if value is ABSENT:
        return None
    if isinstance(value.value, str | bool) and value.type.lower() in _PLAIN_WORDS:
        return value.value
    nested = isinstance(value.value, Mapping | list | tuple)
    data = _inner(value.value) if nested else plain_json(value)
    return {"$type": value.type, "value": data}
