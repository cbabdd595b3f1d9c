"""Bulk reads and writes on real nodes: every type both ways, every mode, parts that cover everything once."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from ignite_clusters import LiveCluster
from live_stores import open_store

from services.stores.bulk import Faults, Receipt, WriteMode, WriteWish
from services.stores.changes import Insert, Path
from services.stores.ignite.store import IgniteStore
from services.stores.types import RowQuery
from services.values import Typed

ZONE = "Asia/Tokyo"
TABLE: Path = ("sql", "PUBLIC", "BULK")
ROWS = 3_000
NANOS = pa.timestamp("ns", tz=ZONE)


@pytest.fixture(scope="module")
def store(secure_node: LiveCluster) -> Iterator[IgniteStore]:
    """A store over TLS on a node in Tokyo's zone."""
    opened = open_store(secure_node)
    yield opened
    opened.close()


@pytest.fixture
def table(store: IgniteStore) -> Iterator[Path]:
    """Where a table of every type is made by the write itself, and dropped."""
    yield TABLE
    store.drop(TABLE)


def every_type(rows: int) -> pa.RecordBatch:
    """Rows with a value of every type, NULLs among them; days from before the Gregorian calendar on."""
    numbers = range(rows)
    texts = [None if number % 7 == 0 else f"ä世😀 {number}\n" for number in numbers]
    columns: dict[str, Any] = {
        "ID": pa.array([number * 3 - 5 for number in numbers], pa.int64()),
        "TINY": pa.array([number % 256 - 128 for number in numbers], pa.int8()),
        "SMALL": pa.array([number % 60_000 - 30_000 for number in numbers], pa.int16()),
        "PLAIN": pa.array([None if number % 5 == 0 else -number for number in numbers], pa.int32()),
        "FLAG": pa.array([number % 2 == 0 for number in numbers]),
        "REALLY": pa.array([number / 2 for number in numbers], pa.float32()),
        "TWICE": pa.array([number / 7 for number in numbers]),
        "EXACT": pa.array([Decimal(number * 10**20 + 7).scaleb(-4) for number in numbers], pa.decimal128(30, 4)),
        "TEXT": pa.array(texts),
        "DAY": pa.array([number * 300 - 400_000 for number in numbers], pa.int32()).cast(pa.date32()),
        "CLOCK": pa.array([number * 1001 for number in numbers], pa.int32()).cast(pa.time32("ms")),
        "INSTANT": pa.array([number * 10**15 + 123_456_789 for number in numbers], pa.int64()).cast(NANOS),
        "RAW": pa.array([bytes([number % 256, 0, 255]) for number in numbers], pa.binary()),
    }
    return pa.RecordBatch.from_pydict(columns)


def write(store: IgniteStore, path: Path, mode: WriteMode, batch: pa.RecordBatch, **wish: Any) -> Receipt:
    """One part, planned, begun, written and committed."""
    plan = store.begin_write(store.plan_write(path, batch.schema, WriteWish(mode, **wish)))
    rows = pa.RecordBatch.from_arrays(
        [batch.column(field.name).cast(field.type) for field in plan.schema], schema=plan.schema
    )
    receipt = store.write_part(plan, 0, iter([rows]))
    store.commit_write(plan, [receipt])
    return receipt


def read(store: IgniteStore, path: Path, part_rows: int, query: RowQuery | None = None) -> tuple[pa.Table, int]:
    """All rows in the order of their first column, and how many parts there were."""
    plan = store.plan_read(path, query or RowQuery(), part_rows)
    batches = [batch for part in plan.parts for batch in store.read_part(plan, part)]
    assert [] == [one for one in batches if isinstance(one, Faults)]
    table = pa.Table.from_batches([one for one in batches if isinstance(one, pa.RecordBatch)], plan.schema)
    return table.sort_by(plan.schema.names[0]), len(plan.parts)


def test_every_type_goes_there_and_back(store: IgniteStore, table: Path) -> None:
    """A table made from the rows' own types holds them exactly, and is read in parts by its key."""
    batch = every_type(ROWS)
    receipt = write(store, table, WriteMode.APPEND, batch, is_created=True)
    assert (ROWS, ()) == (receipt.rows, receipt.rejects)
    found, parts = read(store, table, 500)
    assert 6 == parts
    assert batch.num_rows == found.num_rows
    for name in batch.schema.names:
        assert batch.column(name).equals(found.column(name).combine_chunks()), name


def test_modes_on_a_table(store: IgniteStore, table: Path) -> None:
    """Append rejects what is taken by other values and takes its own rows again; skip, upsert and overwrite differ."""
    rows = every_type(1_200)
    write(store, table, WriteMode.APPEND, rows, is_created=True)
    again = write(store, table, WriteMode.APPEND, rows)
    assert (1_200, ()) == (again.rows, again.rejects)
    changed = rows.set_column(3, "PLAIN", pa.array([7] * 1_200, pa.int32()))
    refused = write(store, table, WriteMode.APPEND, changed)
    assert list(range(1_200)) == [reject.row for reject in refused.rejects]
    assert rows.column(3).equals(read(store, table, 10_000)[0].column(3).combine_chunks())
    skipped = write(store, table, WriteMode.SKIP, changed)
    assert () == skipped.rejects
    assert rows.column(3).equals(read(store, table, 10_000)[0].column(3).combine_chunks())
    write(store, table, WriteMode.UPSERT, changed)
    assert changed.column(3).equals(read(store, table, 10_000)[0].column(3).combine_chunks())
    write(store, table, WriteMode.OVERWRITE, rows.slice(0, 10))
    assert 10 == read(store, table, 10_000)[0].num_rows


def test_a_key_of_two_columns_is_looked_up(store: IgniteStore) -> None:
    """Rows with a composite key are found again, some new and some taken in one statement."""
    path = ("sql", "PUBLIC", "BULK_PAIRS")
    columns = [{"name": name, "type": word, "key": name != "V"} for name, word in (("A", "INT"), ("B", "VARCHAR"))]
    store.create(path, {"columns": [*columns, {"name": "V", "type": "VARCHAR(5)", "key": False}]})
    try:
        numbers = range(600)
        batch = pa.RecordBatch.from_pydict(
            {
                "A": pa.array([number // 10 for number in numbers], pa.int32()),
                "B": pa.array([f"b{number % 10}" for number in numbers]),
                "V": pa.array([f"v{number}" for number in numbers]),
            }
        )
        write(store, path, WriteMode.APPEND, batch.slice(0, 300))
        wide = batch.set_column(2, "V", pa.array([f"v{number}" if number else "ten letters" for number in numbers]))
        receipt = write(store, path, WriteMode.APPEND, wide)
        assert [(0, "V")] == [(reject.row, reject.column) for reject in receipt.rejects]
        found, _ = read(store, path, 100)
        assert sorted(batch.column(2).to_pylist()) == sorted(found.column("V").to_pylist())
    finally:
        store.drop(path)


@pytest.mark.parametrize("word", ["VARCHAR", "BIGINT", "UUID"])
def test_keys_without_even_steps_are_cut_where_they_lie(store: IgniteStore, word: str) -> None:
    """Texts and numbers far apart are cut into parts of as many rows as were asked for, every row once."""
    path = ("sql", "PUBLIC", "BULK_KEYS")
    store.create(path, {"columns": [{"name": "K", "type": word, "key": True}, {"name": "V", "type": "INT"}]})
    try:
        keys = {
            "VARCHAR": pa.array([f"{chr(0x10000 + number * 997)}{chr(0xFFF0 - number)}" for number in range(1_000)]),
            "BIGINT": pa.array([number**6 for number in range(1_000)], pa.int64()),
            "UUID": pa.array([f"{number * 7919 % 256:02x}" + f"{number:030x}" for number in range(1_000)]),
        }[word]
        batch = pa.RecordBatch.from_pydict({"K": keys, "V": pa.array(range(1_000), pa.int32())})
        write(store, path, WriteMode.APPEND, batch)
        plan = store.plan_read(path, RowQuery(), 300)
        found = [one for part in plan.parts for one in store.read_part(plan, part)]
        counts = [
            sum(one.num_rows for one in store.read_part(plan, part) if isinstance(one, pa.RecordBatch))
            for part in plan.parts
        ]
        values = [value for one in found if isinstance(one, pa.RecordBatch) for value in one.column("V").to_pylist()]
        assert ([300, 300, 300, 100], list(range(1_000))) == (counts, sorted(values))
    finally:
        store.drop(path)


def test_a_cache_is_read_by_partitions(store: IgniteStore) -> None:
    """Entries of a cache come once, part by part; mixed values stay what they are by way of JSON."""
    source, target = ("caches", "bulk-source"), ("caches", "bulk-target")
    store.create(source, {"columns": [], "options": {}})
    try:
        values = [Typed("String", "a"), Typed("Int", 1), Typed("Long", 1), Typed("Decimal", Decimal("1.50"))]
        values += [Typed("ArrayList", [Typed("Int", 1)]), Typed("BulkThing", {"name": Typed("String", "x")})]
        changes = [
            Insert(source, {"key": Typed("Long", number)}, {"value": values[number % len(values)]})
            for number in range(300)
        ]
        assert {""} == {outcome.message for outcome in store.apply(changes)}
        found, parts = read(store, source, 100)
        assert 3 == parts
        batch = found.combine_chunks().to_batches()[0]
        receipt = write(store, target, WriteMode.APPEND, batch, is_created=True)
        assert (300, ()) == (receipt.rows, receipt.rejects)
        for change in changes[:12]:
            (entry,) = store.read_keys(target, [change.key])
            assert entry is not None
            assert change.after["value"] == entry["value"]
        changed = batch.set_column(1, "value", pa.array(['{"$type":"Int","value":9}'] * 300))
        assert 300 == len(write(store, target, WriteMode.APPEND, changed).rejects)
        assert () == write(store, target, WriteMode.SKIP, changed).rejects
        write(store, target, WriteMode.OVERWRITE, changed.slice(0, 5))
        assert 5 == read(store, target, 100)[0].num_rows
    finally:
        store.drop(source)
        store.drop(target)
