"""Completion: what is offered where, how names are found and written."""

from __future__ import annotations

import pytest

from services.queries.completion import Completion, complete
from services.queries.completion_names import KnownNames, KnownTable
from services.stores.types import Column

IGNITE, TABLESTORE, MAXCOMPUTE = "postgres", "mysql", "hive"
CITY = KnownTable("CITY", "table", "PUBLIC", ("sql", "PUBLIC", "CITY"))
USERS = KnownTable("users", "table", "PUBLIC", ("sql", "PUBLIC", "users"))
ORDER = KnownTable("ORDER", "table", "PUBLIC", ("sql", "PUBLIC", "ORDER"))
NODES = KnownTable("NODES", "view", "SYS", ("sql", "SYS", "NODES"))
CACHE = KnownTable("users_cache", "cache", "", ("caches", "users_cache"))
FUNCTION = KnownTable("my_users_udf", "function", "", ("#functions", "my_users_udf"))


@pytest.fixture
def names() -> KnownNames:
    """Tables of two schemas, a cache, a function, and the columns of one table."""
    known = KnownNames()
    known.take_tables([CITY, USERS, ORDER, NODES, CACHE, FUNCTION], ["PUBLIC", "SYS"])
    known.take_columns(CITY.path, [Column("ID", "INT"), Column("Name", "VARCHAR"), Column("POPULATION", "BIGINT")])
    return known


def at_bar(marked: str, names: KnownNames, dialect: str = IGNITE) -> Completion | None:
    """What could be written at the bar in a text."""
    return complete(marked.replace("|", ""), marked.index("|"), names, dialect)


def texts(marked: str, names: KnownNames, dialect: str = IGNITE) -> list[str]:
    """What would be written, best first."""
    found = at_bar(marked, names, dialect)
    return [candidate.text for candidate in found.candidates] if found else []


@pytest.mark.parametrize(
    ("marked", "best"),
    [
        ("sel|", "select"),
        ("SEL|", "SELECT"),
        ("SELECT * FROM ci|", "CITY"),
        ("SELECT * FROM CITY, no|", "SYS.NODES"),
        ("SELECT * FROM CITY JOIN us|", '"users"'),
        ("SELECT * FROM ord|", '"ORDER"'),
        ("INSERT INTO ci|", "CITY"),
        ("UPDATE ci|", "CITY"),
        ("DROP TABLE IF EXISTS ci|", "CITY"),
        ("SELECT po| FROM CITY", "POPULATION"),
        ("SELECT po| FROM city c", "POPULATION"),
        ("SELECT c.| FROM city c", "ID"),
        ("SELECT c.na| FROM city c", '"Name"'),
        ("SELECT city.po| FROM city", "POPULATION"),
        ('SELECT "Na| FROM city', '"Name"'),
        ("SELECT * FROM city WHERE po|", "POPULATION"),
        ("SELECT * FROM city wh|", "when"),
        ("SELECT * FROM city where id = 1 an|", "and"),
        ("UPDATE city SET na|", '"Name"'),
        ("INSERT INTO city (po|", "POPULATION"),
        ("SELECT * FROM sy|", "SYS."),
        ("SELECT * FROM sys.no|", "NODES"),
        ("SELECT * FROM sys.|", "NODES"),
        ("WITH recent AS (SELECT 1) SELECT * FROM re|", "recent"),
        ('WITH "My Q" AS (SELECT 1) SELECT * FROM my|', '"My Q"'),
        ("SELECT big.x, bi| FROM (SELECT 1) big", "big"),
        ("SELECT 1; SELECT po| FROM city; SELECT 2", "POPULATION"),
        ("SELECT cou|", "count"),
        ("SELECT c.* fr| city c", "from"),
        ("ALTER TABLE city ADD COL|", "COLUMN"),
        ("CREATE TABLE t (id BIG|", "BIGINT"),
        ("SELECT CAST(x AS VARC|", "VARCHAR"),
        ("EXPLAIN sel|", "select"),
    ],
)
def test_the_best_comes_first(names: KnownNames, marked: str, best: str) -> None:
    """Where a table, a column, an alias or a key word is wanted, the one meant stands at the top, as it is written."""
    assert texts(marked, names)[:1] == [best]


@pytest.mark.parametrize(
    "marked",
    [
        "SELECT 'ci|'",
        "SELECT 'ci|",
        "SELECT 1 -- ci|",
        "SELECT /* ci| */ 1",
        "SELECT 12|",
        "SELECT 1.|",
        "SELECT :ci|",
        "SELECT $$ci|$$",
    ],
)
def test_texts_comments_numbers_and_arguments_name_nothing(names: KnownNames, marked: str) -> None:
    """There nothing is offered, whatever the letters."""
    assert at_bar(marked, names) is None


@pytest.mark.parametrize(
    ("marked", "opens"),
    [
        ("SELECT * FROM ci|", True),
        ("SELECT * FROM c|", False),
        ("SELECT * FROM |", False),
        ("SELECT c.| FROM city c", True),
        ("SELECT ID AS po|", False),
        ("SELECT * FROM ci|ty", False),
        ('SELECT * FROM "CI|"', True),
    ],
)
def test_it_opens_by_itself_after_two_letters_or_a_dot(names: KnownNames, marked: str, opens: bool) -> None:
    """Not before, not in the middle of a word, not where a new name is made up."""
    found = at_bar(marked, names)
    assert found is not None
    assert found.opens_by_itself is opens


def test_names_that_begin_so_come_before_those_that_hold_it() -> None:
    """Beginning, then a part's beginning, then anywhere, then the letters in order; shorter ones first."""
    names = KnownNames()
    wanted = ["use", "used", "by_user", "because", "u_s_e"]
    tables = [KnownTable(name, "table", "", (name,)) for name in [*reversed(wanted), "other"]]
    names.take_tables(tables, [])
    assert texts("SELECT * FROM use|", names, TABLESTORE) == ["`use`", *wanted[1:]]


def test_two_letters_find_no_scattered_ones(names: KnownNames) -> None:
    """Letters in order with others between count from three letters on, key words only as they begin."""
    assert texts("SELECT * FROM ct|", names) == []
    assert texts("SELECT * FROM cty|", names) == ["CITY"]
    assert "SELECT" not in texts("SLT|", names)


@pytest.mark.parametrize(
    ("dialect", "name", "text"),
    [
        (IGNITE, "CITY", "CITY"),
        (IGNITE, "City", '"City"'),
        (IGNITE, "GROUP", '"GROUP"'),
        (IGNITE, 'A "B"', '"A ""B"""'),
        (IGNITE, "ÄRGER", '"ÄRGER"'),
        (TABLESTORE, "Orders", "Orders"),
        (TABLESTORE, "a-b", "`a-b`"),
        (TABLESTORE, "index", "`index`"),
        (TABLESTORE, "a`b", "`a``b`"),
        (MAXCOMPUTE, "sale_detail", "sale_detail"),
        (MAXCOMPUTE, "date", "`date`"),
        (MAXCOMPUTE, "1st", "`1st`"),
        (MAXCOMPUTE, "x; DROP TABLE y", "`x; DROP TABLE y`"),
        ("", "a b", '"a b"'),
    ],
)
def test_names_are_quoted_where_the_dialect_needs_it(dialect: str, name: str, text: str) -> None:
    """Bare where that means the same name, else in the dialect's quotes, which are doubled inside."""
    names = KnownNames()
    names.take_tables([KnownTable(name, "table", "", (name,))], [])
    assert texts("SELECT * FROM |", names, dialect)[:1] == [text]


@pytest.mark.parametrize("hostile", ["\x1b]0;x\x07", "a\nb", "a\u202eb", "a\u2028b", "a\ud800", "a\x00"])
def test_names_that_an_editor_cannot_show_are_not_offered(hostile: str) -> None:
    """A name with characters that a terminal acts on or that hide would not stand in the statement as it looks."""
    names = KnownNames()
    path = ("t",)
    names.take_tables(
        [KnownTable(hostile, "table", "", (hostile,)), KnownTable("t", "table", hostile, path)], [hostile]
    )
    names.take_columns(path, [Column(hostile, "INT"), Column("good", "\x1b[31m" + "x" * 500)])
    assert (names.tables, names.schemas) == ([], [])
    assert [column.name for column in names.columns(path) or ()] == ["good"]


def test_backquoted_dialects_take_double_quotes_for_texts(names: KnownNames) -> None:
    """There `"ci` is the beginning of a text, and a backquote that of a name."""
    assert at_bar('SELECT * FROM "ci|', names, MAXCOMPUTE) is None
    assert texts("SELECT * FROM `ci|", names, MAXCOMPUTE) == ["`CITY`"]


def test_the_usual_schema_needs_no_mention(names: KnownNames) -> None:
    """A table of another schema is written with it; the profile's schema is the usual one where it says so."""
    assert texts("SELECT * FROM nod|", names) == ["SYS.NODES"]
    other = KnownNames("sys")
    other.take_tables([CITY, NODES], ["PUBLIC", "SYS"])
    assert texts("SELECT * FROM nod|", other) == ["NODES"]
    assert texts("SELECT * FROM cit|", other) == ["PUBLIC.CITY"]


def test_what_a_table_is_shows_beside_it(names: KnownNames) -> None:
    """A candidate tells its type and where it is from."""
    column = at_bar("SELECT po| FROM city", names)
    table = at_bar("SELECT * FROM nod|", names)
    assert column is not None
    assert table is not None
    assert (column.candidates[0].type, column.candidates[0].source) == ("BIGINT", "city")
    assert (table.candidates[0].type, table.candidates[0].source) == ("view", "SYS")


def test_the_stretch_that_is_replaced(names: KnownNames) -> None:
    """It holds the quote that was opened, the one behind the cursor, and the rest of a word."""
    stretches = {
        "SELECT * FROM ci|": "ci",
        'SELECT * FROM "ci|': '"ci',
        'SELECT * FROM "ci|"': '"ci"',
        "SELECT c.po| FROM city c": "po",
        "SELECT c.po|p FROM city c": "pop",
    }
    found = {}
    for marked in stretches:
        completion = at_bar(marked, names)
        assert completion is not None
        found[marked] = marked.replace("|", "")[completion.place.start : completion.place.end]
    assert found == stretches


def test_the_tables_of_the_statement_are_told(names: KnownNames) -> None:
    """Those that are known, wherever they stand, but not what is being typed, and none of other statements."""
    found = at_bar("SELECT * FROM city; SELECT ID| FROM users u, sys.nodes n JOIN nowhere ON 1 = 1", names)
    assert found is not None
    assert found.tables == (USERS, NODES)
    typed = at_bar("SELECT * FROM users|", names)
    assert typed is not None
    assert typed.tables == ()


def test_unknown_names_leave_the_words(names: KnownNames) -> None:
    """Without a store the key words and functions of the dialect are offered all the same."""
    empty = KnownNames()
    assert texts("SELECT * FROM t wher|", empty) == ["where"]
    assert "lateral" in texts("SELECT * FROM t lat|", empty, MAXCOMPUTE)
    assert texts("SELECT * FROM t lat|", empty, TABLESTORE) == []
    assert texts("SELECT SUM(x) OVER (parti|", empty, MAXCOMPUTE)[0] == "partition"


@pytest.mark.parametrize("dialect", ["", IGNITE, TABLESTORE, MAXCOMPUTE, "sqlite"])
def test_no_half_written_statement_is_too_odd(names: KnownNames, dialect: str) -> None:
    """At every place of a tangle of quotes, brackets and dots there is an answer and no error."""
    text = 'WITH a AS (SELECT \'x"\' FROM `b`."c" d, (e)) .. ,, )) SELECT d.* , :x ? FROM f AS "g JOIN ON ; \''
    for offset in range(len(text) + 1):
        found = complete(text, offset, names, dialect)
        assert found is None or found.place.start <= offset <= found.place.end
