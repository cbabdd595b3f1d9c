"""Java's milliseconds and exact times: DATE, TIME and TIMESTAMP come in the zone of the server's JVM.

What `java.sql.Date` means by a day differs from ISO 8601 in two ways: before 1582-10-15 its calendar is the Julian
one, and before 1900 a zone has today's standard offset instead of a local mean time.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from services.times import Day, Moment, TimeOfDay, civil_from_days, days_from_civil, zone_offset_seconds

MS: Final = 1_000_000
DAY_MS: Final = 86_400_000
ZONES_BEGIN_MS: Final = -2_208_988_800_000
"""1900-01-01 UTC, before which `java.util.TimeZone` knows no history."""

GREGORIAN_BEGINS: Final = -141_427
"""1582-10-15 in days since 1970, the first day that Java counts by the Gregorian calendar."""

_MID_JANUARY_2024: Final = 1_705_276_800
_HALF_A_YEAR: Final = 182 * 86_400
_JULIAN_START: Final = -719_470
"""0000-03-01 of the Julian calendar in days since 1970."""


def _offset_ms(epoch_ms: int, zone: str) -> int:
    if epoch_ms < ZONES_BEGIN_MS:
        return _standard_offset_ms(zone)
    return zone_offset_seconds(epoch_ms // 1000, zone) * 1000


@cache
def _standard_offset_ms(zone: str) -> int:
    winter, summer = _MID_JANUARY_2024, _MID_JANUARY_2024 + _HALF_A_YEAR
    return min(zone_offset_seconds(winter, zone), zone_offset_seconds(summer, zone)) * 1000


def moment(epoch_ms: int, nanos: int, zone: str) -> Moment:
    """An instant of milliseconds and the nanoseconds within the millisecond."""
    return Moment(epoch_ms * MS + nanos, zone)


def day_ms(day: Day, zone: str) -> int:
    """The milliseconds of midnight of a day in the zone."""
    wall = _java_days(day) * DAY_MS
    guess = _offset_ms(wall, zone)
    return wall - _offset_ms(wall - guess, zone)


def day_or_moment(epoch_ms: int, zone: str) -> Day | Moment:
    """A SQL DATE: the day whose midnight it is in the zone, or the instant where it is nobody's midnight."""
    day = _day_of_java((epoch_ms + _offset_ms(epoch_ms, zone)) // DAY_MS)
    return day if day_ms(day, zone) == epoch_ms else moment(epoch_ms, 0, zone)


def _java_days(day: Day) -> int:
    """The day that Java calls by the same year, month and day."""
    if day.epoch_days >= GREGORIAN_BEGINS:
        return day.epoch_days
    year, month, day_of_month = civil_from_days(day.epoch_days)
    era, year_of_era = divmod(year - (month <= 2), 4)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day_of_month - 1
    return _JULIAN_START + era * 1461 + year_of_era * 365 + day_of_year


def _day_of_java(days: int) -> Day:
    """The day that we call by the year, month and day that Java gives it."""
    if days >= GREGORIAN_BEGINS:
        return Day(days)
    era, day_of_era = divmod(days - _JULIAN_START, 1461)
    year_of_era = (day_of_era - day_of_era // 1460) // 365
    day_of_year = day_of_era - 365 * year_of_era
    month_index = (5 * day_of_year + 2) // 153
    month = month_index + 3 if month_index < 10 else month_index - 9
    day_of_month = day_of_year - (153 * month_index + 2) // 5 + 1
    return Day(days_from_civil(era * 4 + year_of_era + (month <= 2), month, day_of_month))


def time_of_day(epoch_ms: int, zone: str) -> TimeOfDay:
    """A `java.sql.Time`: time since midnight in the zone as it was in January 1970; may lie outside of one day."""
    return TimeOfDay((epoch_ms + time_offset_ms(zone)) * MS)


def time_offset_ms(zone: str) -> int:
    """The zone's offset on 1970-01-01, which `java.sql.Time` uses."""
    return _offset_ms(0, zone)
