"""Dates and times between the text kept in tables and epoch milliseconds in the node's zone.

A timestamp is kept as `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`, always with nine digits, so that text order is
time order. A date is kept as `YYYY-MM-DD`, a time of day as `HH:MM:SS`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MS = 86_400_000
GREGORIAN_BEGINS = date(1582, 10, 15)
"""Java counts the days before by the Julian calendar."""
_TIMESTAMP = re.compile(r"(\d{4}-\d\d?-\d\d?)(?:[ T](\d\d?):(\d\d?)(?::(\d\d?)(?:\.(\d{1,9}))?)?)?")
_TIME = re.compile(r"(\d\d?):(\d\d?)(?::(\d\d?)(?:\.\d{1,9})?)?")


class Clock:
    """Conversions in the time zone of a node."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self.date_millis = lru_cache(maxsize=65536)(self._date_millis)
        self.minute_millis = lru_cache(maxsize=65536)(self._minute_millis)

    def _date_millis(self, text: str) -> int:
        """Midnight of a date in the node's zone."""
        day = date.fromisoformat(text)
        shift = _julian_days(day) - _epoch_days(day) if day < GREGORIAN_BEGINS else 0
        return _millis(datetime(day.year, day.month, day.day, tzinfo=self._zone)) + shift * DAY_MS

    def timestamp(self, text: str) -> tuple[int, int]:
        """Milliseconds and nanoseconds of a kept timestamp."""
        nanos = int(text[20:]) if len(text) > 19 else 0
        millis = self.minute_millis(text[:16]) + int(text[17:19]) * 1000
        return millis + nanos // 1_000_000, nanos % 1_000_000

    def _minute_millis(self, text: str) -> int:
        return _millis(datetime.fromisoformat(text).replace(tzinfo=self._zone))

    def time_millis(self, text: str) -> int:
        """A time of day as milliseconds of the first of January 1970."""
        hours, minutes, seconds = (int(part) for part in text[:8].split(":"))
        return self.date_millis("1970-01-01") + (hours * 3600 + minutes * 60 + seconds) * 1000

    def timestamp_text(self, millis: int, nanos: int = 0) -> str:
        """The kept form of a timestamp that came as numbers."""
        moment = self._moment(millis)
        return f"{moment:%Y-%m-%d %H:%M:%S}".rjust(19, "0") + f".{millis % 1000 * 1_000_000 + nanos:09d}"

    def date_text(self, millis: int) -> str:
        day = self._moment(millis).date()
        return day.isoformat() if day >= GREGORIAN_BEGINS else _julian_text(_epoch_days(day))

    def time_text(self, millis: int) -> str:
        return f"{self._moment(millis):%H:%M:%S}"

    def _moment(self, millis: int) -> datetime:
        return (EPOCH + timedelta(milliseconds=millis - millis % 1000)).astimezone(self._zone)


def _epoch_days(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _julian_days(day: date) -> int:
    """Days since 1970 of the day that the Julian calendar calls by this year, month and day."""
    before_march = (14 - day.month) // 12
    year, month = day.year + 4800 - before_march, day.month + 12 * before_march - 3
    return day.day + (153 * month + 2) // 5 + 365 * year + year // 4 - 32_083 - 2_440_588


def _julian_text(epoch_days: int) -> str:
    """What the Julian calendar calls a day."""
    count = epoch_days + 2_440_588 + 32_082
    year = (4 * count + 3) // 1461
    rest = count - 1461 * year // 4
    month = (5 * rest + 2) // 153
    day = rest - (153 * month + 2) // 5 + 1
    return f"{year - 4800 + month // 10:04d}-{month + 3 - 12 * (month // 10):02d}-{day:02d}"


def _millis(moment: datetime) -> int:
    delta = moment - EPOCH
    return delta.days * DAY_MS + delta.seconds * 1000


def parse_timestamp(text: str) -> str:
    """The kept form of a literal; a date alone is its midnight.

    Raises:
        ValueError: it is no timestamp.
    """
    found = _TIMESTAMP.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:4])
    moment = datetime(*_date_parts(found[1]), hours, minutes, seconds)
    return moment.isoformat(" ") + "." + (found[5] or "").ljust(9, "0")


def parse_date(text: str) -> str:
    """The kept form of a date literal (or of the date of a timestamp)."""
    return parse_timestamp(text)[:10]


def parse_time(text: str) -> str:
    """The kept form of a time literal (or of the time of a timestamp)."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return parse_timestamp(text)[11:19]
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(text)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"


def _date_parts(text: str) -> tuple[int, int, int]:
    year, month, day = (int(part) for part in text.split("-"))
    return year, month, day
