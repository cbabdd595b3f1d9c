"""Parquet and Arrow IPC files as sources: cut at row groups and batches, whose schema the files tell."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from services.cancel import NEVER, CancelToken
from services.errors import UsageError
from services.stores.bulk import Faults
from services.transfers.formats.jsonl_reader import kept_marks
from services.transfers.formats.reader import BATCH_ROWS, PART_BYTES, Piece, Reader, broken


class ColumnarReader(Reader):
    """Files that tell their schema; those read together have to agree on it."""

    def schema(self, pieces: Sequence[Piece]) -> pa.Schema:
        """See `Reader.schema`; metadata of other writers is left out."""
        first = _plain(self._schema(self.files[0]))
        for path in self.files[1:]:
            if _plain(self._schema(path)) != first:
                raise UsageError(
                    f"{path.name}: its columns are not those of {self.files[0].name}",
                    hint="Files that travel together need the same columns of the same types.",
                )
        return first

    @abstractmethod
    def _schema(self, path: Path) -> pa.Schema:
        """The columns of one file, as it tells them."""


def _plain(schema: pa.Schema) -> pa.Schema:
    return pa.schema([kept_marks(entry) for entry in schema])


class ParquetReader(ColumnarReader):
    """See `Reader`: a part is some row groups, or some rows of a large one."""

    def _schema(self, path: Path) -> pa.Schema:
        try:
            return pq.read_schema(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(path, error) from error

    def pieces(self, part_rows: int | None, cancel: CancelToken) -> list[Piece]:
        """See `Reader.pieces`."""
        return [piece for file in range(len(self.files)) for piece in self._cut(file, part_rows)]

    def _cut(self, file: int, part_rows: int | None) -> Iterator[Piece]:
        path = self.files[file]
        try:
            facts = pq.read_metadata(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(path, error) from error
        groups: list[int] = []
        rows = size = 0
        for group in range(facts.num_row_groups):
            found = facts.row_group(group)
            is_full = size + found.total_byte_size > 4 * PART_BYTES or (part_rows and rows + found.num_rows > part_rows)
            if groups and is_full:
                yield Piece(file, {"groups": groups, "skip": 0}, rows, size)
                groups, rows, size = [], 0, 0
            if part_rows and found.num_rows > part_rows:
                yield from _sliced(file, group, found, part_rows)
                continue
            groups, rows, size = [*groups, group], rows + found.num_rows, size + found.total_byte_size
        if groups:
            yield Piece(file, {"groups": groups, "skip": 0}, rows, size)

    def read(self, piece: Piece, schema: pa.Schema, cancel: CancelToken = NEVER) -> Iterator[pa.RecordBatch | Faults]:
        """See `Reader.read`."""
        path = self.files[piece.file]
        skip, left = int(piece.state["skip"]), piece.rows or 0
        try:
            with pq.ParquetFile(path, pre_buffer=True) as file:
                for batch in file.iter_batches(BATCH_ROWS, piece.state["groups"], schema.names, use_threads=False):
                    cancel.check()
                    part = batch.slice(min(skip, batch.num_rows), left)
                    skip = max(0, skip - batch.num_rows)
                    left -= part.num_rows
                    if part.num_rows:
                        yield _in_order(part, schema)
                    if not left:
                        return
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(path, error) from error


def _sliced(file: int, group: int, found: Any, part_rows: int) -> Iterator[Piece]:
    for start in range(0, found.num_rows, part_rows):
        rows = min(part_rows, found.num_rows - start)
        size = found.total_byte_size * rows // found.num_rows
        yield Piece(file, {"groups": [group], "skip": start}, rows, size)


def _in_order(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return batch.select(schema.names).cast(schema)


class ArrowReader(ColumnarReader):
    """See `Reader`: the file format is cut at its batches, a stream is one part a file."""

    def _schema(self, path: Path) -> pa.Schema:
        try:
            with pa.OSFile(str(path), "rb") as source:
                schema: pa.Schema = _opened(source).schema
                return schema
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(path, error) from error

    def pieces(self, part_rows: int | None, cancel: CancelToken) -> list[Piece]:
        """See `Reader.pieces`."""
        return [piece for file in range(len(self.files)) for piece in self._cut(file, part_rows, cancel)]

    def _cut(self, file: int, part_rows: int | None, cancel: CancelToken) -> Iterator[Piece]:
        path = self.files[file]
        try:
            with pa.OSFile(str(path), "rb") as source:
                opened = _opened(source)
                if not isinstance(opened, pa.ipc.RecordBatchFileReader):
                    yield Piece(file, {"first": 0, "end": None}, None, path.stat().st_size)
                    return
                yield from _batch_ranges(file, opened, part_rows, cancel)
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(path, error) from error

    def read(self, piece: Piece, schema: pa.Schema, cancel: CancelToken = NEVER) -> Iterator[pa.RecordBatch | Faults]:
        """See `Reader.read`."""
        path = self.files[piece.file]
        try:
            with pa.OSFile(str(path), "rb") as source:
                opened = _opened(source)
                for batch in _batches(opened, piece.state):
                    cancel.check()
                    for start in range(0, batch.num_rows, BATCH_ROWS):
                        yield _in_order(batch.slice(start, BATCH_ROWS), schema)
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(path, error) from error


def _opened(source: Any) -> Any:
    try:
        return pa.ipc.open_file(source)
    except pa.ArrowInvalid:
        source.seek(0)
        return pa.ipc.open_stream(source)


def _batch_ranges(file: int, opened: Any, part_rows: int | None, cancel: CancelToken) -> Iterator[Piece]:
    first = rows = size = 0
    for index in range(opened.num_record_batches):
        cancel.check()
        batch = opened.get_batch(index)
        is_full = size + batch.nbytes > 4 * PART_BYTES or (part_rows and rows + batch.num_rows > part_rows)
        if index > first and is_full:
            yield Piece(file, {"first": first, "end": index}, rows, size)
            first, rows, size = index, 0, 0
        rows, size = rows + batch.num_rows, size + batch.nbytes
    if opened.num_record_batches > first:
        yield Piece(file, {"first": first, "end": opened.num_record_batches}, rows, size)


def _batches(opened: Any, state: Any) -> Iterator[pa.RecordBatch]:
    if state["end"] is None:
        yield from opened
        return
    for index in range(state["first"], state["end"]):
        yield opened.get_batch(index)
