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


def definition(tmp_path, data):
    """A file with a definition."""
    file = tmp_path / "definition.json"
    file.write_text(json.dumps(data))
    return str(file)


def test_alter_shows_was_and_will_before_it_sends(ots, tmp_path):
    """A dry run sends nothing; then one request changes what differs, and doing it again changes nothing."""
    file = definition(tmp_path, {"options": {"max_versions": 4, "allow_update": True}})
    changes = [{"option": "max_versions", "was": 3, "will": 4}]
    shown = ots("alter", "ots:users", "--definition", file, "--dry-run", "--format", "jsonl")
    assert (shown.code, shown.rows) == (0, changes)
    assert "UpdateTable users, max_versions = 4" in shown.err
    assert json.loads(ots("describe", "ots:users", "--format", "json").out)["options"]["max_versions"] == 3
    assert ots("alter", "ots:users", "--definition", file).rows == changes
    assert json.loads(ots("describe", "ots:users", "--format", "json").out)["options"]["max_versions"] == 4
    again = ots("alter", "ots:users", "--definition", file)
    assert (again.code, again.rows) == (0, [])
    assert "nothing to change" in again.err


def test_alter_tells_the_limits_before(ots, tmp_path):
    """A limit of the service is exit code 1 with nothing sent; what is no option is 2; read-only refuses."""
    refused = ots("alter", "ots:orders", "--definition", definition(tmp_path, {"options": {"time_to_live": 60}}))
    assert refused.code == 1
    assert "at least 86,400 seconds" in refused.error
    assert "Nothing was sent" in refused.err
    wrong = ots("alter", "ots:orders", "--definition", definition(tmp_path, {"options": {"sheep": 1}}))
    assert wrong.code == 2
    file = definition(tmp_path, {"options": {"max_versions": 5}})
    assert ots("alter", "ots:users", "--definition", file, "--read-only").code == 1
    assert ots("alter", "ots:users", "--definition", file, "--read-only", "--dry-run").code == 0
    assert ots("alter", "mem:main/people", "--definition", file).code == 1


def test_indexes_are_made_and_dropped(ots, tmp_path):
    """Both kinds by the shape that describe prints, and it prints the same for the copy."""
    for name in ("orders_search", "orders_by_customer"):
        described = json.loads(ots("describe", f"ots:orders/@{name}", "--format", "json").out)
        file = definition(tmp_path, described)
        assert ots("create", f"ots:orders/@copy_{name}", "--definition", file).code == 0
        copy = json.loads(ots("describe", f"ots:orders/@copy_{name}", "--format", "json").out)
        assert (copy["kind"], copy["options"]) == (described["kind"], described["options"])
        assert len(ots("rows", f"ots:orders/@copy_{name}", "--all").rows) == len(
            ots("rows", f"ots:orders/@{name}", "--all").rows
        )
        assert ots("drop", f"ots:orders/@copy_{name}", "--yes", f"@copy_{name}").code == 0
        assert ots("describe", f"ots:orders/@copy_{name}").code == 1


def change_set(tmp_path, *lines):
    """A file of changes."""
    file = tmp_path / "changes.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(file)


def order(op, number, region="emea", **more):
    """A change of an order."""
    return {"op": op, "address": "ots:orders", "key": {"region": region, "id": number}, **more}


def test_steps_are_applied_from_a_file(ots, tmp_path):
    """An increment and the deletion of one version, with the row as read; a second time the increment conflicts."""
    before = ots("get", "ots:orders", "--key", '{"region": "emea", "id": 20}').rows[0]["quantity"]
    step = {"quantity": {"$type": "increment", "value": 5}}
    file = change_set(tmp_path, order("update", 20, set=step, **{"if": {"quantity": before}}))
    (shown,) = ots("apply", file, "--dry-run").rows
    assert "increment quantity by 5" in shown["call"]
    assert shown["guarantee"].startswith("conditional")
    assert ots("apply", file).code == 0
    assert ots("get", "ots:orders", "--key", '{"region": "emea", "id": 20}').rows[0]["quantity"] == before + 5
    assert ots("apply", file).code == 5
    versions = ots("rows", "ots:users/#versions", "--where", "team = 'ops'", "--all").rows
    (newest, *others) = [
        row for row in versions if row["(column)"] == "logins" and row["badge"] == versions[0]["badge"]
    ]
    key = {name: newest[name] for name in ("team", "badge", "seq")}
    drop = {"logins": {"$type": "delete versions", "value": newest["(timestamp)"]}}
    line = {"op": "update", "address": "ots:users", "key": key, "set": drop, "if": {"logins": newest["(value)"]}}
    file = change_set(tmp_path, line)
    assert "delete of logins the version of" in ots("apply", file, "--dry-run").rows[0]["call"]
    assert ots("apply", file).code == 0
    left = ots("rows", "ots:users/#versions", "--where", "team = 'ops'", "--all").rows
    assert [row for row in left if row["(column)"] == "logins" and row["badge"] == newest["badge"]] == others


def test_a_file_of_several_rows_is_one_batch(ots, tmp_path):
    """The dry run says so, and one request id answers all; a conflict among them is exit code 5."""
    lines = [order("insert", number, set={"quantity": 1}) for number in (700, 701, 1)]
    file = change_set(tmp_path, *lines)
    calls = [row["call"].splitlines()[-1] for row in ots("apply", file, "--dry-run").rows]
    assert calls == [f"in BatchWriteRow 1, row {row} of 3" for row in (1, 2, 3)]
    ended = ots("apply", file)
    assert ended.code == 5
    assert [row["result"] for row in ended.rows] == ["applied", "applied", "conflict"]
    assert len({row["request_id"] for row in ended.rows}) == 1


def test_changes_are_applied_together(ots, tmp_path):
    """The guarantee is stated; a conflict undoes all, without it all are there."""
    lines = [order("insert", number, set={"quantity": 1}) for number in (800, 801)]
    file = change_set(tmp_path, *lines, order("insert", 1, set={"quantity": 1}))
    shown = ots("apply", file, "--dry-run", "--together").rows
    assert {row["guarantee"] for row in shown} == {"transaction: all rows or none"}
    assert all("in one local transaction of orders on region = 'emea', 3 changes" in row["call"] for row in shown)
    ended = ots("apply", file, "--together")
    assert [row["result"] for row in ended.rows] == ["refused", "refused", "conflict"]
    assert ended.code == 5
    assert ots("get", "ots:orders", "--key", '{"region": "emea", "id": 800}').code == 1
    file = change_set(tmp_path, *lines)
    assert ots("apply", file, "--together").code == 0
    assert ots("get", "ots:orders", "--key", '{"region": "emea", "id": 801}').code == 0


def test_what_cannot_be_together_is_refused_before_sending(ots, tmp_path):
    """Two partition keys, two tables, a table without transactions: the reason is told and nothing is sent."""
    file = change_set(tmp_path, order("insert", 900, set={"n": 1}), order("insert", 900, "apac", set={"n": 1}))
    ended = ots("apply", file, "--together")
    assert (ended.code, ended.rows) == (1, [])
    assert "one partition key" in ended.error
    event = {"op": "insert", "address": "ots:events", "key": {"id": 5_000_000}, "set": {"n": 1}}
    ended = ots("apply", change_set(tmp_path, order("insert", 900, set={"n": 1}), event), "--together")
    assert (ended.code, ended.rows) == (1, [])
    ended = ots("apply", change_set(tmp_path, event), "--together")
    assert ended.code == 1
    assert "no local transactions" in ended.rows[0]["message"]
    assert ots("get", "ots:orders", "--key", '{"region": "emea", "id": 900}').code == 1
    assert ots("get", "ots:events", "--key", "5000000").code == 1


@pytest.mark.parametrize(
    ("fault", "code", "word"),
    [
        ("tablestore:expired", 3, "expired"),
        ("tablestore:skew=20m", 3, "clock"),
        ("tablestore:error,status=503", 4, "OTSServerBusy"),
        ("tablestore:html", 3, "502"),
        ("tablestore:corrupt,op=GetRange", 1, "checksum"),
        ("tablestore:error=Requested table does not exist.,status=404,op=GetRange", 1, "does not exist"),
    ],
)
def test_a_fault_is_one_error_with_its_exit_code(cli, monkeypatch, fault, code, word):
    """One line says what and why, one what to do, one the request id where the answer had one; nothing on stdout."""
    with TablestoreSandbox(faults=fault) as sandbox:
        facts = sandbox.profile
        monkeypatch.setenv("OTS_TEST_SECRET", facts["secrets"]["access_key_secret"])
        fields = [f"{name}={text}" for name, text in facts.items() if name != "secrets"] + ["retry_seconds=0.1"]
        words = [part for field in fields for part in ("--set", field)]
        secret = ("--secret-env", "access_key_secret=OTS_TEST_SECRET")
        assert cli("profiles", "add", "tablestore", "bad", *words, *secret).code == 0
        ended = cli("rows", "bad:orders", "--all")
    assert (ended.code, ended.rows) == (code, [])
    assert word in ended.error
    assert "hint: " in ended.err
    assert ("request id: " in ended.err) is (fault != "tablestore:html")
