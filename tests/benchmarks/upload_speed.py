"""A Parquet file into MaxCompute's sandbox through queue and runner, beside the store's own parts sent from memory.

Run: python tests/benchmarks/upload_speed.py [rows, default 2000000] [rounds, default 7]
Goal: the transfer, from the moment it is queued to its commit, takes at most 1.25 times as long: the median of rounds
in which both went one after the other, so that other work on the machine meets both.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from transfer_speed import transfer

from services.bootstrap import Services, build_services
from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef, SecretSource
from services.paths import Paths
from services.sandbox.process import start
from services.stores.bulk import WriteMode, WriteWish
from services.transfers.casting import Caster
from services.transfers.local_engine import lower_priority
from services.transfers.model import TransferOptions
from services.transfers.starting import end_runners

PART_ROWS = 100_000
BATCH_ROWS = 8192
SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string()), ("amount", pa.float64()), ("place", pa.string())])


def make_file(path: Path, rows: int) -> None:
    """Rows of four columns, about 50 bytes each in memory, in groups that are parts."""
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for first in range(0, rows, PART_ROWS):
            numbers = range(first, min(first + PART_ROWS, rows))
            columns = [list(numbers), [f"name {n}" for n in numbers], [n / 7 for n in numbers]]
            columns.append([f"place {n % 100}" for n in numbers])
            writer.write_table(pa.table([pa.array(column) for column in columns], schema=SCHEMA))


def add_profile(services: Services, endpoint: dict[str, Any]) -> None:
    """The sandbox as the profile `mc`; its secrets are asked from a command, as runners have no terminal."""
    fields = {name: str(value) for name, value in endpoint.items() if name != "secrets"}
    refs = {name: SecretRef(SecretSource.COMMAND, f"printf %s '{text}'") for name, text in endpoint["secrets"].items()}
    services.profiles.add(Profile("mc", "maxcompute", fields, refs))


def own_seconds(services: Services, path: Path, table: str) -> float:
    """Seconds that the store takes for all parts, one after the other, from rows that are in memory."""
    profile = services.profiles.get("mc")
    store: Any = profile.store_kind.build(profile.fields, services.vault.resolve_secrets(profile))
    store.connect()
    rows = pq.read_table(path)
    wish = WriteWish(WriteMode.APPEND, is_created=True)
    plan = store.begin_write(store.plan_write(store.parse_address(table), rows.schema, wish))
    caster = Caster(rows.schema, plan.schema, [(name, name) for name in plan.schema.names])
    parts = [
        rows.slice(first, PART_ROWS).combine_chunks().to_batches(BATCH_ROWS)
        for first in range(0, rows.num_rows, PART_ROWS)
    ]
    started = time.perf_counter()
    receipts = [
        store.write_part(plan, number, (caster.cast(batch)[0] for batch in part)) for number, part in enumerate(parts)
    ]
    store.commit_write(plan, receipts)
    seconds = time.perf_counter() - started
    store.close()
    return seconds


def queued_seconds(services: Services, path: Path, table: str) -> float:
    """Seconds from queueing to the end."""
    started = time.perf_counter()
    transfer(services, str(path), f"mc:{table}", TransferOptions(is_created=True, part_rows=PART_ROWS))
    return time.perf_counter() - started


def in_child(folder: Path, path: Path, table: str) -> float:
    """`own_seconds` in a process that gives way to others just as a runner does."""
    words = [sys.executable, __file__, "--own", str(folder), str(path), table]
    return float(subprocess.run(words, capture_output=True, check=True, text=True).stdout)


def services_in(folder: Path) -> Services:
    """Services over a folder."""
    return build_services(Paths(folder / "config", folder / "state", folder / "cache"))


def main() -> int:
    """Measure and print; 1 when the goal is missed."""
    if sys.argv[1:2] == ["--own"]:
        lower_priority()
        print(own_seconds(services_in(Path(sys.argv[2])), Path(sys.argv[3]), sys.argv[4]))
        return 0
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as name, start(("maxcompute",)) as sandbox:
        folder = Path(name)
        services = services_in(folder)
        add_profile(services, sandbox.endpoints["maxcompute"])
        file = folder / "rows.parquet"
        make_file(file, rows)
        queued_seconds(services, file, "warm")
        runs: dict[str, Callable[[str], float]] = {
            "queue": lambda table: queued_seconds(services, file, table),
            "own": lambda table: in_child(folder, file, table),
        }
        found = [{what: run(f"{what}_{n}") for what, run in runs.items()} for n in range(rounds)]
        end_runners(services.paths)
        services.transfers.close()
    ours, own = (median(one[what] for one in found) for what in ("queue", "own"))
    shares = sorted(one["own"] / one["queue"] for one in found)
    share = median(shares)
    is_good = share >= 0.8
    print(f"{rows:,} rows to MaxCompute: queue {ours:.2f} s, own parts {own:.2f} s, medians of {rounds}")
    print(f"  that is {share:.0%} of its speed ({shares[0]:.0%} to {shares[-1]:.0%}; goal 80 %): ", end="")
    print("ok" if is_good else "MISSED")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
