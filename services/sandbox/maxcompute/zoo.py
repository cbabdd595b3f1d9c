"""A table with a column of every type, and rows at the edges of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.warehouse import Project

_COLUMNS = (
    ("id", "BIGINT"),
    ("c_tinyint", "TINYINT"),
    ("c_smallint", "SMALLINT"),
    ("c_int", "INT"),
    ("c_bigint", "BIGINT"),
    ("c_float", "FLOAT"),
    ("c_double", "DOUBLE"),
    ("c_decimal", "DECIMAL(38,18)"),
    ("c_money", "DECIMAL(10,2)"),
    ("c_string", "STRING"),
    ("c_char", "CHAR(10)"),
    ("c_varchar", "VARCHAR(200)"),
    ("c_binary", "BINARY"),
    ("c_boolean", "BOOLEAN"),
    ("c_date", "DATE"),
    ("c_datetime", "DATETIME"),
    ("c_timestamp", "TIMESTAMP"),
    ("c_timestamp_ntz", "TIMESTAMP_NTZ"),
    ("c_json", "JSON"),
    ("c_array", "ARRAY<STRING>"),
    ("c_map", "MAP<STRING,BIGINT>"),
    ("c_struct", "STRUCT<a:INT,b:STRING,c:ARRAY<DOUBLE>>"),
    ("c_interval", "INTERVAL_DAY_TIME"),
)
_LAST_SECOND = datetime(2026, 12, 31, 23, 59, 59, 999_000, UTC).replace(tzinfo=None)
_NANOSECONDS = 1_767_225_599_123_456_789
_ROWS: tuple[tuple[object, ...], ...] = (
    (
        1,
        127,
        32_767,
        2_147_483_647,
        9_223_372_036_854_775_807,
        1.5,
        1.7976931348623157e308,
        Decimal("99999999999999999999.999999999999999999"),
        Decimal("99999999.99"),
        "Größe 数据 🦓",
        "char",
        "varchar",
        bytes(range(256)),
        True,
        date(9999, 12, 31),
        _LAST_SECOND,
        _NANOSECONDS,
        _NANOSECONDS,
        '{"a": [1, null, "x"]}',
        ["x", None, ""],
        [("k", 1), ("n", None)],
        {"a": 1, "b": "x", "c": [0.5, None]},
        {"sec": 93_784, "nano": 5},
    ),
    (
        2,
        -127,
        -32_767,
        -2_147_483_647,
        -9_223_372_036_854_775_807,
        float("nan"),
        float("-inf"),
        Decimal("-0.000000000000000001"),
        Decimal("-0.01"),
        "",
        "",
        "line\nbreak\ttab \"quotes\" 'single' \\ back",
        b"",
        False,
        date(1970, 1, 1),
        datetime(1970, 1, 1),
        0,
        0,
        "null",
        [],
        [],
        {"a": None, "b": None, "c": None},
        {"sec": -1, "nano": 0},
    ),
    (3, *(None for _ in _COLUMNS[1:])),
)


def zoo(project: Project) -> Table:
    """The table, with rows of large values, of small and empty ones, and of NULL."""
    table = Table(project.name, "zoo", [Column(name, kind) for name, kind in _COLUMNS], comment="Every type")
    columns = [
        pa.array(values, item.type) for values, item in zip(zip(*_ROWS, strict=True), table.arrow_schema, strict=True)
    ]
    table.partition().append(pa.table(columns, schema=table.arrow_schema))
    return table
