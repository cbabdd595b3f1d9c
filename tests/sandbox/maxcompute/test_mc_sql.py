"""Queries: what they read, which types come out, the functions of the service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from odps import ODPS

from services.sandbox.maxcompute.server import MaxComputeSandbox

Query = Callable[[str], list[list[object]]]


def types_of(client: ODPS, sql: str) -> list[str]:
    """The types of a query's columns."""
    columns = client.execute_sql(sql).get_result_descriptor().schema
    return [str(column.type).upper() for column in columns]


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT 1 + 1", 2),
        ("SELECT 7 / 2", 3.5),
        ("SELECT 'it\\'s' AS x", "it's"),
        ('SELECT "double" AS x', "double"),
        ("SELECT nvl(NULL, 'x')", "x"),
        ("SELECT concat('a', 'b')", "ab"),
        ("SELECT get_json_object('{\"a\": {\"b\": 5}}', '$.a.b')", "5"),
        ("SELECT wm_concat('-', page) FROM visits WHERE visitor < 3 AND dt = '20260101' AND region = 'east'",
         "/page/0-/page/1-/page/2"),
        ("SELECT to_char(cast('2026-03-04 05:06:07' AS DATETIME), 'yyyymmdd hh:mi:ss')", "20260304 05:06:07"),
        ("SELECT dateadd(cast('2026-01-31 00:00:00' AS DATETIME), 1, 'dd')", datetime(2026, 2, 1)),
        ("SELECT datediff(cast('2026-02-01' AS DATE), cast('2026-01-01' AS DATE))", 31),
        ("SELECT max_pt('sales')", "20260104"),
        ("SELECT sum(cast(2 AS BIGINT))", 2),
        ("SELECT if(1 > 0, 'yes', 'no')", "yes"),
        ("SELECT cast('12.345' AS DECIMAL(10,3))", Decimal("12.345")),
        ("SELECT count(*) FROM sales LATERAL VIEW explode(split('a,b', ',')) t AS part WHERE order_id < 3", 6),
        ("SELECT size(array(1, 2, 3))", 3),
    ],
)  # fmt: skip
def test_a_query_computes(look: Query, sql: str, value: object) -> None:
    """The value of an expression."""
    assert [[value]] == look(sql)


def test_times_that_are_asked_for_now(look: Query) -> None:
    """getdate() is a time of now, in whole seconds."""
    [[now, again]] = look("SELECT getdate(), getdate()")
    assert isinstance(now, datetime)
    assert now == again


def test_columns_without_a_name_get_one(reader: ODPS) -> None:
    """Computed columns are counted; of two with one name the second has a number."""
    job = reader.execute_sql(
        "SELECT 1, a.id, b.id, max(a.id) OVER () FROM orders a JOIN orders b ON a.id = b.id LIMIT 1"
    )
    assert ["_c0", "id", "id2", "_c3"] == [column.name for column in job.get_result_descriptor().schema]


def test_columns_keep_their_types(reader: ODPS) -> None:
    """Columns that are handed through have the types of the table; computed ones have their own."""
    sql = "SELECT c_char, c_varchar, c_json, c_datetime, c_timestamp, c_money FROM zoo"
    assert ["CHAR(10)", "VARCHAR(200)", "JSON", "DATETIME", "TIMESTAMP", "DECIMAL(10,2)"] == types_of(reader, sql)
    assert ["STRING", "BIGINT"] == types_of(reader, "SELECT upper(c_varchar) AS c_varchar, sum(id) FROM zoo GROUP BY 1")


def test_a_star_brings_partition_keys(look: Query) -> None:
    """The partition keys come behind the columns."""
    assert [[0, "/page/0", 0.0, "20260101", "east"]] == look("SELECT * FROM visits WHERE visitor = 0 LIMIT 1")


def test_only_partitions_that_fit_are_read(reader: ODPS) -> None:
    """Conditions on partition keys leave the other partitions out."""
    visits = reader.get_table("visits")
    size = {partition.name: partition.size for partition in visits.partitions}
    cases = {
        "dt = '20260102' AND region = 'north'": ["dt='20260102',region='north'"],
        "dt > '20260102' AND region IN ('east', 'west')": [
            "dt='20260103',region='east'",
            "dt='20260103',region='west'",
        ],
        "visitor = 1 AND dt = '20260101' AND region <> 'east'": [
            f"dt='20260101',region='{region}'" for region in ("north", "south", "west")
        ],
        "dt = '20260101' OR visitor = 1": list(size),
    }
    found = {where: reader.execute_sql_cost(f"SELECT * FROM visits WHERE {where}").input_size for where in cases}
    assert {where: sum(size[name] for name in names) for where, names in cases.items()} == found


def test_a_view_is_a_query(look: Query) -> None:
    """A view gives the rows of its query."""
    assert [["east", "north"]] == [[row[0] for row in look("SELECT * FROM sales_by_region ORDER BY region LIMIT 2")]]


def test_queries_over_several_tables(look: Query) -> None:
    """Joins, named queries, unions."""
    sql = """
        WITH few AS (SELECT order_id, amount FROM sales WHERE pt = '20260101' AND order_id < 2)
        SELECT o.id, count(f.order_id) FROM orders o LEFT JOIN few f ON o.id = f.order_id
        WHERE o.id < 3 GROUP BY o.id ORDER BY o.id
    """
    assert [[0, 1], [1, 1], [2, 0]] == look(sql)
    assert 2 == len(look("SELECT id FROM orders WHERE id = 1 UNION ALL SELECT order_id FROM sales WHERE order_id = 1"))


def test_tables_of_other_projects_and_schemas(look: Query) -> None:
    """Names with a project, and with a schema."""
    assert [[3]] == look("SELECT count(*) FROM lab.staging.readings")
    assert [[0]] == look("SELECT count(*) FROM lab.`notes`")


def test_two_parts_mean_a_schema_where_there_are_schemas(reader: ODPS) -> None:
    """In a project with schemas `a.b` is a table of a schema; the session's schema holds for bare names."""
    for sql, schema in (("SELECT count(*) FROM staging.readings", None), ("SELECT count(*) FROM readings", "staging")):
        job = reader.execute_sql(sql, project="lab", default_schema=schema)
        with job.open_reader(tunnel=False) as rows:
            assert 3 == rows[0][0]


def test_every_type_goes_through(reader: ODPS) -> None:
    """All columns of the zoo come back as they lie in the table."""
    job = reader.execute_sql("SELECT * FROM zoo ORDER BY id")
    sandbox_columns = [column.name for column in reader.get_table("zoo").table_schema.columns]
    assert sandbox_columns == [column.name for column in job.get_result_descriptor().schema]


def test_rows_of_a_result_are_those_of_the_table(stocked: MaxComputeSandbox, reader: ODPS) -> None:
    """The result of a whole table has the table's own rows."""
    job = reader.execute_sql("SELECT * FROM zoo ORDER BY id")
    found = stocked.jobs.job("sandbox", job.id).result.rows
    assert found is not None
    table = stocked.warehouse.project("sandbox").table("zoo")
    assert table.arrow_schema == found.schema
    assert str(table.partition().read().to_pylist()) == str(found.to_pylist())


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SHOW TABLES", ["ALIYUN$owner@sandbox:orders", "sales_by_region"]),
        ("SHOW TABLES IN lab.staging", ["readings"]),
        ("SHOW PARTITIONS visits", ["dt=20260101/region=east"]),
        ("SHOW CREATE TABLE orders", ["PRIMARY KEY (`id`)", "'transactional'='true'"]),
        ("SHOW SCHEMAS IN lab", ["default", "staging"]),
        ("SHOW FUNCTIONS", ["shout"]),
        ("DESC sales", ["order_id", "decimal(12,2)", "Partition Columns"]),
        ("DESC sales PARTITION (pt='20260101')", ["Records: 50000"]),
        ("EXPLAIN SELECT * FROM sales", ["200000 records"]),
    ],
)
def test_questions_about_definitions_are_answered_as_text(reader: ODPS, sql: str, words: list[str]) -> None:
    """The answer is a text that holds what was asked for."""
    answer = reader.execute_sql(sql).get_task_result()
    assert [] == [word for word in words if word not in answer]


def test_what_show_create_says_makes_the_table_again(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """The text of a definition, run, gives the same definition."""
    writer.execute_sql(
        "CREATE TABLE t (id BIGINT NOT NULL COMMENT 'it\\'s', s STRUCT<a:INT,b:ARRAY<STRING>>) COMMENT 'c' "
        "PARTITIONED BY (pt STRING) TBLPROPERTIES ('x'='y') LIFECYCLE 7"
    )
    text = writer.execute_sql("SHOW CREATE TABLE t").get_task_result()
    first = bare.warehouse.project("sandbox").table("t")
    writer.delete_table("t")
    writer.execute_sql(text)
    second = bare.warehouse.project("sandbox").table("t")
    assert (first.columns, first.partition_keys, first.properties, first.comment, first.lifecycle) == (
        second.columns,
        second.partition_keys,
        second.properties,
        second.comment,
        second.lifecycle,
    )


def test_an_interval_is_written_out(reader: ODPS) -> None:
    """Days, a time and nanoseconds, with the sign before."""
    job = reader.execute_sql("SELECT c_interval FROM zoo ORDER BY id")
    assert ['"c_interval"', "1 02:03:04.000000005", "-0 00:00:01.000000000", "\\N"] == job.get_task_result().split(
        "\n"
    )[:4]
