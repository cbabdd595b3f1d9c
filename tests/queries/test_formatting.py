"""Laying out statements."""

from __future__ import annotations

import pytest

from services.queries.formatting import laid_out, laid_out_elsewhere

STATEMENTS = (
    ("sqlite", "select 'va;lue' as \"x\", 1.50 from t where a = ? and b in (:one, :two) -- end\nlimit :most"),
    (
        "postgres",
        "with a as (select * from t where x between 1 and 2) select distinct a.* from a join b using (id)",
    ),
    ("mysql", "create table users (team varchar(1024), n int, primary key (team))"),
    (
        "hive",
        "SET a.b=1; insert overwrite table a partition (ds='1') select a.*, b.x as y from a left join b on a.i=1",
    ),
    ("", "select 1; selec nonsense from; -- the end\n"),
)


def test_statements_are_laid_out_and_keep_their_words() -> None:
    """Clauses get lines of their own; names, quotes, numbers, arguments and comments are those that were written."""
    text = (
        "-- top\nselect Name,1.50 n /* hi */ from City c where Population > :m and x != 'a;b' and y in (?, ?);select 2"
    )
    layout = laid_out(text, "postgres")
    assert layout.text.splitlines() == [
        "-- top",
        "SELECT",
        "  Name,",
        "  1.50 AS n /* hi */",
        "FROM City AS c",
        "WHERE",
        "  Population > :m",
        "  AND x <> 'a;b'",
        "  AND y IN (?, ?);",
        "SELECT",
        "  2",
    ]
    assert (layout.count, layout.left) == (2, ())


@pytest.mark.parametrize(("dialect", "text"), STATEMENTS)
def test_laying_out_twice_changes_nothing(dialect: str, text: str) -> None:
    """The second time there is nothing left to do."""
    once = laid_out(text, dialect)
    assert laid_out(once.text, dialect) == once


@pytest.mark.parametrize(
    ("dialect", "text", "why"),
    [
        ("postgres", "select ifnull(a, b) from t", "ifnull would change"),
        ("postgres", "select x::int from t", "x would change"),
        ("hive", "select /*+ mapjoin(b) */ a.x from a join b on a.i = b.i", "a comment would change"),
        ("postgres", "vacuum full t", "it is not understood"),
        ("postgres", "select from where", ""),
        ("postgres", "select 'open", ""),
    ],
)
def test_what_would_change_more_is_left_alone(dialect: str, text: str, why: str) -> None:
    """A statement whose functions, hints or quotes would be others stays, with the reason; the rest is done."""
    layout = laid_out(f"select 1;\n{text}", dialect)
    assert layout.text == f"SELECT\n  1;\n{text}"
    assert [number for number, _ in layout.left] == [2]
    assert why in layout.left[0][1]


async def test_a_process_of_its_own_does_it() -> None:
    """Any text goes there and back."""
    text = "select 'é✓\x1b' as it, ':no' from t where a = :b"
    assert await laid_out_elsewhere(text, "sqlite") == laid_out(text, "sqlite")
