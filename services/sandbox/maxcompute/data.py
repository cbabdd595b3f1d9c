"""The sample data: a project with tables of every kind, one with schemas, one that nobody may enter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.objects import Function, Resource, Volume
from services.sandbox.maxcompute.warehouse import Project, Warehouse
from services.sandbox.maxcompute.zoo import zoo

compute: Any = pyarrow.compute
SALES_ROWS = 50_000
SALES_DAYS = ("20260101", "20260102", "20260103", "20260104")
ORDERS = 500
EVENTS_BLOCK = 1_000_000
EVENTS = "events"
_REGIONS = ("north", "south", "east", "west")
_FIRST_MS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
_DAY_MS = 86_400_000


def load_samples(warehouse: Warehouse, project: Project) -> None:
    """Fills the first project, and adds `lab` (with schemas) and `restricted` (forbidden)."""
    for table in (_sales(project), _visits(project), _orders(project), zoo(project), _empty(project), _view(project)):
        project.add_table(table)
    _load_objects(project)
    lab = warehouse.add_project(Project("lab", is_two_level=False, comment="Names have three parts here"))
    lab.create_schema("staging")
    staged = Table("lab", "readings", [Column("sensor", "STRING"), Column("value", "DOUBLE")], schema="staging")
    staged.partition().append(pa.table({"sensor": ["a", "b", "c"], "value": [0.5, float("nan"), None]}))
    lab.add_table(staged)
    lab.add_table(Table("lab", "notes", [Column("id", "BIGINT"), Column("note", "STRING")]))
    warehouse.add_project(Project("restricted", comment="No right to see this", is_forbidden=True))


def _numbered(prefix: str, numbers: Any) -> Any:
    return compute.binary_join_element_wise(prefix, numbers.cast(pa.string()), "")


def _sales_rows(day: int) -> pa.Table:
    """The sales of a day, the same at every start."""
    random = np.random.default_rng(day)
    first = day * SALES_ROWS
    regions = pa.DictionaryArray.from_arrays(random.integers(0, 4, SALES_ROWS).astype(np.int8), list(_REGIONS))
    cents = pa.array(random.integers(100, 99_999, SALES_ROWS)).cast(pa.decimal128(19, 0))
    return pa.table(
        {
            "order_id": pa.array(np.arange(first, first + SALES_ROWS, dtype=np.int64)),
            "customer": _numbered("customer-", pa.array(random.integers(1, 5_000, SALES_ROWS))),
            "region": regions.cast(pa.string()),
            "amount": compute.multiply(cents, pa.scalar(Decimal("0.01"))).cast(pa.decimal128(12, 2)),
            "quantity": pa.array(random.integers(1, 20, SALES_ROWS).astype(np.int32)),
            "sold_at": pa.array(
                _FIRST_MS + day * _DAY_MS + random.integers(0, _DAY_MS, SALES_ROWS), pa.timestamp("ms")
            ),
        }
    )


def _sales(project: Project) -> Table:
    columns = [
        Column("order_id", "BIGINT", False, "Counted from 0"),
        Column("customer", "STRING"),
        Column("region", "STRING"),
        Column("amount", "DECIMAL(12,2)", comment="In euro"),
        Column("quantity", "INT"),
        Column("sold_at", "DATETIME"),
    ]
    table = Table(
        project.name,
        "sales",
        columns,
        [Column("pt", "STRING", comment="The day")],
        lifecycle=365,
        comment="What was sold, by day",
    )
    for day, name in enumerate(SALES_DAYS):
        table.create_partition(f"pt={name}").append(_sales_rows(day))
    return table


def _visits(project: Project) -> Table:
    """Two levels of partitions, one of them without rows."""
    columns = [Column("visitor", "BIGINT"), Column("page", "STRING"), Column("seconds", "DOUBLE")]
    table = Table(project.name, "visits", columns, [Column("dt", "STRING"), Column("region", "STRING")])
    for day in SALES_DAYS[:3]:
        for number, region in enumerate(_REGIONS):
            partition = table.create_partition(f"dt={day},region={region}")
            if (day, region) != (SALES_DAYS[2], "west"):
                count = 40 + number
                rows = {
                    "visitor": pa.array(range(count), pa.int64()),
                    "page": [f"/page/{item % 7}" for item in range(count)],
                    "seconds": pa.array([item * 1.5 for item in range(count)]),
                }
                partition.append(pa.table(rows))
    return table


def _orders(project: Project) -> Table:
    columns = [
        Column("id", "BIGINT", False),
        Column("status", "STRING"),
        Column("total", "DECIMAL(18,2)"),
        Column("changed_at", "TIMESTAMP"),
    ]
    table = Table(
        project.name,
        "orders",
        columns,
        primary_key=["id"],
        is_transactional=True,
        properties={"transactional": "true", "acid.data.retain.hours": "24"},
        comment="Rows can be changed by key",
    )
    ids = pa.array(range(ORDERS), pa.int64())
    rows = {
        "id": ids,
        "status": [("new", "paid", "sent", None)[number % 4] for number in range(ORDERS)],
        "total": [Decimal(number * 3) / 4 for number in range(ORDERS)],
        "changed_at": pa.array(
            (_FIRST_MS + np.arange(ORDERS) * 61_001) * 1_000_000 + np.arange(ORDERS), pa.timestamp("ns")
        ),
    }
    table.partition().append(pa.table(rows))
    return table


def _empty(project: Project) -> Table:
    return Table(project.name, "empty_table", [Column("id", "BIGINT"), Column("name", "STRING")], comment="No rows")


def _view(project: Project) -> Table:
    columns = [Column("region", "STRING"), Column("number", "BIGINT"), Column("total", "DECIMAL(38,2)")]
    query = f"SELECT region, count(*) AS number, sum(amount) AS total FROM {project.name}.sales GROUP BY region"
    return Table(project.name, "sales_by_region", columns, view_text=query, comment="A view")


def _load_objects(project: Project) -> None:
    project.resources.add("default", Resource("shout.py", "py", b"def shout(text):\n    return text.upper()\n"))
    project.functions.add("default", Function("shout", "shout.shout", ["shout.py"]))
    volume = project.volumes.add("default", Volume("reports", "old", "Files by part"))
    volume.write("2026/january.txt", b"Sales of January\n")
    volume.write("2026/february.bin", bytes(range(256)))
    project.volumes.add("default", Volume("files", "new", "A file system")).write("notes/read.me", b"Hello\n")


def load_events(project: Project, rows: int) -> None:
    """The table of benchmarks: one partition of so many rows; it takes the place of one that is there."""
    columns = [
        Column("id", "BIGINT"),
        Column("name", "STRING"),
        Column("value", "DOUBLE"),
        Column("at", "DATETIME"),
        Column("size", "INT"),
    ]
    if any(table.name == EVENTS for table in project.tables()):
        project.drop_table(EVENTS)
    table = project.add_table(Table(project.name, EVENTS, columns))
    table.partition().append(pa.concat_tables(_event_blocks(rows)))


def _event_blocks(rows: int) -> Iterator[pa.Table]:
    for start in range(0, rows, EVENTS_BLOCK):
        ids = np.arange(start, min(start + EVENTS_BLOCK, rows), dtype=np.int64)
        yield pa.table(
            {
                "id": pa.array(ids),
                "name": _numbered("event-", pa.array(ids)),
                "value": pa.array(ids * 0.5),
                "at": pa.array(_FIRST_MS + ids * 1000, pa.timestamp("ms")),
                "size": pa.array((ids % 1000).astype(np.int32)),
            }
        )
