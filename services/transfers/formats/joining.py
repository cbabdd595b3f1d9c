"""Parts of a file joined to the file, after what was in it before when it is appended to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from services.errors import UsageError
from services.transfers.formats.columnar_readers import ArrowReader, ParquetReader
from services.transfers.formats.csv_reader import CsvReader
from services.transfers.formats.options import Compression, FileFormat, FileOptions
from services.transfers.formats.parquet_joining import copy_whole, join_parquet
from services.transfers.formats.part_writers import arrow_writer, lead, portable_schema


def join_parts(
    parts: Sequence[Path], out: IO[bytes], schema: pa.Schema, options: FileOptions, before: Path | None
) -> None:
    """Write the whole file.

    Args:
        before: the file that is appended to, whose content comes first.
    """
    match options.format:
        case FileFormat.PARQUET:
            _join_parquet([before, *parts] if before else list(parts), out, schema)
        case FileFormat.ARROW:
            _join_arrow([before, *parts] if before else list(parts), out, schema, options)
        case _:
            if before is not None:
                copy_whole(before, out)
                _end_line(before, out, options)
            else:
                out.write(lead(schema, options))
            for path in parts:
                copy_whole(path, out)


def _end_line(before: Path, out: IO[bytes], options: FileOptions) -> None:
    """A line without an end would swallow the first one that follows."""
    if options.compression is Compression.NONE and before.stat().st_size:
        with before.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            if file.read() != b"\n":
                out.write(b"\n")


def _join_parquet(parts: Sequence[Path], out: IO[bytes], schema: pa.Schema) -> None:
    if parts:
        join_parquet(parts, out)
    else:
        pq.write_table(portable_schema(schema).empty_table(), out)


def _join_arrow(parts: Sequence[Path], out: IO[bytes], schema: pa.Schema, options: FileOptions) -> None:
    with arrow_writer(out, portable_schema(schema), options) as writer:
        for path in parts:
            with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
                for place in range(reader.num_record_batches):
                    writer.write_batch(reader.get_batch(place))


def is_same_shape(target: Path, schema: pa.Schema, options: FileOptions) -> None:
    """Check that rows of a schema can be appended to a file.

    Raises:
        UsageError: its columns are others.
    """
    there: Any
    wanted: Any
    match options.format:
        case FileFormat.JSONL:
            return
        case FileFormat.PARQUET:
            there, wanted = ParquetReader([target], options).schema([]), portable_schema(schema)
        case FileFormat.ARROW:
            there, wanted = ArrowReader([target], options).schema([]), portable_schema(schema)
        case _:
            if not options.has_header:
                return
            there, wanted = CsvReader([target], options).schema([]).names[:-1], schema.names
    if there != wanted:
        raise UsageError(
            f"{target}: its columns are not those of the rows to append", hint="Overwrite it, or map the columns."
        )
