"""SQL through the vendor's SDK, and the answers' bytes where the SDK looks away."""

from __future__ import annotations

import pytest
from tablestore import INF_MAX, INF_MIN, OTSClient, OTSServiceError
from tablestore.flatbuffer.dataprotocol.SQLResponseColumns import SQLResponseColumns
from tablestore.protobuf import table_store_pb2
from tablestore_sandbox import refusal

from services.sandbox.tablestore.sql.answers import (
    BINARY,
    BOOLEAN,
    DOUBLE,
    LONG,
    NONE,
    STRING,
    STRING_RLE,
    SqlColumn,
    write_columns,
)

ORDERS = """CREATE TABLE orders (
    region VARCHAR(1024), id BIGINT(20), customer MEDIUMTEXT, quantity BIGINT(20), amount DOUBLE, paid BOOL,
    note MEDIUMTEXT, receipt MEDIUMBLOB, PRIMARY KEY (region, id))"""


def rows(client: OTSClient, query: str) -> list[dict[str, object]]:
    """The rows of a statement."""
    return [dict(row.attribute_columns) for row in client.exe_sql_query(query)[0]]


def answer(client: OTSClient, query: str):
    """The message that answers a statement, and its columns as name and type."""
    kept = []

    def keep(body: bytes, _request_id: str) -> tuple[None, None]:
        kept.append(body)
        return None, None

    client.protocol.decoder.api_decode_map["SQLQuery"] = keep
    client.exe_sql_query(query)
    message = table_store_pb2.SQLQueryResponse.FromString(kept[0])
    if not message.rows:
        return message, None
    columns = SQLResponseColumns.GetRootAs(message.rows)
    parts = [columns.Columns(place) for place in range(columns.ColumnsLength())]
    return message, [(part.ColumnName().decode(), part.ColumnType()) for part in parts]


@pytest.fixture
def sql(writer: OTSClient) -> OTSClient:
    """A client with the mapping table `orders`."""
    writer.exe_sql_query(ORDERS)
    return writer


def test_a_table_without_a_mapping_says_so(writer: OTSClient) -> None:
    """The table is there, SQL does not see it yet."""
    with pytest.raises(OTSServiceError, match="Table 'orders' doesn't exist"):
        writer.exe_sql_query("SELECT * FROM orders")


def test_a_select_sees_the_rows(sql: OTSClient) -> None:
    """Types as mapped; what is missing or of another type is NULL; empty text stays."""
    found = rows(sql, "SELECT * FROM orders WHERE region = 'apac' AND id <= 3 ORDER BY id DESC")
    assert [(row["id"], row["note"], row["paid"]) for row in found] == [
        (3, "", False),
        (2, "leave order 5 at the door", True),
        (1, "", True),
    ]
    mixed = rows(sql, "SELECT count(*) AS n, count(amount) AS doubles FROM orders")
    assert mixed == [{"n": 240, "doubles": 216}]


def test_sql_and_rows_agree(sql: OTSClient) -> None:
    """The same rows by GetRange and by SELECT."""
    by_range = sql.get_range(
        "orders", "FORWARD", [("region", INF_MIN), ("id", INF_MIN)], [("region", INF_MAX), ("id", INF_MAX)]
    )[2]
    wanted = [
        (*(value for _, value in row.primary_key), dict(c[:2] for c in row.attribute_columns)["quantity"])
        for row in by_range
    ]
    found = rows(sql, "SELECT region, id, quantity FROM orders ORDER BY region, id")
    assert [tuple(row.values()) for row in found] == wanted


def test_changes_are_seen_at_once(sql: OTSClient) -> None:
    """A row that went is gone from the next statement."""
    sql.delete_row("orders", [("region", "emea"), ("id", 1)])
    assert rows(sql, "SELECT count(*) AS n FROM orders") == [{"n": 239}]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT id FROM orders", [("id", LONG)]),
        ("SELECT amount, paid, receipt FROM orders", [("amount", DOUBLE), ("paid", BOOLEAN), ("receipt", BINARY)]),
        ("SELECT note FROM orders WHERE id < 0", [("note", STRING)]),
        ("SELECT id, id FROM orders WHERE id < 0", [("id", LONG), ("id", LONG)]),
        ("SELECT count(*) AS n, avg(id) AS a FROM orders WHERE id < 0", [("n", LONG), ("a", DOUBLE)]),
        ("SELECT customer FROM orders", [("customer", STRING_RLE)]),
        ("SELECT 1 AS a, 'x' AS b, NULL AS c", [("a", LONG), ("b", STRING), ("c", NONE)]),
    ],
)
def test_columns_have_types_with_and_without_rows(sql: OTSClient, query: str, wanted: list[tuple[str, int]]) -> None:
    """An empty answer names its columns, too; texts that repeat come as a dictionary."""
    assert answer(sql, query)[1] == wanted


@pytest.mark.parametrize(
    ("query", "kind"),
    [("SELECT 1", 1), ("SHOW TABLES", 3), ("DESCRIBE orders", 4), ("ALTER TABLE orders ADD COLUMN extra BIGINT", 6)],
)
def test_the_kind_of_statement_is_told(sql: OTSClient, query: str, kind: int) -> None:
    """Statements on mappings have no columns."""
    message, columns = answer(sql, query)
    assert (message.type, message.version, columns is None) == (kind, 2, kind == 6)


def test_mappings_are_listed_described_and_dropped(sql: OTSClient) -> None:
    """The mapping goes, the table stays."""
    assert rows(sql, "show tables") == [{"Tables_in_instance": "orders"}]
    described = rows(sql, "DESCRIBE orders")
    assert [row["Field"] for row in described if row["Key"] == "PRI"] == ["region", "id"]
    assert described[1]["Type"] == "bigint(20)"
    sql.exe_sql_query("DROP MAPPING TABLE orders")
    assert rows(sql, "show tables") == []
    assert "orders" in sql.list_table()


@pytest.mark.parametrize(
    "query",
    [
        "SELEC 1", "SELECT nothing FROM orders", "SELECT * FROM unknown", "INSERT INTO orders (id) VALUES (1)",
        "CREATE TABLE nothing (k BIGINT, PRIMARY KEY (k))", "CREATE TABLE users (team BIGINT, PRIMARY KEY (team))",
        "CREATE TABLE users (team VARCHAR(9), PRIMARY KEY (team))", "ALTER TABLE nothing ADD COLUMN x BIGINT",
        "DROP MAPPING TABLE nothing", "", ";", "SELECT " + "(" * 5000,
    ],
)  # fmt: skip
def test_a_wrong_statement_is_refused(sql: OTSClient, query: str) -> None:
    """Syntax, names, types, keys, kinds that are not supported: an error, and the next statement works."""
    assert refusal(sql.exe_sql_query, query)[1] in (400, 404)
    assert rows(sql, "SELECT 1 AS one") == [{"one": 1}]


def test_a_mapping_may_be_over_a_search_index(sql: OTSClient) -> None:
    """It reads the same rows and its cost is that of the search index."""
    sql.exe_sql_query(
        "CREATE TABLE found (region VARCHAR(1024), id BIGINT(20), customer MEDIUMTEXT, PRIMARY KEY (region, id)) "
        """ENGINE='searchindex', ENGINE_ATTRIBUTE='{"index_name": "orders_search", "table_name": "orders"}'"""
    )
    _, tables, searches = sql.exe_sql_query("SELECT count(*) AS n FROM found WHERE customer = 'chen'")
    assert (tables, [name for name, _ in searches]) == ([], ["orders"])


def test_capacity_units_come_by_table(sql: OTSClient) -> None:
    """What was read of each table."""
    _, tables, searches = sql.exe_sql_query("SELECT id FROM orders")
    assert [(name, unit.read > 0) for name, unit in tables] == [("orders", True)]
    assert searches == []


def test_every_type_is_written_with_nulls() -> None:
    """What the SDK's own decoder reads of each kind of column is what went in."""
    from tablestore.flatbuffer.flat_buffer_decoder import flat_buffer_decoder

    columns = [
        SqlColumn("l", LONG, [2**63 - 1, None, -(2**63)]),
        SqlColumn("b", BOOLEAN, [True, None, False]),
        SqlColumn("d", DOUBLE, [0.5, None, -1e300]),
        SqlColumn("s", STRING, ["é", None, ""]),
        SqlColumn("x", BINARY, [b"\x01\x7f", None, b""]),
        SqlColumn("n", NONE, [None, None, None]),
        SqlColumn("r", STRING, ["x", None, "x"]),
    ]
    read = flat_buffer_decoder.format_flat_buffer_columns(SQLResponseColumns.GetRootAs(write_columns(columns, 3)))
    assert dict(read) == {column.name: list(column.values) for column in columns}
    runs = [SqlColumn("r", STRING, ["x", None, "x", "x", "yy", "yy"])]
    root = SQLResponseColumns.GetRootAs(write_columns(runs, 6))
    assert root.Columns(0).ColumnType() == STRING_RLE
    assert dict(flat_buffer_decoder.format_flat_buffer_columns(root)) == {"r": ["x", None, "x", "x", "yy", "yy"]}
