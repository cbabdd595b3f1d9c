"""The commands over the Tablestore sandbox: ranges, exact types, conditions, SQL, definitions."""

import json
from collections.abc import Iterator

import pytest

from services.sandbox.tablestore.server import TablestoreSandbox


@pytest.fixture(scope="module")
def instance() -> Iterator[TablestoreSandbox]:
    """An instance that this module's tests may change."""
    with TablestoreSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def ots(cli, instance, monkeypatch):
    """Commands, with a profile `ots`."""
    facts = instance.profile
    monkeypatch.setenv("OTS_TEST_SECRET", facts["secrets"]["access_key_secret"])
    fields = [f"{name}={text}" for name, text in facts.items() if name != "secrets"]
    words = [word for field in fields for word in ("--set", field)]
    assert (
        cli("profiles", "add", "tablestore", "ots", *words, "--secret-env", "access_key_secret=OTS_TEST_SECRET").code
        == 0
    )
    return cli


KEY = '{"region": "emea", "id": 1}'


def test_profiles_test_shows_its_steps(ots, monkeypatch):
    """Each step comes in order; a wrong secret fails at sign in with exit code 3 and is not shown."""
    ended = ots("profiles", "test", "ots")
    assert [row["step"] for row in ended.rows] == ["resolve", "connect", "TLS", "sign in", "list"]
    assert (ended.code, {row["ok"] for row in ended.rows}) == (0, {True})
    monkeypatch.setenv("OTS_TEST_SECRET", "WRONG-S3CRET")
    ended = ots("profiles", "test", "ots")
    assert [row["step"] for row in ended.rows if not row["ok"]] == ["sign in"]
    assert ended.code == 3
    assert b"WRONG-S3CRET" not in ended.out + ended.err.encode()


def test_ls_has_tables_and_indexes(ots):
    """Tables at the root, both kinds of index below their table."""
    assert {"ots:orders", "ots:users"} <= {row["address"] for row in ots("ls", "ots:").rows}
    kinds = {row["address"]: row["kind"] for row in ots("ls", "ots:orders").rows}
    assert kinds == {"ots:orders/@orders_by_customer": "index", "ots:orders/@orders_search": "search index"}


def test_rows_of_a_range(ots):
    """The filter narrows the range and the rows; absent columns are absent, types are kept."""
    rows = ots("rows", "ots:orders", "--where", "region = 'apac' and id <= 20 and note is present").rows
    assert rows
    assert {row["region"] for row in rows} == {"apac"}
    assert all("note" in row and row["id"] <= 20 for row in rows)
    back = ots("rows", "ots:orders", "--where", "region = 'emea'", "--order=-region", "--limit", "2").rows
    assert [row["id"] for row in back] == [60, 59]
    refused = ots("rows", "ots:orders", "--where", "region = emea")
    assert (refused.code, refused.rows) == (2, [])


def test_stats_tell_the_cost(ots):
    """Requests with their ids, and the capacity units that reading and writing used up."""
    stats = ots("rows", "ots:orders", "--all", "--stats").last_json
    assert stats["rows"] == 240
    assert stats["requests"] == len(stats["request_ids"]) > 1
    assert stats["cost"]["read_capacity_units"] > 0
    assert stats["cost"]["write_capacity_units"] == 0


def test_put_get_delete(ots):
    """A conditional put applies once, a stale one is exit code 5 and changes nothing."""
    before = ots("get", "ots:orders", "--key", KEY).rows[0]
    row = json.dumps({**json.loads(KEY), "quantity": 77})
    condition = json.dumps({"quantity": before["quantity"]})
    assert ots("put", "ots:orders", "--row", row, "--if", condition).code == 0
    stale = ots("put", "ots:orders", "--row", row.replace("77", "78"), "--if", condition)
    assert (stale.code, "request id" in stale.err) == (5, True)
    assert ots("get", "ots:orders", "--key", KEY).rows[0] == {**before, "quantity": 77}
    assert ots("delete", "ots:orders", "--key", KEY, "--if", condition).code == 5
    assert ots("delete", "ots:orders", "--key", KEY, "--if", '{"quantity": 77}').code == 0
    assert ots("get", "ots:orders", "--key", KEY).code == 1
    assert ots("put", "ots:orders", "--row", json.dumps({**json.loads(KEY), **before}), "--if", "absent").code == 0


def test_a_new_column_needs_no_declaration(ots):
    """A table without a schema takes any column; the number 1 and the text "1" stay apart."""
    key = {"region": "emea", "id": 500}
    row = {**key, "brand_new": 1, "as_text": "1", "raw": {"$bytes": "AP8="}, "big": 9007199254740993}
    assert ots("put", "ots:orders", "--row", json.dumps(row)).code == 0
    (found,) = ots("get", "ots:orders", "--key", json.dumps(key)).rows
    assert found == {**row, "big": "9007199254740993"}
    found["big"] = {"$type": "Integer", "value": "9007199254740993"}
    assert ots("delete", "ots:orders", "--key", json.dumps(key), "--if", json.dumps(found)).code == 0


def test_sql_needs_a_mapping_and_says_how(ots):
    """The refusal names the statement that makes the mapping; afterwards SQL answers."""
    ended = ots("sql", "ots", "SELECT COUNT(*) AS n FROM users")
    assert ended.code == 1
    statement = ended.err.partition("Run: ")[2].splitlines()[0]
    assert ots("sql", "ots", statement).code == 0
    assert ots("sql", "ots", "SELECT COUNT(*) AS n, COUNT(*) AS n FROM users").out


def test_a_definition_makes_a_table(ots, tmp_path):
    """A table is created from what describe prints, and dropped by its typed name."""
    definition = json.loads(ots("describe", "ots:users", "--format", "json").out)
    file = tmp_path / "users.json"
    file.write_text(json.dumps(definition))
    assert ots("create", "ots:users_copy", "--definition", str(file)).code == 0
    copy = json.loads(ots("describe", "ots:users_copy", "--format", "json").out)
    assert copy["options"] == definition["options"]
    assert [column for column in definition["columns"] if column["key"]] == copy["columns"]
    assert ots("drop", "ots:users_copy", "--yes", "users_copy").code == 0
    assert ots("describe", "ots:users_copy").code == 1
