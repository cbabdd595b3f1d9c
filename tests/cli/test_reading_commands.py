"""`ls`, `describe`, `rows`, `get` and `sql` over the in-memory store."""

import json

import pyarrow.parquet as pq
import pytest


def test_ls_lists_all_that_has_an_address(cli):
    """The root lists schemas and tables; each has a name, a kind and an address that leads to it."""
    rows = cli("ls", "mem:").rows
    assert ("people", "table", "mem:main/people") in [(row["name"], row["kind"], row["address"]) for row in rows]
    assert all(cli("describe", row["address"]).code == 0 for row in rows)


def test_describe_tells_columns_in_the_stores_words(cli):
    """Columns have a name, a type in the store's words and whether they are of the key."""
    described = json.loads(cli("describe", "mem:people", "--format", "json").out)
    assert [column for column in described["columns"] if column["key"]] == [
        {"name": "id", "type": "Int", "key": True, "nullable": False}
    ]
    assert described["count"] == {"rows": 30, "kind": "exact"}


def test_rows_are_objects_by_column_name(cli):
    """One object a row; NULL is null, an absent column is absent."""
    rows = cli("rows", "mem:people", "--all").rows
    assert [row["id"] for row in rows] == list(range(1, 31))
    assert {("note" in row, row.get("note")) for row in rows[:5]} >= {(False, None), (True, None), (True, "")}


def test_columns_are_chosen_in_order(cli):
    """Only the named columns come, in the order named."""
    assert list(cli("rows", "mem:people", "--columns", "city,id", "--limit", "1").rows[0]) == ["city", "id"]


def test_a_limit_is_kept(cli):
    """No more rows than asked for, and none for zero."""
    assert len(cli("rows", "mem:people", "--limit", "7").rows) == 7
    assert cli("rows", "mem:people", "--limit", "0").rows == []


def test_a_cut_by_the_default_limit_is_said(cli):
    """Without a limit the first 1000 rows come, and that there are more is told."""
    ended = cli("rows", "mem:numbers")
    assert len(ended.rows) == 1000
    assert "the first 1,000 rows" in ended.err
    assert "note" not in cli("rows", "mem:people").err


def test_get_reads_one_row(cli):
    """The key is an object of its columns, or the bare value."""
    row = cli("get", "mem:people", "--key", '{"id": 3}').rows[0]
    assert row["name"] == cli("get", "mem:people", "--key", "3").rows[0]["name"]


def test_sql_streams_rows(cli):
    """A statement's rows come as objects by the names of its columns."""
    assert cli("sql", "mem", "SELECT id, id * 2 AS twice FROM numbers LIMIT 3").rows == [
        {"id": 0, "twice": 0},
        {"id": 1, "twice": 2},
        {"id": 2, "twice": 4},
    ]


def test_sql_takes_parameters(cli):
    """Values are bound in order, one an option or several in an array."""
    one_by_one = cli("sql", "mem", "SELECT ? AS a, ? AS b", "--param", "1", "--param", '"x"').rows
    assert one_by_one == [{"a": 1, "b": "x"}]
    assert cli("sql", "mem", "SELECT ? AS a, ? AS b", "--param", '[1, "x"]').rows == one_by_one


def test_sql_runs_a_file_of_statements(cli, tmp_path):
    """Statements of a file run in order; a semicolon in a text ends none."""
    (tmp_path / "two.sql").write_text("SELECT 'a;b' AS v;\n;\nSELECT 2 AS v;")
    assert cli("sql", "mem", "-f", str(tmp_path / "two.sql")).rows == [{"v": "a;b"}, {"v": 2}]


def test_sql_limit(cli):
    """At most so many rows of a statement are read."""
    assert len(cli("sql", "mem", "SELECT * FROM numbers", "--limit", "5").rows) == 5


def test_output_goes_to_a_file_when_whole(cli, tmp_path):
    """The file holds the rows, standard output nothing, and no other file is left."""
    target = tmp_path / "out" / "people.parquet"
    target.parent.mkdir()
    ended = cli("rows", "mem:people", "--all", "--format", "parquet", "-o", str(target))
    assert (ended.code, ended.out) == (0, b"")
    assert pq.read_table(target).num_rows == 30
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_output_leaves_the_old_file(cli, tmp_path):
    """When reading fails midway the target keeps its former content and no half file is left."""
    cli("profiles", "edit", "mem", "--set", 'faults={"read_rows": {"error": "broke"}}')
    target = tmp_path / "rows.jsonl"
    target.write_text("former")
    assert cli("rows", "mem:people", "--all", "-o", str(target)).code == 1
    assert target.read_text() == "former"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["rows.jsonl"]


def test_stats_are_one_json_line(cli):
    """`--stats` ends standard error with rows, bytes and seconds."""
    ended = cli("rows", "mem:people", "--all", "--stats")
    assert ended.last_json["rows"] == 30
    assert ended.last_json["bytes"] == len(ended.out)


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "tsv", "table"])
def test_every_text_format_has_every_row(cli, kind):
    """All thirty names stand in each format."""
    text = cli("rows", "mem:people", "--all", "--format", kind).out.decode()
    names = [row["name"] for row in cli("rows", "mem:people", "--all").rows]
    assert [name for name in names if name not in text] == []


def test_hostile_rows_come_raw_in_a_pipe(cli):
    """What is not a terminal gets the exact texts."""
    texts = {value for row in cli("rows", "mem:hostile\x1b[1m", "--all").rows for value in row.values()}
    assert "\x1b[31mred\x1b[0m" in texts


def test_hostile_rows_are_safe_in_a_table(cli):
    """A table is made for eyes: it never holds a control character."""
    text = cli("rows", "mem:hostile\x1b[1m", "--all", "--format", "table").out.decode()
    assert "\x1b" not in text
    assert "␛[31mred" in text
