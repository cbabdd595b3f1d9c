"""Times exact to the nanosecond in any year, and their ISO 8601 text (Python's own stop at microseconds and 9999)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.errors import ValueRefused


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant: nanoseconds since 1970 UTC (any size), shown in `zone` (an IANA name).

    With an empty zone it is a wall time of no zone, as if that were UTC.
    """

    epoch_nanos: int
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day: days since 1970-01-01."""

    epoch_days: int


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time of day: nanoseconds since midnight."""

    nanos: int


_CLOCK = re.compile(r"^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$")
_DATE = re.compile(r"^([+-]?\d{4,})-(\d\d)-(\d\d)$")
_DAY_NANOS: Final = 86_400_000_000_000


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of a count of days since 1970-01-01, in the proleptic Gregorian calendar."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_index + 2) // 5 + 1
    month = month_index + 3 if month_index < 10 else month_index - 9
    return year_of_era + era * 400 + (month <= 2), month, day


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a proleptic Gregorian date."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def day_text(epoch_days: int) -> str:
    """A day as `YYYY-MM-DD`, with a sign for years outside 0 to 9999."""
    year, month, day = civil_from_days(epoch_days)
    shown = f"{year:04d}" if 0 <= year <= 9999 else f"{year:+06d}"
    return f"{shown}-{month:02d}-{day:02d}"


def clock_text(nanos: int) -> str:
    """A time of day as `HH:MM:SS` with as many fraction digits (0, 3, 6, 9) as it needs."""
    seconds, fraction = divmod(nanos, 1_000_000_000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if not fraction:
        return text
    digits = f"{fraction:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{text}.{digits}"


def zone_offset_seconds(epoch_seconds: int, zone: str) -> int:
    """Seconds east of UTC that `zone` has at an instant; 0 for an unknown zone or a year Python lacks."""
    if zone in ("", "UTC", "GMT", "Z", "Etc/UTC"):
        return 0
    try:
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=epoch_seconds)
        offset = instant.astimezone(ZoneInfo(zone)).utcoffset()
    except (OverflowError, ValueError, ZoneInfoNotFoundError):
        return 0
    return int(offset.total_seconds()) if offset is not None else 0


def moment_text(moment: Moment, *, separator: str = "T", with_zone: bool = True) -> str:
    """A moment in ISO 8601 with the offset of its zone if it has one, exact to the nanosecond."""
    offset = zone_offset_seconds(moment.epoch_nanos // 1_000_000_000, moment.zone)
    days, nanos = divmod(moment.epoch_nanos + offset * 1_000_000_000, _DAY_NANOS)
    text = f"{day_text(days)}{separator}{clock_text(nanos)}"
    return text + offset_text(offset) if with_zone and moment.zone else text


def offset_text(offset: int) -> str:
    """An offset as ISO 8601 writes it, with the seconds that zones had before standard time."""
    if offset == 0:
        return "Z"
    sign, size = ("-", -offset) if offset < 0 else ("+", offset)
    text = f"{sign}{size // 3600:02d}:{size // 60 % 60:02d}"
    return text + f":{size % 60:02d}" if size % 60 else text


def parse_day(text: str) -> Day:
    """Read `YYYY-MM-DD`.

    Raises:
        ValueRefused: the text is no day of the calendar.
    """
    match = _DATE.match(text.strip())
    if match:
        year, month, day = (int(part) for part in match.groups())
        days = days_from_civil(year, month, day) if 1 <= month <= 12 else 0
        if civil_from_days(days) == (year, month, day):
            return Day(days)
    raise ValueRefused(f"{text!r}: not a date", hint="Write a date as YYYY-MM-DD.")


def parse_clock(text: str) -> TimeOfDay:
    """Read `HH:MM:SS[.fraction]`.

    Raises:
        ValueRefused: the text is no time of day.
    """
    match = _CLOCK.match(text.strip())
    if match:
        hours, minutes, seconds = (int(part) for part in match.groups()[:3])
        if hours < 24 and minutes < 60 and seconds < 60:
            fraction = int((match.group(4) or "0").ljust(9, "0"))
            return TimeOfDay((hours * 3600 + minutes * 60 + seconds) * 1_000_000_000 + fraction)
    raise ValueRefused(f"{text!r}: not a time of day", hint="Write a time as HH:MM:SS, with a fraction if needed.")


_MOMENT = re.compile(r"^(\S+?)(?:[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?))?\s*(Z|[+-]\d\d:?\d\d(?::?\d\d)?)?$")


def parse_moment(text: str, zone: str = "UTC") -> Moment:
    """Read ISO 8601; a text without an offset is a wall time in `zone`.

    Raises:
        ValueRefused: the text is no date and time.
    """
    match = _MOMENT.match(text.strip())
    if not match:
        raise ValueRefused(f"{text!r}: not a time stamp", hint="Write YYYY-MM-DD HH:MM:SS, with an offset if needed.")
    day, clock, shift = match.groups()
    wall = parse_day(day).epoch_days * _DAY_NANOS + (parse_clock(clock).nanos if clock else 0)
    seconds = wall // 1_000_000_000
    if shift is None:
        guess = zone_offset_seconds(seconds, zone)
        offset = zone_offset_seconds(seconds - guess, zone)
    elif shift == "Z":
        offset = 0
    else:
        digits = shift[1:].replace(":", "")
        size = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:] or 0)
        offset = -size if shift[0] == "-" else size
    return Moment(wall - offset * 1_000_000_000, zone)
