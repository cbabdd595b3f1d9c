"""MaxCompute: Arrow blocks and ranges beside the stock SDK and beside bare bytes, over loopback in the same run.

Run: python tests/benchmarks/maxcompute_speed.py [rows, default 1500000] [rounds, default 3]
Goals: upload on one thread at least 3 times the SDK's and 25 % of a bare POST of the same bytes; download at least 5
times and 40 % of a bare GET; sixteen blocks at once under 10 MB/s each at least 90 % of 160 MB/s, or what the machine
gives; memory bounded by the blocks in flight, however large the table is.
"""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

BLOCKS, BLOCK_MEGABYTES, LIMIT = 16, 20, 10.0
MEGABYTE = 1_000_000
COLUMNS = "id BIGINT, name STRING, amount DOUBLE, pieces INT, moment DATETIME"


def store_of(profile: dict[str, Any]) -> Any:
    """A connected store."""
    from services.secrets import Secret
    from services.stores.maxcompute.store import MaxComputeStore

    secrets = {name: Secret(text) for name, text in profile["secrets"].items()}
    fields = {name: str(text) for name, text in profile.items() if name != "secrets"}
    store = MaxComputeStore(fields, secrets)
    store.connect()
    return store


def tunnel_of(profile: dict[str, Any]) -> Any:
    """The SDK's tunnel as its documentation makes it, but in UTC, where it is fastest."""
    from odps import ODPS, options
    from odps.tunnel import TableTunnel

    logging.getLogger("odps").setLevel(logging.WARNING)
    options.local_timezone = False
    secret = profile["secrets"]["access_key_secret"]
    entry = ODPS(
        profile["access_key_id"],
        secret,
        profile["project"],
        profile["endpoint"],
        tunnel_endpoint=profile["tunnel_endpoint"],
        logview_host=profile["tunnel_endpoint"],
        overwrite_global=False,
    )
    return TableTunnel(entry, endpoint=profile["tunnel_endpoint"])


def rows_of(count: int) -> Any:
    """Rows in the table's types."""
    import numpy as np
    import pyarrow as pa

    numbers = np.arange(count, dtype=np.int64)
    columns = {
        "id": pa.array(numbers),
        "name": pa.array([f"name {number % 9973}" for number in range(count)]),
        "amount": pa.array(numbers / 7),
        "pieces": pa.array((numbers % 100).astype(np.int32)),
        "moment": pa.array(numbers * 1000 + 1_700_000_000_000, pa.timestamp("ms")),
    }
    return pa.table(columns).combine_chunks()


def seconds_of(run: Callable[[], Any]) -> tuple[float, float]:
    """Wall time, and what this process worked in it."""
    gc.collect()
    started, worked = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - started, time.process_time() - worked


def compared(runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, tuple[float, float]]:
    """The best of interleaved rounds, which other work on the machine disturbed least."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(seconds_of(run))
    return {name: (min(wall for wall, _ in pairs), min(work for _, work in pairs)) for name, pairs in found.items()}


class Bench:
    """One table in one sandbox, reached in three ways."""

    def __init__(self, profile: dict[str, Any], table: Any) -> None:
        from services.stores.types import Statement

        self.profile, self.table = profile, table
        self.store, self.tunnel = store_of(profile), tunnel_of(profile)
        list(self.store.run_sql(Statement(f"CREATE TABLE speed ({COLUMNS})")))
        self.batches = table.to_batches(max_chunksize=64 * 1024)
        self.bytes = sum(batch.nbytes for batch in self.batches)
        self._session = requests.Session()
        self._plans: dict[str, Any] = {}
        self.plan: Any = None

    def open_downloads(self) -> None:
        """Sessions for the readings that are measured."""
        from services.stores.maxcompute.tunnel.download import open_table
        from services.stores.types import RowQuery

        self.own_download = open_table(self.store._link, "tables/speed")
        self.sdk_download = self.tunnel.create_download_session("speed")
        self.read_plan = self.store.plan_read(("speed",), RowQuery(), self.table.num_rows)

    def shown(self) -> Iterator[Any]:
        """The rows as the store takes them."""
        import pyarrow as pa

        schema = self.plan.schema
        for batch in self.batches:
            yield pa.RecordBatch.from_arrays([batch.column(f.name).cast(f.type) for f in schema], schema=schema)

    def planned(self, compress: str) -> Any:
        """A write that only has to begin."""
        from services.stores.bulk import WriteMode, WriteWish

        if compress not in self._plans:
            wish = WriteWish(WriteMode.OVERWRITE, options={"compress": compress})
            self._plans[compress] = self.store.plan_write(("speed",), self.table.schema, wish)
        return self._plans[compress]

    def upload(self, compress: str) -> None:
        """A session with one block in this thread, committed."""
        self.plan = self.store.begin_write(self.planned(compress))
        self.store.commit_write(self.plan, [self.store.write_part(self.plan, 0, self.shown())])

    def upload_stock(self, algorithm: str) -> None:
        """One block by the SDK, committed."""
        more = {"compress_algo": algorithm} if algorithm else {}
        session = self.tunnel.create_upload_session("speed", overwrite=True, **more)
        with session.open_arrow_writer(0, compress=bool(algorithm)) as writer:
            for batch in self.batches:
                writer.write(batch)
        session.commit([0])

    def post(self) -> None:
        """As many bytes in one request, and no more."""
        url = f"{self.profile['tunnel_endpoint']}/sandbox/bytes"
        self._session.post(url, data=bytes(self.bytes)).raise_for_status()

    def download(self, compress: str) -> None:
        """All rows by the store's range reader, without threads."""
        from services.stores.maxcompute.tunnel.download import read_range

        rows = read_range(self.store._link, self.own_download, 0, self.own_download.count, compress=compress)
        assert self.table.num_rows == sum(one.num_rows for one in rows)

    def read(self) -> None:
        """All rows as a transfer reads them: packed, and in the console's form."""
        (part,) = self.read_plan.parts
        assert self.table.num_rows == sum(one.num_rows for one in self.store.read_part(self.read_plan, part))

    def download_stock(self) -> None:
        """All rows by the SDK."""
        with self.sdk_download.open_arrow_reader(0, self.sdk_download.count) as reader:
            assert self.table.num_rows == sum(batch.num_rows for batch in reader)

    def get(self) -> None:
        """As many bytes in one answer, and no more."""
        url = f"{self.profile['tunnel_endpoint']}/sandbox/bytes?bytes={self.bytes}"
        with self._session.get(url, stream=True) as answer:
            while answer.raw.read(1 << 20):
                pass

    def upload_together(self, blocks: int) -> int:
        """Blocks in threads of their own; the bytes that went."""
        self.plan = self.store.begin_write(self.planned("none"))
        most = int(BLOCK_MEGABYTES * MEGABYTE * self.table.num_rows / self.bytes)
        part = list(self.shown())
        import pyarrow as pa

        part = pa.Table.from_batches(part).slice(0, most).to_batches(max_chunksize=64 * 1024)
        receipts: list[Any] = []
        threads = [
            threading.Thread(target=lambda n=number: receipts.append(self.store.write_part(self.plan, n, iter(part))))
            for number in range(blocks)
        ]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.seconds = time.perf_counter() - started
        self.store.commit_write(self.plan, receipts)
        return sum(receipt.size_bytes for receipt in receipts)


def told(found: dict[str, tuple[float, float]], size: int, bare: str, stock: str, own: str) -> None:
    """A line for each way, and how ours compares."""
    limit = found[bare][0]
    for what, (wall, work) in found.items():
        rate = size / wall / MEGABYTE
        print(f"{what:<28} {rate:7.0f} MB/s {100 * limit / wall:5.0f} % of bare {1000 * work:6.0f} ms of this process")
    wall, work = (theirs / ours for theirs, ours in zip(found[stock], found[own], strict=True))
    print(f"{own}: {wall:.1f} times the SDK's by the clock, {work:.1f} times by the work of this process\n")


def measure_one_thread(bench: Bench, rounds: int) -> None:
    """Upload and download on one thread."""
    up = compared(
        {
            "bare POST": bench.post,
            "SDK, upload": lambda: bench.upload_stock(""),
            "SDK, upload, lz4": lambda: bench.upload_stock("lz4"),
            "store, upload": lambda: bench.upload("none"),
            "store, upload, lz4": lambda: bench.upload("lz4"),
            "store, upload, zstd": lambda: bench.upload("zstd"),
        },
        rounds,
    )
    told(up, bench.bytes, "bare POST", "SDK, upload", "store, upload")
    bench.open_downloads()
    down = compared(
        {
            "bare GET": bench.get,
            "SDK, download": bench.download_stock,
            "store, download": lambda: bench.download("none"),
            "store, download, lz4": lambda: bench.download("lz4"),
            "store, as a transfer reads": bench.read,
        },
        rounds,
    )
    told(down, bench.bytes, "bare GET", "SDK, download", "store, download")


def measure_together(bench: Bench) -> None:
    """Sixteen blocks at once under the service's bound for each, after the first that the process warms up with."""
    size = bench.upload_together(BLOCKS)
    rate, wanted = size / bench.seconds / MEGABYTE, BLOCKS * LIMIT
    print(f"{BLOCKS} blocks of {BLOCK_MEGABYTES} MB at once, {LIMIT:.0f} MB/s each: {rate:.0f} MB/s")
    print(f"that is {100 * rate / wanted:.0f} % of {wanted:.0f} MB/s")


def peak_megabytes() -> float:
    """The most memory since this program began, whatever started it."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def measure_memory(profile_text: str, blocks: int) -> None:
    """The most memory while blocks go four at a time; in a process of its own."""
    import json

    import numpy as np
    import pyarrow as pa

    from services.stores.bulk import WriteMode, WriteWish

    store = store_of(json.loads(profile_text))
    schema = pa.schema([("id", pa.int64()), ("amount", pa.float64())])
    wish = WriteWish(WriteMode.OVERWRITE, is_created=True, options={"compress": "none"})
    plan = store.begin_write(store.plan_write((f"memory_{blocks}",), schema, wish))

    def rows() -> Iterator[Any]:
        for first in range(0, 1 << 20, 1 << 16):
            numbers = np.arange(first, first + (1 << 16))
            yield pa.RecordBatch.from_arrays([pa.array(numbers), pa.array(numbers / 7)], schema=plan.schema)

    def worker(start: int) -> None:
        receipts.extend(store.write_part(plan, part, rows()) for part in range(start, blocks, 4))

    receipts: list[Any] = []
    before = peak_megabytes()
    threads = [threading.Thread(target=worker, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    size = sum(receipt.size_bytes for receipt in receipts) / MEGABYTE
    print(
        f"{blocks} blocks of 17 MB, four at a time, {size:.0f} MB in all: {peak_megabytes() - before:+.0f} MB at most"
    )


def main() -> None:
    """Everything; with `memory` as first argument that alone."""
    import json

    from services.sandbox.process import start

    if sys.argv[1:2] == ["memory"]:
        measure_memory(sys.argv[2], int(sys.argv[3]))
        return
    rows, rounds = (int(text) for text in (sys.argv[1:] + ["1500000", "3"][len(sys.argv) - 1 :])[:2])
    table = rows_of(rows)
    with start(["maxcompute"]) as sandbox:
        profile: dict[str, Any] = sandbox.endpoints["maxcompute"]
        bench = Bench(profile, table)
        print(f"{rows:,} rows, {bench.bytes / MEGABYTE:.0f} MB; best of {rounds}")
        measure_one_thread(bench, rounds)
        for blocks in (8, 32):
            command = [sys.executable, __file__, "memory", json.dumps(profile), str(blocks)]
            subprocess.run(command, check=True)
        bench.store.close()
    with start(["maxcompute"], fault=f"maxcompute:throttle={LIMIT:g},op=UploadBlock") as sandbox:
        bench = Bench(sandbox.endpoints["maxcompute"], table)
        measure_together(bench)
        bench.store.close()


if __name__ == "__main__":
    main()
