"""Arrow pages as plain JSON data: the usual types a column at a time, all others exactly, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from services.results.marks import marks_of
from services.results.presenting import PLAIN, Presentation
from services.results.typed import typed_value
from services.stores.types import KEY_METADATA, TYPE_METADATA
from services.value_json import MAX_SAFE_INTEGER, plain_json
from services.values import ABSENT

_SLICE_ROWS = 1024
_PLAIN_METADATA = frozenset((KEY_METADATA, TYPE_METADATA))
"""Any other mark on a field may change what its values mean."""


class BatchReader:
    """Turns pages into records, a slice at a time."""

    def __init__(self, presentation: Presentation = PLAIN, *, numbers: bool = False) -> None:
        self._presentation = presentation
        self._numbers = numbers

    def records(self, batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
        """Each row by column name; absent columns are left out. Equal names get a number: `a`, `a_2`."""
        names = unique_names(batch.schema.names)
        for start in range(0, batch.num_rows, _SLICE_ROWS):
            part = batch.slice(start, _SLICE_ROWS)
            columns = [self.column(part, index) for index in range(part.num_columns)]
            if not columns:
                yield from ({} for _ in range(part.num_rows))
                continue
            for values in zip(*columns, strict=True):
                yield {name: value for name, value in zip(names, values, strict=True) if value is not ABSENT}

    def column(self, batch: pa.RecordBatch, index: int) -> list[Any]:
        """One column of a page as JSON data, `ABSENT` where a row lacks it."""
        field = batch.schema.field(index)
        array = batch.column(index)
        marks = marks_of(field)
        fast = self._fast(array, field)
        if fast is not None:
            return fast
        cells = (typed_value(array, row, field, marks, self._presentation) for row in range(len(array)))
        return [cell if cell is ABSENT else plain_json(cell, numbers=self._numbers) for cell in cells]

    def _fast(self, array: pa.Array[Any], field: pa.Field[Any]) -> list[Any] | None:
        """A column whose Python values are its JSON data, None when it has to be read cell by cell."""
        kind = array.type
        if not _is_simple(kind) or not _PLAIN_METADATA.issuperset(field.metadata or ()):
            return None
        try:
            values: list[Any] = array.to_pylist()
        except UnicodeDecodeError:  # a lone surrogate, which Arrow keeps and Python's decoder refuses
            return None
        if pa.types.is_floating(kind):
            return [_float_json(value) for value in values]
        if pa.types.is_int64(kind) or pa.types.is_uint64(kind):
            return values if self._numbers else [_integer_json(value) for value in values]
        return values


def _is_simple(kind: pa.DataType) -> bool:
    return (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_null(kind)
    )


def _float_json(value: float | None) -> Any:
    return value if value is None or math.isfinite(value) else plain_json(value)


def _integer_json(value: int | None) -> Any:
    return value if value is None or -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else str(value)


def unique_names(names: list[str]) -> list[str]:
    """The names with a number after those that stood before, since a JSON object keeps each name once."""
    result: dict[str, None] = {}
    for name in names:
        number, free = 2, name
        while free in result:
            free = f"{name}_{number}"
            number += 1
        result[free] = None
    return list(result)
