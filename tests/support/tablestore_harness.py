"""What the conformance suite needs to know of Tablestore: a table with keys of two types and one without a schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import pyarrow as pa
from conformance import Cells, Harness

from services.secrets import Secret
from services.stores.base import Store
from services.stores.tablestore.store import TablestoreStore
from services.values import Typed

TABLE: dict[str, Any] = {
    "columns": [
        {"name": "shop", "type": "String", "key": True},
        {"name": "number", "type": "Integer", "key": True},
        {"name": "amount", "type": "Integer", "key": False},
        {"name": "label", "type": "String", "key": False},
    ],
    "options": {"max_versions": 1, "time_to_live": -1},
}
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
SLOW = f"{NUMBERS.format(4_000_000)} SELECT COUNT(*) FROM n WHERE i % 7 = 3"
"""Runs for a few seconds: the service has no way to stop a statement, so the one after it waits for its end here."""

_names = count(1)


def opened(profile: Mapping[str, Any]) -> TablestoreStore:
    """A connected store on what a sandbox says of itself."""
    fields = {name: str(value) for name, value in profile.items() if name != "secrets"}
    secrets = {name: Secret(text) for name, text in profile["secrets"].items()}
    store = TablestoreStore(fields, secrets)
    store.connect()
    return store


def table_harness(profile: Mapping[str, Any]) -> Harness:
    """A table made for one run of the suite."""

    def new() -> Store:
        return opened(profile)

    name = f"conforms_{next(_names)}"
    maker = opened(profile)
    maker.create((name,), TABLE)
    maker.close()
    return Harness(
        open=new,
        address=name,
        row=_row,
        change=lambda n: {"amount": Typed("Integer", n % 50 + 1)},
        select=lambda rows: f"{NUMBERS.format(rows)} SELECT i, i * 2 AS twice FROM n",
        slow_select=SLOW,
        spare_address=f"spare_{next(_names)}",
        definition=TABLE,
        wrong_text=("amount", "abc"),
        batch=_batch,
    )


def _row(number: int) -> tuple[Cells, Cells]:
    key = {"shop": Typed("String", "ost" if number % 2 else "süd"), "number": Typed("Integer", number)}
    return key, {"amount": Typed("Integer", number % 50), "label": Typed("String", f"row {number}")}


def _batch(numbers: Sequence[int], is_changed: bool) -> pa.RecordBatch:
    columns = {
        "shop": pa.array(["ost" if number % 2 else "süd" for number in numbers]),
        "number": pa.array(numbers, pa.int64()),
        "amount": pa.array([number % 50 + is_changed for number in numbers], pa.int64()),
        "label": pa.array([f"row {number}" for number in numbers]),
    }
    return pa.RecordBatch.from_pydict(columns)
