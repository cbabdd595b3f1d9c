"""The commands over the Ignite sandbox: what one writes another reads, with exact types."""

import json

import pytest

CITY = '{"ID": 1, "COUNTRYCODE": "NLD"}'


def test_profiles_test_shows_its_steps(grid):
    """Each step comes in order with its time."""
    ended = grid("profiles", "test", "grid")
    assert [row["step"] for row in ended.rows] == ["resolve", "connect", "TLS", "sign in", "list"]
    assert (ended.code, {row["ok"] for row in ended.rows}) == (0, {True})


def test_a_wrong_password_fails_at_sign_in(grid, monkeypatch):
    """The step that fails is named, with advice, and the exit code is 3; the password is not shown."""
    monkeypatch.setenv("GRID_PASSWORD", "WRONG-S3CRET")
    ended = grid("profiles", "test", "grid")
    assert [row["step"] for row in ended.rows if not row["ok"]] == ["sign in"]
    assert ended.code == 3
    assert b"WRONG-S3CRET" not in ended.out + ended.err.encode()
    assert grid("ls", "grid:").code == 3


def test_ls_has_tables_and_caches(grid):
    """The root lists SQL tables and caches by their addresses."""
    found = {row["address"]: row["kind"] for row in grid("ls", "grid:").rows}
    assert (found["grid:sql:PUBLIC/CITY"], found["grid:Accounts"]) == ("table", "cache")
    assert {row["kind"] for row in grid("ls", "grid:sql:PUBLIC").rows} == {"table"}


def test_rows_of_a_table(grid):
    """Filter, columns and order are the server's."""
    where = ("--where", "POPULATION > 9000000", "--columns", "NAME,POPULATION", "--order", "-POPULATION")
    rows = grid("rows", "grid:sql:PUBLIC/CITY", *where, "--limit", "2").rows
    assert [list(row) for row in rows] == [["NAME", "POPULATION"]] * 2
    assert rows[0]["POPULATION"] >= rows[1]["POPULATION"] > 9_000_000


def test_a_cache_has_key_and_value(grid):
    """An object value is a nested object."""
    row = grid("rows", "grid:Orders", "--limit", "1").rows[0]
    assert list(row) == ["key", "value"]
    assert isinstance(row["value"]["customer"]["name"], str)


def test_put_get_delete_of_a_table(grid):
    """A conditional put applies once, a stale one conflicts, and the last value stays."""
    table = "grid:sql:PUBLIC/CITY"
    name = grid("get", table, "--key", CITY).rows[0]["NAME"]
    row = json.dumps({**json.loads(CITY), "NAME": "Renamed"})
    condition = json.dumps({"NAME": name})
    assert grid("put", table, "--row", row, "--if", condition).code == 0
    assert grid("put", table, "--row", row.replace("Renamed", "Other"), "--if", condition).code == 5
    assert grid("get", table, "--key", CITY).rows[0]["NAME"] == "Renamed"
    assert grid("put", table, "--row", json.dumps({**json.loads(CITY), "NAME": name}), "--if", "exists").code == 0


def test_put_without_a_condition_writes_in_any_case(grid):
    """A row that is not there is made, one that is there gets the new values."""
    table, key = "grid:sql:PUBLIC/CITY", {"ID": 777777, "COUNTRYCODE": "NLD"}
    for name in ("New", "Newer"):
        assert grid("put", table, "--row", json.dumps({**key, "NAME": name})).code == 0
        assert grid("get", table, "--key", json.dumps(key)).rows[0]["NAME"] == name
    assert grid("delete", table, "--key", json.dumps(key)).code == 0


def test_put_get_delete_of_a_cache(grid):
    """Without a condition a put writes whether the key is there or not; conditions hold or conflict."""
    key, hinted = '{"$type": "Int", "value": 7}', {"$type": "Int", "value": 7}
    for text in ("first", "second"):
        assert grid("put", "grid:Empty", "--row", json.dumps({"key": hinted, "value": text})).code == 0
    assert grid("get", "grid:Empty", "--key", key).rows == [{"key": 7, "value": "second"}]
    assert grid("put", "grid:Empty", "--row", json.dumps({"key": hinted, "value": "x"}), "--if", "absent").code == 5
    assert grid("delete", "grid:Empty", "--key", key, "--if", '{"value": "first"}').code == 5
    assert grid("delete", "grid:Empty", "--key", key, "--if", '{"value": "second"}').code == 0
    assert grid("get", "grid:Empty", "--key", key).code == 1


def test_plain_json_takes_the_type_of_the_caches_rows(grid):
    """A cache of Long keys is asked for a Long by a bare number; a Decimal value stays a Decimal by its text."""
    assert grid("get", "grid:Orders", "--key", "1").rows[0]["key"] == 1
    row = grid("get", "grid:Accounts", "--key", '"ACC-00001"').rows[0]
    assert grid("put", "grid:Accounts", "--row", json.dumps(row), "--if", json.dumps({"value": row["value"]})).code == 0


def test_exact_values_come_back(grid):
    """What a row showed can be put as it is, and shows the same again."""
    before = grid("rows", "grid:Exact", "--all").rows
    table = {row["key"]: row["value"] for row in before}
    assert table["int64 max"] == str(2**63 - 1)
    assert table["decimal 1.50"] == "1.50"
    assert table["double NaN"] == {"$float": "nan"}


def test_create_takes_what_describe_prints(grid, tmp_path):
    """A table made from another's description has its columns; drop wants its name."""
    definition = tmp_path / "city.json"
    definition.write_bytes(grid("describe", "grid:sql:PUBLIC/CITY", "--format", "json").out)
    assert grid("create", "grid:sql:PUBLIC/TWIN", "--definition", str(definition)).code == 0
    twin = grid("describe", "grid:sql:PUBLIC/TWIN").rows[0]
    assert [column["name"] for column in twin["columns"] if column["key"]] == ["ID", "COUNTRYCODE"]
    assert grid("drop", "grid:sql:PUBLIC/TWIN", "--yes", "CITY").code == 2
    assert grid("drop", "grid:sql:PUBLIC/TWIN", "--yes", "TWIN").code == 0
    assert grid("describe", "grid:sql:PUBLIC/TWIN").code == 1


def test_statements_change_and_read(grid):
    """A change says how many rows it touched, on standard error; a query answers rows."""
    ended = grid("sql", "grid", "UPDATE City SET Population = Population WHERE ID = ?", "--param", "1")
    assert (ended.out, ended.err) == (b"", "1 row affected\n")
    assert grid("sql", "grid", "SELECT COUNT(*) AS n FROM City").rows == [{"N": 4079}]


def test_the_cluster_is_shown(grid):
    """Every node is a row; the other views answer as well."""
    assert len(grid("cluster", "grid", "nodes").rows) == 2
    assert "CITY" in str(grid("cluster", "grid", "caches").out)
    assert {grid("cluster", "grid", view).code for view in ("queries", "transactions")} == {0}


@pytest.mark.parametrize("kind", ["parquet", "arrow", "csv", "tsv", "json", "table"])
@pytest.mark.parametrize("cache", ["Exact", "MixedKeys", "Orders", "Hostile"])
def test_every_sample_cache_has_every_format(grid, tmp_path, kind, cache):
    """Mixed types, nested objects and hostile texts can be written in each format."""
    target = tmp_path / "out"
    ended = grid("rows", f"grid:{cache}", "--all", "--format", kind, "-o", str(target))
    assert (ended.code, ended.error) == (0, "")
    assert target.stat().st_size > 0
