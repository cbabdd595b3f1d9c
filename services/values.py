"""Exact values: a Python value with the store's own type word.

Shapes of `Typed.value`:
    None, bool, int, float, Decimal, str, bytes, UUID   as they are
    Moment, Day, TimeOfDay                              times, exact to the nanosecond, any year
    dict[str, Typed]                                    an object with named fields
    list[Typed]                                         an array or a collection
    list[tuple[Typed, Typed]]                           a map, in order
`ABSENT` stands where a row has no such column at all, which is not NULL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Absence(Enum):
    """The type of `ABSENT`; an enumeration so that the value stays single across pickling."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absence.ABSENT


@dataclass(frozen=True, slots=True)
class Typed:
    """A value with the store's own word for its type, such as `Typed("Int", 1)`."""

    type: str
    value: Any


Value = Typed | Absence
Row = Mapping[str, Value]
Key = Mapping[str, Typed]
