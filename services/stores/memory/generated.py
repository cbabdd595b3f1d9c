"""A table of any size whose rows are made as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.stores.types import KEY_METADATA, TYPE_METADATA, Column

COLUMNS: Final = (
    Column("id", "Long", is_key=True, is_nullable=False),
    Column("label", "String"),
    Column("group", "Int"),
    Column("ratio", "Double"),
    Column("flag", "Bool"),
    Column("seen", "Timestamp"),
    Column("amount", "Long"),
    Column("code", "String"),
    Column("delta", "Double"),
    Column("rank", "Int"),
)


def _field(column: Column, kind: Any) -> pa.Field[Any]:
    metadata = {TYPE_METADATA: column.type.encode()} | ({KEY_METADATA: b"1"} if column.is_key else {})
    return pa.field(column.name, kind, metadata=metadata)


_KINDS: Final = {
    "Long": pa.int64(),
    "Int": pa.int32(),
    "Double": pa.float64(),
    "Bool": pa.bool_(),
    "String": pa.string(),
    "Timestamp": pa.timestamp("ns", tz="UTC"),
}
SCHEMA: Final = pa.schema([_field(column, _KINDS[column.type]) for column in COLUMNS])


def numbers(first: int, count: int) -> pa.RecordBatch:
    """Rows `first` to `first + count`, about 100 bytes each."""
    ids = np.arange(first, first + count, dtype=np.int64)
    words = pa.array(ids).cast(pa.string())
    join: Any = pc.binary_join_element_wise
    group = (ids % 1000).astype(np.int32)
    arrays: list[Any] = [
        pa.array(ids),
        join(pa.scalar("row number"), words, " "),
        pa.array(group),
        pa.array(ids / 3),
        pa.array(ids % 2 == 0),
        pa.array(ids * 1_000_000_007).cast(SCHEMA.field("seen").type),
        pa.array(ids * 997),
        join(pa.scalar("code"), words, "-"),
        pa.array(np.sqrt(ids)),
        pa.array(group * 2),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def pages(rows: int, page_rows: int) -> Iterator[pa.RecordBatch]:
    """All rows in pages; at least one."""
    for first in range(0, max(rows, 1), page_rows):
        yield numbers(first, min(page_rows, rows - first))
