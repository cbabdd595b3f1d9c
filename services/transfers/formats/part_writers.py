"""One part of a target on disk, in the target's format, so that parts can be joined without being read again."""

from __future__ import annotations

import bz2
import gzip
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from services.results.records import BatchReader
from services.transfers.formats.json_lines import json_lines
from services.transfers.formats.jsonl_reader import JSON_METADATA, kept_marks
from services.transfers.formats.options import Compression, FileFormat, FileOptions
from services.transfers.formats.text_lines import delimited, header_line
from services.value_json import json_text
from services.values import ABSENT

GROUP_ROWS: Final = 1 << 17


class PartWriter(ABC):
    """Writes one part to an open file."""

    @abstractmethod
    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""

    @abstractmethod
    def close(self) -> None:
        """End the part; the file itself stays open."""


class TextPart(PartWriter):
    """Lines, each part a compressed member of its own: members one after another are a valid file."""

    def __init__(
        self, file: IO[bytes], options: FileOptions, lines: Callable[[pa.RecordBatch, FileOptions], bytes]
    ) -> None:
        self._options = options
        self._lines = lines
        self._stream: Any = compressed(file, options.compression)

    def write(self, batch: pa.RecordBatch) -> None:
        """See `PartWriter.write`."""
        self._stream.write(self._lines(batch, self._options))

    def close(self) -> None:
        """See `PartWriter.close`."""
        self._stream.close()


class ParquetPart(PartWriter):
    """Row groups."""

    def __init__(self, file: IO[bytes], schema: pa.Schema, options: FileOptions) -> None:
        codec: Any = options.codec
        self._writer = pq.ParquetWriter(file, schema, compression=codec, write_page_index=False)
        self._schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """See `PartWriter.write`; small batches are one row group."""
        self._waiting.append(batch)
        self._rows += batch.num_rows
        if self._rows >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema), self._rows)
        self._waiting, self._rows = [], 0

    def close(self) -> None:
        """See `PartWriter.close`."""
        self._flush()
        self._writer.close()


class ArrowPart(PartWriter):
    """An Arrow IPC file."""

    def __init__(self, file: IO[bytes], schema: pa.Schema, options: FileOptions) -> None:
        self._writer = arrow_writer(file, schema, options)

    def write(self, batch: pa.RecordBatch) -> None:
        """See `PartWriter.write`."""
        self._writer.write_batch(batch)

    def close(self) -> None:
        """See `PartWriter.close`."""
        self._writer.close()


def arrow_writer(file: Any, schema: pa.Schema, options: FileOptions) -> pa.ipc.RecordBatchFileWriter:
    """A writer of the Arrow file format, compressed inside by zstd or lz4."""
    codec: Any = options.codec if options.codec in ("zstd", "lz4") else None
    return pa.ipc.new_file(file, schema, options=pa.ipc.IpcWriteOptions(compression=codec))


def open_part(file: IO[bytes], schema: pa.Schema, options: FileOptions) -> PartWriter:
    """A writer for one part."""
    match options.format:
        case FileFormat.PARQUET:
            return ParquetPart(file, schema, options)
        case FileFormat.ARROW:
            return ArrowPart(file, schema, options)
        case FileFormat.JSONL:
            return TextPart(file, options, json_lines)
    return TextPart(file, options, delimited)


def lead(schema: pa.Schema, options: FileOptions) -> bytes:
    """What stands before the first part: the header of delimited text, compressed like the rest."""
    if not (options.format.is_text and options.has_header):
        return b""
    line = header_line(schema.names, options)
    if options.compression is Compression.NONE:
        return line
    sink = pa.BufferOutputStream()
    stream = compressed(sink, options.compression)
    stream.write(line)
    stream.close()
    return sink.getvalue().to_pybytes()


def compressed(file: Any, compression: Compression) -> Any:
    """A stream that compresses into a file, which it leaves open."""
    match compression:
        case Compression.NONE:
            return _Open(file)
        case Compression.GZIP:
            return gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0)
        case Compression.BZ2:
            return bz2.BZ2File(file, "wb")
    opened: Any = _Open(file)
    word: Any = compression.value
    return pa.CompressedOutputStream(pa.PythonFile(opened, "w"), word)


class _Open:
    """A file whose `close` only flushes."""

    closed = False

    def __init__(self, file: Any) -> None:
        self._file = file
        self.write = file.write
        self.flush = file.flush

    def writable(self) -> bool:
        """True; Arrow asks."""
        return True

    def close(self) -> None:
        """Hand on what is buffered."""
        self._file.flush()


def portable(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch as a columnar file keeps it: a column that only Arrow in memory can hold is JSON text."""
    if not any(holds_union(entry.type) for entry in batch.schema):
        return batch
    reader = BatchReader()
    columns: list[pa.Array[Any]] = []
    for place, entry in enumerate(batch.schema):
        columns.append(json_array(reader.column(batch, place)) if holds_union(entry.type) else batch.column(place))
    return pa.RecordBatch.from_arrays(columns, schema=portable_schema(batch.schema))


def portable_schema(schema: pa.Schema) -> pa.Schema:
    """The columns of `portable` batches; what other programs would not understand of the metadata is left out."""
    return pa.schema([_portable_field(entry) for entry in schema])


def _portable_field(entry: pa.Field[Any]) -> pa.Field[Any]:
    if holds_union(entry.type):
        return pa.field(entry.name, pa.string(), metadata=JSON_METADATA)
    return kept_marks(entry)


def json_array(cells: list[Any]) -> pa.Array[Any]:
    """JSON data as a column of JSON texts."""
    texts = [None if cell is None or cell is ABSENT else json_text(cell) for cell in cells]
    array: pa.Array[Any] = pa.array(texts, pa.string())
    return array


def holds_union(kind: Any) -> bool:
    """Whether a type is a union, or has one inside."""
    if pa.types.is_union(kind):
        return True
    return pa.types.is_nested(kind) and any(holds_union(kind.field(place).type) for place in range(kind.num_fields))
