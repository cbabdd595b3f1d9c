"""Changes to rows: the full key, what was read before, what it shall be; and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.errors import StoredeckError
from services.values import Key, Typed, Value

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row; a row with that key must not exist."""

    path: Path
    key: Key
    after: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Update:
    """New values for some columns of the row that read as `before` (all columns known then)."""

    path: Path
    key: Key
    before: Mapping[str, Value]
    after: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Delete:
    """The row that read as `before` goes."""

    path: Path
    key: Key
    before: Mapping[str, Value]


Change = Insert | Update | Delete


class CellStep(StrEnum):
    """What an update does to a cell in place of giving it a value; stands in `after` as `Typed(step, argument)`."""

    INCREMENT = "increment"
    """The store adds the argument, a number, to the value that is there."""
    DELETE_VERSIONS = "delete versions"
    """The versions with these timestamps go; the argument is a list of `Typed("Integer", milliseconds since 1970)`."""


def is_step(value: Value) -> bool:
    """Whether a new value is a step that the store takes, not a value of its own."""
    return isinstance(value, Typed) and value.type in tuple(CellStep)


class Existence(StrEnum):
    """A condition on whether a row is there."""

    ABSENT = "absent"
    EXISTS = "exists"


Condition = Mapping[str, Value] | Existence | None
"""What must hold for a row to be put or removed: columns with their values, existence, or nothing at all."""


class Result(StrEnum):
    """What became of a change."""

    APPLIED = "applied"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one change; `current` is the row as it is now, where the store told (after a conflict)."""

    result: Result
    message: str = ""
    request_id: str = ""
    current: Mapping[str, Value] | None = None
    error: StoredeckError | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """The exact call that a change will send, for people; what is shown is what is sent.

    Attributes:
        text: the call in the words of the store's API or its SQL, arguments in place.
        reason: why the change cannot be sent, or empty.
    """

    text: str
    reason: str = ""
