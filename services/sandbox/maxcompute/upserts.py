"""Rows put in the place of others by primary key, without a loop over rows."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_ROW = "__row"


def upserted(before: pa.Table, rows: pa.Table, deleted: pa.Table | None, key: list[str]) -> pa.Table:
    """The rows before without those of the changed and deleted keys, then the changed ones; the last of a key wins."""
    changed = rows.take(_last_rows(rows, key))
    gone = changed.select(key)
    if deleted is not None and deleted.num_rows:
        deleted_keys = deleted.select(key).cast(gone.schema)
        changed = changed.take(_rows_without(changed, deleted_keys, key))
        gone = pa.concat_tables([gone, deleted_keys])
    return pa.concat_tables([before.take(_rows_without(before, gone, key)), changed])


def _numbered(rows: pa.Table, key: list[str]) -> pa.Table:
    return rows.select(key).append_column(_ROW, pa.array(range(rows.num_rows), pa.int64()))


def _last_rows(rows: pa.Table, key: list[str]) -> pa.ChunkedArray[pa.Int64Scalar]:
    last = _numbered(rows, key).group_by(key).aggregate([(_ROW, "max")])
    return last.column(f"{_ROW}_max").take(pc.sort_indices(last.column(f"{_ROW}_max")))


def _rows_without(rows: pa.Table, gone: pa.Table, key: list[str]) -> pa.ChunkedArray[pa.Int64Scalar]:
    kept = _numbered(rows, key).join(gone, keys=key, join_type="left anti").column(_ROW)
    return kept.take(pc.sort_indices(kept))
