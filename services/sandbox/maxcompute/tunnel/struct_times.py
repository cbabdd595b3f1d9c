"""TIMESTAMP columns as seconds and nanoseconds, as previews and results of instances have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from services.sandbox.maxcompute.types import SECONDS_AND_NANOS, OdpsType

NANOS = 1_000_000_000
_TIMESTAMPS = frozenset({"TIMESTAMP", "TIMESTAMP_NTZ"})


def with_struct_times(rows: pa.Table, kinds: Sequence[OdpsType]) -> pa.Table:
    """The rows with each TIMESTAMP column as structs; those inside of other values stay as they are."""
    for index, kind in enumerate(kinds):
        if kind.name in _TIMESTAMPS:
            column: pa.ChunkedArray[Any] = rows.column(index)
            structs = _structs(column)
            rows = rows.set_column(index, pa.field(rows.field(index).name, SECONDS_AND_NANOS), structs)
    return rows


def _structs(column: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    times: pa.Array[Any] = column.combine_chunks()
    nanos = times.cast(pa.timestamp("ns")).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    seconds, rest = np.divmod(nanos, NANOS)
    parts: list[pa.Array[Any]] = [pa.array(seconds, pa.int64()), pa.array(rest.astype(np.int32), pa.int32())]
    return pa.StructArray.from_arrays(parts, fields=list(SECONDS_AND_NANOS), mask=times.is_null())
