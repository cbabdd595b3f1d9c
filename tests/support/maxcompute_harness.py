"""What the conformance suite needs to know of MaxCompute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import count
from typing import Any

import pyarrow as pa
from conformance import Cells, Gap, GapKind, Harness
from maxcompute_stores import SLOW, TABLE, opened

from services.stores.base import Store
from services.values import Typed

NO_SINGLE_ROWS = "ordinary tables take rows in bulk only; rows with a key need an upsert session"
NO_KEY = "a table without a key takes every row that is added"
KEYED_TESTS = ("test_append_rejects_a_taken_key", "test_describe_tells_columns_and_keys")

_names = count(1)


def table_harness(profile: Mapping[str, Any], *, has_key: bool = True) -> Harness:
    """A table made for one run of the suite, with a primary key or without."""

    def new() -> Store:
        return opened(profile)

    name = f"conforms_{next(_names)}"
    with closing(opened(profile)) as maker:
        columns = [{"name": "id", "type": "BIGINT", "key": has_key}, {"name": "label", "type": "STRING", "key": False}]
        maker.create((name,), {"columns": columns})
    return Harness(
        open=new,
        address=name,
        row=_row,
        change=lambda n: {"label": Typed("STRING", f"changed {n}")},
        batch=_batch,
        select=lambda rows: f"SELECT order_id, amount FROM sales LIMIT {rows}",
        slow_select=SLOW,
        spare_address=f"spare_{next(_names)}",
        definition=TABLE,
        wrong_text=("id", "abc"),
        file_folder="files/conforms",
        gaps={
            "test_limit_and_columns_hold": Gap(GapKind.NOT_IMPLEMENTED, NO_SINGLE_ROWS),
            "test_reading_can_end_early": Gap(GapKind.NOT_IMPLEMENTED, NO_SINGLE_ROWS),
        }
        | ({} if has_key else dict.fromkeys(KEYED_TESTS, Gap(GapKind.NEVER, NO_KEY))),
    )


def _batch(numbers: Sequence[int], is_changed: bool) -> pa.RecordBatch:
    word = "changed" if is_changed else "row"
    labels = [f"{word} {number}" for number in numbers]
    return pa.record_batch({"id": pa.array(numbers, pa.int64()), "label": pa.array(labels, pa.string())})


def _row(number: int) -> tuple[Cells, Cells]:
    return {"id": Typed("BIGINT", number)}, {"label": Typed("STRING", f"row {number}")}
