"""Column values travel with the type code of their column, exactly."""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from ignite_raw import NULL, RawClient, Refusal, string

from services.sandbox.ignite import values
from services.sandbox.ignite.server import IgniteSandbox
from services.sandbox.ignite.values import Timestamp, decode
from services.sandbox.ignite.wire import Reader

DAY = 86_400_000


def query(client: RawClient, sql: str, *args: bytes, page: int = 100) -> list[list[bytes]]:
    """All cells of a statement's first page as typed bytes."""
    head = struct.pack("<ib", 0, 0) + string("PUBLIC") + struct.pack("<ii", page, -1) + string(sql)
    flags = struct.pack("<b6?q?", 0, *[False] * 6, 0, False)
    reader = Reader(client.request(2004, head + struct.pack("<i", len(args)) + b"".join(args) + flags), 8)
    columns, count = reader.int32(), reader.int32()
    return [[values.read_object(reader) for _ in range(columns)] for _ in range(count)]


def codes(cells: list[bytes]) -> list[int]:
    return [cell[0] for cell in cells]


@pytest.fixture
def table(fresh_ignite: Callable[..., IgniteSandbox], request: pytest.FixtureRequest) -> RawClient:
    """A client of a cluster with one table of every column type and one row; the zone may be given."""
    zone = getattr(request, "param", "UTC")
    with RawClient(fresh_ignite(samples=False, timezone=zone).addresses[0]) as client:
        client.handshake()
        query(
            client,
            "CREATE TABLE t (id INT PRIMARY KEY, b BOOLEAN, t TINYINT, s SMALLINT, l BIGINT, r REAL, d DOUBLE, "
            "m DECIMAL(30, 10), v VARCHAR, c CHAR(3), ts TIMESTAMP, dt DATE, tm TIME, u UUID, x BINARY(4))",
        )
        query(
            client,
            "INSERT INTO t VALUES (1, TRUE, -1, 300, 9007199254740993, 1.5, 2.5, 12345678901234567890.0123456789, "
            "'text', 'abc', '2020-01-02 03:04:05.123456789', '2020-01-02', '01:02:03', "
            "'12345678-1234-5678-9abc-def012345678', x'00ff')",
        )
        yield client


def test_each_column_type_has_its_code(table: RawClient) -> None:
    """INT 3, BOOLEAN 8, TINYINT 1 ... DATE 254, also when the row is NULL elsewhere."""
    assert codes(query(table, "SELECT * FROM t")[0]) == [3, 8, 1, 2, 4, 5, 6, 30, 9, 9, 33, 254, 36, 10, 12]
    query(table, "INSERT INTO t (id, l) VALUES (2, 5)")
    assert codes(query(table, "SELECT * FROM t WHERE id = 2")[0]) == [3, 101, 101, 101, 4, *[101] * 10]


def test_values_are_exact(table: RawClient) -> None:
    """No digit is lost, in integers, decimals and nanoseconds."""
    row = [decode(cell) for cell in query(table, "SELECT l, m, ts, u, x, tm FROM t")[0]]
    assert row == [
        9007199254740993,
        Decimal("12345678901234567890.0123456789"),
        Timestamp(1577934245123, 456789),
        UUID("12345678-1234-5678-9abc-def012345678"),
        b"\x00\xff",
        3723000,
    ]


def test_a_date_is_in_the_marshaller_of_the_jvm(table: RawClient) -> None:
    """Code 254, fifteen bytes: the class mark and the milliseconds."""
    cell = query(table, "SELECT dt FROM t")[0][0]
    assert cell == b"\xfe\x0f\0\0\0\x66\x3a\xde\xd5\x40\x97\x66" + struct.pack("<q", 18263 * DAY)


def test_old_dates_are_of_the_julian_calendar(table: RawClient) -> None:
    """The day before 15 October 1582 is the 4th, as Java counts, and an old day is read as it was written."""
    query(table, "INSERT INTO t (id, dt) VALUES (2, '1582-10-15'), (3, '1582-10-04'), (4, '0900-02-28')")
    cells = query(table, "SELECT dt FROM t WHERE id > 1 ORDER BY id")
    gregorian, last, old = (struct.unpack_from("<q", cell, 12)[0] // DAY for (cell,) in cells)
    assert (-141_427, -141_428, -390_747) == (gregorian, last, old)
    query(table, "INSERT INTO t (id, dt) VALUES (5, ?)", cells[2][0])
    assert query(table, "SELECT CAST(dt AS VARCHAR) FROM t WHERE id = 5") == [[string("0900-02-28")]]


@pytest.mark.parametrize("table", ["Asia/Tokyo"], indirect=True)
def test_times_are_in_the_zone_of_the_node(table: RawClient) -> None:
    """A node in Tokyo sends TIME 01:02:03 as -28677000, dates and timestamps nine hours earlier."""
    cells = query(table, "SELECT tm, dt, ts FROM t")[0]
    nine = 9 * 3_600_000
    assert decode(cells[0]) == -28677000
    assert struct.unpack("<q", cells[1][12:])[0] == 18263 * DAY - nine
    assert decode(cells[2]) == Timestamp(1577934245123 - nine, 456789)


def test_arguments_of_every_type_find_their_row(table: RawClient) -> None:
    """Each value sent back as an argument equals its own column."""
    row = query(table, "SELECT * FROM t")[0]
    names = ["id", "b", "t", "s", "l", "r", "d", "m", "v", "c", "ts", "dt", "tm", "u", "x"]
    for name, cell in zip(names, row, strict=True):
        assert query(table, f"SELECT COUNT(*) FROM t WHERE {name} = ?", cell) == [[values.number(4, 1)]], name


def test_types_of_expressions_are_those_of_a_node(table: RawClient) -> None:
    """Sums widen, averages keep, arithmetic takes the wider side; as on a real node."""
    expressions = "COUNT(*), SUM(id), SUM(l), SUM(r), SUM(m), AVG(id), AVG(m), AVG(d), MAX(v), MIN(ts)"
    assert codes(query(table, f"SELECT {expressions} FROM t")[0]) == [4, 4, 30, 6, 30, 3, 30, 6, 9, 33]
    more = "l + id, id / 2, d * 2, r * 2, s + t, id * 1.5, m + 1, 1, 1.5, 'x', NULL, TRUE, 3000000000, CAST('5' AS INT)"
    assert codes(query(table, f"SELECT {more} FROM t")[0]) == [4, 3, 6, 5, 2, 30, 30, 3, 30, 9, 101, 8, 4, 3]


def test_decimals_compare_and_sort_by_value(table: RawClient) -> None:
    """10.5 is above 9.75 whatever the text says; equal values of other scale are equal."""
    query(table, "DELETE FROM t")
    query(table, "INSERT INTO t (id, m) VALUES (1, 10.5), (2, 9.75), (3, -1), (4, 100.000), (5, 0.30)")
    ordered = query(table, "SELECT id FROM t ORDER BY m")
    assert [decode(row[0]) for row in ordered] == [3, 5, 2, 1, 4]
    counts = [
        "SELECT COUNT(*) FROM t WHERE m > 9.8",
        "SELECT COUNT(*) FROM t WHERE m = 100",
        "SELECT COUNT(*) FROM t WHERE m * 2 > 20",
        "SELECT COUNT(*) FROM t WHERE m BETWEEN 0 AND 10",
        "SELECT COUNT(*) FROM t WHERE m + 0.1 = 0.4",
    ]
    assert [decode(query(table, sql)[0][0]) for sql in counts] == [2, 1, 2, 2, 1]
    assert decode(query(table, "SELECT SUM(m) FROM t")[0][0]) == Decimal("119.550")


def test_times_compare_with_text(table: RawClient) -> None:
    """Literals of any precision are brought to the column's form first."""
    conditions = [
        "ts > '2020-01-02'",
        "ts = '2020-01-02 03:04:05.123456789'",
        "dt = DATE '2020-01-02'",
        "tm < '2:00:00'",
        "ts BETWEEN '2020-01-02 03:04:05' AND '2020-01-02 03:04:06'",
        "u = '12345678-1234-5678-9ABC-DEF012345678'",
    ]
    assert [decode(query(table, f"SELECT COUNT(*) FROM t WHERE {c}")[0][0]) for c in conditions] == [1] * 6


def test_casts_to_text_read_as_on_a_node(table: RawClient) -> None:
    """Every type has its text."""
    names = ("ts", "dt", "tm", "m", "d", "b", "x", "u")
    cells = query(table, "SELECT " + ", ".join(f"CAST({name} AS VARCHAR)" for name in names) + " FROM t")[0]
    assert [decode(cell) for cell in cells] == [
        "2020-01-02 03:04:05.123456789",
        "2020-01-02",
        "01:02:03",
        "12345678901234567890.0123456789",
        "2.5",
        "TRUE",
        "00ff",
        "12345678-1234-5678-9abc-def012345678",
    ]


def test_nan_and_infinity_survive_in_a_column(table: RawClient) -> None:
    """DOUBLE keeps what SQLite has no value for."""
    for number, value in ((2, float("nan")), (3, float("inf"))):
        query(table, "INSERT INTO t (id, d) VALUES (?, ?)", values.number(3, number), values.number(6, value))
    found = [row[0] for row in query(table, "SELECT d FROM t WHERE id > 1 ORDER BY id")]
    assert found == [values.number(6, float("nan")), values.number(6, float("inf"))]


@pytest.mark.parametrize("text", ["", "nul\0inside", "\x1b[31m", "\u202e", "x[/]y", "'", "\U0001f600", "a" * 100_000])
def test_text_of_any_kind_survives(table: RawClient, text: str) -> None:
    """Hostile strings come back letter for letter."""
    query(table, "UPDATE t SET v = ? WHERE id = 1", string(text))
    assert query(table, "SELECT v, LENGTH(v) FROM t WHERE v = ?", string(text))[0][0] == string(text)


def test_values_beyond_the_column_are_refused(table: RawClient) -> None:
    """Overflow, precision, scale and length have their own words."""
    for column, value, words in (
        ("t", "200", "Value conversion failed [column=T"),
        ("m", "1.12345678901", "Maximum scale : 10, actual scale: 11"),
        ("x", "x'0011223344'", "too long. Maximum length: 4"),
    ):
        with pytest.raises(Refusal) as caught:
            query(table, f"UPDATE t SET {column} = {value}")
        assert words in caught.value.message


def test_arguments_without_a_type_may_be_null(table: RawClient) -> None:
    """A null argument is NULL."""
    assert query(table, "SELECT ?, v FROM t WHERE ? IS NULL", NULL, NULL) == [[NULL, string("text")]]


HOSTILE_NAMES = [
    "a`b",
    'a"b',
    "x[/]y",
    "\x1b[2J",
    "ü",
    "select",
    "1a",
    "a.b",
    "it's",
    "a:p1",
    "?q",
    "\u202e",
    "nul\0x",
    ";",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_names_like_others(table: RawClient, name: str) -> None:
    """A table, its column and its index may bear any name; SYS shows it as it was given."""
    quoted = '"' + name.replace('"', '""') + '"'
    query(table, f"CREATE TABLE {quoted} (id INT PRIMARY KEY, {quoted} VARCHAR)")
    query(table, f"CREATE INDEX {quoted} ON {quoted} ({quoted})")
    query(table, f"INSERT INTO {quoted} VALUES (1, ?)", string("v"))
    query(table, f"UPDATE {quoted} SET {quoted} = 'w\0x' WHERE {quoted} = ?", string("v"))
    assert query(table, f"SELECT {quoted}.* FROM {quoted}") == [[values.number(3, 1), string("w\0x")]]
    named = "SELECT COLUMN_NAME FROM SYS.TABLE_COLUMNS WHERE TABLE_NAME = ? AND COLUMN_NAME = TABLE_NAME"
    assert query(table, named, string(name)) == [[string(name)]]
    query(table, f"DROP TABLE {quoted}")
    assert query(table, named, string(name)) == []
