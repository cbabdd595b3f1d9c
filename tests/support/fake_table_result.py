"""A result set over a list of typed rows, as a session's process would answer it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.editing.wording import value_words
from services.results.types import (
    ABSENT_CELL,
    EMPTY,
    NESTED,
    NULL,
    NUMBER,
    TEXT,
    Inspection,
    ResultColumn,
    ResultState,
    RowRecord,
    Window,
)
from services.stores.types import Column, Count
from services.text import displayable, displayable_lines
from services.value_json import json_text, key_token, plain_json
from services.values import ABSENT, Typed, Value

Stored = dict[str, Value]


def cell_of(value: Value) -> tuple[str, str]:
    """A value as a grid shows it."""
    if not isinstance(value, Typed):
        return "", ABSENT_CELL
    match value.value:
        case None:
            return "∅", NULL
        case "":
            return '""', EMPTY
        case str():
            return displayable(value.value, 256), TEXT
        case int():
            return str(value.value), NUMBER
    return value_words(value), NESTED


class FakeTableResult:
    """A `ResultApi`; object values of the first row become columns of their own, one a field."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Stored], *, note: str = "", locked: str = "") -> None:
        self._keys = [column.name for column in columns if column.is_key]
        self._names = [column.name for column in columns]
        self._all = list(rows)
        self._rows = list(rows)
        shown = [shown for column in columns for shown in _shown_columns(column, rows)]
        self._state = ResultState(
            tuple(shown), len(rows), Count.exact(len(rows)), is_complete=True, note=note, locked=locked
        )
        self._changed = asyncio.Event()
        self.is_closed = False

    @property
    def state(self) -> ResultState:
        """All is there."""
        return self._state

    def _value(self, row: int, column: int) -> Value:
        name, field = self._state.columns[column].source
        value = self._rows[row].get(name, ABSENT)
        if field and isinstance(value, Typed) and isinstance(value.value, Mapping):
            inner = value.value.get(field, ABSENT)
            return inner if isinstance(inner, Typed) else ABSENT
        return value

    def _key(self, row: int) -> dict[str, Typed]:
        found = {name: self._rows[row][name] for name in self._keys}
        return {name: value for name, value in found.items() if isinstance(value, Typed)}

    async def window(self, first_row: int, row_count: int, columns: Sequence[int]) -> Window:
        """The cells asked for."""
        rows = range(first_row, min(first_row + row_count, len(self._rows)))
        cells = [[cell_of(self._value(row, column)) for row in rows] for column in columns]
        return Window(
            first_row,
            tuple(columns),
            tuple(tuple(text for text, _ in column) for column in cells),
            tuple("".join(kind for _, kind in column) for column in cells),
            tuple(key_token(self._key(row)) if self._keys else "" for row in rows),
            len(self._rows),
            self._state.version,
        )

    async def load_more(self, until_row: int) -> ResultState:
        """All is there already."""
        return self._state

    async def changed(self, after_version: ResultState) -> ResultState:
        """Wait for a difference, for as long as it takes."""
        while self._state == after_version:
            await self._changed.wait()
        return self._state

    def _become(self, state: ResultState) -> None:
        self._state = state
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def row(self, row: int) -> RowRecord:
        """One row."""
        values = {name: self._rows[row].get(name, ABSENT) for name in self._names}
        key = self._key(row)
        return RowRecord(dict(key), values, key_token(key))

    async def inspect(self, row: int, column: int) -> Inspection:
        """One value."""
        value = self._value(row, column)
        if not isinstance(value, Typed):
            return Inspection("", (), (), 0)
        raw = value.value if isinstance(value.value, str) else json_text(plain_json(value))
        data = raw.encode("utf-8", "surrogatepass")
        dump = tuple(f"{at:08x}  {data[at : at + 16].hex(' ')}" for at in range(0, min(len(data), 4096), 16))
        return Inspection(value.type, tuple(displayable_lines(raw, 4096)), dump, len(data), edit_text=raw)

    async def find(self, text: str, start_row: int, *, is_backward: bool = False) -> int | None:
        """Nothing is ever found."""
        return None

    async def arrange(self, sort: str = "", *, is_descending: bool = False, contains: str = "") -> ResultState:
        """Keep the rows that hold the text, whatever its case."""
        columns = range(len(self._state.columns))
        self._rows = self._all
        self._rows = [
            self._all[row]
            for row in range(len(self._all))
            if any(contains.casefold() in cell_of(self._value(row, column))[0].casefold() for column in columns)
        ]
        note = "loaded rows only" if contains or sort else ""
        self._become(replace(self._state, loaded=len(self._rows), note=note, version=self._state.version + 1))
        return self._state

    async def stop(self) -> None:
        """Nothing loads."""

    async def close(self) -> None:
        """Remember it."""
        self.is_closed = True


def _shown_columns(column: Column, rows: Sequence[Stored]) -> list[ResultColumn]:
    sample = rows[0].get(column.name, ABSENT) if rows else ABSENT
    if isinstance(sample, Typed) and isinstance(sample.value, Mapping) and not column.is_key:
        return [
            ResultColumn(f"{column.name}.{field}", (column.name, field), value.type if isinstance(value, Typed) else "")
            for field, value in sample.value.items()
        ]
    is_right = isinstance(sample, Typed) and isinstance(sample.value, int)
    return [
        ResultColumn(
            displayable(column.name), (column.name, ""), displayable(column.type), column.is_key, is_right, width=12
        )
    ]
