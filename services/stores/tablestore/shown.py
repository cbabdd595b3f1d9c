"""Values and conditions in the words of a call, for the review screen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from services.values import ABSENT, Typed, Value


def literal(value: Typed) -> str:
    """A value as people read it: `12`, `1.5`, `'text'`, `x'00ff'`, `true`."""
    data = value.value
    match data:
        case bool():
            return "true" if data else "false"
        case str():
            return "'" + data.replace("'", "''") + "'"
        case bytes() | bytearray():
            return f"x'{bytes(data).hex()}'"
        case None:
            return "(made by the service)"
    return repr(data)


def assignments(values: Mapping[str, Value]) -> str:
    """Columns and their values: `amount = 12, city = 'Bonn'`."""
    return ", ".join(f"{name} = {literal(value)}" for name, value in values.items() if isinstance(value, Typed))


def condition_text(values: Mapping[str, Value]) -> str:
    """What is compared, in the words of the filter language."""
    parts = [f"{name} is absent" if value is ABSENT else assignments({name: value}) for name, value in values.items()]
    return " and ".join(parts)


def moment(milliseconds: int) -> str:
    """A timestamp of a version: `2026-11-21T16:50:00.123Z`, or the bare number where no calendar has it."""
    try:
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return str(milliseconds)
    return f"{found:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
