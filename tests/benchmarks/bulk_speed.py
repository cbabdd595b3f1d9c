"""Bulk work of the stores on their sandboxes: rows a second of one part at a time, and of the client's own work.

Run: python tests/benchmarks/bulk_speed.py [rows, default 20000]
The sandboxes are a process beside; `client` leaves out the time that their answers took.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from services.secrets import Secret
from services.stores.bulk import WriteMode, WriteWish
from services.stores.registry import store_kind
from services.stores.types import RowQuery

KINDS = ("ignite", "tablestore", "ikv")


def opened(kind: str, profile: dict[str, Any]) -> Any:
    """A connected store."""
    fields = {name: str(value) for name, value in profile.items() if name != "secrets"}
    store = store_kind(kind).build(fields, {name: Secret(text) for name, text in profile["secrets"].items()})
    store.connect()
    return store


def documents(rows: int, key: str) -> pa.RecordBatch:
    """Rows with a text, two numbers, a truth and a text for the key."""
    numbers = range(rows)
    columns = {
        key: pa.array([f"row {number:08d}" for number in numbers]),
        "amount": pa.array(numbers, pa.int64()),
        "ratio": pa.array([number / 7 for number in numbers]),
        "flag": pa.array([number % 2 == 0 for number in numbers]),
        "label": pa.array([f"a label of {number}" for number in numbers]),
    }
    return pa.RecordBatch.from_pydict(columns)


def entries(rows: int) -> pa.RecordBatch:
    """Entries of a cache."""
    keys = pa.array(range(rows), pa.int64())
    return pa.RecordBatch.from_pydict({"key": keys, "value": pa.array([f"value {number}" for number in range(rows)])})


def timed(what: str, run: Callable[[], int]) -> None:
    """Print the rows a second by the clock and by this process alone."""
    wall, own = time.perf_counter(), time.process_time()
    rows = run()
    wall, own = time.perf_counter() - wall, time.process_time() - own
    print(f"{what:<34}{rows / wall:>12,.0f} rows/s{rows / own:>14,.0f} client", flush=True)


def measure(store: Any, name: str, address: str, batch: pa.RecordBatch) -> None:
    """Write a part in each mode that adds rows, and read all parts."""
    path = store.parse_address(address)
    for mode in (WriteMode.UPSERT, WriteMode.OVERWRITE, WriteMode.APPEND):
        if mode in store.write_modes(path):
            plan = store.begin_write(store.plan_write(path, batch.schema, WriteWish(mode, is_created=True)))
            arrays = [batch.column(field.name).cast(field.type) for field in plan.schema]
            rows = pa.RecordBatch.from_arrays(arrays, schema=plan.schema)
            words = f"{mode.value}, rows there already" if mode is WriteMode.APPEND else mode.value
            timed(f"{name} {words}", lambda plan=plan, rows=rows: store.write_part(plan, 0, iter([rows])).rows)
    if name != "IKV":
        plan = store.plan_read(path, RowQuery(), None)
        timed(f"{name} read", lambda: sum(one.num_rows for part in plan.parts for one in store.read_part(plan, part)))


def main() -> int:
    """Measure every store."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    command = [sys.executable, "-m", "tui", "sandbox", "--json", "--only", ",".join(KINDS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sandbox:
        assert sandbox.stdout is not None
        assert sandbox.stdin is not None
        profiles = json.loads(sandbox.stdout.readline())
        stores = {kind: opened(kind, profiles[kind]) for kind in KINDS}
        measure(stores["ignite"], "Ignite table", "sql:PUBLIC/BULK_SPEED", documents(rows, "ID"))
        measure(stores["ignite"], "Ignite cache", "bulk-speed", entries(rows))
        measure(stores["tablestore"], "Tablestore", "bulk_speed", documents(rows, "id"))
        measure(stores["ikv"], "IKV", profiles["ikv"]["store_name"], documents(rows, "firstname"))
        for store in stores.values():
            store.close()
        sandbox.stdin.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
