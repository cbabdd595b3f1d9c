"""A result set: the batches of a read, shown by windows of displayable cells.

One thread appends batches; windows may be asked from any other. Only the rows of a window become Python objects.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.results.arranging import arranged
from services.results.batches import Batches
from services.results.budget import Usage
from services.results.finding import find_row
from services.results.format import absent_cells
from services.results.inspecting import inspection
from services.results.layout import Layout, Reader
from services.results.marks import column_names, locked_reason, marks_of
from services.results.presenting import PLAIN, Presentation
from services.results.typed import typed_cell
from services.results.types import Inspection, ResultColumn, RowRecord, Window
from services.value_json import key_token
from services.values import ABSENT, Typed, Value


class ResultSet:
    """Rows of one read or statement, kept as they came."""

    def __init__(
        self, presentation: Presentation = PLAIN, usage: Usage | None = None, spill_folder: Path | None = None
    ) -> None:
        self._presentation = presentation
        self._layout = Layout(presentation)
        self._batches = Batches(usage or Usage(), spill_folder)
        self._lock = threading.Lock()
        self._order: Any = None
        self._version = 0
        self.locked = ""
        self.note = ""

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        """The columns shown so far."""
        return self._layout.columns

    @property
    def rows(self) -> int:
        """Rows that were loaded."""
        return self._batches.rows

    @property
    def shown_rows(self) -> int:
        """Rows that can be shown: all loaded ones, or those that the filter left."""
        order = self._order
        return self._batches.rows if order is None else len(order)

    @property
    def version(self) -> int:
        """Grows whenever a window shown before could look different now."""
        return self._version

    @property
    def is_arranged(self) -> bool:
        """Whether rows are sorted or filtered."""
        return self._order is not None

    @property
    def memory_bytes(self) -> int:
        """Arrow bytes held in memory."""
        return self._batches.memory_bytes

    @property
    def spilled_bytes(self) -> int:
        """Arrow bytes held in mapped files."""
        return self._batches.spilled_bytes

    def append(self, batch: pa.RecordBatch) -> None:
        """Add a page. A batch without rows still brings its columns."""
        with self._lock:
            if self._layout.learn(batch):
                self._version += 1
            self.locked = self.locked or locked_reason(batch.schema)
            if batch.num_rows:
                self._batches.append(batch)

    def window(self, first_row: int, row_count: int, columns: Sequence[int]) -> Window:
        """See `ResultApi.window`."""
        version, shown = self._version, self.shown_rows
        first_row = max(first_row, 0)
        pieces = self._pieces(first_row, min(row_count, shown - first_row))
        plans = [self._layout.plan(piece.schema) for piece in pieces]
        cells: list[tuple[str, ...]] = []
        kinds: list[str] = []
        for column in columns:
            texts, letters = _column_cells(pieces, [plan.readers.get(column) for plan in plans])
            cells.append(tuple(texts))
            kinds.append(letters)
        tokens = [token for piece, plan in zip(pieces, plans, strict=True) for token in plan.keys.tokens(piece)]
        return Window(first_row, tuple(columns), tuple(cells), tuple(kinds), tuple(tokens), shown, version)

    def _pieces(self, first: int, count: int) -> list[pa.RecordBatch]:
        if count <= 0:
            return []
        order = self._order
        if order is None:
            return self._batches.pieces(first, count)
        return self._batches.pick(order[first : first + count].tolist())

    def _locate(self, row: int) -> tuple[pa.RecordBatch, int]:
        order = self._order
        if not 0 <= row < self.shown_rows:
            raise IndexError(f"row {row} of {self.shown_rows}")
        return self._batches.find(int(order[row]) if order is not None else row)

    def row(self, row: int) -> RowRecord:
        """See `ResultApi.row`."""
        batch, position = self._locate(row)
        key: dict[str, Value] = {}
        values: dict[str, Value] = {column.source[0]: ABSENT for column in self.columns}
        for index, name in enumerate(column_names(batch.schema)):
            field = batch.schema.field(index)
            values[name] = typed_cell(batch.column(index), position, field, self._presentation)
            if marks_of(field).is_key:
                key[name] = values[name]
        typed = {name: value for name, value in key.items() if isinstance(value, Typed)}
        return RowRecord(key, values, key_token(typed) if key and len(typed) == len(key) else "")

    def value(self, row: int, column: int) -> Value:
        """The exact value of a shown cell."""
        batch, position = self._locate(row)
        name, member = self.columns[column].source
        names = column_names(batch.schema)
        if name not in names:
            return ABSENT
        index = names.index(name)
        value = typed_cell(batch.column(index), position, batch.schema.field(index), self._presentation)
        if not member or value is ABSENT:
            return value
        assert isinstance(value, Typed)
        if value.value is None:
            return value
        return value.value.get(member, ABSENT) if isinstance(value.value, dict) else ABSENT

    def inspect(self, row: int, column: int) -> Inspection:
        """See `ResultApi.inspect`."""
        return inspection(self.value(row, column))

    def find(self, text: str, start_row: int, *, is_backward: bool = False, cancel: CancelToken = NEVER) -> int | None:
        """See `ResultApi.find`."""
        return find_row(
            self._batches, self._layout, self._order, text, start_row, is_backward=is_backward, cancel=cancel
        )

    def arrange(
        self, sort: int | None = None, *, is_descending: bool = False, contains: str = "", cancel: CancelToken = NEVER
    ) -> None:
        """Sort by a shown column and keep the rows that hold a text, of those loaded now; neither clears both."""
        order, note = None, ""
        if sort is not None or contains:
            batches = self._batches.all()
            order = arranged(batches, self._layout, sort, is_descending, contains, cancel)
            rows = sum(batch.num_rows for batch in batches)
            note = _note(self.columns, sort, is_descending, contains, rows)
        with self._lock:
            self._order, self.note = order, note
            self._version += 1

    def close(self) -> None:
        """Free the rows and their files."""
        with self._lock:
            self._order = None
            self._batches.close()


def _column_cells(pieces: list[pa.RecordBatch], readers: list[Reader | None]) -> tuple[list[str], str]:
    if len(pieces) == 1 and readers[0] is not None:
        return readers[0].cells(pieces[0])
    texts: list[str] = []
    kinds = ""
    for piece, reader in zip(pieces, readers, strict=True):
        more, letters = absent_cells(piece.num_rows) if reader is None else reader.cells(piece)
        texts.extend(more)
        kinds += letters
    return texts, kinds


def _note(columns: tuple[ResultColumn, ...], sort: int | None, is_descending: bool, contains: str, rows: int) -> str:
    parts = []
    if sort is not None:
        parts.append(f"sorted by {columns[sort].name} {'↓' if is_descending else '↑'}")
    if contains:
        parts.append("filtered")
    return f"{' and '.join(parts)}: loaded rows only ({rows:,})"
