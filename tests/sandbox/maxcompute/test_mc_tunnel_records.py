"""The record framing, against the codecs of the vendor's SDK: each reads what the other writes."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from odps import options
from odps.models import Record, TableSchema
from odps.tunnel.io.reader import TunnelRecordReader
from odps.tunnel.io.writer import BaseRecordWriter

from services.sandbox.maxcompute.tunnel.record_reading import read_records
from services.sandbox.maxcompute.tunnel.record_writing import write_records
from services.sandbox.maxcompute.tunnel.wire import RecordError
from services.sandbox.maxcompute.types import arrow_type, parse_type

DAY = {"sec": 90_061, "nano": 7}
CASES: list[tuple[str, Any, Any]] = [
    ("tinyint", -128, -128),
    ("smallint", 32_767, 32_767),
    ("int", -(2**31), -(2**31)),
    ("bigint", 2**63 - 1, 2**63 - 1),
    ("bigint", -(2**63) + 1, -(2**63) + 1),
    ("float", 0.5, 0.5),
    ("double", 1e308, 1e308),
    ("boolean", True, True),
    ("boolean", False, False),
    ("string", "grün\x00", "grün\x00"),
    ("string", "", ""),
    ("binary", b"\xff\x00", b"\xff\x00"),
    ("decimal(38,18)", Decimal("-12345678901234567890.123456789012345678"), None),
    ("decimal(10,2)", Decimal("0.10"), None),
    ("char(3)", "abc", "abc"),
    ("varchar(5)", "abc", "abc"),
    ("date", date(1969, 12, 31), None),
    ("datetime", datetime(2026, 1, 2, 3, 4, 5, 678_000), None),
    ("timestamp", pd.Timestamp("2026-01-02 03:04:05.123456789"), None),
    ("timestamp_ntz", pd.Timestamp("2026-01-02 03:04:05.123456789"), None),
    ("interval_day_time", pd.Timedelta(seconds=90_061, nanoseconds=7), DAY),
    ("json", {"a": [1, None]}, '{"a": [1, null]}'),
    ("array<bigint>", [1, None, -3], [1, None, -3]),
    ("array<string>", [], []),
    ("map<string,array<int>>", {"a": [1], "b": None}, [("a", [1]), ("b", None)]),
    ("array<datetime>", [datetime(2026, 1, 2)], None),
]


@pytest.fixture(autouse=True)
def _utc() -> Any:
    """The SDK reads and writes times in UTC."""
    zone, antique = options.local_timezone, options.allow_antique_date
    options.local_timezone, options.allow_antique_date = False, True
    yield
    options.local_timezone, options.allow_antique_date = zone, antique


def sdk_schema(*kinds: str) -> TableSchema:
    return TableSchema.from_lists([f"c{number}" for number in range(len(kinds))], list(kinds))


def sdk_stream(schema: TableSchema, rows: list[list[Any]]) -> bytes:
    """The rows as the SDK writes them."""
    out = io.BytesIO()
    writer = BaseRecordWriter(schema, out)
    for row in rows:
        writer.write(Record(schema=schema, values=row))
    writer.close()
    return out.getvalue()


@pytest.mark.parametrize(("kind", "value", "arrow"), CASES)
def test_what_the_sdk_writes_is_read(kind: str, value: Any, arrow: Any) -> None:
    """A value and a NULL of each type arrive as they were."""
    stream = sdk_stream(sdk_schema(kind), [[value], [None]])

    (column,) = read_records(stream, [parse_type(kind)])

    expected = value if arrow is None else arrow
    assert [expected, None] == column.to_pylist()
    assert arrow_type(kind) == column.type


@pytest.mark.parametrize(("kind", "value", "arrow"), CASES)
def test_what_is_written_the_sdk_reads(kind: str, value: Any, arrow: Any) -> None:
    """The SDK finds the value and the NULL, and its checks of checksums and count hold."""
    column = pa.array([value if arrow is None else arrow, None], arrow_type(kind))
    stream = b"".join(write_records([pa.record_batch([column], names=["c0"])], [parse_type(kind)]))

    reader = TunnelRecordReader(sdk_schema(kind), lambda *_, **__: io.BytesIO(stream))

    assert [[value], [None]] == [record.values for record in reader]


def test_structs_go_both_ways() -> None:
    """A struct keeps NULL fields and nested values, written field by field."""
    kind = "struct<a:bigint,b:array<string>,c:timestamp>"
    rows = [{"a": 1, "b": ["x", None], "c": None}, {"a": None, "b": [], "c": pd.Timestamp("2026-01-02 03:04:05.5")}]
    column = pa.array(rows, arrow_type(kind))
    stream = b"".join(write_records([pa.record_batch([column], names=["c0"])], [parse_type(kind)]))

    assert column.equals(read_records(stream, [parse_type(kind)])[0])
    reader = TunnelRecordReader(sdk_schema(kind), lambda *_, **__: io.BytesIO(stream))
    assert [tuple(row.values()) for row in rows] == [tuple(record[0]) for record in reader]


def test_times_before_1970_are_exact() -> None:
    """A nanosecond before the epoch is second -1 and 999,999,999 nanoseconds, and comes back."""
    column = pa.array([-1, -1_000_000_001], pa.int64()).cast(pa.timestamp("ns"))
    stream = b"".join(write_records([pa.record_batch([column], names=["c0"])], [parse_type("TIMESTAMP")]))

    assert column.equals(read_records(stream, [parse_type("TIMESTAMP")])[0])


def test_many_columns_and_rows_keep_their_places() -> None:
    """Fields are numbered by column; what is NULL in one row is not taken from the row before."""
    rows = [[number if number % 3 else None, str(number) if number % 2 else None] for number in range(10_000)]
    stream = sdk_stream(sdk_schema("bigint", "string"), rows)

    numbers, texts = read_records(stream, [parse_type("BIGINT"), parse_type("STRING")])

    assert rows == [list(row) for row in zip(numbers.to_pylist(), texts.to_pylist(), strict=True)]


def test_an_empty_stream_has_no_rows() -> None:
    """A stream of no records is the count 0 and its checksum."""
    stream = b"".join(write_records([], [parse_type("BIGINT")]))

    assert [[]] == [column.to_pylist() for column in read_records(stream, [parse_type("BIGINT")])]


STREAM = sdk_stream(sdk_schema("bigint", "string"), [[1, "one"], [2, "two"]])
KINDS = [parse_type("BIGINT"), parse_type("STRING")]


@pytest.mark.parametrize("kept", range(len(STREAM)))
def test_a_stream_that_ends_early_is_refused(kept: int) -> None:
    """A cut anywhere, between two records too, is an error."""
    with pytest.raises(RecordError):
        read_records(STREAM[:kept], KINDS)


@pytest.mark.parametrize("at", range(len(STREAM)))
def test_a_changed_byte_is_found(at: int) -> None:
    """No byte can change without notice."""
    damaged = bytearray(STREAM)
    damaged[at] ^= 0x11

    with pytest.raises(RecordError):
        read_records(bytes(damaged), KINDS)


def test_a_value_that_does_not_fit_is_refused() -> None:
    """Seven digits are none for DECIMAL(4,2); 300 is no TINYINT."""
    with pytest.raises(RecordError, match="DECIMAL"):
        read_records(sdk_stream(sdk_schema("string"), [["12345.67"]]), [parse_type("DECIMAL(4,2)")])
    with pytest.raises(RecordError, match="TINYINT"):
        read_records(sdk_stream(sdk_schema("bigint"), [[300]]), [parse_type("TINYINT")])


def test_datetimes_are_milliseconds_since_1970() -> None:
    """A DATETIME is read without regard to the zone of this machine."""
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    (column,) = read_records(sdk_stream(sdk_schema("datetime"), [[moment]]), [parse_type("DATETIME")])

    assert [int(moment.timestamp() * 1000)] == column.cast(pa.int64()).to_pylist()
