"""The store needs no pandas, which would cost each session and each worker a quarter of a second and 35 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

from maxcompute_stores import Warehouse

PROGRAM = """
from services.lean_imports import keep_pandas_out
keep_pandas_out()
import json, sys
import pyarrow as pa
from services.results.records import BatchReader
from services.secrets import Secret
from services.stores.bulk import WriteMode, WriteWish
from services.stores.maxcompute.store import MaxComputeStore
from services.stores.types import RowQuery, Statement

profile = json.loads(sys.argv[1])
secrets = {name: Secret(text) for name, text in profile.pop("secrets").items()}
store = MaxComputeStore({name: str(text) for name, text in profile.items()}, secrets)
store.connect()
first = [row for page in store.read_rows(("zoo",), RowQuery()) for row in BatchReader().records(page.batch)]
told = [row for page in store.run_sql(Statement("SELECT * FROM zoo")) for row in BatchReader().records(page.batch)]
plan = store.plan_read(("zoo",), RowQuery(), None)
rows = [one for part in plan.parts for one in store.read_part(plan, part)]
for name, mode in (("lean", WriteMode.APPEND), ("orders", WriteMode.UPSERT)):
    batch = pa.record_batch({"id": pa.array([900_001], pa.int64())})
    wish = WriteWish(mode, is_created=name == "lean")
    begun = store.begin_write(store.plan_write((name,), batch.schema, wish))
    fields = [(field.name, field.type) for field in begun.schema]
    columns = [batch.column(name) if name in batch.schema.names else pa.nulls(1, kind) for name, kind in fields]
    sent = pa.RecordBatch.from_arrays(columns, schema=begun.schema)
    store.commit_write(begun, [store.write_part(begun, 0, iter([sent]))])
store.list_children(()), store.describe(("zoo",)), store.list_jobs()
store.close()
print(json.dumps({"pandas": "pandas" in sys.modules, "rows": first, "told": told, "bulk": sum(map(len, rows))}))
"""


def test_everything_goes_without_pandas(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """Rows of every type, to the nanosecond, statements, uploads and upserts, in a process of their own."""
    warehouse = fresh_warehouse()
    words = [sys.executable, "-c", PROGRAM, json.dumps(warehouse.sandbox.profile)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False)
    assert "" == done.stderr
    found = json.loads(done.stdout)
    assert [False, 3] == [found["pandas"], found["bulk"]]
    assert "2025-12-31T23:59:59.123456789Z" in [row["c_timestamp"] for row in found["rows"]]
    assert sorted(map(str, found["rows"])) == sorted(map(str, found["told"]))
