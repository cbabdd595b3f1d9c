"""Rows of SQL tables on a real node, in a zone far from UTC: read, written and compared exactly."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from ignite_clusters import LiveCluster
from live_stores import open_store

from services.stores.changes import Delete, Insert, Result, Update
from services.stores.ignite.store import IgniteStore
from services.stores.types import RowQuery, Statement
from services.times import parse_clock, parse_day, parse_moment
from services.values import Typed

TABLE = "EVERY_TYPE"
PATH = ("sql", "PUBLIC", TABLE)
ZONE = "Asia/Tokyo"
COLUMNS = {
    "TINY": "TINYINT",
    "SMALL": "SMALLINT",
    "BIG": "BIGINT",
    "PLAIN": "INT",
    "FLAG": "BOOLEAN",
    "REALLY": "REAL",
    "TWICE": "DOUBLE",
    "EXACT": "DECIMAL(30, 4)",
    "TEXT": "VARCHAR",
    "DAY": "DATE",
    "CLOCK": "TIME",
    "INSTANT": "TIMESTAMP",
    "UNIQUE_ID": "UUID",
    "RAW": "BINARY",
}
ROW = {
    "TINY": Typed("Byte", -128),
    "SMALL": Typed("Short", 32_767),
    "BIG": Typed("Long", -(2**63)),
    "PLAIN": Typed("Int", 7),
    "FLAG": Typed("Bool", True),
    "REALLY": Typed("Float", 1.5),
    "TWICE": Typed("Double", 0.1),
    "EXACT": Typed("Decimal", Decimal("12345678901234567890123456.5000")),
    "TEXT": Typed("String", "ä世😀 \x1b[31m it's"),
    "DAY": Typed("SqlDate", parse_day("2024-02-29")),
    "CLOCK": Typed("Time", parse_clock("01:02:03")),
    "INSTANT": Typed("Timestamp", parse_moment("2024-02-29 23:59:59.123456789", ZONE)),
    "UNIQUE_ID": Typed("UUID", UUID("01234567-89ab-cdef-fedc-ba9876543210")),
    "RAW": Typed("ByteArray", b"\0\1\xff"),
}
OTHER = {
    "DAY": Typed("SqlDate", parse_day("1969-12-31")),
    "CLOCK": Typed("Time", parse_clock("23:59:59")),
    "INSTANT": Typed("Timestamp", parse_moment("1969-12-31 23:59:59.999999999", ZONE)),
    "EXACT": Typed("Decimal", Decimal("-0.0001")),
}


@pytest.fixture(scope="module")
def store(secure_node: LiveCluster) -> Iterator[IgniteStore]:
    """A store over TLS on the node in Tokyo's zone, with a table of every type."""
    opened = open_store(secure_node)
    columns = [{"name": "ID", "type": "INT", "key": True}]
    columns += [{"name": name, "type": sql_type} for name, sql_type in COLUMNS.items()]
    opened.create(PATH, {"columns": columns})
    yield opened
    opened.drop(PATH)
    opened.close()


def key(number: int) -> dict[str, Typed]:
    """The key of a row."""
    return {"ID": Typed("Int", number)}


def results(store: IgniteStore, *changes: Any) -> list[tuple[Result, str]]:
    """What became of the changes."""
    return [(outcome.result, outcome.message) for outcome in store.apply(changes)]


def single(store: IgniteStore, text: str, *arguments: object) -> object:
    """The only cell of a statement's answer, as Arrow gives it to Python."""
    (page,) = store.run_sql(Statement(text, arguments))
    assert page.batch is not None
    assert (page.batch.num_rows, page.batch.num_columns) == (1, 1)
    return page.batch.column(0)[0].as_py()


def test_a_row_of_every_type_comes_back_as_written(store: IgniteStore) -> None:
    """What is inserted is read again, value by value and type by type."""
    assert results(store, Insert(PATH, key(1), ROW)) == [(Result.APPLIED, "")]
    assert store.read_keys(PATH, [key(1)]) == [key(1) | ROW]


def test_the_server_means_the_same_times(store: IgniteStore) -> None:
    """The node itself shows the written times as they were meant, in its own zone."""
    store.put(PATH, key(2) | ROW)
    texts = "CAST(DAY AS VARCHAR) || ' ' || CAST(CLOCK AS VARCHAR) || ' ' || CAST(INSTANT AS VARCHAR)"
    shown = single(store, f"SELECT {texts} FROM {TABLE} WHERE ID = 2")
    assert shown == "2024-02-29 01:02:03 2024-02-29 23:59:59.123456789"


def test_times_before_1970_are_exact(store: IgniteStore) -> None:
    """Times before the epoch keep their day and their nanoseconds."""
    store.put(PATH, key(3) | ROW | OTHER)
    assert store.read_keys(PATH, [key(3)]) == [key(3) | ROW | OTHER]
    shown = single(store, f"SELECT CAST(DAY AS VARCHAR) || ' ' || CAST(INSTANT AS VARCHAR) FROM {TABLE} WHERE ID = 3")
    assert shown == "1969-12-31 1969-12-31 23:59:59.999999999"


@pytest.mark.parametrize("day", ["0001-01-01", "1500-02-28", "1582-10-04", "1582-10-15", "1900-01-01", "9999-12-31"])
def test_a_far_day_is_the_day_the_server_shows(store: IgniteStore, day: str) -> None:
    """A DATE far away is read as the day the node writes, and written as the day it was."""
    store.put(PATH, key(4) | ROW | {"DAY": Typed("SqlDate", parse_day(day))})
    assert single(store, f"SELECT CAST(DAY AS VARCHAR) FROM {TABLE} WHERE ID = 4") == day
    list(store.run_sql(Statement(f"UPDATE {TABLE} SET DAY = DATE '{day}' WHERE ID = 4")))
    (row,) = store.read_keys(PATH, [key(4)])
    assert row is not None
    assert row["DAY"] == Typed("SqlDate", parse_day(day))


def test_nulls_come_back_as_null(store: IgniteStore) -> None:
    """A row may be NULL in every column but its key."""
    nulls = {name: Typed("Null", None) for name in ROW}
    assert results(store, Insert(PATH, key(5), nulls)) == [(Result.APPLIED, "")]
    (row,) = store.read_keys(PATH, [key(5)])
    assert row is not None
    assert row == key(5) | nulls


@pytest.mark.parametrize("column", sorted(ROW.keys() - {"REALLY"}))
def test_an_update_sees_a_change_in_any_column(store: IgniteStore, column: str) -> None:
    """An update whose row still reads the same applies; when one column changed it conflicts."""
    store.put(PATH, key(6) | ROW)
    update = Update(PATH, key(6), ROW, {"PLAIN": Typed("Int", 8)})
    other = {**ROW, column: OTHER.get(column, Typed("Null", None))}
    store.put(PATH, key(6) | other)
    (conflict,) = store.apply([update])
    assert (conflict.result, conflict.current) == (Result.CONFLICT, key(6) | other)
    store.put(PATH, key(6) | ROW)
    assert results(store, update) == [(Result.APPLIED, "")]


def test_a_delete_of_a_row_with_nulls_applies(store: IgniteStore) -> None:
    """NULL compares as NULL when a row is deleted as it was read."""
    before = {**ROW, "TEXT": Typed("Null", None), "DAY": Typed("Null", None)}
    store.put(PATH, key(7) | before)
    assert results(store, Delete(PATH, key(7), before)) == [(Result.APPLIED, "")]
    assert store.read_keys(PATH, [key(7)]) == [None]


def test_pages_hold_every_type(store: IgniteStore) -> None:
    """Reading the table by pages gives the same exact values as reading by key."""
    store.put(PATH, key(8) | ROW)
    (page,) = [page for page in store.read_rows(PATH, RowQuery(where="ID = 8")) if page.batch.num_rows]
    cells = {field.name: store.typed_cell(field, page.batch.column(field.name), 0) for field in page.batch.schema}
    assert cells == key(8) | ROW


def test_arguments_are_bound_not_pasted(store: IgniteStore) -> None:
    """An argument with a quote stays one value; a date argument is compared as a date."""
    store.put(PATH, key(9) | ROW)
    text, day = "ä世😀 \x1b[31m it's", parse_day("2024-02-29")
    found = single(store, f"SELECT ID FROM {TABLE} WHERE TEXT = ? AND DAY = ? AND ID = ?", text, day, 9)
    assert found == 9
