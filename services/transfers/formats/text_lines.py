"""Arrow batches as lines of delimited text: whole columns are joined at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from services.results.records import BatchReader
from services.transfers.formats.options import FileOptions
from services.value_json import json_text
from services.values import ABSENT

LINE_END: Final = "\n"


def header_line(names: Sequence[str], options: FileOptions) -> bytes:
    """The line that names the columns."""
    quoted = _quoted(pa.array(names, pa.string()), options)
    return (options.delimiter.join(quoted.to_pylist()) + LINE_END).encode(options.encoding)


def delimited(batch: pa.RecordBatch, options: FileOptions) -> bytes:
    """Lines whose fields are quoted only where they have to be; an empty text is `""` and NULL is the null text.

    Raises:
        UnicodeEncodeError: the encoding of the file lacks a character.
    """
    if not batch.num_rows:
        return b""
    columns = [_column(batch, place, options) for place in range(batch.num_columns)]
    join: Any = pc.binary_join_element_wise
    lines = join(
        *columns,
        pa.scalar(options.delimiter, pa.large_string()),
        null_handling="replace",
        null_replacement=options.null_text,
    )
    ended: Any = join(lines, pa.scalar("", pa.large_string()), pa.scalar(LINE_END, pa.large_string()))
    return bytes_of(ended, options.encoding)


def bytes_of(lines: Any, encoding: str) -> bytes:
    """The texts of a column one after another: they lie like that in its buffer."""
    array: Any = lines.combine_chunks() if isinstance(lines, pa.ChunkedArray) else lines
    _, places, texts = array.buffers()
    offsets = memoryview(places).cast("q")
    start, end = offsets[array.offset], offsets[array.offset + len(array)]
    data = bytes(memoryview(texts)[start:end])
    return data if encoding == "utf-8" else data.decode("utf-8").encode(encoding)


def _column(batch: pa.RecordBatch, place: int, options: FileOptions) -> Any:
    array, kind = batch.column(place), batch.schema.field(place).type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _quoted(array, options)
    if pa.types.is_timestamp(kind):
        texts: Any = pc.replace_substring(array.cast(pa.large_string()), " ", "T", max_replacements=1)
        return texts
    if _is_plain(kind):
        return array.cast(pa.large_string())
    cells = BatchReader().column(batch, place)
    texts = pa.array([_cell_text(cell) for cell in cells], pa.large_string())
    return _quoted(texts, options)


def _is_plain(kind: pa.DataType) -> bool:
    """Whether Arrow's own text of a value is exact and holds no character that needs quotes."""
    checks = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_boolean,
        pa.types.is_decimal,
        pa.types.is_date32,
        pa.types.is_time,
    )
    return any(check(kind) for check in checks)


def _cell_text(cell: Any) -> str | None:
    if cell is None or cell is ABSENT:
        return None
    return cell if isinstance(cell, str) else json_text(cell)


def _quoted(texts: Any, options: FileOptions) -> Any:
    """Texts as fields: quoted where they are empty, look like NULL or hold a character of the format."""
    wide = texts.cast(pa.large_string())
    quote = options.quote
    marks = "".join(f"\\x{ord(mark):02x}" for mark in (options.delimiter, quote, "\n", "\r"))
    compute: Any = pc
    is_needed = compute.or_(compute.match_substring_regex(wide, f"[{marks}]"), compute.equal(wide, options.null_text))
    is_needed = compute.or_(is_needed, compute.equal(wide, ""))
    if not compute.any(is_needed, min_count=0).as_py():
        return wide
    doubled = compute.replace_substring(wide, quote, quote * 2)
    wrapped = compute.binary_join_element_wise(
        pa.scalar(quote, pa.large_string()),
        doubled,
        pa.scalar(quote, pa.large_string()),
        pa.scalar("", pa.large_string()),
    )
    return compute.if_else(is_needed, wrapped, wide)
