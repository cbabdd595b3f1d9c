"""Rows as CSV, as results and first looks at tables are sent: NULL is `\\N`, texts are quoted."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Any

import pyarrow as pa

from services.sandbox.maxcompute.model import Column, Partition, Table
from services.sandbox.maxcompute.types import OdpsType, parse_type

NULL = "\\N"
_CHUNK_ROWS = 4096
Cell = Callable[[object], str]


def rows_csv(columns: Sequence[Column], rows: pa.Table, limit: int) -> str:
    """Rows with a line of names before them."""
    return _text(columns, [rows.slice(0, limit)])


def csv_text(table: Table, partitions: Iterable[Partition], limit: int, names: Sequence[str] = ()) -> str:
    """The first rows of partitions, with the partition keys behind the columns.

    Args:
        names: of the columns wanted; all without it.
    """
    pieces, left = [], limit
    for partition in partitions:
        rows = partition.read().slice(0, left)
        for key in table.partition_keys:
            rows = rows.append_column(key.name, pa.array([partition.spec[key.name]] * rows.num_rows, pa.string()))
        pieces.append(rows.select(names) if names else rows)
        left -= rows.num_rows
    wanted = [*table.columns, *table.partition_keys]
    return _text([table.column(name) for name in names] if names else wanted, pieces)


def _text(columns: Sequence[Column], pieces: Iterable[pa.Table]) -> str:
    cells = [_cell(parse_type(column.type)) for column in columns]
    lines = [",".join(_quoted(column.name) for column in columns)]
    for row in chain.from_iterable(map(_tuples, pieces)):
        shown = zip(cells, row, strict=True)
        lines.append(",".join(NULL if value is None else cell(value) for cell, value in shown))
    return "\n".join(lines) + "\n"


def _tuples(rows: pa.Table) -> Iterable[tuple[object, ...]]:
    for batch in rows.to_batches(_CHUNK_ROWS):
        yield from islice(zip(*(_plain(column) for column in batch.columns), strict=True), batch.num_rows)


def _plain(values: pa.Array[Any]) -> list[object]:
    """Values as objects; nanoseconds as text, for datetimes have none."""
    if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
        return [None if value is None else _nanosecond_text(value) for value in values.cast(pa.int64()).to_pylist()]
    return list(values.to_pylist())


def _nanosecond_text(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    shown = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return f"{shown.isoformat(sep=' ')}.{rest:09d}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _cell(kind: OdpsType) -> Cell:
    """How a column's values are written."""
    if kind.name in ("STRING", "CHAR", "VARCHAR", "JSON"):
        return lambda value: _quoted(str(value))
    if kind.name in ("ARRAY", "MAP", "STRUCT"):
        return lambda value: _quoted(_nested(kind, value))
    return _interval if kind.name == "INTERVAL_DAY_TIME" else _scalar


def _interval(value: object) -> str:
    """Days, hours, minutes, seconds and nanoseconds: `1 02:03:04.000000005`."""
    parts = value if isinstance(value, dict) else {}
    sign, seconds = ("-", -parts["sec"]) if parts["sec"] < 0 else ("", parts["sec"])
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"{sign}{day} {hour:02d}:{minute:02d}:{second:02d}.{parts['nano']:09d}"


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        # The service leaves the milliseconds out of CSV.
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _nested(kind: OdpsType, value: object) -> str:
    """A value of a nested type: `["a","b"]`, `{"k":1}`, `{name:1}`."""
    if value is None:
        return NULL
    if kind.name == "ARRAY" and isinstance(value, list):
        return "[" + ",".join(_nested(kind.parts[0], item) for item in value) + "]"
    if kind.name == "MAP" and isinstance(value, list):
        pairs = (f"{_nested(kind.parts[0], key)}:{_nested(kind.parts[1], item)}" for key, item in value)
        return "{" + ",".join(pairs) + "}"
    if kind.name == "STRUCT" and isinstance(value, dict):
        named = zip(kind.names, kind.parts, strict=True)
        return "{" + ",".join(f"{name}:{_nested(part, value[name])}" for name, part in named) + "}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else _scalar(value)
