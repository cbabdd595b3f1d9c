"""Values in the words of a call, for the review screen; and whether two values are the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from services.times import Day, Moment, TimeOfDay, clock_text, day_text, moment_text
from services.values import Typed

PLAIN_WORDS = ("Int", "String", "Bool", "Double", "Null")
"""Types that their literal alone tells; all others are named."""


def literal(value: Typed) -> str:
    """A value as people read it in a call: `2331`, `"Seoul"`, `Long(5)`, `City{NAME: "Seoul"}`."""
    data = value.value
    if data is None:
        return "NULL"
    if isinstance(data, Mapping):
        fields = ", ".join(f"{name}: {literal(item)}" for name, item in data.items())
        return f"{value.type}{{{fields}}}"
    if isinstance(data, list):
        return f"{value.type}[{', '.join(map(_element, data))}]"
    text = _scalar(data)
    return text if value.type in PLAIN_WORDS else f"{value.type}({text})"


def _element(item: Any) -> str:
    if isinstance(item, tuple):
        return f"{literal(item[0])}: {literal(item[1])}"
    return literal(item)


def _scalar(data: Any) -> str:
    match data:
        case str():
            escaped = data.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case bytes():
            return f"0x{data.hex()}"
        case bool():
            return "true" if data else "false"
        case float():
            return repr(data)
        case Moment():
            return moment_text(data)
        case Day():
            return day_text(data.epoch_days)
        case TimeOfDay():
            return clock_text(data.nanos)
    return str(data)


def is_same(first: Any, second: Any) -> bool:
    """Whether two values are equal as the server sees them: NULL has no type, NaN equals itself, a zone is a label."""
    if isinstance(first, Typed) and isinstance(second, Typed):
        if first.value is None or second.value is None:
            return first.value is None and second.value is None
        return first.type == second.type and is_same(first.value, second.value)
    match first, second:
        case float(), float():
            return (math.isnan(first) and math.isnan(second)) or (
                first == second and math.copysign(1, first) == math.copysign(1, second)
            )
        case Moment(), Moment():
            return first.epoch_nanos == second.epoch_nanos
        case (Mapping(), Mapping()):
            return first.keys() == second.keys() and all(is_same(first[name], second[name]) for name in first)
        case (list() | tuple(), list() | tuple()):
            return len(first) == len(second) and all(map(is_same, first, second))
    return type(first) is type(second) and bool(first == second) and str(first) == str(second)
