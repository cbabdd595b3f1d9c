"""Tablestore: range reads and SQL to Arrow beside the SDK's own decoding, over loopback and on the same bytes.

Run: python tests/benchmarks/tablestore_speed.py [rows, default 100000] [rounds, default 3]
Goals: range reads at least 4 times the SDK's rows a second end to end with results kept, SQL answers at least 50
times, memory a row at most a tenth of the SDK's Row objects, a scan of a million rows below 150 MB.
"""

from __future__ import annotations

import gc
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCAN_ROWS = 1_000_000
SQL_ROWS = 5000


def store_of(profile: dict[str, Any]) -> Any:
    """A connected store."""
    from services.secrets import Secret
    from services.stores.tablestore.store import TablestoreStore

    secrets = {name: Secret(text) for name, text in profile["secrets"].items()}
    store = TablestoreStore({name: text for name, text in profile.items() if name != "secrets"}, secrets)
    store.connect()
    return store


def sdk_of(profile: dict[str, Any]) -> Any:
    """The SDK's client as its documentation makes it, its log set so that it formats nothing."""
    logging.getLogger("tablestore").addHandler(logging.NullHandler())
    from tablestore import OTSClient

    secret = profile["secrets"]["access_key_secret"]
    client = OTSClient(profile["endpoint"], profile["access_key_id"], secret, profile["instance"])
    client.logger.setLevel(logging.WARNING)
    return client


def read_with_sdk(client: Any) -> int:
    """Rows read by GetRange, all of them kept as the SDK's Row objects."""
    from tablestore import INF_MAX, INF_MIN, Direction

    start, kept = [("id", INF_MIN)], []
    while start:
        _, start, rows, _ = client.get_range("events", Direction.FORWARD, start, [("id", INF_MAX)], max_version=1)
        kept += rows
    return len(kept)


def read_with_store(store: Any) -> int:
    """Rows read by the store, all pages kept."""
    from services.stores.types import RowQuery

    return sum(page.batch.num_rows for page in list(store.read_rows(("events",), RowQuery())))


def rows_per_second(run: Callable[[], int]) -> float:
    """Rows a second of wall time."""
    gc.collect()
    started = time.perf_counter()
    rows = run()
    return rows / (time.perf_counter() - started)


def compared(runs: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """The best of interleaved rounds, which other work on the machine disturbed least."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(rows_per_second(run))
    return {name: max(values) for name, values in found.items()}


def sql_body() -> bytes:
    """The body of an answer of five columns, as the SDK gets it."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    from sql_columns import BOOLEAN, DOUBLE, LONG, STRING, STRING_RLE, written_answer
    from tablestore.protobuf import table_store_pb2

    numbers = range(SQL_ROWS)
    columns = [
        ("id", LONG, list(numbers)),
        ("score", DOUBLE, [number / 7 for number in numbers]),
        ("active", BOOLEAN, [number % 2 == 0 for number in numbers]),
        ("name", STRING, [None if number % 10 == 0 else f"name {number}" for number in numbers]),
        ("city", STRING_RLE, [f"city {number % 20}" for number in numbers]),
    ]
    message = table_store_pb2.SQLQueryResponse(rows=written_answer(columns), version=2, type=1)
    return message.SerializeToString()


def sql_runs() -> dict[str, Callable[[], int]]:
    """Decoding the same answer with the SDK and with the store's decoder."""
    from tablestore.decoder import OTSProtoBufferDecoder
    from tablestore.protobuf import table_store_pb2

    from services.stores.tablestore.codec.sql_answers import decode_answer

    body, decoder = sql_body(), OTSProtoBufferDecoder("utf8")

    def own() -> int:
        message = table_store_pb2.SQLQueryResponse()
        message.ParseFromString(body)
        return decode_answer(message.rows).num_rows

    return {
        "SDK": lambda: len(decoder.decode_response("SQLQuery", body, "")[0][0]),
        "Storedeck": lambda: sum(own() for _ in range(50)),
    }


def memory_a_row(which: str, profile: dict[str, Any]) -> float:
    """Bytes that a row takes when all are kept, measured in a process of its own."""
    return float(_child("memory", which, profile)["bytes_a_row"])


def _child(task: str, which: str, profile: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, __file__, f"--{task}", which]
    done = subprocess.run(command, input=json.dumps(profile), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _resident() -> int:
    """Bytes of this process in memory now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def _peak() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def measure_memory(which: str) -> None:
    """Child: read everything, keep it, and print what a row took."""
    profile = json.load(sys.stdin)
    kept: list[Any] = []
    if which == "SDK":
        from tablestore import INF_MAX, INF_MIN, Direction

        client = sdk_of(profile)
        client.list_table()
        before = _resident()
        start: Any = [("id", INF_MIN)]
        while start:
            _, start, rows, _ = client.get_range("events", Direction.FORWARD, start, [("id", INF_MAX)], max_version=1)
            kept += rows
        count = len(kept)
    else:
        from services.stores.types import RowQuery

        store = store_of(profile)
        list(store.read_rows(("events",), RowQuery(limit=5000)))
        before = _resident()
        kept += store.read_rows(("events",), RowQuery())
        count = sum(page.batch.num_rows for page in kept)
    gc.collect()
    json.dump({"bytes_a_row": (_resident() - before) / count}, sys.stdout)


def measure_scan(which: str) -> None:
    """Child: read everything a page at a time and print the peak of this process."""
    from services.stores.types import RowQuery

    store = store_of(json.load(sys.stdin))
    started, rows = time.perf_counter(), 0
    for page in store.read_rows(("events",), RowQuery()):
        rows += page.batch.num_rows
    json.dump({"rows": rows, "peak": _peak(), "seconds": time.perf_counter() - started}, sys.stdout)


def main() -> None:
    """Print the tables."""
    if len(sys.argv) > 2 and sys.argv[1] in ("--memory", "--scan"):
        {"--memory": measure_memory, "--scan": measure_scan}[sys.argv[1]](sys.argv[2])
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    from services.sandbox.process import start

    with start(("tablestore",), rows=rows) as sandbox:
        profile: Any = sandbox.endpoints["tablestore"]
        client, store = sdk_of(profile), store_of(profile)
        runs = {"SDK": lambda: read_with_sdk(client), "Storedeck": lambda: read_with_store(store)}
        show("range reads end to end, results kept (goal x4)", compared(runs, rounds), "rows/s")
        show(f"SQL answers of {SQL_ROWS} rows (goal x50)", compared(sql_runs(), rounds), "rows/s")
        memory = {which: memory_a_row(which, profile) for which in ("SDK", "Storedeck")}
        print(
            f"memory a row kept (goal x0.1): SDK {memory['SDK']:,.0f} bytes, Storedeck {memory['Storedeck']:,.0f}",
            end="",
        )
        print(f"  x{memory['Storedeck'] / memory['SDK']:.3f}")
    with start(("tablestore",), rows=SCAN_ROWS) as sandbox:
        found = _child("scan", "store", sandbox.endpoints["tablestore"])
        print(
            f"scan of {found['rows']:,} rows (goal 150 MB): peak {found['peak'] / 1e6:.0f} MB, {found['seconds']:.1f} s"
        )


def show(title: str, found: dict[str, float], unit: str) -> None:
    """A line a measurement."""
    text = ", ".join(f"{name} {value:,.0f} {unit}" for name, value in found.items())
    print(f"{title}: {text}  x{found['Storedeck'] / found['SDK']:.1f}")


if __name__ == "__main__":
    main()
