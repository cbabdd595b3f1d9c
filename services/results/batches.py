"""The batches of a result set, found by row, in memory up to a budget and in mapped files beyond it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from services.results.budget import MB, Usage
from services.results.spill import SpillFile

MANY_PIECES: Final = 4
BLOCK_BYTES: Final = 1 << 20
"""Pages are put together up to this size: each batch costs some kilobytes beside its rows, and a page that shares
memory with the answer it was decoded from would keep that whole."""

BLOCK_BATCHES: Final = 64

SPILL_BYTES: Final = 8 << 20
"""Less than this is not worth a file."""


@dataclass(slots=True)
class _Held:
    """Batches and the row each starts with. Grows in place; any other change makes a new one: readers need no lock."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def find(self, row: int) -> int:
        """Which batch holds a row."""
        return bisect_right(self.starts, row) - 1

    def replaced(self, start: int, end: int, batches: Sequence[pa.RecordBatch]) -> _Held:
        """The same rows with some batches in place of others."""
        starts, row = [], self.starts[start]
        for batch in batches:
            starts.append(row)
            row += batch.num_rows
        return _Held(
            [*self.batches[:start], *batches, *self.batches[end:]], [*self.starts[:start], *starts, *self.starts[end:]]
        )


class Batches:
    """Rows in the order they came; schemas may differ. One thread appends, any thread reads."""

    def __init__(self, usage: Usage, spill_folder: Path | None) -> None:
        self._usage = usage
        self._limit = int(usage.budget.memory_mb * MB)
        self._folder = spill_folder
        self._held = _Held()
        self._files: list[SpillFile] = []
        self._in_memory_from = 0
        self._open_from = 0
        self._open_bytes = 0
        self.rows = 0
        self.memory_bytes = 0
        self.spilled_bytes = 0

    def _count(self, memory_bytes: int, spilled_bytes: int) -> None:
        self.memory_bytes += memory_bytes
        self.spilled_bytes += spilled_bytes
        self._usage.add(memory_bytes, spilled_bytes)

    def append(self, batch: pa.RecordBatch) -> None:
        """Add a batch that has rows; may put small ones together and write old ones to a file."""
        held = self._held
        if held.batches and not _is_same(held.batches[-1].schema, batch.schema):
            self._close_block()
            held = self._held
        held.batches.append(batch)
        held.starts.append(self.rows)
        self.rows += batch.num_rows
        self._count(batch.nbytes, 0)
        self._open_bytes += batch.nbytes
        if self._open_bytes >= BLOCK_BYTES:
            self._close_block()
        elif len(held.batches) - self._open_from >= BLOCK_BATCHES:
            self._join_open()
        if self._folder is not None and self._holds_too_much():
            self._close_block()
            self._spill(self._folder, self.memory_bytes // 2)

    def _holds_too_much(self) -> bool:
        """Beyond the budget of this result, or with a good part of what is too much for the session."""
        return self.memory_bytes > self._limit or (
            self._usage.is_memory_full and self.memory_bytes > min(SPILL_BYTES, self._limit)
        )

    def _join_open(self) -> None:
        """Put the newest small batches together."""
        start, end = self._open_from, len(self._held.batches)
        if end - start > 1:
            self._held = self._held.replaced(start, end, [concatenated(self._held.batches[start:end])])

    def _close_block(self) -> None:
        """Put the newest small batches together for good."""
        self._join_open()
        self._open_from = len(self._held.batches)
        self._open_bytes = 0

    def _spill(self, folder: Path, kept_bytes: int) -> None:
        """Write the oldest batches, one schema to a file, until no more than so much is left in memory."""
        while self.memory_bytes > kept_bytes and self._in_memory_from < len(self._held.batches):
            batches = self._held.batches
            start = end = self._in_memory_from
            size = 0
            while end < len(batches) and _is_same(batches[end].schema, batches[start].schema):
                size += batches[end].nbytes
                end += 1
                if self.memory_bytes - size <= kept_bytes:
                    break
            file = SpillFile.write(folder, batches[start:end])
            self._held = self._held.replaced(start, end, file.batches)
            self._files.append(file)
            self._in_memory_from = end
            self._count(-size, size)

    def all(self) -> list[pa.RecordBatch]:
        """Every batch now."""
        return list(self._held.batches)

    def find(self, row: int) -> tuple[pa.RecordBatch, int]:
        """The batch that holds a row, and where in it."""
        held = self._held
        position = held.find(row)
        return held.batches[position], row - held.starts[position]

    def pieces(self, first: int, count: int) -> list[pa.RecordBatch]:
        """The rows from `first` on as slices, nothing copied unless there are many."""
        held = self._held
        end = min(first + count, self.rows)
        found: list[pa.RecordBatch] = []
        position = held.find(first)
        while first < end:
            batch, start = held.batches[position], held.starts[position]
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
        self.rows = 0
        self._held = _Held()
        self._count(-self.memory_bytes, -self.spilled_bytes)
        for file in self._files:
            file.close()
        self._files = []


def _is_same(one: pa.Schema, other: pa.Schema) -> bool:
    return one.equals(other, check_metadata=True)


class _SchemaKey:
    """Compares schemas with their metadata."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SchemaKey) and _is_same(self.schema, other.schema)

    def __hash__(self) -> int:
        return hash(self.schema)


def joined(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Neighbours of one schema as one batch each."""
    groups = (list(group) for _, group in groupby(batches, key=lambda batch: _SchemaKey(batch.schema)))
    return [concatenated(group) if len(group) > 1 else group[0] for group in groups]


def concatenated(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Some batches of one schema as one (not for whole results: it copies)."""
    concat: Any = vars(pa)["concat_batches"]
    found: pa.RecordBatch = concat(batches)
    return found
