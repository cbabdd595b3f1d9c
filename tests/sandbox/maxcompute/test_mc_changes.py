"""Definitions and changes of rows, by SQL and by the SDK's own functions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from odps import ODPS
from odps.errors import NoSuchTable, ODPSError

from services.sandbox.maxcompute.model import Table
from services.sandbox.maxcompute.server import MaxComputeSandbox

Query = Callable[[str], list[list[object]]]


def table(sandbox: MaxComputeSandbox, name: str = "t") -> Table:
    """A table of the sandbox's project."""
    return sandbox.warehouse.project("sandbox").table(name)


def test_the_sdk_makes_a_table(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """Columns, partition keys, comment and lifecycle are those that were asked for."""
    writer.create_table("T", ("id bigint not null comment 'the \"id\"', v decimal(10,2)", "pt string"), comment="c",
                        lifecycle=3, if_not_exists=True)  # fmt: skip
    made = table(bare)
    assert [("id", "BIGINT", False), ("v", "DECIMAL(10,2)", True)] == [
        (column.name, column.type, column.nullable) for column in made.columns
    ]
    assert ('the "id"', "c", 3) == (made.columns[0].comment, made.comment, made.lifecycle)


def test_a_table_of_that_name_is_there(writer: ODPS) -> None:
    """A second table of a name is refused, unless it is said to be all the same."""
    writer.execute_sql("CREATE TABLE t (id BIGINT)")
    with pytest.raises(ODPSError, match="Table already exists"):
        writer.execute_sql("CREATE TABLE t (id BIGINT)")
    writer.execute_sql("CREATE TABLE IF NOT EXISTS t (id BIGINT)")


def test_tables_from_others(bare: MaxComputeSandbox, writer: ODPS, query: Query) -> None:
    """LIKE takes the definition, AS SELECT the rows."""
    writer.execute_sql("CREATE TABLE t (id BIGINT COMMENT 'x', v STRING)")
    writer.execute_sql("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    writer.execute_sql("CREATE TABLE u LIKE t LIFECYCLE 5")
    writer.execute_sql("CREATE TABLE w AS SELECT id, concat(v, '!') AS v FROM t WHERE id = 2")
    assert (table(bare).columns, 5) == (table(bare, "u").columns, table(bare, "u").lifecycle)
    assert [[2, "b!"]] == query("SELECT * FROM w")


def test_columns_are_added_renamed_and_dropped(bare: MaxComputeSandbox, writer: ODPS, query: Query) -> None:
    """Rows keep what is in the columns that stay."""
    writer.execute_sql("CREATE TABLE t (id BIGINT, v STRING)")
    writer.execute_sql("INSERT INTO t VALUES (1, 'a')")
    made = writer.get_table("t")
    made.add_columns("n int comment 'new'")
    made.rename_column("v", "w")
    made.delete_columns("n")
    assert [[1, "a"]] == query("SELECT id, w FROM t")
    writer.execute_sql("ALTER TABLE t CHANGE COLUMN w w VARCHAR(9) COMMENT 'narrow'")
    assert ("VARCHAR(9)", "narrow") == (table(bare).columns[1].type, table(bare).columns[1].comment)
    assert 4 == table(bare).schema_version


def test_properties_of_a_table_are_changed(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """Lifecycle, comment, owner and name."""
    writer.execute_sql("CREATE TABLE t (id BIGINT)")
    made = writer.get_table("t")
    made.set_lifecycle(9)
    made.set_comment("it's")
    made.set_owner("RAM$other")
    made.rename("u")
    changed = table(bare, "u")
    assert (9, "it's", "RAM$other") == (changed.lifecycle, changed.comment, changed.owner)
    with pytest.raises(NoSuchTable):
        writer.execute_sql("SELECT * FROM t")


def test_partitions_come_and_go(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """Partitions are added, renamed, emptied and dropped."""
    writer.create_table("t", ("id bigint", "pt string, region string"))
    made = writer.get_table("t")
    made.create_partition("pt=1,region='a b'")
    writer.execute_sql("ALTER TABLE t ADD PARTITION (pt='2', region='x') PARTITION (pt='3', region='x')")
    writer.execute_sql("INSERT INTO t PARTITION (pt='2', region='x') VALUES (1)")
    writer.execute_sql("ALTER TABLE t PARTITION (pt='2', region='x') RENAME TO PARTITION (pt='9', region='x')")
    assert ["pt=1/region=a b", "pt=3/region=x", "pt=9/region=x"] == [part.name for part in table(bare).partitions()]
    made.truncate(partition_spec="pt=9,region=x")
    assert 0 == table(bare).record_num
    made.delete_partition("pt=1,region='a b'")
    made.delete_partition("pt=1,region='a b'", if_exists=True)
    assert 2 == len(table(bare).partitions())
    with pytest.raises(ODPSError, match=r"ODPS-0110061.*does not exist"):
        made.delete_partition("pt=1,region='a b'")


def test_inserts_into_partitions(bare: MaxComputeSandbox, writer: ODPS, query: Query) -> None:
    """A partition is named, or its values come with the rows; OVERWRITE replaces what was there."""
    writer.create_table("t", ("id bigint, v string", "pt string"))
    writer.execute_sql("INSERT INTO TABLE t PARTITION (pt='1') VALUES (1, 'a'), (2, NULL)")
    writer.execute_sql("INSERT INTO t PARTITION (pt='1') (id) SELECT 3")
    writer.execute_sql("INSERT INTO TABLE t PARTITION (pt) SELECT id, v, concat('d', id) FROM t WHERE id < 3")
    assert [["1", 3], ["d1", 1], ["d2", 1]] == query("SELECT pt, count(*) FROM t GROUP BY pt ORDER BY pt")
    writer.execute_sql("INSERT OVERWRITE TABLE t PARTITION (pt='1') SELECT 9, 'z'")
    assert [[9, "z"]] == query("SELECT id, v FROM t WHERE pt = '1'")


def test_values_take_the_columns_types(writer: ODPS, query: Query) -> None:
    """What is inserted is cast to the types of the columns."""
    writer.execute_sql("CREATE TABLE t (d DECIMAL(10,2), s STRING, a ARRAY<BIGINT>, m MAP<STRING,INT>, b BOOLEAN)")
    writer.execute_sql("INSERT INTO t SELECT 1.5, 7, array(1, 2), map('k', 1), true")
    assert [[Decimal("1.50"), "7", [1, 2], {"k": 1}, True]] == query("SELECT * FROM t")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("INSERT INTO t VALUES (1, 'a', 3)", "wrong columns count 3 in data source, requires 2"),
        ("INSERT INTO t VALUES (NULL, 'a')", "column id cannot be null"),
        ("INSERT INTO t VALUES ('x', 'a')", "ODPS-0123144"),
        ("UPDATE t SET v = 'x'", "not a transactional table"),
        ("ALTER TABLE t ADD COLUMNS (id BIGINT)", "there already"),
        ("CREATE TABLE u (id BIGINT, PRIMARY KEY (id))", "only a transactional table has a primary key"),
        ("CREATE TABLE u (id BIGINT, ID STRING)", "duplicate column"),
        ("DROP VIEW t", "Table not found"),
        ("ALTER TABLE t ADD PARTITION (pt='1')", "does not fit the partition keys"),
        ("TRUNCATE TABLE t nonsense", "ODPS-0130161"),
    ],
)
def test_what_cannot_be_is_refused(writer: ODPS, sql: str, words: str) -> None:
    """The job fails with the reason, and nothing is changed."""
    writer.execute_sql("CREATE TABLE t (id BIGINT NOT NULL, v STRING)")
    with pytest.raises(ODPSError, match=words):
        writer.execute_sql(sql)
    assert 0 == writer.get_table("t").record_num


def test_rows_of_a_transactional_table_are_changed_by_key(writer: ODPS, query: Query) -> None:
    """A second row of a key takes the place of the first; UPDATE, DELETE and MERGE change rows."""
    writer.execute_sql(
        "CREATE TABLE t (id BIGINT NOT NULL, v STRING, PRIMARY KEY (id)) TBLPROPERTIES ('transactional'='true')"
    )
    writer.execute_sql("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    writer.execute_sql("INSERT INTO t VALUES (2, 'B')")
    writer.execute_sql("UPDATE t SET v = concat(v, '!') WHERE id >= 2")
    writer.execute_sql("DELETE FROM t WHERE id = 3")
    assert [[1, "a"], [2, "B!"]] == query("SELECT * FROM t ORDER BY id")
    writer.execute_sql(
        "MERGE INTO t USING (SELECT 2 AS id, 'm' AS v UNION ALL SELECT 9, 'n') s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v)"
    )
    assert [[1, "a"], [2, "m"], [9, "n"]] == query("SELECT * FROM t ORDER BY id")


def test_changes_stay_in_their_partitions(bare: MaxComputeSandbox, writer: ODPS, query: Query) -> None:
    """A change of a partitioned table leaves every row in its partition."""
    writer.execute_sql("CREATE TABLE t (id BIGINT) PARTITIONED BY (pt STRING) TBLPROPERTIES ('transactional'='true')")
    writer.execute_sql("INSERT INTO t PARTITION (pt) VALUES (1, 'a'), (2, 'a'), (3, 'b')")
    writer.execute_sql("DELETE FROM t WHERE id = 2")
    writer.execute_sql("UPDATE t SET id = id * 10 WHERE pt = 'b'")
    assert [[1, "a"], [30, "b"]] == query("SELECT id, pt FROM t ORDER BY id")


def test_views_follow_their_tables(writer: ODPS, query: Query) -> None:
    """A view shows what is in the table now; it is replaced and dropped."""
    writer.execute_sql("CREATE TABLE t (id BIGINT)")
    writer.execute_sql("CREATE VIEW v (number) COMMENT 'x' AS SELECT id FROM t")
    writer.execute_sql("INSERT INTO t VALUES (4)")
    assert [[4]] == query("SELECT * FROM v")
    writer.execute_sql("CREATE OR REPLACE VIEW v AS SELECT id + 1 AS id FROM t")
    assert [[5]] == query("SELECT id FROM v")
    writer.delete_view("v")
    assert not writer.exist_table("v")


def test_schemas_and_functions_by_sql(bare: MaxComputeSandbox, writer: ODPS) -> None:
    """Schemas and functions are made and dropped by statements, too."""
    writer.execute_sql("CREATE SCHEMA IF NOT EXISTS extra")
    writer.execute_sql("CREATE TABLE sandbox.extra.t (id BIGINT)")
    with pytest.raises(ODPSError, match="not empty"):
        writer.execute_sql("DROP SCHEMA extra")
    writer.execute_sql("CREATE FUNCTION f AS 'a.F'")
    assert ["f"] == [function.name for function in writer.list_functions()]
    writer.execute_sql("DROP FUNCTION f")
    assert ["t"] == [found.name for found in bare.warehouse.project("sandbox").tables("extra")]


def test_small_files_are_merged(writer: ODPS, query: Query) -> None:
    """The merge is a job that leaves the rows as they are; it wants a table that is there."""
    writer.create_table("t", ("id bigint", "pt string"))
    writer.execute_sql("INSERT INTO t PARTITION (pt='1') VALUES (1)")
    writer.execute_merge_files("t", partition="pt=1")
    assert [[1, "1"]] == query("SELECT * FROM t")
    with pytest.raises(NoSuchTable):
        writer.execute_merge_files("sandbox.nothing")
