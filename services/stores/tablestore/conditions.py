"""What must hold of a row before it is written, as conditions that the service checks in the same act."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.stores.changes import is_step
from services.stores.tablestore.filters import compared, presence, together
from services.stores.tablestore.shown import condition_text
from services.values import ABSENT, Typed, Value

MAX_COMPARED: Final = 28
"""The service combines at most 32 conditions; those of a row with more columns are chosen, changed columns first."""


@dataclass(frozen=True, slots=True)
class RowCondition:
    """Existence as the service names it, and the columns that are compared with what was read."""

    existence: str
    columns: Mapping[str, Value] = field(default_factory=dict)
    left_out: int = 0

    def sdk(self) -> Any:
        """The SDK's condition."""
        from tablestore.metadata import Condition

        parts = [
            compared(name, "=", value) if isinstance(value, Typed) else presence(name, is_present=False)
            for name, value in self.columns.items()
        ]
        return Condition(self.existence, together(parts))

    def text(self) -> str:
        """In words, for the review screen."""
        words = {"EXPECT_EXIST": "if the row is there", "EXPECT_NOT_EXIST": "if no such row is there"}
        parts = [words.get(self.existence, "")]
        if self.columns:
            parts.append(f"{'and' if parts[0] else 'if'} {condition_text(self.columns)}")
        if self.left_out:
            parts.append(f"(not compared: {self.left_out} more columns)")
        return " ".join(part for part in parts if part)


def as_read(before: Mapping[str, Value], key: Mapping[str, Typed], changed: Mapping[str, Value]) -> RowCondition:
    """The row is there and its columns are as they were read: those that change first, then the others."""
    others = [name for name in before if name not in key]
    order = sorted(others, key=lambda name: name not in changed)
    order += [name for name in changed if name not in before and name not in key]
    usable = {name: before.get(name, ABSENT) for name in order if _is_comparable(before.get(name, ABSENT))}
    kept = dict(list(usable.items())[:MAX_COMPARED])
    return RowCondition("EXPECT_EXIST", kept, len(order) - len(kept))


def _is_comparable(value: Value) -> bool:
    """NaN equals nothing, not even itself; what a step leaves is not known."""
    if not isinstance(value, Typed):
        return True
    if is_step(value):
        return False
    return value.value is not None and not (isinstance(value.value, float) and math.isnan(value.value))
