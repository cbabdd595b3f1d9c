"""All versions of the cells of a table, one a row, with their timestamps: `table/#versions`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from services.cancel import CancelToken
from services.stores.cell_versions import CellVersion
from services.stores.changes import Path
from services.stores.tablestore.answers import RowsAnswer, TableAnswer
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.arrow import Array, Field, build
from services.stores.tablestore.codec.cells import Cell, CellRow
from services.stores.tablestore.codec.columns import ARROW_TYPES, Piece, column_of, marked_field
from services.stores.tablestore.reading import Reading
from services.stores.tablestore.shaping import chosen, locked
from services.stores.tablestore.tables import Tables
from services.stores.types import Column, Count, Description, Page, RowQuery
from services.values import Key, Typed

LOCK = "versions are shown here and changed in the table"
COLUMN, TIME, VALUE = "(column)", "(timestamp)", "(value)"
"""Columns beside those of the key; no column of a table can have such a name."""

UNBOUNDED = 2**31 - 1


class Versions:
    """Reads the versions that a table keeps."""

    def __init__(self, tables: Tables, reading: Reading) -> None:
        self._tables = tables
        self._reading = reading

    def describe(self, path: Path) -> Description:
        """The columns of a version's row."""
        table = self._tables.fresh(path[:1])
        columns = [Column(name, word, is_nullable=False) for name, word, _ in table.key]
        columns += [Column(COLUMN, "String"), Column(TIME, "Timestamp"), Column(VALUE, "String", note="of any type")]
        return Description(path, path[-1], "versions", tuple(columns), locked=LOCK)

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        """Versions in the order of the key, then by column, the newest first; the filter is the table's."""
        table = self._tables.fresh(path[:1], cancel)
        kept = _kept(table)
        rows = replace(query, columns=())

        def decode(answer: RowsAnswer) -> pa.RecordBatch:
            return _batch(answer.cell_rows(), table)

        loaded = 0
        pages = self._reading.batches(path[:1], table, rows, cancel, kept, decode)
        for found, has_more in pages:
            batch = _batch([], table) if found is None else found
            loaded += batch.num_rows
            count = Count.at_least(loaded) if has_more else Count.exact(loaded)
            yield Page(locked(chosen(batch, query.columns, {}), LOCK), count)

    def of_row(self, path: Path, key: Key) -> dict[str, tuple[CellVersion, ...]]:
        """The versions of each column of one row, the newest first."""
        row = self._reading.cell_row(path, key, _kept(self._tables.known(path[:1])))
        found: dict[str, list[CellVersion]] = {}
        for cell in row.cells if row is not None else ():
            version = CellVersion(cell.timestamp or 0, Typed(tags.WORDS[cell.kind], cell.value))
            found.setdefault(cell.name, []).append(version)
        return {name: tuple(versions) for name, versions in found.items()}


def _kept(table: TableAnswer) -> int:
    """How many versions to ask for."""
    kept = int(table.options.get("max_versions", 1))
    return UNBOUNDED if kept < 1 else kept


def _batch(rows: Sequence[CellRow], table: TableAnswer) -> pa.RecordBatch:
    """A row for each cell of the rows."""
    pairs = [(row, cell) for row in rows for cell in row.cells]
    parts = [_key(place, name, word, pairs) for place, (name, word, _) in enumerate(table.key)]
    times = [cell.timestamp for _, cell in pairs]
    parts += [
        (_field(COLUMN, pa.string(), "String"), build([cell.name for _, cell in pairs], pa.string())),
        (_field(TIME, pa.timestamp("ms", "UTC"), "Timestamp"), build(times, pa.timestamp("ms", "UTC"))),
        _value([cell for _, cell in pairs]),
    ]
    return pa.RecordBatch.from_arrays([array for _, array in parts], schema=pa.schema([field for field, _ in parts]))


def _field(name: str, kind: object, word: str) -> Field:
    return marked_field(name, kind, word, is_key=False, has_absent=False)


def _key(place: int, name: str, word: str, pairs: Sequence[tuple[CellRow, Cell]]) -> tuple[Field, Array]:
    kind = ARROW_TYPES[next(tag for tag, known in tags.WORDS.items() if known == word)]
    return _field(name, kind, word), build([row.key[place].value for row, _ in pairs], kind)


def _value(cells: Sequence[Cell]) -> tuple[Field, Array]:
    if not cells:
        return _field(VALUE, pa.null(), "String"), build([], pa.null())
    pieces = []
    for kind in dict.fromkeys(cell.kind for cell in cells):
        rows = np.array([row for row, cell in enumerate(cells) if cell.kind == kind], np.int64)
        pieces.append(Piece(kind, build([cells[row].value for row in rows], ARROW_TYPES[kind]), rows))
    return column_of(VALUE, pieces, len(cells), is_key=False)
