"""Arithmetic with dates in their kept form."""

from __future__ import annotations

from datetime import date, timedelta

from services.sandbox.ignite.errors import SqlRefused

SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400, "WEEK": 604_800}
MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _seconds(text: str) -> int:
    """Seconds since midnight; a date alone has none."""
    if len(text) < 19:
        return 0
    return int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])


def _unit(text: str) -> str:
    unit = text.upper().strip("'")
    if unit not in SECONDS and unit not in MONTHS:
        raise SqlRefused("42000", f"Unknown date part: {text}")
    return unit


def add(unit: str, count: int, text: str) -> str:
    """DATEADD; the result is a timestamp, months end at their last day."""
    unit, day, fraction = _unit(unit), _day(text), text[19:] or ".000000000"
    seconds = _seconds(text)
    if unit in MONTHS:
        months = day.year * 12 + day.month - 1 + MONTHS[unit] * int(count)
        first = date(months // 12, months % 12 + 1, 1)
        last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        day = first.replace(day=min(day.day, last.day))
    else:
        seconds += SECONDS[unit] * int(count)
        day += timedelta(days=seconds // 86_400)
        seconds %= 86_400
    return f"{day} {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def difference(unit: str, start: str, end: str) -> int:
    """DATEDIFF: how many borders of the unit lie between."""
    unit, first, last = _unit(unit), _day(start), _day(end)
    if unit in MONTHS:
        size = MONTHS[unit]
        return (last.year * 12 + last.month - 1) // size - (first.year * 12 + first.month - 1) // size
    size = SECONDS[unit]
    return (last.toordinal() * 86_400 + _seconds(end)) // size - (first.toordinal() * 86_400 + _seconds(start)) // size


def day_of_week(text: str) -> int:
    """1 is Sunday."""
    return _day(text).isoweekday() % 7 + 1
