"""The contract, on the store in memory."""

from collections.abc import Sequence

import pyarrow as pa
import pytest
from conformance import *

from services.stores.base import Store
from services.stores.memory.arrow import record_batch
from services.stores.memory.store import MemoryStore
from services.values import Typed


def _batch(numbers: Sequence[int], is_changed: bool) -> pa.RecordBatch:
    rows = []
    for number in numbers:
        key, values = _row(number)
        rows.append({**key, **values, **(_change(number) if is_changed else {})})
    return record_batch((), rows)


def _row(number: int) -> tuple[Cells, Cells]:
    return {"shop": Typed("String", "east"), "item": Typed("Long", number)}, {"amount": Typed("Int", number % 50)}


def _change(number: int) -> Cells:
    return {"amount": Typed("Int", number % 50 + 1)}


@pytest.fixture(scope="module")
def harness() -> Harness:
    """Stores that share one set of tables."""
    shared = MemoryStore({}, {})

    def opened() -> Store:
        store = MemoryStore({}, {})
        store._shelf = shared._shelf
        store.connect()
        return store

    return Harness(
        open=opened,
        address="main/stock",
        row=_row,
        change=_change,
        batch=_batch,
        select=lambda rows: f"SELECT id, label FROM numbers LIMIT {rows}",
        slow_select="SELECT sleep(300)",
        spare_address="main/spare",
        definition={
            "columns": [{"name": "id", "type": "Long", "key": True}, {"name": "text", "type": "String", "key": False}]
        },
        wrong_text=("amount", "abc"),
    )
