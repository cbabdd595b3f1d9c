"""Bulk work on MaxCompute stores, for tests of uploads, upserts, streams and downloads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from services.sandbox.faults import parse_faults
from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.stores.bulk import Committed, Receipt, WriteMode, WritePlan, WriteWish
from services.stores.changes import Path
from services.stores.maxcompute.store import MaxComputeStore
from services.stores.types import RowQuery, Statement


def table(store: MaxComputeStore, name: str, columns: str, more: str = "") -> Path:
    """Make a table; its path."""
    list(store.run_sql(Statement(f"CREATE TABLE {name} ({columns}) {more}")))
    return (name,)


def numbered(first: int, count: int) -> pa.RecordBatch:
    """Rows of an `id` and a `name`."""
    ids = range(first, first + count)
    return pa.record_batch({"id": pa.array(ids, pa.int64()), "name": pa.array([f"name {number}" for number in ids])})


def wish(mode: WriteMode, **options: str) -> WriteWish:
    """A wish with options."""
    return WriteWish(mode, options=options)


def begun(store: MaxComputeStore, path: Path, schema: pa.Schema, mode: WriteMode, **options: str) -> WritePlan:
    """A write that takes parts."""
    return store.begin_write(store.plan_write(path, schema, wish(mode, **options)))


def in_plan(plan: WritePlan, *batches: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Batches with the plan's schema."""
    for batch in batches:
        arrays = [batch.column(field.name).cast(field.type) for field in plan.schema]
        yield pa.RecordBatch.from_arrays(arrays, schema=plan.schema)


def written(store: MaxComputeStore, plan: WritePlan, parts: Sequence[pa.RecordBatch]) -> list[Receipt]:
    """Receipts of parts that are not committed."""
    return [store.write_part(plan, number, in_plan(plan, batch)) for number, batch in enumerate(parts)]


def write(store: MaxComputeStore, path: Path, mode: WriteMode, *parts: pa.RecordBatch, **options: str) -> Committed:
    """Write and commit."""
    plan = begun(store, path, parts[0].schema, mode, **options)
    return store.commit_write(plan, written(store, plan, parts))


def read(store: MaxComputeStore, path: Path, part_rows: int | None = None, **query: Any) -> pa.Table:
    """All rows by a bulk read, in the order of its parts."""
    plan = store.plan_read(path, RowQuery(**query), part_rows)
    batches = [batch for part in plan.parts for batch in store.read_part(plan, part)]
    return pa.Table.from_batches([batch for batch in batches if isinstance(batch, pa.RecordBatch)], plan.schema)


def ids(store: MaxComputeStore, path: Path) -> list[int]:
    """The `id` of every row, sorted."""
    return sorted(read(store, path, columns=("id",)).column("id").to_pylist())


def fault(sandbox: MaxComputeSandbox, spec: str) -> None:
    """Let the sandbox fail, as in `reset,op=UploadBlock`."""
    sandbox.plan.add(*parse_faults(f"maxcompute:{spec}"))


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Come back when a condition holds.

    Raises:
        TimeoutError: it does not within the time.
    """
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"still not so after {seconds:g} s")
        pause.wait(0.005)
