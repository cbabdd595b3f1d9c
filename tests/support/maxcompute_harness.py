"""What the conformance suite needs to know of MaxCompute."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from itertools import count
from typing import Any

from conformance import Cells, Gap, GapKind, Harness
from maxcompute_stores import SLOW, TABLE, opened

from services.stores.base import Store
from services.values import Typed

NO_SINGLE_ROWS = "ordinary tables take rows in bulk only; rows with a key need an upsert session"

_names = count(1)


def table_harness(profile: Mapping[str, Any]) -> Harness:
    """A table with a primary key, made for one run of the suite."""

    def new() -> Store:
        return opened(profile)

    name = f"conforms_{next(_names)}"
    with closing(opened(profile)) as maker:
        columns = [{"name": "id", "type": "BIGINT", "key": True}, {"name": "label", "type": "STRING", "key": False}]
        maker.create((name,), {"columns": columns})
    return Harness(
        open=new,
        address=name,
        row=_row,
        change=lambda n: {"label": Typed("STRING", f"changed {n}")},
        select=lambda rows: f"SELECT order_id, amount FROM sales LIMIT {rows}",
        slow_select=SLOW,
        spare_address=f"spare_{next(_names)}",
        definition=TABLE,
        wrong_text=("id", "abc"),
        gaps={
            "test_limit_and_columns_hold": Gap(GapKind.NOT_IMPLEMENTED, NO_SINGLE_ROWS),
            "test_reading_can_end_early": Gap(GapKind.NOT_IMPLEMENTED, NO_SINGLE_ROWS),
        },
    )


def _row(number: int) -> tuple[Cells, Cells]:
    return {"id": Typed("BIGINT", number)}, {"label": Typed("STRING", f"row {number}")}
