"""Lossless JSON of values: plain for the command line, typed for what is kept and compared."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from services.times import Day, Moment, TimeOfDay, clock_text, day_text, moment_text
from services.values import ABSENT, Key, Typed, Value

MAX_SAFE_INTEGER: Final = 2**53


def plain_json(value: Any, *, numbers: bool = False) -> Any:
    """A value as JSON data, lossless, without type words: the form of the command line's output.

    Args:
        value: any shape of `Typed.value`, or a `Typed`.
        numbers: write int64 and decimal as bare numbers even where a double would round.
    """
    if isinstance(value, Typed):
        value = value.value
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if numbers or abs(value) <= MAX_SAFE_INTEGER else str(value)
        case float():
            return value if math.isfinite(value) else {"$float": _float_word(value)}
        case Decimal():
            return value if numbers else str(value)
        case bytes() | bytearray() | memoryview():
            return {"$bytes": base64.b64encode(value).decode("ascii")}
        case UUID():
            return str(value)
        case Moment():
            return moment_text(value)
        case Day():
            return day_text(value.epoch_days)
        case TimeOfDay():
            return clock_text(value.nanos)
        case Mapping():
            return {name: plain_json(field, numbers=numbers) for name, field in value.items() if field is not ABSENT}
        case list() | tuple():
            return [plain_json(item, numbers=numbers) for item in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _float_word(value: float) -> str:
    if math.isnan(value):
        return "nan"
    return "inf" if value > 0 else "-inf"


def json_text(data: Any) -> str:
    """Compact JSON text; a `Decimal` left in the data is written with all its digits as a bare number."""
    try:
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except TypeError:
        return _exact_json_text(data)


def _exact_json_text(data: Any) -> str:
    match data:
        case Decimal():
            return str(data)
        case dict():
            return "{" + ",".join(f"{json_text(str(name))}:{json_text(item)}" for name, item in data.items()) + "}"
        case list():
            return "[" + ",".join(json_text(item) for item in data) + "]"
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def typed_json(value: Value) -> Any:
    """A typed value as JSON data from which `from_typed_json` restores it exactly."""
    if value is ABSENT:
        return {"$absent": True}
    assert isinstance(value, Typed)
    return {"$type": value.type, "value": _tagged(value.value)}


def _tagged(value: Any) -> Any:
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            return {"$float": value.hex() if math.isfinite(value) else _float_word(value)}
        case Decimal():
            return {"$decimal": str(value)}
        case bytes() | bytearray() | memoryview():
            return {"$bytes": base64.b64encode(value).decode("ascii")}
        case UUID():
            return {"$uuid": str(value)}
        case Moment():
            return {"$moment": str(value.epoch_nanos), "zone": value.zone}
        case Day():
            return {"$day": value.epoch_days}
        case TimeOfDay():
            return {"$time": value.nanos}
        case Mapping():
            return {"$fields": [[name, typed_json(field)] for name, field in value.items()]}
        case list() | tuple():
            if value and isinstance(value[0], tuple):
                return {"$pairs": [[typed_json(name), typed_json(item)] for name, item in value]}
            return [typed_json(item) for item in value]
    raise TypeError(f"no JSON form for {type(value).__name__}")


def from_typed_json(data: Any) -> Value:
    """The typed value that `typed_json` wrote."""
    if "$absent" in data:
        return ABSENT
    return Typed(data["$type"], _untagged(data["value"]))


def _untagged(data: Any) -> Any:
    if isinstance(data, list):
        return [from_typed_json(item) for item in data]
    if not isinstance(data, dict):
        return data
    if "$float" in data:
        word = data["$float"]
        return float(word) if word in ("nan", "inf", "-inf") else float.fromhex(word)
    if "$decimal" in data:
        return Decimal(data["$decimal"])
    if "$bytes" in data:
        return base64.b64decode(data["$bytes"])
    if "$uuid" in data:
        return UUID(data["$uuid"])
    if "$moment" in data:
        return Moment(int(data["$moment"]), data["zone"])
    if "$day" in data:
        return Day(data["$day"])
    if "$time" in data:
        return TimeOfDay(data["$time"])
    if "$fields" in data:
        return {name: from_typed_json(field) for name, field in data["$fields"]}
    return [(from_typed_json(name), from_typed_json(item)) for name, item in data["$pairs"]]


def key_token(key: Key) -> str:
    """One canonical text for a key: equal for equal types and values only, in the order of the columns."""
    return json_text([[name, typed_json(value)] for name, value in key.items()])
