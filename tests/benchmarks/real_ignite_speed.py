"""Reading a real Ignite node end to end: rows a second, and the ratio to the same bytes without decoding.

Compared in one run over the same node and data: the wire alone (every page received, nothing decoded), the store
(every page as an Arrow batch), the Java thin client, and the SDK's own cursors. Connecting is not counted. Server and
client share the machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyignite

LIVE = Path(__file__).parents[1] / "live" / "ignite"
sys.path[:0] = [str(LIVE), str(LIVE.parent / "tools")]

from ignite_clusters import LiveCluster, plain_cluster  # noqa: E402
from ignite_load import load_benchmark  # noqa: E402
from java_reads import read_with_java  # noqa: E402

from services.stores.ignite.codec import requests  # noqa: E402
from services.stores.ignite.codec.reader import ByteReader  # noqa: E402
from services.stores.ignite.options import IgniteOptions  # noqa: E402
from services.stores.ignite.store import IgniteStore  # noqa: E402
from services.stores.ignite.wire import Wire  # noqa: E402
from services.stores.types import RowQuery, Statement  # noqa: E402

SDK_ROWS = 20_000
CASES = (
    ("sql, 5 columns with decimal", "sql", "SELECT * FROM bench_decimal"),
    ("sql, 5 columns with bool", "sql", "SELECT * FROM bench_boolean"),
    ("scan, int and text", "scan", "bench_scan"),
)


def bytes_only(wire: Wire, kind: str, subject: str, page: int) -> int:
    """Receive every page and count the rows the server announced."""
    if kind == "sql":
        answer = wire.request(requests.OP_SQL_FIELDS, requests.sql_fields(subject, page_rows=page, is_lazy=True))
        reader = ByteReader(answer)
        cursor = reader.int64()
        requests.read_column_names(reader)
        following = requests.OP_SQL_FIELDS_NEXT
    else:
        answer = wire.request(requests.OP_SCAN, requests.scan(subject, page))
        reader = ByteReader(answer)
        cursor, following = reader.int64(), requests.OP_SCAN_NEXT
    rows = reader.int32()
    while answer[-1]:
        answer = wire.request(following, requests.next_page(cursor))
        rows += ByteReader(answer).int32()
    return rows


def through_store(store: IgniteStore, kind: str, subject: str, page: int) -> int:
    """Read every page to Arrow through the store."""
    if kind == "sql":
        pages = store.run_sql(Statement(subject, page_rows=page))
        return sum(one.batch.num_rows for one in pages if one.batch is not None)
    path = store.parse_address(subject)
    return sum(one.batch.num_rows for one in store.read_rows(path, RowQuery(page_rows=page)))


def through_sdk(cluster: LiveCluster, kind: str, subject: str, page: int) -> int:
    """Read some rows with the SDK's cursor: it is too slow to read them all."""
    host, port = cluster.endpoints[0]
    client = pyignite.Client(partition_aware=False)
    client.connect(host, port)
    cursor = client.sql(subject, page_size=page) if kind == "sql" else client.get_cache(subject).scan(page_size=page)
    rows = 0
    for _ in cursor:
        rows += 1
        if rows == SDK_ROWS:
            break
    client.close()
    return rows


def speed(read: Callable[[], int]) -> float:
    """Rows a second of one run."""
    started = time.perf_counter()
    rows = read()
    return rows / (time.perf_counter() - started)


def main() -> None:
    """Print one line a case and page size."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=400_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--pages", type=int, nargs="+", default=[1024, 4096])
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, plain_cluster(Path(folder), region_mb=1024) as cluster:
        load_benchmark(cluster, given.rows)
        print(f"{'case':<30}{'page':>6}{'bytes only/s':>14}{'store/s':>12}{'Java/s':>12}{'SDK/s':>10}", end="")
        print(f"{'store/bytes':>13}{'store/Java':>12}{'store/SDK':>11}")
        for name, kind, subject in CASES:
            for page in given.pages:
                _line(cluster, name, kind, subject, page, given.runs)


def _line(cluster: LiveCluster, name: str, kind: str, subject: str, page: int, runs: int) -> None:
    options = IgniteOptions.from_profile({"nodes": cluster.addresses}, {})
    wire, store = Wire(options.nodes[0], options), IgniteStore({"nodes": cluster.addresses}, {})
    store.connect()
    through_store(store, kind, subject, page)
    wired, stored, sdk = [], [], []
    for _ in range(runs):
        wired.append(speed(lambda: bytes_only(wire, kind, subject, page)))
        stored.append(speed(lambda: through_store(store, kind, subject, page)))
        sdk.append(speed(lambda: through_sdk(cluster, kind, subject, page)))
    wire.close()
    store.close()
    java = [run.rows_per_second for run in read_with_java(cluster.addresses, kind, subject, page_size=page, runs=runs)]
    found = [statistics.median(one) for one in (wired, stored, java, sdk)]
    print(f"{name:<30}{page:>6}{found[0]:>14,.0f}{found[1]:>12,.0f}{found[2]:>12,.0f}{found[3]:>10,.0f}", end="")
    print(f"{found[1] / found[0]:>13.2f}{found[1] / found[2]:>12.2f}{found[1] / found[3]:>11.0f}", flush=True)


if __name__ == "__main__":
    main()
