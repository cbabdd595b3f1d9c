"""Calls of several rows gathered into requests within the limits of the service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.stores.tablestore.row_calls import RowCall
from services.value_json import key_token

MOST_ROWS: Final = 200
MOST_BYTES: Final = 4 * 2**20
"""The service's limits of a BatchWriteRow; conditions count here, too, since a whole request holds 5 MB."""


@dataclass(slots=True)
class Batch:
    """Calls that travel in one request, with their places in the list that was asked for."""

    calls: list[tuple[int, RowCall]] = field(default_factory=list)
    size_bytes: int = 0
    _keys: set[tuple[str, str]] = field(default_factory=set)

    def takes(self, call: RowCall) -> bool:
        """Whether one more fits; a row comes once in a request, since the service keeps no order within it."""
        if not self.calls:
            return True
        is_small = len(self.calls) < MOST_ROWS and self.size_bytes + call.size_bytes <= MOST_BYTES
        return is_small and self.calls[0][1].path == call.path and _row_name(call) not in self._keys

    def add(self, place: int, call: RowCall) -> None:
        """Take one more."""
        self.calls.append((place, call))
        self.size_bytes += call.size_bytes
        if not any(value.value is None for value in call.key.values()):
            self._keys.add(_row_name(call))


def _row_name(call: RowCall) -> tuple[str, str]:
    return call.path[0], key_token(dict(sorted(call.key.items())))


def batched(calls: Sequence[RowCall | None]) -> list[Batch]:
    """The calls in requests, in order; None stands for what cannot be sent and is left out."""
    batches: list[Batch] = []
    for place, call in enumerate(calls):
        if call is None:
            continue
        if not batches or not batches[-1].takes(call):
            batches.append(Batch())
        batches[-1].add(place, call)
    return batches


def travel_words(batches: Sequence[Batch]) -> Iterator[tuple[int, str]]:
    """How each call travels, by its place: nothing is said of one that goes alone."""
    shared = [batch for batch in batches if len(batch.calls) > 1]
    for number, batch in enumerate(shared, 1):
        which = f"{number} of {len(shared)}" if len(shared) > 1 else "1"
        for row, (place, _) in enumerate(batch.calls, 1):
            yield place, f"in BatchWriteRow {which}, row {row} of {len(batch.calls)}"
