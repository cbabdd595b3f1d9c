"""Listings as Arrow tables: named columns with their types, keys marked, one row a thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from services.stores.types import KEY_METADATA, TYPE_METADATA, Column

TEXT: Final = "text"
WHOLE: Final = "whole number"
NUMBER: Final = "number"
FLAG: Final = "flag"
TYPES: Final[Mapping[str, pa.DataType]] = {
    TEXT: pa.string(),
    WHOLE: pa.int64(),
    NUMBER: pa.float64(),
    FLAG: pa.bool_(),
}

Row = Mapping[str, Any]


def key(name: str) -> Column:
    """A column that tells rows apart."""
    return Column(name, TEXT, is_key=True, is_nullable=False)


def text(name: str, note: str = "") -> Column:
    """A column of texts."""
    return Column(name, TEXT, note=note)


def whole(name: str, note: str = "") -> Column:
    """A column of whole numbers."""
    return Column(name, WHOLE, note=note)


def number(name: str, note: str = "") -> Column:
    """A column of numbers."""
    return Column(name, NUMBER, note=note)


def flag(name: str, note: str = "") -> Column:
    """A column of yes and no."""
    return Column(name, FLAG, note=note)


def batch_of(columns: Sequence[Column], rows: Iterable[Row]) -> pa.RecordBatch:
    """The rows by column name; what a row lacks, or what is not of the column's type, is null."""
    held = list(rows)
    arrays = [
        pa.array([_value(column.type, row.get(column.name)) for row in held], TYPES[column.type]) for column in columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([_field(column) for column in columns]))


def _field(column: Column) -> pa.Field[Any]:
    marks = {TYPE_METADATA: column.type.encode()} | ({KEY_METADATA: b"1"} if column.is_key else {})
    return pa.field(column.name, TYPES[column.type], metadata=marks)


def _value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == TEXT:
        return _words(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return bool(value) if kind == FLAG else None
    if kind == FLAG:
        return bool(value)
    return float(value) if kind == NUMBER else int(value)


def _words(value: Any) -> str:
    """JSON's own words for what is no text; texts of a list with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(_words(one) for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
