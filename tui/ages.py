"""Times as people say them: `2 min`, `14 d`, `09:12`."""

from __future__ import annotations

import time

_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (float("inf"), 86_400, "d"))


def age(seconds: float) -> str:
    """How long ago in one unit, rounded down; `now` below a second."""
    if seconds < 1:
        return "now"
    for bound, unit, word in _STEPS:
        if seconds < bound:
            return f"{int(seconds // unit)} {word}"
    return ""


def clock(at: float) -> str:
    """The local time of day of a time since 1970; with the date when it is not today."""
    moment = time.localtime(at)
    shape = "%H:%M:%S" if moment[:3] == time.localtime()[:3] else "%Y-%m-%d %H:%M"
    return time.strftime(shape, moment)


def duration(seconds: float) -> str:
    """A short time as `4 ms`, `1.2 s`, `3 min 10 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
