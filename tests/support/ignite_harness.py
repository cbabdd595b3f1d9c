"""What the conformance suite needs to know of Ignite: the same for the sandbox and for real nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

import pyarrow as pa
from conformance import Cells, Harness

from services.secrets import Secret
from services.stores.base import Store
from services.stores.ignite.store import IgniteStore
from services.values import Typed

TABLE = {
    "columns": [
        {"name": "ID", "type": "BIGINT", "key": True},
        {"name": "NAME", "type": "VARCHAR", "key": False},
        {"name": "PRICE", "type": "DECIMAL(20, 4)", "key": False},
        {"name": "STOCK", "type": "INT", "key": False},
    ],
    "options": {"template": "partitioned", "backups": 0, "atomicity": "atomic"},
}
CACHE: dict[str, Any] = {"columns": [], "options": {"cache_mode": "PARTITIONED", "atomicity_mode": "ATOMIC"}}
SLOW = (
    "SELECT COUNT(*) FROM SYS.VIEW_COLUMNS A, SYS.VIEW_COLUMNS B, SYS.VIEW_COLUMNS C, SYS.VIEW_COLUMNS D"
    " WHERE A.COLUMN_NAME || B.COLUMN_NAME || C.COLUMN_NAME || D.COLUMN_NAME = 'x'"
)
_names = count(1)


def table_harness(fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> Harness:
    """An SQL table made for one run of the suite."""
    return _harness(
        fields, secrets, "sql:PUBLIC/CONFORMS_", TABLE, _table_row, _table_change, ("STOCK", "abc"), _table_batch
    )


def cache_harness(fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> Harness:
    """A cache made for one run of the suite."""
    return _harness(
        fields, secrets, "conforms-", CACHE, _cache_row, _cache_change, ("value", "{'no': JSON}"), _cache_batch
    )


def _harness(
    fields: Mapping[str, str],
    secrets: Mapping[str, Secret],
    prefix: str,
    definition: dict[str, Any],
    row: Any,
    change: Any,
    wrong_text: tuple[str, str],
    batch: Callable[[Sequence[int], bool], pa.RecordBatch],
) -> Harness:
    def opened() -> Store:
        store = IgniteStore(fields, secrets)
        store.connect()
        return store

    address = f"{prefix}{next(_names)}"
    maker = opened()
    assert isinstance(maker, IgniteStore)
    path = maker.parse_address(address)
    maker.create(path, definition)
    if path[0] == "caches":
        assert maker.put(path, {**row(1)[0], **row(1)[1]}).message == ""
    maker.close()
    return Harness(
        open=opened,
        address=address,
        row=row,
        change=change,
        select=lambda rows: f"SELECT VIEW_NAME, COLUMN_NAME FROM SYS.VIEW_COLUMNS LIMIT {rows}",
        slow_select=SLOW,
        spare_address=f"{prefix}SPARE_{next(_names)}",
        definition=definition,
        wrong_text=wrong_text,
        batch=batch,
    )


def _table_row(number: int) -> tuple[Cells, Cells]:
    price = Typed("Decimal", Decimal(number * 10_001).scaleb(-4))
    values = {"NAME": Typed("String", f"row {number}"), "PRICE": price, "STOCK": Typed("Int", number % 100)}
    return {"ID": Typed("Long", number)}, values


def _table_change(number: int) -> Cells:
    return {"STOCK": Typed("Int", number % 100 + 1)}


def _table_batch(numbers: Sequence[int], is_changed: bool) -> pa.RecordBatch:
    columns = {
        "ID": pa.array(numbers, pa.int64()),
        "NAME": pa.array([f"row {number}" for number in numbers]),
        "PRICE": pa.array([Decimal(number * 10_001).scaleb(-4) for number in numbers], pa.decimal128(20, 4)),
        "STOCK": pa.array([number % 100 + is_changed for number in numbers], pa.int32()),
    }
    return pa.RecordBatch.from_pydict(columns)


def _cache_row(number: int) -> tuple[Cells, Cells]:
    fields = {"name": Typed("String", f"entry {number}"), "size": Typed("Int", number % 100)}
    return {"key": Typed("Int", number)}, {"value": Typed("ConformsValue", fields)}


def _cache_change(number: int) -> Cells:
    fields = {"name": Typed("String", "changed"), "size": Typed("Int", number % 100)}
    return {"value": Typed("ConformsValue", fields)}


def _cache_batch(numbers: Sequence[int], is_changed: bool) -> pa.RecordBatch:
    names = pa.array(["changed" if is_changed else f"entry {number}" for number in numbers])
    fields = [pa.field("name", pa.string()), pa.field("size", pa.int32())]
    sizes = pa.array([number % 100 for number in numbers], pa.int32())
    values = pa.StructArray.from_arrays([names, sizes], fields=fields)
    schema = pa.schema(
        [pa.field("key", pa.int32()), pa.field("value", values.type, metadata={"storedeck.type": "ConformsValue"})]
    )
    return pa.RecordBatch.from_arrays([pa.array(numbers, pa.int32()), values], schema=schema)
