"""Arrow and Parquet files of pages that may differ in their types: kept aside on disk, then brought to one schema."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from services.cli.output.writers import Record, Writer
from services.results.marks import marks_of
from services.results.presenting import PLAIN, Presentation
from services.results.records import BatchReader, unique_names
from services.value_json import json_text
from services.values import ABSENT

_RECORDS_A_PAGE = 1000
_JSON = {b"storedeck.json": b"1"}
"""Field metadata: the column's texts are JSON."""


class ColumnarWriter(Writer):
    """Spools pages to a temporary folder; at the end writes one file with a type a column that holds them all.

    A column whose pages have no common type, and a value that only its own system understands, becomes JSON text.
    """

    def __init__(self, stream: IO[bytes], *, is_terminal: bool = False, numbers: bool = False) -> None:
        super().__init__(stream, is_terminal=is_terminal, numbers=numbers)
        self._folder = tempfile.TemporaryDirectory(prefix="storedeck-output-")
        self._segments: list[Path] = []
        self._schema: pa.Schema | None = None
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None
        self._types: dict[str, pa.DataType | None] = {}
        self._records: list[Record] = []

    def batch(self, batch: pa.RecordBatch, presentation: Presentation = PLAIN) -> None:
        """Keep a page."""
        portable = _portable(batch, BatchReader(presentation, numbers=self.numbers))
        if self._writer is None or portable.schema != self._schema:
            self._next_segment(portable.schema)
        assert self._writer is not None
        self._writer.write_batch(portable)

    def record(self, record: Record) -> None:
        """Keep one row of plain data."""
        self._records.append(record)
        if len(self._records) >= _RECORDS_A_PAGE:
            self._flush_records()

    def close(self) -> None:
        """Write the file."""
        self._flush_records()
        self._end_segment()
        schema = pa.schema([_final_field(name, kind) for name, kind in self._types.items()])
        with self._sink(schema) as sink:
            for segment in self._segments:
                for batch in _pages(segment):
                    sink.write_batch(_fitted(batch, schema))
        self._folder.cleanup()

    def _sink(self, schema: pa.Schema) -> Any:
        raise NotImplementedError

    def _next_segment(self, schema: pa.Schema) -> None:
        self._end_segment()
        path = Path(self._folder.name) / f"{len(self._segments)}.arrow"
        self._segments.append(path)
        self._schema = schema
        self._writer = pa.ipc.new_stream(str(path), schema)
        for field in schema:
            known = self._types.get(field.name, pa.null())
            self._types[field.name] = None if known is None or field.metadata == _JSON else _common(known, field.type)

    def _end_segment(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _flush_records(self) -> None:
        if self._records:
            names = list(dict.fromkeys(name for record in self._records for name in record))
            arrays = [_record_array([record.get(name) for record in self._records]) for name in names]
            self._records = []
            self.batch(pa.RecordBatch.from_arrays(arrays, names=names))


class ArrowWriter(ColumnarWriter):
    """An Arrow IPC stream."""

    def _sink(self, schema: pa.Schema) -> Any:
        sink: Any = self.stream
        return pa.ipc.new_stream(sink, schema)


class ParquetWriter(ColumnarWriter):
    """A Parquet file."""

    def _sink(self, schema: pa.Schema) -> Any:
        return pq.ParquetWriter(self.stream, schema, compression="zstd")


def _portable(batch: pa.RecordBatch, reader: BatchReader) -> pa.RecordBatch:
    """The page with every value that only its own system understands as JSON text."""
    arrays: list[pa.Array[Any]] = []
    fields: list[pa.Field[Any]] = []
    names = unique_names(batch.schema.names)
    for index, (name, field) in enumerate(zip(names, batch.schema, strict=True)):
        if _is_foreign(field):
            arrays.append(_json_array(reader.column(batch, index)))
            fields.append(_final_field(name, None))
        else:
            arrays.append(batch.column(index))
            fields.append(_final_field(name, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _is_foreign(field: pa.Field[Any]) -> bool:
    """Whether a column, or a part of it, holds values that a file cannot hold as they are."""
    kind: Any = field.type
    if marks_of(field).is_wire or pa.types.is_union(kind):
        return True
    return pa.types.is_nested(kind) and any(_is_foreign(kind.field(place)) for place in range(kind.num_fields))


def _final_field(name: str, kind: pa.DataType | None) -> pa.Field[Any]:
    """A field of the file; without a type its values are JSON text."""
    return pa.field(name, kind) if kind is not None else pa.field(name, pa.large_string(), metadata=_JSON)


def _record_array(values: list[Any]) -> pa.Array[Any]:
    if any(isinstance(value, dict | list) for value in values):
        return _json_array(values)
    try:
        array: pa.Array[Any] = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return _json_array(values)
    return array


def _json_array(values: list[Any]) -> pa.Array[Any]:
    texts = [None if value is None or value is ABSENT else json_text(value) for value in values]
    return pa.array(texts, pa.large_string())


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """A type that holds all values of both exactly; None when there is none."""
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if pa.types.is_integer(one) and pa.types.is_integer(other):
        return pa.int64() if not (pa.types.is_uint64(one) or pa.types.is_uint64(other)) else None
    if pa.types.is_decimal(one) and pa.types.is_decimal(other):
        scale = max(one.scale, other.scale)
        digits = max(one.precision - one.scale, other.precision - other.scale) + scale
        return pa.decimal256(digits, scale) if digits <= 76 else None
    texts = (pa.types.is_string, pa.types.is_large_string)
    if any(check(one) for check in texts) and any(check(other) for check in texts):
        return pa.large_string()
    return None


def _pages(segment: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(segment)) as source, pa.ipc.open_stream(source) as reader:
        yield from reader


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = []
    for field in schema:
        place = batch.schema.get_field_index(field.name)
        if place < 0:
            arrays.append(pa.nulls(batch.num_rows, field.type))
            continue
        array = batch.column(place)
        if field.metadata == _JSON and batch.schema.field(place).metadata != _JSON:
            arrays.append(_json_array(BatchReader().column(batch, place)))
        else:
            arrays.append(array if array.type == field.type else array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
