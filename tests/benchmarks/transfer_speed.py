"""Transfers: Parquet through queue, runner and workers beside a bare pyarrow copy; journal, memory, a long queue.

Run: python tests/benchmarks/transfer_speed.py [rows, default 2000000]
Goals: Parquet to Parquet at least 70 % of the bare copy's rows a second; the journal below 5 % of a 1,000-part
transfer; below 400 MB in all processes together; 5,000 queued items open in less than 0.5 s.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from services.bootstrap import Services, build_services
from services.paths import Paths
from services.stores.bulk import WriteMode
from services.stores.memory.generated import SCHEMA, numbers
from services.transfers.ledger import Ledger
from services.transfers.local_engine import lower_priority
from services.transfers.model import Item, TransferOptions
from services.transfers.queue import TransferQueue
from services.transfers.starting import end_runners, ensure_runner, is_running

BATCH_ROWS = 1 << 16
ITEMS = 5_000
PARTS = 1_000
CODEC = "zstd"


def make_file(path: Path, rows: int, group_rows: int = BATCH_ROWS) -> None:
    """A Parquet file of generated rows."""
    with pq.ParquetWriter(path, SCHEMA, compression=CODEC) as writer:
        for first in range(0, rows, group_rows):
            writer.write_batch(numbers(first, min(group_rows, rows - first)), row_group_size=group_rows)


def bare_copy(source: Path, target: Path) -> float:
    """Seconds that pyarrow alone takes, in a process that gives way to others just as a runner does."""
    done = subprocess.run(
        [sys.executable, __file__, "--bare", source, target], capture_output=True, check=True, text=True
    )
    return float(done.stdout)


def copy_alone(source: str, target: str) -> float:
    """A batch at a time, with pyarrow's own threads."""
    lower_priority()
    started = time.perf_counter()
    with pq.ParquetFile(source) as reader, pq.ParquetWriter(target, reader.schema_arrow, compression=CODEC) as writer:
        for batch in reader.iter_batches(BATCH_ROWS):
            writer.write_batch(batch)
    return time.perf_counter() - started


def memory_kb(pid: int) -> int:
    """What a process and its children hold of their own (proportional set size)."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    own = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return own + sum(memory_kb(int(child)) for child in children)


@contextmanager
def watched(services: Services) -> Iterator[list[int]]:
    """The most memory that the runner and its workers held, in kB, as the only entry."""
    most, is_over = [0], threading.Event()

    def look() -> None:
        while not is_over.wait(0.05):
            runner = services.transfers.runner()
            most[0] = max(most[0], memory_kb(runner.pid) if runner else 0)

    thread = threading.Thread(target=look)
    thread.start()
    yield most
    is_over.set()
    thread.join()


def transfer(services: Services, source: str, target: str, options: TransferOptions) -> Item:
    """Queue a transfer and wait for its end."""
    queue = services.transfers
    identifier = queue.add(source, target, options)
    ensure_runner(services.paths, idle_seconds=60)
    while not (item := queue.item(identifier)).state.is_ended:
        time.sleep(0.02)
    if item.failure is not None:
        raise SystemExit(item.failure.message)
    return item


def journal_seconds(folder: Path) -> float:
    """Seconds that the journal of a 1,000-part transfer takes, a turn a part."""
    queue = TransferQueue(folder / "journal.db")
    identifier = queue.add("a", "b")
    ledger = Ledger(queue.path)
    shown = {"guarantee": "", "notes": [], "mode": "fail"}
    read = {"parts": [[part, {}, 10, 10] for part in range(PARTS)], "count": ["exact", 10 * PARTS]}
    plan = {"read": {**read, "fingerprint": "", "expires_at": None}, "write": {"expires_at": None}, "shown": shown}
    with ledger.turn() as turn:
        turn.planned(identifier, plan)
    receipt = {"part": 0, "rows": 10, "size_bytes": 10, "rejects": [], "state": {}}
    started = time.perf_counter()
    for part in range(PARTS):
        with ledger.turn() as turn:
            turn.start_parts(identifier, [part])
            turn.acknowledge(identifier, part, {"receipt": receipt, "rejects": [], "checksum": 0})
            turn.candidates(3, started_only=False)
    seconds = time.perf_counter() - started
    ledger.close()
    queue.close()
    return seconds


def opening_seconds(folder: Path) -> float:
    """Seconds to open a queue of 5,000 items and read them all."""
    queue = TransferQueue(folder / "long.db")
    queue.add_all((f"file-{number}.csv", "p:t", TransferOptions()) for number in range(ITEMS))
    queue.close()
    started = time.perf_counter()
    again = TransferQueue(folder / "long.db")
    assert len(again.items()) == ITEMS
    seconds = time.perf_counter() - started
    again.close()
    return seconds


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    if sys.argv[1:2] == ["--bare"]:
        print(copy_alone(*sys.argv[2:4]))
        return 0
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        services = build_services(Paths(folder / "config", folder / "state", folder / "cache"))
        source, bare, target = (folder / f"{one}.parquet" for one in ("source", "bare", "target"))
        make_file(source, rows)
        options = TransferOptions(mode=WriteMode.OVERWRITE, target={"codec": CODEC})
        transfer(services, str(source), str(target), TransferOptions(limit=10, mode=WriteMode.OVERWRITE))
        with watched(services) as most:
            started = time.perf_counter()
            item = transfer(services, str(source), str(target), options)
            ours = time.perf_counter() - started
        theirs = bare_copy(source, bare)
        assert pq.read_metadata(target).num_rows == rows
        make_file(source, rows, group_rows=rows // PARTS)
        started = time.perf_counter()
        parted = transfer(services, str(source), str(target), replace(options, part_rows=rows // PARTS))
        in_parts = time.perf_counter() - started
        assert parted.parts_total == PARTS
        journal = journal_seconds(folder)
        opening = opening_seconds(folder)
        end_runners(services.paths)
        while is_running(services.paths):
            time.sleep(0.02)
        services.transfers.close()
    mark = {True: "ok", False: "MISSED"}
    share, journal_share = theirs / ours, journal / in_parts
    lines = [
        (f"Parquet to Parquet, {rows:,} rows, {item.parts_total} parts: {ours:.2f} s, bare {theirs:.2f} s", True),
        (f"  that is {share:.0%} of the bare copy (goal 70 %)", share >= 0.7),
        (f"memory of runner and workers: {most[0] / 1024:.0f} MB (goal 400)", most[0] < 400 * 1024),
        (
            f"journal: {journal:.2f} s of {in_parts:.1f} s in {PARTS:,} parts: {journal_share:.1%} (goal 5 %)",
            journal_share < 0.05,
        ),
        (f"{ITEMS:,} items open in {opening:.2f} s (goal 0.5 s)", opening < 0.5),
    ]
    for text, is_good in lines:
        print(f"{text}: {mark[is_good]}")
    print(f"Arrow {pa.__version__}, {os.cpu_count()} cores")
    return 0 if all(is_good for _, is_good in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
