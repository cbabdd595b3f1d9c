"""Telling reads from writes."""

from __future__ import annotations

import pytest

from services.queries.classify import is_read

READS = [
    "select 1",
    "SELECT 'delete from t' AS \"drop\" FROM City -- insert",
    "select delete_me from t where note = 'update'",
    "with a as (select 1 x), b as (select x from a) select * from b",
    "(select 1) union all (select 2) order by 1",
    "values (1, 'a'), (2, 'b')",
    "explain select * from t",
    "EXPLAIN PLAN FOR SELECT 1",
    "show tables",
    "select replace(name, 'a', 'b') from t;",
    "select * from t where a = ? and b = ?",
    "select count(*), max(id) from sys.caches",
]
WRITES = [
    "delete from t",
    "with gone as (delete from t returning *) select * from gone",
    "with a as (select 1) insert into t select * from a",
    "insert into t values (1)",
    "update t set a = 1",
    "merge into t (id, a) values (1, 2)",
    "create table t (id int primary key)",
    "drop table t",
    "alter table t add column a int",
    "truncate table t",
    "select * into copy from t",
    "select * from t for update",
    "select nextval('s')",
    "select 1; delete from t",
    "explain analyze delete from t",
    "explain delete from t",
    "kill query '1_2'",
    "call do_it()",
    "set a = 1",
    "copy t to 'file'",
    "grant all on t to u",
    "explain",
    "select 'open",
    "garbage in",
    "",
    "-- nothing",
    "(" * 3000 + "select 1" + ")" * 3000,
]


@pytest.mark.parametrize("text", READS)
def test_pure_reads_are_reads(text: str) -> None:
    """Words in names, quotes and comments make no write."""
    assert is_read(text, "postgres") is True


@pytest.mark.parametrize("text", WRITES, ids=lambda text: text[:40] or "empty")
def test_all_else_is_not_a_read(text: str) -> None:
    """Writes inside reads, several statements, and what cannot be parsed are no reads."""
    assert is_read(text, "postgres") is False


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("set a.b=c", True),
        ("SET", True),
        ("-- why\nset a=1; set b = 'x y'; select 1", True),
        ("set a=1; drop table t", False),
        ("select 1; set a=1", False),
        ("set a=1; select 1; select 2", False),
        ("set a=1\n; insert into t select 1", False),
        ("settle(1)", False),
    ],
)
def test_settings_before_a_read_are_read(text: str, is_one: bool) -> None:
    """Where settings go with a statement they change nothing by themselves."""
    assert is_read(text, "hive") is is_one


def test_an_unknown_dialect_makes_nothing_a_read() -> None:
    """Where the grammar is unknown nothing is promised."""
    assert is_read("select 1", "no such dialect") is False
