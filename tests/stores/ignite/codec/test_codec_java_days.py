"""A java.sql.Date is the day that Java shows: Julian before 1582-10-15, without local mean time before 1900."""

import pytest

from services.stores.ignite.codec.times import day_ms, day_or_moment
from services.times import Moment, parse_day

JAVA_SAYS = [
    ("UTC", "0001-01-01", -62_135_769_600_000),
    ("UTC", "0004-02-29", -62_036_064_000_000),
    ("UTC", "1582-10-04", -12_219_379_200_000),
    ("UTC", "1582-10-15", -12_219_292_800_000),
    ("UTC", "9999-12-31", 253_402_214_400_000),
    ("Asia/Tokyo", "1582-10-15", -12_219_325_200_000),
    ("Asia/Tokyo", "1700-01-01", -8_520_368_400_000),
    ("Asia/Tokyo", "1899-12-31", -2_209_107_600_000),
    ("America/New_York", "1883-11-18", -2_717_694_000_000),
    ("Australia/Sydney", "2100-07-01", 4_118_047_200_000),
]
"""Zone, the text that `java.sql.Date.valueOf` reads, and its milliseconds (Java 17)."""


@pytest.mark.parametrize(("zone", "text", "epoch_ms"), JAVA_SAYS)
def test_a_day_is_the_one_java_shows(zone: str, text: str, epoch_ms: int) -> None:
    """Milliseconds become the day of the same name, and that day becomes the same milliseconds."""
    assert day_or_moment(epoch_ms, zone) == parse_day(text)
    assert day_ms(parse_day(text), zone) == epoch_ms


def test_a_leap_day_of_the_julian_calendar_alone_stays_an_instant() -> None:
    """1500-02-29 is a day in Java and none in ISO 8601: it is shown as the instant it is."""
    assert day_or_moment(-14_825_894_400_000, "UTC") == Moment(-14_825_894_400_000_000_000, "UTC")
