"""Columns of the system's own bytes: decoded for the rows that are seen, objects by field beside the whole."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from services.results.presenting import Presentation
from services.results.typed import typed_cell
from services.values import ABSENT, Typed, Value

REMEMBERED: Final = 1024
REMEMBERED_BYTES: Final = 1 << 14
SAMPLE_ROWS: Final = 20
MAX_FIELDS: Final = 100


class WireCells:
    """Decodes cells of one column; the last ones are remembered, as each field of an object is a column of its own."""

    def __init__(self, field: pa.Field[Any], presentation: Presentation) -> None:
        self._field = field
        self._presentation = presentation
        self._known: dict[bytes, Value] = {}

    def value(self, array: Any, index: int) -> Value:
        """The value of a cell."""
        raw = array[index].as_py()
        if raw is None or len(raw) > REMEMBERED_BYTES:
            return typed_cell(array, index, self._field, self._presentation)
        found = self._known.get(raw)
        if found is None:
            found = typed_cell(array, index, self._field, self._presentation)
            if len(self._known) >= REMEMBERED:
                self._known = {}
            self._known[raw] = found
        return found

    def member(self, array: Any, index: int, name: str) -> Value:
        """One field of an object; a NULL object has NULL fields, other values have none."""
        value = self.value(array, index)
        if not isinstance(value, Typed) or value.value is None:
            return value
        return value.value.get(name, ABSENT) if isinstance(value.value, dict) else ABSENT

    def members(self, array: Any) -> dict[str, str]:
        """The fields of the objects among the first rows, each with its type word.

        Later rows may have others: the whole value is a column, too, so nothing is hidden.
        """
        found: dict[str, str] = {}
        for index in range(min(len(array), SAMPLE_ROWS)):
            value = self.value(array, index)
            if isinstance(value, Typed) and isinstance(value.value, dict):
                for name, member in value.value.items():
                    found[name] = found.get(name) or ("" if member.value is None else member.type)
        return dict(list(found.items())[:MAX_FIELDS])
