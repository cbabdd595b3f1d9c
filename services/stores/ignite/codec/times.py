"""Java's milliseconds and exact times: DATE, TIME and TIMESTAMP come in the zone of the server's JVM."""

from __future__ import annotations

from typing import Final

from services.times import Day, Moment, TimeOfDay, zone_offset_seconds

MS: Final = 1_000_000
DAY_MS: Final = 86_400_000


def _offset_ms(epoch_ms: int, zone: str) -> int:
    return zone_offset_seconds(epoch_ms // 1000, zone) * 1000


def moment(epoch_ms: int, nanos: int, zone: str) -> Moment:
    """An instant of milliseconds and the nanoseconds within the millisecond."""
    return Moment(epoch_ms * MS + nanos, zone)


def day_ms(day: Day, zone: str) -> int:
    """The milliseconds of midnight of a day in the zone."""
    wall = day.epoch_days * DAY_MS
    guess = _offset_ms(wall, zone)
    return wall - _offset_ms(wall - guess, zone)


def day_or_moment(epoch_ms: int, zone: str) -> Day | Moment:
    """A SQL DATE: the day whose midnight it is in the zone, or the instant where it is nobody's midnight."""
    day = Day((epoch_ms + _offset_ms(epoch_ms, zone)) // DAY_MS)
    return day if day_ms(day, zone) == epoch_ms else moment(epoch_ms, 0, zone)


def time_of_day(epoch_ms: int, zone: str) -> TimeOfDay:
    """A `java.sql.Time`: time since midnight in the zone as it was in January 1970; may lie outside of one day."""
    return TimeOfDay((epoch_ms + time_offset_ms(zone)) * MS)


def time_offset_ms(zone: str) -> int:
    """The zone's offset on 1970-01-01, which `java.sql.Time` uses."""
    return _offset_ms(0, zone)
