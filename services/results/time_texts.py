"""Times as text, by their count of units, because Python's own types end at microseconds and the year 9999."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa

from services.results.typed import DAY_MILLIS, NANOS
from services.text import displayable
from services.times import clock_text, day_text, offset_text, zone_offset_seconds

Prepare = Callable[[Any], Any]
Convert = Callable[[Any], str]

_DAY_NANOS: Final = 86_400_000_000_000
_SECOND: Final = 1_000_000_000
_QUARTER: Final = 900
_TEXT_LIMIT: Final = 256


def time_texts(kind: Any) -> tuple[Prepare, Convert]:
    """How to make counts of an array of times, and a text of each count."""
    types = pa.types
    if types.is_timestamp(kind):
        return _viewed(pa.int64()), _moment_texts(NANOS[kind.unit], kind.tz)
    if types.is_date32(kind):
        return _viewed(pa.int32()), _day_text
    if types.is_date64(kind):
        return _viewed(pa.int64()), lambda value: _day_text(value // DAY_MILLIS)
    if types.is_time(kind):
        scale = NANOS[kind.unit]
        return _viewed(pa.int32() if types.is_time32(kind) else pa.int64()), lambda value: clock_text(value * scale)
    if types.is_duration(kind):
        return _viewed(pa.int64()), lambda value: f"{value} {kind.unit}"
    return lambda array: array, lambda value: displayable(str(value), _TEXT_LIMIT)


def _viewed(kind: Any) -> Prepare:
    return lambda array: array.view(kind)


_day_text = lru_cache(maxsize=4096)(day_text)


def _moment_texts(scale: int, zone: str | None) -> Convert:
    """The wall time in a zone with its offset; without a zone just the wall time."""

    def text(value: int) -> str:
        nanos = value * scale
        offset = _offset(nanos // _SECOND, zone) if zone else 0
        day, rest = divmod(nanos + offset * _SECOND, _DAY_NANOS)
        return f"{_day_text(day)} {clock_text(rest)}{offset_text(offset) if zone else ''}"

    return text


def _offset(seconds: int, zone: str) -> int:
    """As `zone_offset_seconds`, remembered by quarter of an hour, in which few zones ever changed."""
    if zone == "UTC":
        return 0
    start, end = _quarter_offsets(seconds // _QUARTER, zone)
    return start if start == end else zone_offset_seconds(seconds, zone)


@lru_cache(maxsize=8192)
def _quarter_offsets(quarter: int, zone: str) -> tuple[int, int]:
    first = quarter * _QUARTER
    return zone_offset_seconds(first, zone), zone_offset_seconds(first + _QUARTER - 1, zone)
