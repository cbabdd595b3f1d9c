"""Every output format gives back the values that went in, and a terminal gets nothing that it would act on."""

import csv
import io
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile import corpus, unsafe_characters

from services.cli.output.opening import make_writer
from services.cli.output.writers import Format
from services.errors import Refused
from services.results.records import BatchReader, unique_names

BIG = 2**63 - 1
SOUND = [text for text in corpus(600, with_huge=False) if not any("\ud800" <= char <= "\udfff" for char in text)]
"""Hostile texts that Arrow can hold: it takes no lone surrogates."""


def batch(**columns):
    return pa.RecordBatch.from_pydict(columns)


def written(kind, *batches, is_terminal=False, numbers=False):
    stream = io.BytesIO()
    writer = make_writer(kind, stream, is_terminal=is_terminal, numbers=numbers)
    for page in batches:
        writer.batch(page)
    writer.close()
    return stream.getvalue()


def json_lines(data):
    return [json.loads(line) for line in data.decode().split("\n") if line]


@pytest.fixture
def typed():
    """A page with values at the edges of JSON."""
    return pa.RecordBatch.from_arrays(
        [
            pa.array([1, BIG, None]),
            pa.array([0.5, float("nan"), float("-inf")]),
            pa.array([Decimal("1.50"), Decimal("-99999999999999999999.01"), None]),
            pa.array([b"\x00\xff", b"", None]),
            pa.array(["a", "", None]),
            pa.array([True, False, None]),
        ],
        names=["long", "double", "decimal", "bytes", "text", "flag"],
    )


def test_json_lines_are_lossless(typed):
    """Integers beyond 2^53 and decimals are texts, bytes and special floats are marked, NULL is null."""
    assert json_lines(written(Format.JSONL, typed)) == [
        {"long": 1, "double": 0.5, "decimal": "1.50", "bytes": {"$bytes": "AP8="}, "text": "a", "flag": True},
        {
            "long": str(BIG),
            "double": {"$float": "nan"},
            "decimal": "-99999999999999999999.01",
            "bytes": {"$bytes": ""},
            "text": "",
            "flag": False,
        },
        {"long": None, "double": {"$float": "-inf"}, "decimal": None, "bytes": None, "text": None, "flag": None},
    ]


def test_json_numbers_are_bare(typed):
    """With `--json-numbers` every digit stands as a number."""
    line = written(Format.JSONL, typed, numbers=True).decode().splitlines()[1]
    assert f'"long":{BIG},' in line
    assert '"decimal":-99999999999999999999.01,' in line


def test_json_is_one_array(typed):
    """JSON holds the same rows as JSON Lines, in one array, also without any row."""
    assert json.loads(written(Format.JSON, typed, typed)) == 2 * json_lines(written(Format.JSONL, typed))
    assert json.loads(written(Format.JSON)) == []


def test_csv_is_read_back():
    """Commas, quotes and line breaks survive; NULL is empty and an empty text is quoted."""
    texts = ["a,b", 'say "x"', "two\nlines", " edge ", "", None]
    data = written(Format.CSV, batch(n=list(range(6)), text=texts)).decode()
    assert [row[1] for row in csv.reader(io.StringIO(data, newline=""))] == ["text", *texts[:5], ""]
    assert data.endswith('4,""\n5,\n')


def test_tsv_keeps_one_line_a_row():
    """Tabs and line breaks are escaped, NULL is told from an empty text."""
    data = written(Format.TSV, batch(text=["a\tb", "c\nd\\n", "", None])).decode()
    assert data == "text\na\\tb\nc\\nd\\\\n\n\n\\N\n"


def test_a_delimited_file_refuses_a_new_column():
    """A later page with a column that the header lacks is an error, not a silent loss."""
    with pytest.raises(Refused, match="column b"):
        written(Format.CSV, batch(a=[1]), batch(a=[1], b=[2]))


@pytest.mark.parametrize("kind", [Format.PARQUET, Format.ARROW])
def test_columnar_files_keep_types(kind, typed):
    """Arrow and Parquet hold the very values."""
    data = written(kind, typed, typed)
    table = pq.read_table(io.BytesIO(data)) if kind is Format.PARQUET else pa.ipc.open_stream(data).read_all()
    expected = pa.Table.from_batches([typed, typed])
    assert table.schema.types == expected.schema.types
    assert repr(table.to_pylist()) == repr(expected.to_pylist())


@pytest.mark.parametrize("kind", [Format.PARQUET, Format.ARROW])
def test_pages_of_different_types_share_one_file(kind):
    """A page of NULLs takes the type of the next; decimals widen; types without a common one become JSON text."""
    pages = [
        pa.RecordBatch.from_arrays([pa.nulls(1), pa.array([Decimal("1.5")]), pa.array([1])], names=["a", "b", "c"]),
        pa.RecordBatch.from_arrays(
            [pa.array(["x"]), pa.array([Decimal("1234.25")]), pa.array(["1"])], names=["a", "b", "c"]
        ),
    ]
    data = written(kind, *pages)
    table = pq.read_table(io.BytesIO(data)) if kind is Format.PARQUET else pa.ipc.open_stream(data).read_all()
    assert table.to_pylist() == [
        {"a": None, "b": Decimal("1.50"), "c": "1"},
        {"a": "x", "b": Decimal("1234.25"), "c": '"1"'},
    ]


def test_a_mixed_column_is_json_in_parquet():
    """A union, which Parquet does not have, becomes JSON text that keeps 1 and "1" apart."""
    union = pa.UnionArray.from_dense(
        pa.array([0, 1], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array([1]), pa.array(["1"])], ["Int", "String"]
    )
    page = pa.RecordBatch.from_arrays([union], names=["value"])
    assert pq.read_table(io.BytesIO(written(Format.PARQUET, page))).to_pylist() == [{"value": "1"}, {"value": '"1"'}]
    assert json_lines(written(Format.JSONL, page)) == [{"value": 1}, {"value": "1"}]


def test_hostile_text_is_raw_in_json_lines():
    """Data in a pipe is exact, whatever it holds."""
    assert [row["v"] for row in json_lines(written(Format.JSONL, batch(v=SOUND)))] == SOUND


@pytest.mark.parametrize("kind", [Format.TABLE, Format.JSONL, Format.JSON, Format.CSV, Format.TSV])
def test_a_terminal_gets_no_control_character(kind):
    """On a terminal no format lets a value or a column name act."""
    texts = SOUND[:90]
    rows = batch(**{f"{text[:20]}{place}": [text] for place, text in enumerate(texts)})
    for page in (batch(v=SOUND), rows):
        text = written(kind, page, is_terminal=True).decode()
        for allowed in ("\x1b[1m", "\x1b[0m"):  # the bold header of the table
            text = text.replace(allowed, "")
        assert unsafe_characters(text.replace("\n", "").replace("\t", "")) == set()


def test_a_table_shows_null_and_empty_apart():
    """NULL, absent and empty text look different."""
    stream = io.BytesIO()
    writer = make_writer(Format.TABLE, stream, is_terminal=False, numbers=False)
    for record in ({"v": None}, {}, {"v": ""}, {"v": "text"}):
        writer.record({"n": 1} | record)
    writer.close()
    cells = [line.split()[1:] for line in stream.getvalue().decode().splitlines()[2:]]
    assert cells == [["∅"], [], ['""'], ["text"]]


def test_equal_names_are_told_apart():
    """A statement may answer two columns of one name; no value is lost."""
    assert unique_names(["a", "a", "b", "a"]) == ["a", "a_2", "b", "a_3"]
    page = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert list(BatchReader().records(page)) == [{"a": 1, "a_2": 2}]


def test_nothing_grows_with_the_number_of_pages():
    """Text formats hand each page on; nothing of it stays in the writer."""
    stream = io.BytesIO()
    writer = make_writer(Format.JSONL, stream, is_terminal=False, numbers=False)
    writer.batch(batch(a=[1]))
    after_one = stream.tell()
    writer.batch(batch(a=[2]))
    assert (after_one, stream.getvalue()) == (len(b'{"a":1}\n'), b'{"a":1}\n{"a":2}\n')


def test_a_terminal_shows_as_many_columns_as_fit(monkeypatch):
    """A wide row is not squeezed: columns that do not fit are left out, and their number is said."""
    monkeypatch.setenv("COLUMNS", "80")
    page = batch(**{f"column_{number}": ["x" * 20] for number in range(10)})
    header, _, row = written(Format.TABLE, page, is_terminal=True).decode().splitlines()
    assert row.split() == ["x" * 20] * 2
    assert "+8 columns" in header
    assert written(Format.TABLE, page).decode().splitlines()[2].split() == ["x" * 20] * 10
