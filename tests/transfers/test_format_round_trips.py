"""Rows written to a file of any format and read back in parts are the same rows."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.errors import Refused, SourceChanged, UsageError
from services.stores.bulk import Faults, WriteMode, WriteWish
from services.stores.types import RowQuery
from services.transfers.formats import open_source, open_target

SIMPLE = pa.table(
    {
        "id": pa.array(range(1000), pa.int64()),
        "name": pa.array(
            [["plain", "", "a,b", 'say "x"', "two\nlines", None, "∅ täxt", "007"][n % 8] for n in range(1000)]
        ),
        "price": pa.array([None if n % 5 == 0 else Decimal(n) / 100 for n in range(1000)], pa.decimal128(38, 2)),
        "ratio": pa.array([n / 7 for n in range(1000)], pa.float64()),
        "is_on": pa.array([n % 2 == 0 for n in range(1000)]),
    }
)
SUFFIXES = [".csv", ".tsv", ".csv.gz", ".csv.zst", ".csv.bz2", ".csv.lz4", ".jsonl", ".jsonl.gz", ".parquet", ".arrow"]


def write(path: Path | str, table: pa.Table, mode=WriteMode.FAIL, parts=3, **options):
    """Write a table in parts, each twice, committed twice."""
    target = open_target(str(path), options)
    plan = target.begin_write(target.plan_write((str(path),), table.schema, WriteWish(mode)))
    size = -(-table.num_rows // max(parts, 1))
    receipts = []
    for part in range(parts):
        batches = table.slice(part * size, size).to_batches(max_chunksize=100)
        target.write_part(plan, part, iter(batches[:1]))
        receipts.append(target.write_part(plan, part, iter(batches)))
    assert target.acknowledged(plan) == frozenset(range(parts))
    target.commit_write(plan, receipts)
    return target.commit_write(plan, receipts)


def read(path: Path | str, part_rows=None, **options):
    """All rows and all faults of a file, its parts last first and each twice."""
    source = open_source(str(path), options)
    plan = source.plan_read((str(path),), RowQuery(columns=tuple(options.pop("columns", ()))), part_rows)
    batches, faults = {}, []
    for part in reversed(plan.parts):
        list(source.read_part(plan, part))
        batches[part.index] = []
        for item in source.read_part(plan, part):
            faults += item.faults if isinstance(item, Faults) else ()
            batches[part.index] += [] if isinstance(item, Faults) else [item]
    table = pa.Table.from_batches([one for at in sorted(batches) for one in batches[at]], plan.schema)
    return (
        table.select([n for n in table.column_names if n != "$record"]),
        sorted(faults, key=lambda f: f.position),
        plan,
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("part_rows", [None, 7, 300])
def test_rows_come_back_as_they_were(tmp_path, suffix, part_rows):
    """Whatever the parts, with types found out from the text where the format has none."""
    path = tmp_path / f"rows{suffix}"
    committed = write(path, SIMPLE)
    found, faults, plan = read(path, part_rows)
    expected = SIMPLE
    if suffix.startswith(".jsonl"):
        texts = [None if value is None else str(value) for value in SIMPLE["price"].to_pylist()]
        expected = SIMPLE.set_column(2, "price", pa.array(texts, pa.string()))
    assert faults == []
    assert found.to_pydict() == expected.to_pydict()
    assert committed.rows == 1000
    assert [path.name for path in tmp_path.iterdir()] == [path.name]
    if part_rows and suffix in (".csv", ".jsonl", ".parquet"):
        assert len(plan.parts) >= 1000 // part_rows


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_appending_adds_once(tmp_path, suffix):
    """What was there stays, what comes is added, and the header is not repeated."""
    path = tmp_path / f"rows{suffix}"
    write(path, SIMPLE.slice(0, 400))
    write(path, SIMPLE.slice(400), WriteMode.APPEND)
    found, _, _ = read(path, types="text") if ".csv" in suffix or ".tsv" in suffix else read(path)
    assert [str(value) for value in found["id"].to_pylist()] == [str(value) for value in range(1000)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_table_is_a_file_with_columns(tmp_path, suffix):
    """No rows and no parts still make a file that can be read."""
    path = tmp_path / f"rows{suffix}"
    write(path, SIMPLE.slice(0, 0), parts=0)
    if not suffix.startswith(".jsonl"):
        found, _, _ = read(path)
        assert (found.column_names, found.num_rows) == (SIMPLE.column_names, 0)


def test_a_folder_is_read_and_written_as_one(tmp_path):
    """A part a file; overwriting removes the files that were there before."""
    write(f"{tmp_path}/out/", SIMPLE, format="parquet")
    write(f"{tmp_path}/out/", SIMPLE.slice(0, 10), WriteMode.OVERWRITE, format="parquet")
    found, _, _ = read(tmp_path / "out", format="parquet")
    assert found.to_pydict() == SIMPLE.slice(0, 10).to_pydict()
    found, _, _ = read(f"{tmp_path}/out/*.parquet")
    assert found.num_rows == 10


def test_a_file_that_is_there_is_not_touched_unasked(tmp_path):
    """Without append or overwrite the plan is refused."""
    path = tmp_path / "rows.csv"
    path.write_text("mine")
    with pytest.raises(Refused, match="is there already"):
        write(path, SIMPLE)
    assert path.read_text() == "mine"


def test_columns_that_differ_are_not_appended(tmp_path):
    """A file keeps one shape."""
    path = tmp_path / "rows.parquet"
    write(path, SIMPLE)
    with pytest.raises(UsageError, match="columns are not those"):
        write(path, SIMPLE.select(["id"]), WriteMode.APPEND)


def test_a_part_that_changed_on_disk_is_not_joined(tmp_path):
    """Size and checksum are those of the receipt, or nothing is committed."""
    path = tmp_path / "rows.csv"
    target = open_target(str(path), {})
    plan = target.begin_write(target.plan_write((), SIMPLE.schema, WriteWish(WriteMode.FAIL)))
    receipt = target.write_part(plan, 0, iter(SIMPLE.to_batches()))
    part = next(Path(plan.state["work"]).glob("part-*"))
    part.write_bytes(part.read_bytes().replace(b"plain", b"PLAIN", 1))
    with pytest.raises(Refused, match="is not what was written"):
        target.commit_write(plan, [receipt])
    assert not path.exists()
    target.abort_write(plan)
    assert list(tmp_path.iterdir()) == []


def test_a_lost_answer_to_a_commit_appends_nothing_twice(tmp_path, monkeypatch):
    """The joined file took its name, and the parts are still there: committing again leaves it."""
    path = tmp_path / "rows.csv"
    path.write_text("id\n1\n")
    target = open_target(str(path), {})
    table = pa.table({"id": [2, 3]})
    plan = target.begin_write(target.plan_write((), table.schema, WriteWish(WriteMode.APPEND)))
    receipt = target.write_part(plan, 0, iter(table.to_batches()))

    def crash(folder):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("services.transfers.formats.target._remove", crash)
        with pytest.raises(KeyboardInterrupt):
            target.commit_write(plan, [receipt])
    assert Path(plan.state["work"], "part-00000").exists()
    target.commit_write(plan, [receipt])
    assert path.read_text() == "id\n1\n2\n3\n"


def test_bad_records_are_told_with_their_number(tmp_path):
    """Too few fields, too many, a wrong type, broken text: each by record number and cause, the others load."""
    path = tmp_path / "rows.csv"
    lines = [f"{number},name{number}" for number in range(1, 2001)]
    lines[9] = "10"
    lines[19] = "20,a,b"
    lines[1500] = "abc,x"
    data = ("id,name\n" + "\n".join(lines)).encode().replace(b"name1234", b"na\xffme")
    path.write_bytes(data)
    for part_rows in (None, 100):
        found, faults, _ = read(path, part_rows, types="id:int64")
        assert [fault.position for fault in faults] == [10, 20, 1234, 1501]
        assert [fault.reason for fault in faults] == [
            "has 1 fields, not 2",
            "has 3 fields, not 2",
            "is not text in the file's encoding",
            "'abc' is no int64",
        ]
        assert found.num_rows == 1996


def test_numbers_that_would_change_stay_text(tmp_path):
    """Leading zeros and digits beyond a double are not read as numbers that lose them."""
    path = tmp_path / "rows.csv"
    rows = ["code,mixed,long,fine,day,at"]
    rows.append("007,1.10,9007199254740993,0.1234567890123456789,2026-01-02,2026-01-02T03:04:05Z")
    rows.append("12,1.5,1,1.5e3,2026-01-03,2026-01-02T03:04:05.5Z")
    path.write_text("\n".join(rows))
    found, _, plan = read(path)
    types = ["string", "double", "int64", "string", "date32[day]", "timestamp[ns, tz=UTC]"]
    assert [str(kind) for kind in plan.schema.types[:6]] == types
    assert found["long"].to_pylist() == [9007199254740993, 1]
    assert found["code"].to_pylist() == ["007", "12"]


def test_null_text_and_empty_text_stay_apart(tmp_path):
    """NULL is written as the null text unquoted, the same text as a value is quoted."""
    path = tmp_path / "rows.csv"
    table = pa.table({"a": ["\\N", None, ""]})
    write(path, table, null_text="\\N")
    assert path.read_text() == 'a\n"\\N"\n\\N\n""\n'
    assert read(path, null_text="\\N")[0].to_pydict() == table.to_pydict()


def test_other_encodings_and_delimiters(tmp_path):
    """GBK with a header, UTF-16 and a semicolon; a character the encoding lacks is a reject."""
    path = tmp_path / "rows.csv"
    path.write_bytes("名;数\n上海;1\n".encode("gbk"))
    found, _, _ = read(path, encoding="gbk", delimiter=";")
    assert found.to_pydict() == {"名": ["上海"], "数": [1]}
    path.write_bytes("a,b\n上海,1\n".encode("utf-16"))
    assert read(path, encoding="utf-16")[0].to_pydict() == {"a": ["上海"], "b": [1]}
    target = open_target(str(tmp_path / "latin.csv"), {"encoding": "latin-1"})
    plan = target.begin_write(target.plan_write((), pa.schema([("a", pa.string())]), WriteWish(WriteMode.FAIL)))
    receipt = target.write_part(plan, 0, iter([pa.record_batch({"a": ["é", "上", "x"]})]))
    assert (receipt.rows, receipt.rejects[0].row) == (2, 1)


def test_dates_by_pattern_and_zone(tmp_path):
    """Times written without a zone are taken in the zone given."""
    path = tmp_path / "rows.csv"
    path.write_text("at\n21.11.2026 08:30\n")
    found, _, _ = read(path, date_pattern="%d.%m.%Y %H:%M", zone="Asia/Shanghai", types="at:timestamp[ms]")
    assert found["at"].to_pylist()[0].isoformat() == "2026-11-21T08:30:00"
    found, _, _ = read(path, types="text")
    assert found["at"].to_pylist() == ["21.11.2026 08:30"]


def test_json_lines_keep_what_json_cannot_say(tmp_path):
    """Big integers, bytes, NaN, nested values; a line that is no object and an unplanned column are faults."""
    path = tmp_path / "rows.jsonl"
    rows = [
        {"id": 1, "big": 9007199254740993, "raw": {"$bytes": "AP8="}, "x": {"$float": "nan"}, "deep": {"a": [1]}},
        {"id": 2, "big": "9223372036854775807", "raw": None, "x": 1.5},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n[1]\n\n" + '{"id": "x"}\n')
    found, faults, plan = read(path, types="id:int64")
    assert found["big"].to_pylist() == [9007199254740993, 9223372036854775807]
    assert found["raw"].to_pylist() == [b"\x00\xff", None]
    assert found["deep"].to_pylist() == ['{"a":[1]}', None]
    assert str(plan.schema.field("x").type) == "double"
    assert [(fault.position, fault.column) for fault in faults] == [(3, ""), (4, "id")]


def test_a_changed_file_is_noticed(tmp_path):
    """Reading a part of a file that is not what was planned stops at once."""
    path = tmp_path / "rows.csv"
    write(path, SIMPLE)
    source = open_source(str(path), {})
    plan = source.plan_read((), RowQuery(), 100)
    path.write_text(path.read_text() + "1\n")
    with pytest.raises(SourceChanged, match="source changed"):
        list(source.read_part(plan, plan.parts[0]))
    path.unlink()
    with pytest.raises(SourceChanged, match="gone"):
        list(source.read_part(plan, plan.parts[0]))


def test_files_of_other_columns_do_not_travel_together(tmp_path):
    """The names of both are told."""
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "b.csv").write_text("y\n1\n")
    with pytest.raises(UsageError, match=r"b\.csv: its columns are not those of a\.csv"):
        read(f"{tmp_path}/*.csv")


def test_a_joined_parquet_file_is_read_by_others(tmp_path):
    """Offsets, statistics and counts are right for another reader of the format."""
    import duckdb

    path = tmp_path / "rows.parquet"
    write(path, SIMPLE)
    assert pq.ParquetFile(path).metadata.num_row_groups == 3
    found = duckdb.sql(f"select count(*), sum(id), min(id) from '{path}' where id >= 500").fetchall()
    assert found == [(500, 374750, 500)]


def test_a_union_becomes_json_text_in_columnar_files(tmp_path):
    """A column of mixed types has no place in Parquet, its values do."""
    union = pa.UnionArray.from_dense(
        pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array([1, 2]), pa.array(["x"])], ["i", "s"]
    )
    write(tmp_path / "rows.parquet", pa.table({"v": union}), parts=1)
    assert read(tmp_path / "rows.parquet")[0]["v"].to_pylist() == ["1", '"x"', "2"]


def test_a_record_larger_than_a_block_is_read(tmp_path):
    """Blocks are small to spare memory, and as large as the longest record needs."""
    path = tmp_path / "rows.csv"
    long = "x" * 5_000_000
    path.write_text(f"id,text\n1,a\n2,{long}\n3,c\n")
    found, faults, _ = read(path)
    assert (found["id"].to_pylist(), [len(text) for text in found["text"].to_pylist()], faults) == (
        [1, 2, 3],
        [1, len(long), 1],
        [],
    )


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_a_file_keeps_which_columns_are_the_key(tmp_path, suffix):
    """A table that is made from the file later has the key that it came with."""
    fields = [pa.field("a", pa.int64(), metadata={b"storedeck.key": b"1"}), pa.field("b", pa.int64())]
    path = tmp_path / f"rows{suffix}"
    write(path, pa.table({"a": [1], "b": [2]}, schema=pa.schema(fields)), parts=1)
    _, _, plan = read(path)
    assert [field.metadata for field in plan.schema] == [{b"storedeck.key": b"1"}, None]
