"""IKV through the command line: the walk of its own guide, exact values, views, drops, and what is told beside rows."""

import json
import time

import pytest
from ikv_sandbox import DAMAGES, copy_mount, profile_fields

STORE = "profiles:user_profiles"


@pytest.fixture
def sandbox(fresh_ikv):
    """A gateway of the test's own."""
    return fresh_ikv(flush_seconds=None)


@pytest.fixture
def run(cli, sandbox, monkeypatch):
    """Runs commands with a profile `profiles`; what was written is on disk before the next one."""
    fields, secrets = profile_fields(sandbox)
    monkeypatch.setenv("PASSKEY", secrets["account_passkey"])
    words = [word for name, value in fields.items() for word in ("--set", f"{name}={value}")]
    assert cli("profiles", "add", "ikv", "profiles", *words, "--secret-env", "PASSKEY").code == 0

    def command(*words: str):
        sandbox.flush()
        return cli(*words)

    return command


def put(run, **fields):
    """Upsert one document."""
    ended = run("put", STORE, "--row", json.dumps(fields))
    assert (ended.code, ended.error) == (0, "")


def test_the_walk_of_the_guide(run):
    """Three upserts, of which two are Alice's: her fields merge; a document without a field lacks it."""
    assert run("drop", STORE, "--yes", "user_profiles").code == 0
    put(run, firstname="Alice", age="22", city="San Francisco")
    put(run, firstname="Alice", age="23", profile={"$bytes": "AAEC"})
    put(run, firstname="Bob", age="25")
    alice = {"firstname": "Alice", "age": "23", "city": "San Francisco", "profile": {"$bytes": "AAEC"}}
    assert run("get", STORE, "--key", '"Alice"').rows == [alice]
    assert run("get", STORE, "--key", '"Bob"', "--key", '"Alice"').rows == [{"firstname": "Bob", "age": "25"}, alice]
    some = run("get", STORE, "--key", '"Carol"', "--key", '"Bob"')
    assert (some.code, some.rows, "Carol" in some.error) == (1, [{"firstname": "Bob", "age": "25"}], True)
    both = {row["firstname"]: row for row in run("rows", STORE, "--columns", "firstname,city").rows}
    assert both["Alice"] == {"firstname": "Alice", "city": "San Francisco"}
    assert both["Bob"].get("city") is None
    assert run("get", STORE, "--key", '"Bob"').rows == [{"firstname": "Bob", "age": "25"}]
    assert run("get", STORE, "--key", '"Carol"').code == 1


def test_types_are_kept(run):
    """A new field takes the type of its data or the one named; a field that is there keeps its own."""
    put(run, firstname="Zoë", fresh=7, small={"$type": "INT32", "value": 7}, age=41)
    described = {column["name"]: column["type"] for column in run("describe", STORE).rows[0]["columns"]}
    assert (described["fresh"], described["small"], described["age"]) == ("INT64", "INT32", "INT32")
    assert run("get", STORE, "--key", '"Zoë"').rows == [{"firstname": "Zoë", "fresh": 7, "small": 7, "age": 41}]


def test_rows_are_filtered(run):
    """By conditions on fields, keys among them; a filter that makes no sense is refused."""
    found = run("rows", STORE, "--where", "age > 40 AND city IS NOT NULL", "--columns", "firstname,age").rows
    assert found
    assert all(row["age"] > 40 for row in found)
    both = run("rows", STORE, "--where", "firstname IN ('Alice', 'Bob', 'Nobody')", "--columns", "firstname").rows
    assert sorted(row["firstname"] for row in both) == ["Alice", "Bob"]
    assert run("rows", STORE, "--where", "age >").code == 1


def test_a_deleted_document_is_gone(run):
    """And deleting it again is no error, for nothing tells that it was gone."""
    assert [run("delete", STORE, "--key", '"Alice"').code for _ in range(2)] == [0, 0]
    assert run("get", STORE, "--key", '"Alice"').code == 1


def test_conditions_are_refused(run):
    """With exit code 1 and the reason."""
    ended = run("put", STORE, "--row", '{"firstname": "Alice"}', "--if", "exists")
    assert (ended.code, "last writer wins" in ended.error) == (1, True)


def test_dropping_wants_the_name(run):
    """A field by its name, fields by their prefix, everything by the store's name."""
    put(run, firstname="Ann", tmp_a="1", tmp_b="2")
    assert run("drop", f"{STORE}/age").code == 2
    assert run("drop", f"{STORE}/age", "--yes", "age").code == 0
    assert run("drop", f"{STORE}/tmp_*", "--yes", "tmp_*").code == 0
    names = [row["name"] for row in run("ls", STORE).rows]
    assert not {"age", "tmp_a", "tmp_b"} & set(names)
    assert run("drop", STORE, "--yes", "other").code == 2
    assert run("drop", STORE, "--yes", "user_profiles").code == 0
    assert run("rows", STORE, "--all").rows == []


def test_read_only_sends_nothing(run, sandbox):
    """Writing and dropping are refused before any request."""
    for words in (("put", STORE, "--row", '{"firstname": "A"}'), ("drop", STORE, "--yes", "user_profiles")):
        assert run(*words, "--read-only").code == 1
    assert len(run("rows", STORE, "--all").rows) == 13


def test_views_of_the_index(run):
    """Fields, segments and history are tables like any other."""
    assert {row["address"] for row in run("ls", "profiles:@index").rows} == {
        "profiles:@index/fields",
        "profiles:@index/segments",
        "profiles:@index/history",
    }
    assert len(run("rows", "profiles:@index/segments").rows) == 16
    refused = run("rows", "profiles:@index/segments", "--where", "Alice")
    assert (refused.code, "takes no filter" in refused.error) == (1, True)
    put(run, firstname="Alice", city="Rome")
    events = run("rows", "profiles:@index/history", "--where", "Alice").rows
    cities = [event["value"] for event in events if event["field"] == "city"]
    assert cities == ["San Francisco", "Rome"]


def test_a_cut_index_is_told_beside_its_rows(run, sandbox, tmp_path):
    """The rows that are whole come, and a note says what is missing."""
    mount = copy_mount(sandbox, tmp_path / "mount")
    DAMAGES["cut_in_record"](mount, "user_profiles")
    assert run("profiles", "edit", "profiles", "--set", f"mount_directory={mount}").code == 0
    ended = run("rows", STORE, "--all")
    assert (ended.code, len(ended.rows)) == (0, 12)
    assert "ends in the middle of a record" in ended.err


def test_the_checks_steps(run):
    """The profile's test names the documents and how old they are."""
    rows = run("profiles", "test", "profiles").rows
    assert [row["step"] for row in rows] == ["resolve", "connect", "TLS", "sign in", "list"]
    assert "13 documents" in rows[-1]["detail"]


def test_what_the_sandbox_writes_appears_by_itself(cli, fresh_ikv, monkeypatch):
    """With the sandbox's own pace a write can be read soon after, without being asked for."""
    fields, secrets = profile_fields(fresh_ikv())
    monkeypatch.setenv("PASSKEY", secrets["account_passkey"])
    words = [word for name, value in fields.items() for word in ("--set", f"{name}={value}")]
    assert cli("profiles", "add", "ikv", "profiles", *words, "--secret-env", "PASSKEY").code == 0
    assert cli("put", STORE, "--row", '{"firstname": "Soon", "city": "Rome"}').code == 0
    deadline = time.monotonic() + 10
    while cli("get", STORE, "--key", '"Soon"').code:
        assert time.monotonic() < deadline
