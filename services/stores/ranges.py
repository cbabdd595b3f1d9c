"""Ranges of keys: a container cut into pieces that are read on their own, at once, or again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.cancel import NEVER, CancelToken
from services.stores.changes import Path
from services.stores.types import Page, RowQuery
from services.value_json import from_typed_json, typed_json
from services.values import Typed


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The rows whose keys are at or after `low` and before `high`, both the first columns of a key or all of them.

    A small plain value: pickled, or kept as JSON by `state`; an empty side is the end of the container.
    """

    low: tuple[Typed, ...] = ()
    high: tuple[Typed, ...] = ()

    def state(self) -> dict[str, Any]:
        """JSON data from which `of_state` restores it exactly."""
        return {"low": [typed_json(value) for value in self.low], "high": [typed_json(value) for value in self.high]}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> KeyRange:
        """The range that `state` gave."""
        return cls(_values(state["low"]), _values(state["high"]))


def _values(data: Sequence[Any]) -> tuple[Typed, ...]:
    values = [from_typed_json(item) for item in data]
    return tuple(value for value in values if isinstance(value, Typed))


class ReadsRanges(ABC):
    """Reads a container range by range."""

    @abstractmethod
    def splits(self, path: Path, size_bytes: int | None = None, cancel: CancelToken = NEVER) -> list[KeyRange]:
        """Ranges in the order of the key that hold all rows between them, none twice; at least one.

        Args:
            size_bytes: a wish for the size of one; None for the store's own choice.
        """

    @abstractmethod
    def read_range(self, path: Path, part: KeyRange, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """Pages of the rows of one range, in the order of the key; reading it again gives the same rows.

        Args:
            query: filter, columns and limit as for `read_rows`; its order is not used.
        """

    @abstractmethod
    def scan(self, path: Path, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """All rows in the order of the key like `read_rows`, several ranges at once where that is quicker."""
