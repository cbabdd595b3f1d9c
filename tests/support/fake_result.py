"""A result set made of rules instead of rows: any size, answers at once or when the test lets it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from services.errors import StoredeckError
from services.results.types import NULL, NUMBER, TEXT, Inspection, ResultColumn, ResultState, RowRecord, Window
from services.stores.types import Count
from services.value_json import key_token
from services.values import Typed, Value

Cell = Callable[[int, int], tuple[str, str]]


def plain_cell(row: int, column: int) -> tuple[str, str]:
    """The row's number first, then texts, with a NULL in column 3 of every seventh row."""
    if column == 0:
        return str(row), NUMBER
    if column == 3 and row % 7 == 0:
        return "∅", NULL
    return f"r{row} c{column}", TEXT


def plain_columns(count: int = 10) -> tuple[ResultColumn, ...]:
    """A key column `id` and texts `c1`, `c2`, ..."""
    rest = tuple(ResultColumn(f"c{i}", (f"c{i}", ""), "VARCHAR", width=14) for i in range(1, count))
    return (ResultColumn("id", ("id", ""), "BIGINT", is_key=True, is_right=True, width=8), *rest)


class FakeResult:
    """A `ResultApi` over a function of row and column.

    Attributes:
        asked: every window asked for, as first row, rows and columns.
        gate: windows are answered only while it is set.
        failure: raised by the next window, if set.
    """

    def __init__(
        self,
        rows: int = 1000,
        columns: Sequence[ResultColumn] | None = None,
        cell: Cell = plain_cell,
        *,
        state: ResultState | None = None,
    ) -> None:
        self.cell = cell
        self.total = rows
        shown = tuple(columns) if columns is not None else plain_columns()
        self._state = state or ResultState(shown, loaded=rows, count=Count.exact(rows), is_complete=True)
        self._changed = asyncio.Event()
        self.asked: list[tuple[int, int, tuple[int, ...]]] = []
        self.more_asked: list[int] = []
        self.arranged: list[tuple[str, bool, str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: StoredeckError | None = None
        self.is_stopped = False
        self.is_closed = False
        self.is_reversed = False

    @property
    def state(self) -> ResultState:
        """The newest state."""
        return self._state

    def become(self, state: ResultState) -> None:
        """Change the state and wake those who wait for it."""
        self._state = state
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _cell(self, row: int, column: int) -> tuple[str, str]:
        return self.cell(self._state.loaded - 1 - row if self.is_reversed else row, column)

    async def window(self, first_row: int, row_count: int, columns: Sequence[int]) -> Window:
        """The cells, once the gate is open."""
        self.asked.append((first_row, row_count, tuple(columns)))
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        state = self._state
        rows = range(first_row, min(first_row + row_count, state.loaded))
        cells = [[self._cell(row, column) for row in rows] for column in columns]
        return Window(
            first_row,
            tuple(columns),
            tuple(tuple(text for text, _ in column) for column in cells),
            tuple("".join(kind for _, kind in column) for column in cells),
            tuple(key_token({"id": Typed("BIGINT", row)}) for row in rows),
            state.loaded,
            state.version,
        )

    async def load_more(self, until_row: int) -> ResultState:
        """Load up to that row at once."""
        self.more_asked.append(until_row)
        loaded = min(self.total, max(until_row, self._state.loaded))
        self.become(replace(self._state, loaded=loaded, is_complete=loaded == self.total))
        return self._state

    async def changed(self, after_version: ResultState) -> ResultState:
        """Wait for `become`."""
        while self._state == after_version:
            await self._changed.wait()
        return self._state

    async def row(self, row: int) -> RowRecord:
        """The texts as typed values."""
        values: dict[str, Value] = {
            column.name: Typed(column.type, self._cell(row, index)[0])
            for index, column in enumerate(self._state.columns)
        }
        return RowRecord({}, values, str(row))

    async def inspect(self, row: int, column: int) -> Inspection:
        """The text of the cell."""
        text = self._cell(row, column)[0]
        return Inspection("VARCHAR", (text,), (), len(text.encode()), edit_text=text)

    async def find(self, text: str, start_row: int, *, is_backward: bool = False) -> int | None:
        """Look at every cell."""
        rows = range(start_row, -1, -1) if is_backward else range(start_row, self._state.loaded)
        columns = range(len(self._state.columns))
        for row in rows:
            if any(text.casefold() in self._cell(row, column)[0].casefold() for column in columns):
                return row
        return None

    async def arrange(self, sort: str = "", *, is_descending: bool = False, contains: str = "") -> ResultState:
        """Turn the rows around for a descending sort, whatever the column."""
        self.arranged.append((sort, is_descending, contains))
        self.is_reversed = is_descending
        note = "loaded rows only" if sort else ""
        self.become(replace(self._state, version=self._state.version + 1, note=note))
        return self._state

    async def stop(self) -> None:
        """Say that loading ended."""
        self.is_stopped = True
        self.become(replace(self._state, is_loading=False))

    async def close(self) -> None:
        """Remember it."""
        self.is_closed = True
