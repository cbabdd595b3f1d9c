"""Amounts as people read them: `12.4 MB`, `7.1 M`, `14.2 MB/s`, `6 min`."""

from __future__ import annotations

_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
_ROUND_FROM = 1_000_000


def size_words(size_bytes: float) -> str:
    """Bytes in the unit that leaves at most four digits."""
    amount, unit = float(size_bytes), 0
    while amount >= 999.5 and unit < len(_SIZES) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_SIZES[unit]}" if unit == 0 or amount >= 99.95 else f"{amount:.1f} {_SIZES[unit]}"


def rate_words(bytes_per_second: float) -> str:
    """A rate; nothing where nothing moves."""
    return f"{size_words(bytes_per_second)}/s" if bytes_per_second > 0 else ""


def count_words(count: int) -> str:
    """A count in full below a million, with one digit behind the point above."""
    if abs(count) < _ROUND_FROM:
        return f"{count:,}"
    return f"{count / 1e6:.1f} M" if abs(count) < 1e9 else f"{count / 1e9:.1f} G"


def left_words(seconds: float | None) -> str:
    """Time that is left in one unit; `?` where nobody can know."""
    if seconds is None:
        return "?"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 5970:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"


def countdown(seconds: float) -> str:
    """Hours and minutes of a longer wait, seconds of a short one: `23:41 h`, `45 s`."""
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s"
    minutes = int(seconds // 60)
    return f"{minutes // 60}:{minutes % 60:02d} h" if minutes >= 60 else f"{minutes} min"


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: list[float]) -> str:
    """A bar for each value, as high as it is against the highest."""
    highest = max(values, default=0.0)
    if highest <= 0:
        return ""
    return "".join(_BARS[round(value / highest * (len(_BARS) - 1))] for value in values)
