"""The batches of a result set as they came, found by row, in memory up to a budget and in mapped files beyond it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from services.results.spill import SpillFile

MANY_PIECES: Final = 4


class Batches:
    """Batches in the order they came; their schemas may differ.

    One thread appends, any thread reads. A batch keeps its place for ever; moving it to a file swaps the object only.
    """

    def __init__(self, memory_bytes: int, spill_folder: Path | None) -> None:
        self._limit = memory_bytes
        self._folder = spill_folder
        self._batches: list[pa.RecordBatch] = []
        self._starts: list[int] = []
        self._files: list[SpillFile] = []
        self._in_memory_from = 0
        self.rows = 0
        self.memory_bytes = 0
        self.spilled_bytes = 0

    def append(self, batch: pa.RecordBatch) -> None:
        """Add a batch that has rows; may write older ones to a file."""
        self._batches.append(batch)
        self._starts.append(self.rows)
        self.rows += batch.num_rows
        self.memory_bytes += batch.nbytes
        if self.memory_bytes > self._limit and self._folder is not None:
            self._spill(self._folder)

    def _spill(self, folder: Path) -> None:
        """Write the oldest batches of one schema to a file until half of the budget is free."""
        while self.memory_bytes > self._limit // 2 and self._in_memory_from < len(self._batches):
            start = end = self._in_memory_from
            size = 0
            schema = self._batches[start].schema
            while end < len(self._batches) and self._batches[end].schema.equals(schema, check_metadata=True):
                size += self._batches[end].nbytes
                end += 1
                if self.memory_bytes - size <= self._limit // 2:
                    break
            self._move(SpillFile.write(folder, self._batches[start:end]), start, end, size)

    def _move(self, file: SpillFile, start: int, end: int, size: int) -> None:
        self._batches[start:end] = file.batches
        self._files.append(file)
        self._in_memory_from = end
        self.memory_bytes -= size
        self.spilled_bytes += size

    def all(self) -> list[pa.RecordBatch]:
        """Every batch now."""
        return list(self._batches)

    def find(self, row: int) -> tuple[pa.RecordBatch, int]:
        """The batch that holds a row, and where in it."""
        position = bisect_right(self._starts, row) - 1
        return self._batches[position], row - self._starts[position]

    def pieces(self, first: int, count: int) -> list[pa.RecordBatch]:
        """The rows from `first` on as slices, nothing copied unless there are many."""
        end = min(first + count, self.rows)
        found: list[pa.RecordBatch] = []
        position = bisect_right(self._starts, first) - 1
        while first < end:
            batch, start = self._batches[position], self._starts[position]
            taken = min(end, start + batch.num_rows) - first
            found.append(batch.slice(first - start, taken))
            first += taken
            position += 1
        return found if len(found) <= MANY_PIECES else joined(found)

    def pick(self, rows: Sequence[int]) -> list[pa.RecordBatch]:
        """Any rows in any order, copied."""
        found = []
        for row in rows:
            batch, position = self.find(row)
            found.append(batch.slice(position, 1))
        return joined(found)

    def close(self) -> None:
        """Free everything."""
        self._batches, self._starts, self.rows = [], [], 0
        self.memory_bytes = self.spilled_bytes = 0
        for file in self._files:
            file.close()
        self._files = []


def joined(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Neighbours of one schema as one batch each."""
    found: list[pa.RecordBatch] = []
    for _, group in groupby(batches, key=lambda batch: _SchemaKey(batch.schema)):
        same = list(group)
        found.append(concatenated(same) if len(same) > 1 else same[0])
    return found


class _SchemaKey:
    """Compares schemas with their metadata; almost always they are the same object."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SchemaKey) and self.schema.equals(other.schema, check_metadata=True)

    def __hash__(self) -> int:
        return hash(self.schema)


def concatenated(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Small batches of one schema as one (not for whole results: it copies)."""
    concat: Any = vars(pa)["concat_batches"]
    found: pa.RecordBatch = concat(batches)
    return found
