"""The steps of `demo --check`: each does one thing that the console does and fails unless it came out as it must."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from services.cancel import CancelToken
from services.cli.connecting import ended
from services.cli.demo_bench import Bench
from services.cli.demo_instances import acted, created, deleted
from services.cli.demo_job_steps import cost_told, found_again, running_statements
from services.cli.demo_transfers import exported, imported, upserted
from services.errors import Cancelled, Refused
from services.stores.base import (
    CancelsQueries,
    KeepsJobs,
    PutsRows,
    ReadsKeys,
    ReadsRows,
    RunsSql,
    ShowsCluster,
    Store,
    WritesRows,
)
from services.stores.bulk import BulkReads, BulkWrites
from services.stores.changes import Change, Existence, Path, Result, Update
from services.stores.features import Guarantee
from services.stores.instances import ManagesInstances
from services.stores.types import KEY_METADATA, ROOT, RowQuery, Statement, StepState
from services.values import Key, Typed, Value

Power = TypeVar("Power")
WAIT_SECONDS: Final = 15.0


def steps_for(bench: Bench) -> Iterator[tuple[str, Callable[[], str]]]:
    """The steps in order; those that the connected store has no feature for are left out."""
    yield "connect", lambda: _connect(bench)
    yield "list", lambda: _list(bench)
    yield "describe", lambda: _describe(bench)
    yield "read", lambda: _read(bench)
    if isinstance(bench.store, WritesRows):
        yield "edit", lambda: _edit(bench)
        is_blind = bench.store.guarantee(bench.path) is Guarantee.BLIND_UPSERT
        yield "conflict", lambda: _last_writer(bench) if is_blind else _conflict(bench)
    if isinstance(bench.store, RunsSql):
        yield "query", lambda: _query(bench)
        if isinstance(bench.store, CancelsQueries):
            yield "cancel", lambda: _cancel(bench)
    if isinstance(bench.store, KeepsJobs):
        yield "cost", lambda: cost_told(bench)
        yield "job", lambda: found_again(bench)
    if isinstance(bench.store, BulkReads):
        yield "download", lambda: exported(bench)
        if isinstance(bench.store, BulkWrites):
            yield "upload", lambda: imported(bench)
            yield "upsert", lambda: upserted(bench)
    if isinstance(bench.store, ShowsCluster):
        yield "cluster", lambda: _cluster(bench)
    if isinstance(bench.store, ManagesInstances):
        yield "create instance", lambda: created(bench)
        yield "act on instance", lambda: acted(bench)
        yield "delete instance", lambda: deleted(bench)


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise Refused(words)


def _as(store: Store, power: type[Power]) -> Power:
    assert isinstance(store, power)
    return store


def _connect(bench: Bench) -> str:
    store = bench.make()
    try:
        steps = list(store.check(bench.cancel))
    finally:
        store.close()
    bad = [step for step in steps if step.state is StepState.FAILED]
    _require(not bad, f"{bad[0].name}: {bad[0].detail}" if bad else "")
    bench.connected()
    return ", ".join(step.name for step in steps if step.state is StepState.OK)


def _list(bench: Bench) -> str:
    seen = list(bench.store.list_children(ROOT).nodes)
    parent = bench.path[:-1]
    token: str | None = None
    while True:
        children = bench.store.list_children(parent, token)
        seen += children.nodes
        token = children.next_token
        if token is None:
            break
    _require(bench.path in [node.path for node in seen], f"{bench.samples.address} is not in the list")
    return f"{len(seen)} nodes, {bench.path[-1]} among them"


def _describe(bench: Bench) -> str:
    found = bench.store.describe(bench.path)
    keys = [column.name for column in found.columns if column.is_key]
    _require(bool(keys), "no key column is told")
    return f"{len(found.columns)} columns, key {', '.join(keys)}"


def _read(bench: Bench) -> str:
    rows = pages = 0
    reader = _as(bench.store, ReadsRows)  # type: ignore[type-abstract]
    with ended(reader.read_rows(bench.path, RowQuery(), bench.cancel)) as batches:
        for page in batches:
            rows += page.batch.num_rows
            pages += 1
    told = bench.store.describe(bench.path).count
    _require(rows > 0, "no rows came")
    _require(told is None or told.rows == rows, f"{rows} rows came, {told.rows if told else 0} were told")
    return f"{rows:,} rows in {pages} pages"


def _sample_row(bench: Bench) -> tuple[Key, Mapping[str, Typed]]:
    """The key and the values of one row."""
    from services.results.presenting import presentation_of
    from services.results.typed import typed_cell

    reader = _as(bench.store, ReadsRows)  # type: ignore[type-abstract]
    with ended(reader.read_rows(bench.path, RowQuery(limit=1), bench.cancel)) as pages:
        batch = next(iter(pages)).batch
    key: dict[str, Typed] = {}
    for place, column in enumerate(batch.schema):
        if (column.metadata or {}).get(KEY_METADATA) == b"1":
            value = typed_cell(batch.column(place), 0, column, presentation_of(bench.store))
            assert isinstance(value, Typed)
            key[column.name] = value
    return key, _row(bench.store, bench.path, key)


def _row(store: Store, path: Path, key: Key) -> Mapping[str, Typed]:
    row = _as(store, ReadsKeys).read_keys(path, [key])[0]  # type: ignore[type-abstract]
    _require(row is not None, "the row is gone")
    assert row is not None
    return {name: value for name, value in row.items() if name not in key}


def _apply(store: Store, change: Change) -> Result:
    return next(iter(_as(store, WritesRows).apply([change]))).result  # type: ignore[type-abstract]


def _edit(bench: Bench) -> str:
    """Change a value, read it back, change it back."""
    key, before = _sample_row(bench)
    column, path = bench.samples.column, bench.path
    edited = _text_like(before[column], "edited")
    _require(_apply(bench.store, Update(path, key, before, {column: edited})) is Result.APPLIED, "the edit was refused")
    now = _row_with(bench.store, path, key, {column: edited})
    undone = _apply(bench.store, Update(path, key, now, {column: before[column]}))
    _require(undone is Result.APPLIED, "the way back was refused")
    return f"{column} of one row changed, read back and changed back"


def _row_with(store: Store, path: Path, key: Key, expected: Mapping[str, Typed]) -> Mapping[str, Typed]:
    """The row once it has these values: where a store writes blindly its readers follow later."""
    is_later = _as(store, WritesRows).guarantee(path) is Guarantee.BLIND_UPSERT  # type: ignore[type-abstract]
    deadline = time.monotonic() + (WAIT_SECONDS if is_later else 0)
    while True:
        now = _row(store, path, key)
        if {name: now.get(name) for name in expected} == expected:
            return now
        told = ", ".join(f"{name} is {now[name].value!r}" for name in expected if name in now)
        _require(time.monotonic() < deadline, f"read back: {told or 'nothing of it'}")
        time.sleep(0.01)


def _text_like(value: Typed, text: str) -> Typed:
    return Typed(value.type if value.value is not None else "String", text)


def _conflict(bench: Bench) -> str:
    """A second client changes the row between reading and writing: the edit must leave its value alone."""
    key, before = _sample_row(bench)
    column, path = bench.samples.column, bench.path
    other = bench.connected()
    theirs, ours = (_text_like(before[column], text) for text in ("theirs", "ours"))
    _require(_apply(other, Update(path, key, before, {column: theirs})) is Result.APPLIED, "their edit was refused")
    try:
        result = _apply(bench.store, Update(path, key, before, {column: ours}))
        now = _row(bench.store, path, key)
        _require(result is Result.CONFLICT, f"the stale edit was {result}")
        _require(now[column] == theirs, f"the other's value became {now[column].value!r}")
    finally:
        _apply(other, Update(path, key, _row(other, path, key), {column: before[column]}))
    return "a stale edit was told as a conflict, the other client's value stayed"


def _last_writer(bench: Bench) -> str:
    """Where a store checks nothing, a stale edit overwrites, and a write under a condition is refused."""
    key, before = _sample_row(bench)
    column, path = bench.samples.column, bench.path
    theirs, ours = (_text_like(before[column], text) for text in ("theirs", "ours"))
    other = bench.connected()
    try:
        _require(_apply(other, Update(path, key, before, {column: theirs})) is Result.APPLIED, "their edit was refused")
        _row_with(bench.store, path, key, {column: theirs})
        _require(_apply(bench.store, Update(path, key, before, {column: ours})) is Result.APPLIED, "ours was refused")
        _row_with(bench.store, path, key, {column: ours})
        row: dict[str, Value] = {**key, column: theirs}
        put = _as(bench.store, PutsRows).put(path, row, Existence.EXISTS)  # type: ignore[type-abstract]
        _require(put.result is Result.REFUSED, f"a write under a condition was {put.result}")
    finally:
        _apply(other, Update(path, key, before, {column: before[column]}))
    return "the last writer won, as the guarantee says; a write under a condition was refused"


def _query(bench: Bench) -> str:
    store = _as(bench.store, RunsSql)  # type: ignore[type-abstract]
    for text in bench.samples.prepare:
        with ended(store.run_sql(Statement(text), bench.cancel)) as answers:
            list(answers)
    with ended(store.run_sql(Statement(bench.samples.count), bench.cancel)) as pages:
        batch = next(iter(pages)).batch
    _require(batch is not None and batch.num_rows == 1, "no row came")
    assert batch is not None
    counted = int(batch.column(0)[0].as_py())
    told = bench.store.describe(bench.path).count
    _require(told is None or told.rows == counted, f"counted {counted}, told {told.rows if told else 0}")
    return f"counted {counted:,} rows"


def _cancel(bench: Bench) -> str:
    """Stop a statement that runs for minutes; it must end here, and go from the server's list."""
    store = _as(bench.store, RunsSql)  # type: ignore[type-abstract]
    watcher = bench.connected()
    stop = CancelToken()
    ends: list[BaseException | None] = []

    def run() -> None:
        try:
            with ended(store.run_sql(Statement(bench.samples.slow), stop)) as pages:
                for _ in pages:
                    pass
            ends.append(None)
        except BaseException as error:
            ends.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    with bench.cancel.on_cancel(stop.cancel):
        _wait_for(lambda: bool(ends) or _is_running(watcher, bench), "the statement did not start")
        _require(not ends, "the statement ended by itself")
        asked = time.perf_counter()
        stop.cancel()
        thread.join(WAIT_SECONDS)
    _require(bool(ends) and isinstance(ends[0], Cancelled), f"it ended with {ends[0] if ends else 'nothing'}")
    _wait_for(lambda: not _is_running(watcher, bench), "the server still runs it")
    return f"a running statement ended {(time.perf_counter() - asked) * 1000:.0f} ms after asking, on the server too"


def _is_running(watcher: Store, bench: Bench) -> bool:
    if isinstance(watcher, KeepsJobs):
        return bench.samples.slow in running_statements(watcher)
    assert isinstance(watcher, ShowsCluster)
    batch = watcher.cluster("queries").batch
    texts: list[Any] = batch.column("SQL").to_pylist() if "SQL" in batch.schema.names else []
    return any(bench.samples.slow in str(text) for text in texts)


def _wait_for(condition: Callable[[], bool], words: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        _require(time.monotonic() < deadline, words)
        with suppress(InterruptedError):
            time.sleep(0.01)


def _cluster(bench: Bench) -> str:
    nodes = _as(bench.store, ShowsCluster).cluster("nodes").batch.num_rows  # type: ignore[type-abstract]
    expected = len(bench.profile.value("nodes").split(","))
    _require(nodes == expected, f"{nodes} nodes are shown, {expected} run")
    return f"{nodes} nodes"
