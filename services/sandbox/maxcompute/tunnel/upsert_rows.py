"""The records of upserts: a table's columns and five of the session's own, folded to one change a key."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from services.sandbox.maxcompute.model import Column

OPERATION = "__operation"
VALUE_COLUMNS = "__value_cols"
EXTRA_COLUMNS = [
    Column("__version", "BIGINT"),
    Column("__app_version", "BIGINT"),
    Column(OPERATION, "TINYINT"),
    Column("__key_cols", "ARRAY<BIGINT>"),
    Column(VALUE_COLUMNS, "ARRAY<BIGINT>"),
]
UPSERT, DELETE = ord("U"), ord("D")
_SEQUENCE = "__sequence"


def folded(rows: pa.Table, key: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """The last change of each key: the rows to put, and the keys to delete.

    Args:
        rows: changes in the order in which they came, with the operation.
    """
    numbered = rows.append_column(_SEQUENCE, pa.array(range(rows.num_rows), pa.int64()))
    last = numbered.group_by(list(key)).aggregate([(_SEQUENCE, "max")]).column(f"{_SEQUENCE}_max")
    changes = rows.take(last.take(pc.sort_indices(last)))
    is_delete = pc.equal(changes.column(OPERATION), pa.scalar(DELETE, pa.int8()))
    names = [name for name in rows.schema.names if name != OPERATION]
    return changes.filter(pc.invert(is_delete)).select(names), changes.filter(is_delete).select(list(key))
