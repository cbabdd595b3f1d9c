"""SQL statements through the SDK: definition, change, query, errors, tables as caches."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import islice

import pytest
from pyignite import Client, GenericObjectMeta
from pyignite.datatypes import IntObject, String
from pyignite.datatypes.prop_codes import PROP_NAME, PROP_QUERY_ENTITIES, PROP_SQL_SCHEMA
from pyignite.exceptions import SQLError

from services.sandbox.ignite.server import IgniteSandbox
from services.sandbox.ignite.sql import result_cache


@pytest.fixture
def own(fresh_ignite: Callable[..., IgniteSandbox], connect: Callable[..., Client]) -> Client:
    """A client of an empty cluster of the test's own."""
    return connect(fresh_ignite(samples=False))


def rows(client: Client, sql: str, *args: object, **options: object) -> list[list[object]]:
    """All rows of a statement."""
    with client.sql(sql, query_args=list(args), **options) as cursor:
        return list(cursor)


def refusal(client: Client, sql: str, *args: object) -> str:
    """The text of the error that a statement ends in."""
    with pytest.raises(SQLError) as caught:
        rows(client, sql, *args)
    return str(caught.value)


def test_the_world_has_its_rows(client: Client) -> None:
    """Cities, countries and languages are as many as in the original examples."""
    counts = [rows(client, f"SELECT COUNT(*) FROM {table}") for table in ("City", "Country", "CountryLanguage")]
    assert counts == [[[4079]], [[239]], [[984]]]


def test_the_world_joins(client: Client) -> None:
    """Every city lies in a country, and Amsterdam's is the Netherlands."""
    lost = "SELECT COUNT(*) FROM City c LEFT JOIN Country k ON k.Code = c.CountryCode WHERE k.Code IS NULL"
    joined = "SELECT k.Name FROM City c JOIN Country k ON k.Code = c.CountryCode WHERE c.Name = ?"
    assert (rows(client, lost), rows(client, joined, "Amsterdam")) == ([[0]], [["Netherlands"]])


def test_names_come_first_and_in_upper_case(client: Client) -> None:
    """With field names the first row holds them; unquoted names are upper case."""
    query = 'SELECT ID, Name, Population + 1, ID AS "all" FROM City WHERE ID = 1'
    assert rows(client, query, include_field_names=True)[0] == ["ID", "NAME", "POPULATION + 1", "all"]


@pytest.mark.parametrize("page_size", [1, 7, 100, 300, 5000])
def test_pages_of_any_size_give_all_rows(client: Client, page_size: int) -> None:
    """Whatever the page, every row comes once and in order."""
    found = rows(client, "SELECT ID FROM City WHERE ID <= 300 ORDER BY ID", page_size=page_size)
    assert found == [[number] for number in range(1, 301)]


def test_a_table_lives_from_creation_to_drop(own: Client) -> None:
    """Create, insert, update, merge, delete, alter, index, view, drop."""
    created = rows(own, "CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY, name VARCHAR(5) DEFAULT 'x', n BIGINT)")
    assert created == [[0]]
    assert rows(own, "INSERT INTO t (id, n) VALUES (1, 10), (2, ?), (?, 30)", 20, 3) == [[3]]
    assert rows(own, "UPDATE t SET n = n + 1, name = 'y' WHERE id > 1") == [[2]]
    assert rows(own, "MERGE INTO t (id, name, n) VALUES (1, 'm', 5), (9, 'n', 6)") == [[2]]
    assert rows(own, "DELETE FROM t WHERE id = 2") == [[1]]
    assert rows(own, "SELECT * FROM t ORDER BY id") == [[1, "m", 5], [3, "y", 31], [9, "n", 6]]
    rows(own, "ALTER TABLE t ADD COLUMN (extra DOUBLE, more INT)")
    rows(own, "ALTER TABLE t DROP COLUMN more")
    rows(own, "CREATE INDEX by_name ON t (name DESC, n) INLINE_SIZE 20")
    rows(own, "CREATE VIEW v AS SELECT name, n * 2 AS twice FROM t WHERE n < 10")
    assert rows(own, "SELECT * FROM v ORDER BY twice", include_field_names=True) == [
        ["NAME", "TWICE"],
        ["m", 10],
        ["n", 12],
    ]
    assert rows(own, "SELECT extra FROM t WHERE id = 1") == [[None]]
    for statement in ("DROP VIEW v", "DROP INDEX by_name", "DROP TABLE t"):
        rows(own, statement)
    assert own.get_cache_names() == []


def test_inserting_from_a_query_converts_to_the_columns(own: Client) -> None:
    """INSERT ... SELECT keeps each column's type."""
    rows(own, "CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR)")
    rows(own, "CREATE TABLE b (id BIGINT PRIMARY KEY, v INT)")
    rows(own, "INSERT INTO a VALUES (1, '10'), (2, '20')")
    assert rows(own, "INSERT INTO b (id, v) SELECT id * 10, v FROM a") == [[2]]
    assert rows(own, "SELECT id, v + 1 FROM b ORDER BY id") == [[10, 11], [20, 21]]


def test_an_insert_of_many_keeps_the_new_keys_and_names_the_others(own: Client) -> None:
    """As on a real node: rows with new keys go in, the error lists the keys that were there."""
    rows(own, "CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    rows(own, "CREATE TABLE p (a INT, b VARCHAR, v INT, PRIMARY KEY (a, b))")
    rows(own, "INSERT INTO t VALUES (1, 1), (2, 2)")
    rows(own, "INSERT INTO p VALUES (1, 'x', 1)")
    assert "50000: Failed to INSERT some keys because they are already in cache [keys=[1, 2]]" in refusal(
        own, "INSERT INTO t VALUES (1, 9), (?, 9), (3, 3)", 2
    )
    assert rows(own, "SELECT * FROM t ORDER BY id") == [[1, 1], [2, 2], [3, 3]]
    assert "23000: Failed to INSERT" in refusal(own, "INSERT INTO p VALUES (1, 'x', 2)")


def test_quoted_names_keep_their_case(own: Client) -> None:
    """A quoted table and column are found only as quoted."""
    rows(own, 'CREATE TABLE "mixed Case" ("the Key" INT PRIMARY KEY, "x[/]y" VARCHAR)')
    rows(own, 'INSERT INTO "mixed Case" VALUES (1, ?)', "v")
    assert rows(own, 'SELECT * FROM "mixed Case"', include_field_names=True) == [["the Key", "x[/]y"], [1, "v"]]
    assert 'Table "MIXED" not found' in refusal(own, "SELECT * FROM mixed")


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT * FROM nope", '42000: Failed to parse query. Table "NOPE" not found'),
        ("SELECT nope FROM t", '42000: Failed to parse query. Column "NOPE" not found'),
        ("SELEC 1", "42000: Failed to parse query. Syntax error in SQL statement"),
        ("SELECT (1", "42000: Failed to parse query. Syntax error in SQL statement"),
        ("SELECT 'open", "42000: Failed to parse query. Syntax error in SQL statement"),
        ("", "42000: Failed to parse query."),
        ("SELECT 1; SELECT 2", "0A000: Multiple statements queries are not supported."),
        ("CREATE SCHEMA x", "0A000: Unsupported statement"),
        ("TRUNCATE TABLE t", "0A000: Unsupported statement"),
        ("WITH RECURSIVE r AS (SELECT 1) SELECT * FROM r", "0A000: Recursive CTE"),
        ("INSERT INTO t (id, v) VALUES (1, 'again')", "23000: Failed to INSERT some keys because they are already"),
        (
            "INSERT INTO t (id, v) VALUES (5, 'too long')",
            "23000: Value for a column 'V' is too long. Maximum length: 5",
        ),
        ("INSERT INTO t (id, v) VALUES ('x', 'v')", "0700B: Value conversion failed [column=ID"),
        ("INSERT INTO t (id, v) VALUES (NULL, 'v')", "22004: Null value is not allowed for column 'ID'"),
        ("INSERT INTO t (id) VALUES (1, 2)", "Column count does not match"),
        ("UPDATE t SET id = 5", "42000: SQL UPDATE can't modify key"),
        ("SELECT ?", "50000: Invalid number of query parameters [expected=1, actual=0]"),
        ("SELECT 1 / 0", "Division by zero"),
        ("SELECT CAST('x' AS INT)", "42000: Failed to parse query. Data conversion error"),
        ("SELECT unknown_function(1)", 'Function "UNKNOWN_FUNCTION" not found'),
        ("DROP TABLE nope", "42000: Table doesn't exist: NOPE"),
        ("DROP INDEX nope", "42000: Index doesn't exist: NOPE"),
        ("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "42000: Table already exists: T"),
        ("CREATE TABLE k (id INT)", "42000: No PRIMARY KEY defined"),
        ("CREATE TABLE k (id INT PRIMARY KEY)", "0A000: Table must have at least one non PRIMARY KEY column"),
        ("CREATE TABLE k (id INT PRIMARY KEY, v NOTYPE)", 'Unknown data type: "NOTYPE"'),
        ('CREATE TABLE k (id INT PRIMARY KEY, v INT) WITH "what=1"', "42000: Unsupported parameter: WHAT"),
        ("EXPLAIN DELETE FROM t", "0A000: Explains of update queries are not supported."),
        ("UPDATE t SET v = DEFAULT", "0A000: DEFAULT values are unsupported for UPDATE."),
        ("BEGIN", "BEGIN command is not supported"),
        ("COPY FROM 'x' INTO t (id) FORMAT CSV", "50000: COPY command can only be executed from JDBC or ODBC driver."),
        ("CREATE USER u WITH PASSWORD 'p'", "Ignite security disabled"),
        ("SELECT t.id FROM t, SYS.NODES", "0A000: Normal tables and system views cannot be used"),
    ],
)
def test_refusals_say_what_a_node_says(own: Client, sql: str, wanted: str) -> None:
    """Errors carry the SQLSTATE and the node's words."""
    rows(own, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(5))")
    rows(own, "INSERT INTO t VALUES (1, 'one')")
    assert wanted in refusal(own, sql)
    assert rows(own, "SELECT * FROM t") == [[1, "one"]]


def test_a_statement_of_another_kind_than_asked_is_refused(client: Client) -> None:
    """A SELECT sent as UPDATE is an error."""
    with pytest.raises(SQLError, match="Given statement type does not match"):
        rows(client, "SELECT 1", statement_type=2)


def test_explain_shows_a_plan_and_runs_nothing(own: Client) -> None:
    """EXPLAIN answers one column PLAN."""
    rows(own, "CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    found = rows(own, "EXPLAIN SELECT v FROM t WHERE id = 1", include_field_names=True)
    assert (found[0], "SELECT v FROM t" in found[1][0]) == (["PLAN"], True)


def test_sql_rows_are_cache_entries(own: Client) -> None:
    """A table's rows are read, written and removed through its cache, with objects for values."""
    rows(own, "CREATE TABLE town (id INT PRIMARY KEY, name VARCHAR, people INT)")
    rows(own, "INSERT INTO town VALUES (1, 'Delft', 100), (2, 'Gouda', 70)")
    cache = own.get_cache("SQL_PUBLIC_TOWN")
    delft = cache.get(1, key_hint=IntObject)
    assert (delft.NAME, delft.PEOPLE, cache.get(1), cache.get_size()) == ("Delft", 100, None, 2)
    delft.PEOPLE = 101
    cache.put(1, delft, key_hint=IntObject)
    cache.put(3, delft, key_hint=IntObject)
    assert cache.remove_key(2, key_hint=IntObject)
    assert rows(own, "SELECT id, name, people FROM town ORDER BY id") == [[1, "Delft", 101], [3, "Delft", 101]]
    assert sorted((key, value.PEOPLE) for key, value in cache.scan(page_size=1)) == [(1, 101), (3, 101)]


def test_keys_of_several_columns_are_objects(client: Client) -> None:
    """The sample cities have a key object of id and country."""
    cache = client.get_cache("SQL_PUBLIC_CITY")
    with cache.scan(page_size=20) as cursor:
        found = {(key.ID, key.COUNTRYCODE): value.NAME for key, value in islice(cursor, 20)}
    assert (cache.get_size(), found[1, "NLD"], found[3, "JPN"]) == (4079, "Amsterdam", "Tokyo")


def test_key_and_value_are_columns_too(client: Client) -> None:
    """_KEY and _VAL give the objects of a row."""
    key, value = rows(client, "SELECT _KEY, _VAL FROM City WHERE ID = 1")[0]
    assert (key.ID, key.COUNTRYCODE, value.NAME) == (1, "NLD", "Amsterdam")


class Thing(metaclass=GenericObjectMeta, type_name="demo.Thing", schema=OrderedDict([("a", IntObject), ("b", String)])):
    """The value type of a cache with a query entity."""


def test_caches_with_query_entities_are_tables(own: Client) -> None:
    """What is put as objects is queried as rows, and the other way round."""
    fields = [{"name": "a", "type_name": "java.lang.Integer"}, {"name": "b", "type_name": "java.lang.String"}]
    entity = {
        "key_type_name": "java.lang.Long",
        "value_type_name": "demo.Thing",
        "table_name": "Things",
        "key_field_name": None,
        "value_field_name": None,
        "query_fields": fields,
        "field_name_aliases": [],
        "query_indexes": [],
    }
    cache = own.create_cache({PROP_NAME: "things", PROP_SQL_SCHEMA: "PUBLIC", PROP_QUERY_ENTITIES: [entity]})
    cache.put(1, Thing(a=5, b="five"))
    assert rows(own, "SELECT * FROM Things", include_field_names=True) == [["A", "B"], [5, "five"]]
    assert rows(own, "INSERT INTO Things (_KEY, a, b) VALUES (2, 6, 'six')") == [[1]]
    assert (cache.get(2).b, rows(own, "SELECT _KEY FROM Things ORDER BY _KEY")) == ("six", [[1], [2]])
    cache.destroy()
    assert 'Table "THINGS" not found' in refusal(own, "SELECT * FROM Things")


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("UPPER(Name) || '!'", "AMSTERDAM!"),
        ("CASE WHEN Population > 1000 THEN 'big' ELSE 'small' END", "big"),
        ("COALESCE(NULL, Name)", "Amsterdam"),
        ("NVL2(Name, 1, 2)", 1),
        ("CASEWHEN(ID = 1, 'yes', 'no')", "yes"),
        ("SUBSTRING(Name, 1, 3)", "Ams"),
        ("Name LIKE 'Ams%'", True),
        ("Name LIKE 'ams%'", False),
        ("ID IN (1, 2, 3)", True),
        ("EXISTS (SELECT 1 FROM Country k WHERE k.Code = CountryCode)", True),
        ("(SELECT MAX(k.Population) FROM Country k WHERE k.Code = CountryCode)", 17500000),
        ("EXTRACT(YEAR FROM DATE '2020-05-06')", 2020),
        ("MONTH(TIMESTAMP '2020-05-06 07:08:09')", 5),
        ("7 / 2", 3),
        ("-7 % 3", -1),
        ("LOCATE('ster', Name)", 3),
        ("DATEADD('MONTH', 1, TIMESTAMP '2020-01-31 01:02:03') || ''", "2020-02-29 01:02:03"),
        ("DATEDIFF('DAY', DATE '2020-02-28', DATE '2020-03-01')", 2),
        ("DAYOFWEEK(DATE '2020-01-02')", 5),
        ("DECODE(ID, 1, 'one', 'other')", "one"),
        ("CAST(1.005 AS DECIMAL(10, 2)) || ''", "1.01"),
        ("CAST('abcdef' AS VARCHAR(3))", "abc"),
        ("(ID = 1) || ''", "TRUE"),
        ("GREATEST(1, 2.5) || ''", "2.5"),
        ("LPAD('7', 3, '0')", "007"),
    ],
)
def test_expressions_mean_what_they_mean_on_a_node(client: Client, expression: str, wanted: object) -> None:
    """Functions, conditions, subqueries and integer arithmetic."""
    assert rows(client, f"SELECT {expression} FROM City WHERE ID = 1") == [[wanted]]


def test_queries_of_all_shapes(client: Client) -> None:
    """CTE, derived table, union, group with having, system range."""
    cte = "WITH big (n, p) AS (SELECT Name, Population FROM City WHERE ID < 4) SELECT n FROM big ORDER BY p LIMIT 1"
    derived = "SELECT x.c FROM (SELECT COUNT(*) AS c FROM City WHERE ID < 10) x"
    union = "SELECT ID FROM City WHERE ID = 1 UNION ALL SELECT 7 ORDER BY 1 DESC"
    group = "SELECT CountryCode, COUNT(*) FROM City WHERE ID < 5 GROUP BY CountryCode HAVING COUNT(*) > 1 ORDER BY 1"
    span = "SELECT X FROM SYSTEM_RANGE(2, 4)"
    listed = "SELECT x.C2, x.* FROM (VALUES (1, 'a'), (2, 'b')) x ORDER BY 1 DESC"
    nameless = "SELECT * FROM (SELECT ID + 1, Name FROM City WHERE ID < 3) ORDER BY 1 DESC"
    top = "SELECT TOP 1 ID FROM City ORDER BY ID"
    assert [rows(client, sql) for sql in (listed, nameless, top)] == [
        [["b", 2, "b"], ["a", 1, "a"]],
        [[3, "Rotterdam"], [2, "Amsterdam"]],
        [[1]],
    ]
    assert [rows(client, sql) for sql in (cte, derived, union, group, span)] == [
        [["Rotterdam"]],
        [[9]],
        [[7], [1]],
        [["JPN", 2], ["NLD", 2]],
        [[2], [3], [4]],
    ]


def test_readers_see_a_state_of_their_own(own: Client) -> None:
    """An open cursor goes on over the rows that were there when it began."""
    rows(own, "CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    rows(own, "INSERT INTO t SELECT X, X FROM SYSTEM_RANGE(1, 100)")
    with own.sql("SELECT id FROM t ORDER BY id", page_size=10) as cursor:
        first = next(cursor)
        rows(own, "DELETE FROM t")
        rows(own, "DROP TABLE t")
        assert [first, *cursor] == [[n] for n in range(1, 101)]


def test_a_kept_result_is_not_given_after_a_change(own: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Big results are encoded once, but never outlive a change."""
    monkeypatch.setattr(result_cache, "FEWEST_ROWS", 100)
    rows(own, "CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    rows(own, "INSERT INTO t SELECT X, 1 FROM SYSTEM_RANGE(1, 200)")
    query = "SELECT v FROM t WHERE v < ?"
    before = [rows(own, query, 9, page_size=150), rows(own, query, 9, page_size=70)]
    rows(own, "UPDATE t SET v = 2")
    assert ([len(found) for found in before], before[0] == before[1]) == ([200, 200], True)
    assert rows(own, query, 9, page_size=150) == [[2]] * 200
