"""Sorting and filtering loaded rows: the outcome is an array of row numbers, the rows stay where they are."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.cancel import CancelToken
from services.results.finding import matches
from services.results.layout import Layout
from services.results.typed import is_text

_NUMBER_RANK: Final = 0
_TEXT_RANK: Final = 1
_NULL_RANK: Final = 2
_ABSENT_RANK: Final = 3


def arranged(
    batches: list[pa.RecordBatch],
    layout: Layout,
    sort: int | None,
    is_descending: bool,
    contains: str,
    cancel: CancelToken,
) -> Any:
    """The numbers of the rows to show, in order, as an array of uint32 (uint64 beyond four thousand million)."""
    rows = sum(batch.num_rows for batch in batches)
    order = np.arange(rows, dtype=np.uint32 if rows < 2**32 else np.uint64)
    if sort is not None and rows:
        order = order[_sorted(batches, layout, sort, is_descending, cancel)]
    if contains and rows:
        masks = []
        for batch in batches:
            cancel.check()
            masks.append(matches(batch, layout, contains))
        order = order[np.concatenate(masks)[order]]
    return order


def _sorted(batches: list[pa.RecordBatch], layout: Layout, sort: int, is_descending: bool, cancel: CancelToken) -> Any:
    """Stable order by one shown column; NULL and absent last either way."""
    cancel.check()
    plain = _one_type(batches, layout, sort)
    keys = pa.table({"value": plain}) if plain is not None else _ranked_keys(batches, layout, sort, cancel)
    direction = "descending" if is_descending else "ascending"
    names: list[Any] = [(name, "ascending" if name == "rank" else direction) for name in keys.column_names]
    numbers = pa.array(np.arange(keys.num_rows, dtype=np.uint32))
    found: Any = pc.sort_indices(keys.append_column("row", numbers), [*names, ("row", "ascending")])
    return found.to_numpy()


def _one_type(batches: list[pa.RecordBatch], layout: Layout, sort: int) -> Any:
    """The column as it is, where it has one type that Arrow sorts; None otherwise."""
    arrays = [_member(batch, layout, sort) for batch in batches]
    kinds = {None if array is None else array.type for array in arrays}
    kind = kinds.pop()
    if kinds or kind is None or not _sorts_itself(kind):
        return None
    return pa.chunked_array(arrays)


def _ranked_keys(batches: list[pa.RecordBatch], layout: Layout, sort: int, cancel: CancelToken) -> pa.Table:
    tables = []
    for batch in batches:
        cancel.check()
        tables.append(_sort_keys(batch, layout, sort))
    return pa.concat_tables(tables, promote_options="default")


def _sort_keys(batch: pa.RecordBatch, layout: Layout, sort: int) -> pa.Table:
    """What a batch sorts by: rank of the kind, then number, then text, then the exact value among its like."""
    reader = layout.plan(batch.schema).readers.get(sort)
    if reader is None:
        return _table(pa.array([_ABSENT_RANK] * batch.num_rows, pa.int8()))
    array = _member(batch, layout, sort)
    if array is None or not _sorts_itself(array.type):
        return _by_cells(*reader.cells(batch))
    rank = _TEXT_RANK if is_text(array.type) else _NUMBER_RANK
    ranks = pc.if_else(pc.is_valid(array), pa.scalar(rank, pa.int8()), pa.scalar(_NULL_RANK, pa.int8()))
    if is_text(array.type):
        return _table(ranks, text=array.cast(pa.large_string()))
    number = array.cast(pa.float64(), safe=False) if _is_number(array.type) else None
    return _table(ranks, number=number).append_column(f"as {array.type}", array)


def _table(ranks: Any, number: Any = None, text: Any = None) -> pa.Table:
    """All columns that any batch has, in the order in which they count."""
    count = len(ranks)
    return pa.table(
        {
            "rank": ranks,
            "number": number if number is not None else pa.nulls(count, pa.float64()),
            "text": text if text is not None else pa.nulls(count, pa.large_string()),
        }
    )


def _member(batch: pa.RecordBatch, layout: Layout, sort: int) -> Any:
    """The plain Arrow array behind a shown column, None where there is none."""
    reader = layout.plan(batch.schema).readers.get(sort)
    if reader is None:
        return None
    array: Any = batch.column(reader.index)
    member = layout.columns[sort].source[1]
    if not member:
        return array
    if not pa.types.is_struct(array.type):
        return None
    return pc.struct_field(array, [array.type.get_field_index(member)])


def _sorts_itself(kind: pa.DataType) -> bool:
    types = pa.types
    checks = (types.is_integer, types.is_floating, types.is_decimal, is_text, types.is_temporal, types.is_boolean)
    return any(check(kind) for check in checks) and not types.is_interval(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _by_cells(texts: list[str], kinds: str) -> pa.Table:
    """Sort what Arrow cannot by what is shown: numbers by size, the rest by text."""
    ranks, numbers, shown = [], [], []
    for text, kind in zip(texts, kinds, strict=True):
        is_number = kind == "n"
        ranks.append({"n": _NUMBER_RANK, "0": _NULL_RANK, "a": _ABSENT_RANK}.get(kind, _TEXT_RANK))
        numbers.append(float(text) if is_number else None)
        shown.append("" if kind == "e" else text)
    return _table(pa.array(ranks, pa.int8()), pa.array(numbers, pa.float64()), pa.array(shown, pa.large_string()))
