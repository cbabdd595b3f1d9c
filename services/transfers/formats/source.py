"""Files as a source of a transfer: one file, a folder or a wildcard, read in parts like any store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import SourceChanged, UnsupportedOperation
from services.stores.bulk import BulkReads, Faults, ReadPart, ReadPlan
from services.stores.changes import Path as StorePath
from services.stores.types import UNKNOWN, Count, RowQuery
from services.transfers.formats.columnar_readers import ArrowReader, ParquetReader
from services.transfers.formats.csv_reader import CsvReader
from services.transfers.formats.jsonl_reader import JsonLinesReader
from services.transfers.formats.options import FileFormat, file_options
from services.transfers.formats.paths import fingerprint, source_files
from services.transfers.formats.reader import Piece, Reader, chosen

_READERS: Final[Mapping[FileFormat, type[Reader]]] = {
    FileFormat.CSV: CsvReader,
    FileFormat.TSV: CsvReader,
    FileFormat.JSONL: JsonLinesReader,
    FileFormat.PARQUET: ParquetReader,
    FileFormat.ARROW: ArrowReader,
}


class FileSource(BulkReads):
    """Reads files; the plan's path is `(text of the address,)`."""

    def __init__(self, text: str, options: Mapping[str, str]) -> None:
        self._text = text
        self._given = dict(options)

    def plan_read(
        self, path: StorePath, query: RowQuery, part_rows: int | None, cancel: CancelToken = NEVER
    ) -> ReadPlan:
        """See `BulkReads.plan_read`; files have columns and a limit, but no filter and no order."""
        if query.where or query.order:
            raise UnsupportedOperation(
                f"{self._text}: a file is read whole and in its order", hint="Leave out the filter and the order."
            )
        files = source_files(self._text)
        mark = fingerprint(files)
        reader = self._reader(files)
        pieces = reader.pieces(part_rows, cancel)
        schema = chosen(reader.schema(pieces), query.columns, self._text)
        parts, count = _limited(pieces, query.limit)
        state = {"files": [str(file) for file in files]}
        return ReadPlan((self._text,), schema, parts, count, state, mark, is_snapshot=False, notes=reader.notes())

    def _reader(self, files: tuple[Path, ...]) -> Reader:
        options = file_options(files[0].name if not self._given.get("format") else self._text, self._given)
        return _READERS[options.format](files, options)

    def read_part(
        self, plan: ReadPlan, part: ReadPart, cancel: CancelToken = NEVER
    ) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`."""
        files = tuple(Path(name) for name in plan.state["files"])
        self._check(files, plan)
        state = dict(part.state)
        file, limit = int(state.pop("file")), state.pop("limit", None)
        found = self._reader(files).read(Piece(file, state, part.rows, part.size_bytes), plan.schema, cancel)
        yield from found if limit is None else _first(found, int(limit))
        self._check(files, plan)

    def _check(self, files: tuple[Path, ...], plan: ReadPlan) -> None:
        try:
            is_same = fingerprint(files) == plan.fingerprint
        except FileNotFoundError as error:
            raise SourceChanged(f"{error.filename}: source changed: the file is gone", hint=_ADVICE) from error
        if not is_same:
            raise SourceChanged(f"{self._text}: source changed since the transfer was planned", hint=_ADVICE)


_ADVICE: Final = "Start the transfer again to read the file as it is now."


def _limited(pieces: list[Piece], limit: int | None) -> tuple[tuple[ReadPart, ...], Count]:
    parts: list[ReadPart] = []
    left = limit
    for index, piece in enumerate(pieces):
        state: dict[str, Any] = {"file": piece.file, **piece.state}
        rows = piece.rows
        if left is not None:
            if left <= 0:
                break
            if rows is None or rows > left:
                state["limit"], rows = left, None if rows is None else left
            left -= piece.rows or 0
        parts.append(ReadPart(index, state, rows, piece.size_bytes))
    known = [part.rows for part in parts if part.rows is not None]
    count = Count.exact(sum(known)) if len(known) == len(parts) else UNKNOWN
    return tuple(parts), count


def _first(items: Iterator[pa.RecordBatch | Faults], limit: int) -> Iterator[pa.RecordBatch | Faults]:
    for item in items:
        if isinstance(item, Faults):
            yield item
            continue
        yield item.slice(0, limit)
        limit -= item.num_rows
        if limit <= 0:
            return
