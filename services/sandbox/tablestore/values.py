"""The values of cells and keys, and the bounds beyond all of them."""

from __future__ import annotations

from typing import Any

Value = bool | int | float | str | bytes
Key = tuple[Any, ...]


class Bound:
    """A key value that sorts before or after every real one, or asks the server for one."""

    __slots__ = ("name", "rank")

    def __init__(self, name: str, rank: int) -> None:
        self.name = name
        self.rank = rank

    def __repr__(self) -> str:
        return self.name

    def __lt__(self, other: object) -> bool:
        return self.rank < (other.rank if isinstance(other, Bound) else 0)

    def __gt__(self, other: object) -> bool:
        return self.rank > (other.rank if isinstance(other, Bound) else 0)

    def __le__(self, other: object) -> bool:
        return not self > other

    def __ge__(self, other: object) -> bool:
        return not self < other


INF_MIN = Bound("INF_MIN", -1)
INF_MAX = Bound("INF_MAX", 1)
AUTO_INCREMENT = Bound("AUTO_INCREMENT", 0)


def value_bytes(value: object) -> int:
    """How many bytes the service counts for a value."""
    if isinstance(value, bool):
        return 1
    if isinstance(value, str):
        return len(value.encode())
    return len(value) if isinstance(value, bytes) else 8


def is_same_kind(left: object, right: object) -> bool:
    """Whether two values have the same wire type; bool is none of the numbers."""
    return type(left) is type(right)
