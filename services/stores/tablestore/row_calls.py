"""The call that writes one row: what it does to which cells, under which condition, and how people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.stores.changes import Path
from services.stores.tablestore import names
from services.stores.tablestore.conditions import RowCondition
from services.stores.tablestore.shown import assignments, moment
from services.values import ABSENT, Key, Typed, Value

CELL_OVERHEAD: Final = 40
"""Bytes that a cell takes on the wire beside its name and value, or more."""


@dataclass(frozen=True, slots=True)
class RowCall:
    """One call that writes a row.

    Attributes:
        puts: columns that get a value.
        removes: columns of which all versions go.
        increments: columns to which a number is added.
        versions: columns of which the versions with these timestamps go.
    """

    api: str
    path: Path
    key: Key
    condition: RowCondition
    puts: Mapping[str, Typed] = field(default_factory=dict)
    removes: tuple[str, ...] = ()
    increments: Mapping[str, Typed] = field(default_factory=dict)
    versions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def text(self) -> str:
        """The call for people, arguments in place."""
        parts = [f"{self.api} {self.path[0]} where {assignments(self.key).replace(', ', ' and ')}"]
        if self.puts:
            parts.append(f"{'put' if self.api == 'UpdateRow' else 'columns'} {assignments(self.puts)}")
        if self.increments:
            parts.append(f"increment {', '.join(f'{name} by {step.value}' for name, step in self.increments.items())}")
        for name, times in self.versions.items():
            parts.append(f"delete of {name} the version of {', '.join(moment(time) for time in times)}")
        if self.removes:
            parts.append(f"remove {', '.join(self.removes)}")
        if condition := self.condition.text():
            parts.append(condition)
        return "\n".join(parts)

    @property
    def size_bytes(self) -> int:
        """About the bytes of the call on the wire, rather too many than too few."""
        cells: list[tuple[str, Value]] = [*self.key.items(), *self.puts.items(), *self.increments.items()]
        cells += [(name, ABSENT) for name in self.removes]
        cells += [(name, ABSENT) for name, times in self.versions.items() for _ in times]
        cells += self.condition.columns.items()
        return sum(len(name) + _value_bytes(value) + CELL_OVERHEAD for name, value in cells)

    def arguments(self, key: list[Any], transaction_id: str | None = None) -> tuple[Any, ...]:
        """What the SDK's encoder takes for the call alone.

        Args:
            key: the key in the table's order, as the SDK takes it.
        """
        condition = self.condition.sdk()
        row = self._row(key)
        if self.api == "DeleteRow":
            return self.path[0], row.primary_key, condition, self._returned(key), transaction_id
        return self.path[0], row, condition, self._returned(key), transaction_id

    def item(self, key: list[Any]) -> Any:
        """The call as one row of a batch, as the SDK takes it."""
        from tablestore.metadata import DeleteRowItem, PutRowItem, UpdateRowItem

        kinds = {"PutRow": PutRowItem, "UpdateRow": UpdateRowItem, "DeleteRow": DeleteRowItem}
        return kinds[self.api](self._row(key), self.condition.sdk(), self._returned(key))

    def _row(self, key: list[Any]) -> Any:
        from tablestore.metadata import PK_AUTO_INCR, Row

        made = [(name, PK_AUTO_INCR if value is None else value) for name, value in key]
        puts = _cells(self.puts)
        if self.api != "UpdateRow":
            return Row(made, puts)
        parts = {
            "PUT": puts,
            "INCREMENT": _cells(self.increments),
            "DELETE": [(names.check_name(name), None, time) for name, times in self.versions.items() for time in times],
            "DELETE_ALL": [names.check_name(name) for name in self.removes],
        }
        return Row(made, {word: cells for word, cells in parts.items() if cells})

    @staticmethod
    def _returned(key: list[Any]) -> str:
        """The key comes back where the service makes a part of it."""
        return "RT_PK" if any(value is None for _, value in key) else "RT_NONE"


def _cells(values: Mapping[str, Typed]) -> list[tuple[str, Any]]:
    return [(names.check_name(name), names.sdk_value(value, name)) for name, value in values.items()]


def _value_bytes(value: Value) -> int:
    if value is ABSENT:
        return 0
    data = value.value
    if isinstance(data, str):
        return len(data.encode("utf-8", "replace"))
    return len(data) if isinstance(data, bytes | bytearray) else 8
