"""Staged values and changes in words, displayable: `~ 2331  Name  "Seoul" → "Seoul City"`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from services.editing.cells import Source, cell_at, changed_sources
from services.stores.changes import CellStep, Change, Delete, Insert, Update, is_step
from services.text import displayable
from services.times import Day, Moment, TimeOfDay, clock_text, day_text, moment_text
from services.values import ABSENT, Key, Row, Typed, Value

MARKS: Final = {Insert: "+", Update: "~", Delete: "-"}
NULL_MARK: Final = "∅"
ABSENT_MARK: Final = "·"
_BYTES_SHOWN: Final = 16


def value_words(value: Value, limit: int = 60) -> str:
    """A value as people tell it: text in quotes, numbers grouped, `∅` for NULL, `·` for absent, `+5` for a step."""
    if value is ABSENT:
        return ABSENT_MARK
    return displayable(_step_words(value) if is_step(value) else _words(value.value, limit), limit)


def _step_words(step: Typed) -> str:
    if step.type == CellStep.INCREMENT:
        return f"{step.value:+,}"
    times = [time_words(item.value) for item in step.value]
    return f"without the version of {', '.join(times[:2])}{f' and {len(times) - 2:,} more' if len(times) > 2 else ''}"


def time_words(milliseconds: int) -> str:
    """The time of a version, in UTC: `2026-11-21 16:50:00.123`."""
    return moment_text(Moment(milliseconds * 1_000_000, "UTC"), separator=" ", with_zone=False)


def _words(value: Any, limit: int) -> str:
    match value:
        case None:
            return NULL_MARK
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value[:limit]}"'
        case int():
            return f"{value:,}"
        case float() | UUID():
            return str(value)
        case Decimal():
            return f"{value:,f}" if abs(value.adjusted()) < limit else str(value)
        case bytes() | bytearray() | memoryview():
            return _bytes_words(bytes(value))
        case Moment():
            return moment_text(value, separator=" ")
        case Day():
            return day_text(value.epoch_days)
        case TimeOfDay():
            return clock_text(value.nanos)
    return _nested_words(value, limit)


def _bytes_words(value: bytes) -> str:
    cut = "…" if len(value) > _BYTES_SHOWN else ""
    return f"0x{value[:_BYTES_SHOWN].hex()}{cut} ({len(value):,} bytes)"


def _nested_words(value: Any, limit: int) -> str:
    parts: list[str] = []
    for item in value.items() if isinstance(value, Mapping) else value:
        if isinstance(value, Mapping):
            name, cell = item
            parts.append(f"{name}: {value_words(cell, limit)}")
        elif isinstance(item, tuple):
            parts.append(f"{value_words(item[0], limit)}: {value_words(item[1], limit)}")
        else:
            parts.append(value_words(item, limit))
        if sum(map(len, parts)) > limit:
            break
    is_list = isinstance(value, list) and not (value and isinstance(value[0], tuple))
    inner = ", ".join(parts)
    return f"[{inner}]" if is_list else f"{{{inner}}}"


def key_words(key: Key, limit: int = 40) -> str:
    """A key without its column names: `2331`, or `"a" 7` for two columns."""
    words = [displayable(_bare(value), limit) for value in key.values()]
    return " ".join(words)


def _bare(value: Value) -> str:
    if value is not ABSENT and type(value.value) is int:
        return str(value.value)
    if value is not ABSENT and isinstance(value.value, str) and value.value.isprintable() and value.value.strip():
        return value.value
    return value_words(value)


def source_words(source: Source) -> str:
    """A cell's column, with the field inside it: `value.Name`."""
    return displayable(".".join(part for part in source if part))


def cell_changes(change: Change) -> list[tuple[Source, Value, Value]]:
    """The cells that a change sets, each with the old and the new value."""
    if isinstance(change, Delete):
        return []
    before: Row = {} if isinstance(change, Insert) else change.before
    sources = changed_sources(before, change.after)
    return [(source, cell_at(before, source), cell_at(change.after, source)) for source in sources]


def change_words(change: Change, limit: int = 60) -> str:
    """What a change does, without its mark and key."""
    if isinstance(change, Delete):
        return "  ".join(value_words(value, limit) for value in change.before.values())
    if isinstance(change, Insert):
        return "  ".join(f"{displayable(name)} {value_words(value, limit)}" for name, value in change.after.items())
    return "  ".join(
        f"{source_words(source)}  {value_words(old, limit)} → {value_words(new, limit)}"
        for source, old, new in cell_changes(change)
    )
