"""Transfers to and from the Ignite sandbox: tables, caches and files, both ways."""

import json
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from ignite_sandbox import ignite_sandbox
from transfer_runs import Turns, ended, jsonl

from services.connections.profile import Profile
from services.stores.bulk import WriteMode, WriteWish
from services.stores.changes import Insert
from services.stores.ignite.bulk import cache_reads
from services.stores.types import RowQuery
from services.transfers.model import ItemState, TransferOptions
from services.values import Typed

__all__ = ["ignite_sandbox"]

COLUMNS = [
    {"name": "ID", "type": "BIGINT", "key": True},
    {"name": "CODE", "type": "VARCHAR(6)"},
    {"name": "PRICE", "type": "DECIMAL(12, 2)"},
    {"name": "DAY", "type": "DATE"},
    {"name": "SEEN", "type": "TIMESTAMP"},
]

EVERY_TYPE = {
    "TINY": ("TINYINT", pa.array([1, None, -128], pa.int8())),
    "SMALL": ("SMALLINT", pa.array([300, None, -1], pa.int16())),
    "PLAIN": ("INT", pa.array([7, None, -(2**31)], pa.int32())),
    "BIG": ("BIGINT", pa.array([2**63 - 1, None, -(2**63)], pa.int64())),
    "FLAG": ("BOOLEAN", pa.array([True, None, False])),
    "REALLY": ("REAL", pa.array([1.5, None, -0.25], pa.float32())),
    "TWICE": ("DOUBLE", pa.array([0.1, None, 1e300])),
    "EXACT": ("DECIMAL(30, 4)", pa.array([Decimal("1.5000"), None, Decimal(-7)], pa.decimal128(30, 4))),
    "LOOSE": ("DECIMAL", pa.array(["1.50", None, "-12345678901234567890.123456789"])),
    "TEXT": ("VARCHAR", pa.array(['ä "世", 😀\n', None, "007"])),
    "DAY": ("DATE", pa.array([-141_428, None, 19_000], pa.int32()).cast(pa.date32())),
    "CLOCK": ("TIME", pa.array([1000, None, 86_399_000], pa.int32()).cast(pa.time32("ms"))),
    "SEEN": ("TIMESTAMP", pa.array([1, None, -1], pa.int64()).cast(pa.timestamp("ns", tz="UTC"))),
    "RAW": ("BINARY", pa.array([b"\0\xff", None, b"abc"], pa.binary())),
    "NAME": ("UUID", pa.array(["01234567-89ab-cdef-fedc-ba9876543210", None, str(UUID(int=1))])),
}


@pytest.fixture
def grid(services, ignite_sandbox):
    """A connected store on the sandbox, whose profile is `grid`; what a test makes is dropped by it."""
    services.profiles.add(Profile("grid", "ignite", {"nodes": ignite_sandbox.nodes}))
    profile = services.profiles.get("grid")
    store = profile.store_kind.build(profile.fields, {})
    store.connect()
    made = []

    def create(address, **definition):
        path = store.parse_address(address)
        store.create(path, definition)
        made.append(path)
        return path

    store.made = create
    yield store
    for path in made:
        store.drop(path)
    store.close()


def copied(services, turns: Turns, source, target, **options):
    """The item of a copy that ended well."""
    identifier = services.transfers.add(str(source), str(target), TransferOptions(**options))
    turns.drain()
    return ended(services, identifier)


def goods(rows: int) -> pa.Table:
    """Rows of a table of goods."""
    numbers = range(1, rows + 1)
    return pa.table(
        {
            "ID": pa.array(numbers, pa.int64()),
            "CODE": [f"{number:03d}" for number in numbers],
            "PRICE": pa.array([Decimal(number * 125).scaleb(-2) for number in numbers], pa.decimal128(12, 2)),
            "DAY": pa.array([number * 200 - 200_000 for number in numbers], pa.int32()).cast(pa.date32()),
            "SEEN": pa.array([number * 10**14 + 1 for number in numbers]).cast(pa.timestamp("ns", tz="UTC")),
        }
    )


def test_texts_reach_columns_as_the_table_declares_them(services, turns, grid, tmp_path):
    """`007` of a CSV file stays 007 in a column of text and `12` becomes a number; what does not fit is told apart."""
    path = grid.made("sql:PUBLIC/BULK_TEXT", columns=COLUMNS)
    file = tmp_path / "in.csv"
    file.write_text(
        "ID,CODE,PRICE,DAY,SEEN\n12,007,1.50,1500-02-28,2024-01-02T03:04:05.123456789Z\n"
        "13,longer than six,1.50,,\n14,x,1.234,2024-01-01,\n"
    )
    rejects = tmp_path / "rejects.jsonl"
    item = copied(services, turns, file, "grid:sql:PUBLIC/BULK_TEXT", rejects=str(rejects), max_rejects=5)
    assert (1, 2) == (item.rows_done, item.rejected)
    assert [("CODE", True), ("PRICE", True)] == [
        (line["column"], bool(line["reason"])) for line in sorted(jsonl(rejects), key=lambda line: line["column"])
    ]
    (row,) = next(page.batch.to_pylist() for page in grid.read_rows(path, RowQuery()) if page.batch.num_rows)
    assert (12, "007", Decimal("1.50")) == (row["ID"], row["CODE"], row["PRICE"])


def test_a_file_becomes_a_table_and_a_file_again(services, turns, grid, tmp_path):
    """Parquet to a table to Parquet, in parts: the same rows, and the target verified by checksum."""
    grid.made("sql:PUBLIC/BULK_GOODS", columns=COLUMNS)
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(goods(2_000), source, row_group_size=700)
    item = copied(
        services, turns, source, "grid:sql:PUBLIC/BULK_GOODS", mode=WriteMode.OVERWRITE, is_verified=True, part_rows=700
    )
    assert (2_000, 3) == (item.rows_done, item.parts_done)
    item = copied(services, turns, "grid:sql:PUBLIC/BULK_GOODS", target, part_rows=500)
    assert (2_000, 4) == (item.rows_done, item.parts_done)
    assert goods(2_000).equals(pq.read_table(target).sort_by("ID").cast(goods(1).schema))
    pq.write_table(goods(2_100).slice(1_990), source)
    item = copied(services, turns, source, "grid:sql:PUBLIC/BULK_GOODS", mode=WriteMode.UPSERT, is_verified=True)
    assert "110 rows verified by key and checksum" == item.message


def test_a_table_is_made_from_a_file(services, turns, grid, tmp_path):
    """With --create a table has columns of the file's types and the first one as its key."""
    source = tmp_path / "in.parquet"
    pq.write_table(goods(50), source)
    copied(services, turns, source, "grid:sql:PUBLIC/BULK_MADE", is_created=True)
    path = grid.parse_address("sql:PUBLIC/BULK_MADE")
    columns = {column.name: (column.type, column.is_key) for column in grid.describe(path).columns}
    grid.drop(path)
    assert {
        "ID": ("BIGINT", True),
        "CODE": ("VARCHAR", False),
        "PRICE": ("DECIMAL(12, 2)", False),
        "DAY": ("DATE", False),
        "SEEN": ("TIMESTAMP", False),
    } == columns


def test_a_taken_key_is_rejected_and_the_same_row_is_not(services, turns, grid, tmp_path):
    """Append puts rows aside whose key has other values; rows that are there already count as written."""
    grid.made("sql:PUBLIC/BULK_TAKEN", columns=COLUMNS)
    first, second, rejects = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "rejects.jsonl"
    first.write_text("ID,CODE\n1,one\n2,two\n")
    second.write_text("ID,CODE\n1,one\n2,other\n3,three\n3,again\n")
    copied(services, turns, first, "grid:sql:PUBLIC/BULK_TAKEN")
    item = copied(services, turns, second, "grid:sql:PUBLIC/BULK_TAKEN", rejects=str(rejects), max_rejects=2)
    assert (2, 2) == (item.rows_done, item.rejected)
    found = [(str(line["values"]["ID"]), line["values"]["CODE"]) for line in jsonl(rejects)]
    assert [("2", "other"), ("3", "again")] == found


def test_a_cache_goes_over_to_another_with_its_types(services, turns, grid):
    """Entries of one simple type stay of it; entries of several go as JSON text that names each type."""
    source = grid.made("bulk-from", columns=[], options={})
    values = [Typed("Int", 1), Typed("Long", 1), Typed("String", "x"), Typed("Decimal", Decimal("1.50"))]
    changes = [
        Insert(source, {"key": Typed("String", f"k{number}")}, {"value": values[number % 4]}) for number in range(400)
    ]
    assert {""} == {outcome.message for outcome in grid.apply(changes)}
    target = grid.made("bulk-to", columns=[], options={})
    item = copied(services, turns, "grid:bulk-from", "grid:bulk-to", part_rows=100)
    assert (400, 4) == (item.rows_done, item.parts_done)
    for change in changes[:8]:
        (entry,) = grid.read_keys(target, [change.key])
        assert change.after["value"] == entry["value"]


def test_a_cache_goes_to_a_file_and_comes_back(services, turns, grid, tmp_path):
    """JSON texts of a Parquet file are values again in a cache."""
    source = grid.made("bulk-out", columns=[], options={})
    thing = Typed("BulkThing", {"name": Typed("String", "x"), "tags": Typed("ArrayList", [Typed("Int", 1)])})
    list(grid.apply([Insert(source, {"key": Typed("Int", 1)}, {"value": thing})]))
    target = grid.made("bulk-in", columns=[], options={})
    copied(services, turns, "grid:bulk-out", tmp_path / "entries.parquet")
    copied(services, turns, tmp_path / "entries.parquet", "grid:bulk-in")
    (entry,) = grid.read_keys(target, [{"key": Typed("Int", 1)}])
    assert thing == entry["value"]


def test_an_entry_unlike_the_sample_is_put_aside(services, turns, grid, tmp_path, monkeypatch):
    """An entry of another type than those sampled is a reject with its raw form, not lost."""
    monkeypatch.setattr(cache_reads, "SAMPLE_ROWS", 2)
    source = grid.made("bulk-odd", columns=[], options={})
    values = [Typed("Int", 1), Typed("Int", 2), Typed("String", "odd")]
    list(grid.apply([Insert(source, {"key": Typed("Int", key)}, {"value": value}) for key, value in enumerate(values)]))
    rejects = tmp_path / "rejects.jsonl"
    item = copied(services, turns, "grid:bulk-odd", tmp_path / "out.jsonl", rejects=str(rejects), max_rejects=1)
    assert (2, 1) == (item.rows_done, item.rejected)
    (line,) = jsonl(rejects)
    assert {"key": 2, "value": "odd"} == json.loads(line["values"]["$raw"])


def test_texts_as_keys_are_cut_into_parts(services, turns, grid, tmp_path):
    """A table whose key is text is read in parts of as many rows as were asked for."""
    grid.made("sql:PUBLIC/BULK_WORDS", columns=[{"name": "K", "type": "VARCHAR", "key": True}, COLUMNS[1]])
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table = pa.table({"K": [f"ä{number * 7919 % 1000:03d}" for number in range(1000)], "CODE": ["x"] * 1000})
    pq.write_table(table, source)
    copied(services, turns, source, "grid:sql:PUBLIC/BULK_WORDS")
    item = copied(services, turns, "grid:sql:PUBLIC/BULK_WORDS", target, part_rows=300)
    assert (1000, 4) == (item.rows_done, item.parts_done)
    assert sorted(table["K"].to_pylist()) == sorted(pq.read_table(target)["K"].to_pylist())


def test_a_table_with_rows_is_refused_where_it_must_be_empty(services, turns, grid, tmp_path):
    """Mode fail ends with advice before anything is written."""
    grid.made("sql:PUBLIC/BULK_FULL", columns=COLUMNS)
    file = tmp_path / "in.csv"
    pa_csv.write_csv(pa.table({"ID": [1, 2], "CODE": ["a", "b"]}), file)
    copied(services, turns, file, "grid:sql:PUBLIC/BULK_FULL", mode=WriteMode.FAIL)
    again = services.transfers.add(str(file), "grid:sql:PUBLIC/BULK_FULL", TransferOptions(mode=WriteMode.FAIL))
    turns.drain()
    item = services.transfers.item(again)
    assert (ItemState.FAILED, True) == (item.state, bool(item.failure.hint))


@pytest.mark.parametrize("ending", ["csv", "tsv.gz", "jsonl", "parquet", "arrow"])
def test_every_type_survives_a_file_of_each_kind(services, turns, grid, tmp_path, ending):
    """A table of every type goes into a file and from it into another table of the same columns, unchanged."""
    columns = [COLUMNS[0], *({"name": name, "type": word} for name, (word, _) in EVERY_TYPE.items())]
    one, other = (grid.made(f"sql:PUBLIC/BULK_{name}", columns=columns) for name in ("ONE", "OTHER"))
    batch = pa.RecordBatch.from_pydict(
        {"ID": pa.array(range(3), pa.int64()), **{name: array for name, (_, array) in EVERY_TYPE.items()}}
    )
    plan = grid.plan_write(one, batch.schema, WriteWish(WriteMode.APPEND))
    rows = [batch.column(field.name).cast(field.type) for field in plan.schema]
    assert () == grid.write_part(plan, 0, iter([pa.RecordBatch.from_arrays(rows, schema=plan.schema)])).rejects
    file = tmp_path / f"every.{ending}"
    copied(services, turns, "grid:sql:PUBLIC/BULK_ONE", file)
    copied(services, turns, file, "grid:sql:PUBLIC/BULK_OTHER")
    keys = [{"ID": Typed("Long", number)} for number in range(3)]
    assert grid.read_keys(one, keys) == grid.read_keys(other, keys)


def test_a_filter_and_a_limit_are_kept(services, turns, grid, tmp_path):
    """The filter is the server's own SQL, also beside the ranges of parts; a limit takes the first rows by the key."""
    grid.made("sql:PUBLIC/BULK_SOME", columns=COLUMNS)
    source, some, first = (tmp_path / f"{name}.parquet" for name in ("in", "some", "first"))
    pq.write_table(goods(1_000), source)
    copied(services, turns, source, "grid:sql:PUBLIC/BULK_SOME")
    where = "ID > 100 AND MOD(ID, 2) = 0 -- even"
    item = copied(services, turns, "grid:sql:PUBLIC/BULK_SOME", some, where=where, part_rows=100)
    assert (450, 5) == (item.rows_done, item.parts_done)
    assert list(range(102, 1_001, 2)) == sorted(pq.read_table(some)["ID"].to_pylist())
    copied(services, turns, "grid:sql:PUBLIC/BULK_SOME", first, limit=7, where="ID > 500")
    assert list(range(501, 508)) == pq.read_table(first)["ID"].to_pylist()


def test_times_beyond_nanoseconds_are_read_in_microseconds(services, turns, grid, tmp_path):
    """A table with the year 9999 is read whole; a time among them that is finer is put aside, not rounded."""
    path = grid.made("sql:PUBLIC/BULK_FAR", columns=COLUMNS)
    times = {1: "9999-12-31 23:59:59.999999", 2: "0900-01-01 00:00:00", 3: "2024-01-01 00:00:00.123456789"}
    for number, text in times.items():
        row = {"SEEN": grid.parse(path, "SEEN", text)}
        assert [""] == [one.message for one in grid.apply([Insert(path, {"ID": Typed("Long", number)}, row)])]
    target, rejects = tmp_path / "out.parquet", tmp_path / "rejects.jsonl"
    item = copied(services, turns, "grid:sql:PUBLIC/BULK_FAR", target, rejects=str(rejects), max_rejects=1)
    assert (2, 1) == (item.rows_done, item.rejected)
    assert [(3, "SEEN")] == [(json.loads(line["values"]["$raw"])["ID"], line["column"]) for line in jsonl(rejects)]
    grid.made("sql:PUBLIC/BULK_FAR_TOO", columns=COLUMNS)
    copied(services, turns, target, "grid:sql:PUBLIC/BULK_FAR_TOO")
    keys = [{"ID": Typed("Long", number)} for number in (1, 2)]
    other = grid.parse_address("sql:PUBLIC/BULK_FAR_TOO")
    assert grid.read_keys(path, keys) == grid.read_keys(other, keys)


def test_a_decimal_that_is_there_with_other_zeros_is_the_same(services, turns, grid, tmp_path):
    """1.5 of a table is the 1.50 that comes again: the row counts as written."""
    path = grid.made("sql:PUBLIC/BULK_ZEROS", columns=COLUMNS)
    row = {"PRICE": Typed("Decimal", Decimal("1.5"))}
    assert [""] == [one.message for one in grid.apply([Insert(path, {"ID": Typed("Long", 1)}, row)])]
    file = tmp_path / "in.csv"
    file.write_text("ID,PRICE\n1,1.50\n2,2.5\n")
    item = copied(services, turns, file, "grid:sql:PUBLIC/BULK_ZEROS")
    assert (2, 0) == (item.rows_done, item.rejected)


def test_an_overwrite_that_fails_says_that_the_table_was_emptied(services, turns, grid, tmp_path):
    """The plan says it before, the log after: what was there is gone, and acknowledged parts stay."""
    grid.made("sql:PUBLIC/BULK_GOODS", columns=COLUMNS)
    source, bad = tmp_path / "in.parquet", tmp_path / "bad.csv"
    pq.write_table(goods(20), source)
    copied(services, turns, source, "grid:sql:PUBLIC/BULK_GOODS")
    bad.write_text("ID,CODE\n1,001\n2,far too long\n")
    queue = services.transfers
    options = TransferOptions(mode=WriteMode.OVERWRITE, part_rows=1, parallel=1)
    identifier = queue.add(str(bad), "grid:sql:PUBLIC/BULK_GOODS", options)
    turns.drain()
    assert ItemState.FAILED is queue.item(identifier).state
    assert "its rows are deleted when the transfer begins, not when it is committed" in queue.item(identifier).notes
    said = "the target was emptied when this began; rows of acknowledged parts stay in the target"
    assert said in [line.text for line in queue.log(identifier)]
    assert not queue.plan(identifier)["is_staged"]
    queue.cancel([identifier])
    turns.drain()
    assert "rows of acknowledged parts stay in the target" == queue.log(identifier)[-1].text
