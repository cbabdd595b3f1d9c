"""`apply`: the same calls as the review's, one outcome a change, and never a row of others overwritten."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ikv_sandbox import profile_fields

from services.cli.main import main
from services.editing.changeset import change_line
from services.sandbox.ikv.server import IkvSandbox
from services.sandbox.tablestore.server import TablestoreSandbox
from services.secrets import Secret
from services.stores.changes import Change, Delete, Insert, Update
from services.stores.ignite.store import IgniteStore
from services.stores.memory.store import MemoryStore
from services.stores.tablestore.store import TablestoreStore
from services.values import ABSENT, Typed, Value

FIELDS = ["address", "op", "key", "result", "message", "request_id"]


@pytest.fixture
def change_set(tmp_path: Path) -> Any:
    """Writes lines, objects and changes (with their address) to a file; its name."""

    def write(*lines: Any) -> str:
        target = tmp_path / "changes.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        target.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return str(target)

    return write


def stock(op: str, item: int, amount: int | None = None, was: Any = None) -> dict[str, Any]:
    """A change of the table of stock, as people write it."""
    data: dict[str, Any] = {"op": op, "address": "mem:stock", "key": {"shop": "north", "item": item}}
    if amount is not None:
        data["set"] = {"amount": amount}
    if was is not None:
        data["if"] = was
    return data


THREE = (
    stock("insert", 99, 7, "absent"),
    stock("update", 1, 50, {"amount": 3}),
    stock("delete", 2, was={"amount": 6}),
)


def test_one_outcome_a_change(cli, change_set):
    """Plain values by hand; the rows say what became of each, in the file's order."""
    ended = cli("apply", change_set(*THREE))
    assert (ended.code, [list(row) for row in ended.rows]) == (0, [FIELDS] * 3)
    assert [(row["op"], row["key"]["item"], row["result"]) for row in ended.rows] == [
        ("insert", 99, "applied"),
        ("update", 1, "applied"),
        ("delete", 2, "applied"),
    ]
    assert {row["address"] for row in ended.rows} == {"mem:stock"}
    assert ended.rows[0]["request_id"] == "memory-2"


def test_dry_run_shows_the_stores_own_plan(cli, change_set):
    """The calls are those that the store plans for the review, with its guarantee."""
    ended = cli("apply", change_set(*THREE), "--dry-run")
    key = {"shop": Typed("String", "north"), "item": Typed("Long", 1)}
    path = ("main", "stock")
    update = Update(path, key, {"amount": Typed("Int", 3)}, {"amount": Typed("Int", 50)})
    (planned,) = MemoryStore({}, {}).plan([update])
    assert (ended.code, ended.rows[1]["call"]) == (0, planned.text)
    assert {row["guarantee"] for row in ended.rows} == {
        "conditional: each row is written only if its condition still holds"
    }


def requests(log: Path) -> list[str]:
    """The verbs that a store was asked."""
    return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def logged(cli, tmp_path):
    """A profile `mem` whose store writes its requests down."""
    log = tmp_path / "requests"
    assert cli("profiles", "edit", "mem", "--set", f"log={log}").code == 0
    return cli, log


def test_dry_run_sends_nothing_and_is_possible_on_a_read_only_profile(logged, change_set):
    """The store is never asked to apply."""
    cli, log = logged
    assert cli("apply", change_set(*THREE), "--dry-run", "--read-only").code == 0
    assert "apply" not in requests(log)
    assert cli("apply", change_set(*THREE)).code == 0
    assert requests(log).count("apply") == 3


def test_read_only_is_refused_before_any_request(logged, change_set):
    """By option and by profile; not even a connection is made."""
    cli, log = logged
    ended = cli("apply", change_set(*THREE), "--read-only")
    assert (ended.code, ended.out, requests(log)) == (1, b"", [])
    assert "nothing was sent" in ended.error
    assert cli("profiles", "edit", "mem", "--set", "read_only=true").code == 0
    assert (cli("apply", change_set(*THREE)).code, requests(log)) == (1, [])


def test_a_conflict_is_5_and_the_others_are_applied(cli, change_set):
    """A row that is not as it was read is left alone; the changes after it are sent."""
    ended = cli("apply", change_set(stock("update", 1, 50, {"amount": 4}), *THREE))
    assert [row["result"] for row in ended.rows] == ["conflict", "applied", "applied", "applied"]
    assert ended.rows[0]["message"] == "the row changed since it was read"
    assert (ended.code, ended.error.endswith(": 3 applied, 1 conflict")) == (5, True)


def test_an_insert_of_a_row_that_is_there_is_a_conflict(cli, change_set):
    """It never overwrites."""
    assert cli("apply", change_set(stock("insert", 1, 7))).code == 5


def test_a_refusal_is_1_even_beside_a_conflict(cli, change_set):
    """A value that the store refuses, and a conflict."""
    wrong = stock("update", 1, was={"amount": 3}) | {"set": {"amount": {"$type": "String", "value": "many"}}}
    ended = cli("apply", change_set(wrong))
    assert ([row["result"] for row in ended.rows], ended.code) == (["refused"], 1)
    ended = cli("apply", change_set(wrong, stock("insert", 1, 7)))
    assert ([row["result"] for row in ended.rows], ended.code) == (["refused", "conflict"], 1)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2: no JSON"),
        ("[]", "line 2: not an object"),
        (stock("upsert", 1, 2), "line 2: op is none of"),
        (stock("update", 1, 2), "line 2: this update has no `if`"),
        (stock("delete", 1), "line 2: this delete has no `if`"),
        (stock("update", 1, 2, {"amount": 3}) | {"key": {"item": 1}}, "line 2: not the columns of the key"),
        (stock("update", 1, 2, {"amount": 3}) | {"address": "stock"}, "no address"),
        (stock("update", 1, 2, {"amount": 3}) | {"address": "nobody:stock"}, "nobody"),
    ],
)
def test_a_wrong_line_is_2_and_nothing_is_sent(logged, change_set, line, words):
    """The whole file is read before the first change is sent; the line is named."""
    cli, log = logged
    ended = cli("apply", change_set(stock("insert", 99, 7), line))
    assert (ended.code, ended.out) == (2, b"")
    assert words in ended.error
    assert "apply" not in requests(log)


def test_a_wrong_value_or_table_is_1_and_nothing_is_sent(logged, change_set):
    """A value that fits no type, a column or a table that is not there."""
    cli, log = logged
    for line in (
        stock("update", 1, 2, {"amount": "many"}),
        stock("update", 1, 2, {"amount": 3}) | {"address": "mem:nothing"},
    ):
        ended = cli("apply", change_set(stock("insert", 99, 7), line))
        assert (ended.code, ended.out) == (1, b"")
    assert "apply" not in requests(log)


def test_exists_is_the_row_alone(cli, change_set):
    """`"if": "exists"` compares no column."""
    assert cli("apply", change_set(stock("update", 1, 2, "exists"), stock("delete", 2, was="exists"))).code == 0
    assert cli("apply", change_set(stock("update", 77, 2, "exists"))).code == 5


def test_standard_input_and_a_target_file(cli, monkeypatch, tmp_path):
    """`-` is standard input; with -o the outcomes are in the file, whatever became of the changes."""
    lines = "".join(json.dumps(line) + "\r\n\n" for line in (*THREE, stock("insert", 1, 7)))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(lines.encode()), isatty=lambda: False))
    target = tmp_path / "outcomes.csv"
    ended = cli("apply", "-", "--format", "csv", "-o", str(target))
    assert (ended.code, ended.out) == (5, b"")
    assert len(target.read_text().splitlines()) == 5


def test_an_empty_change_set_says_so(cli, change_set):
    """Nothing to do is no failure."""
    ended = cli("apply", change_set())
    assert (ended.code, ended.out) == (0, b"")
    assert "no changes in it" in ended.err


def test_a_lost_connection_says_what_was_sent(cli, change_set):
    """The change without an answer is unsure, those after it were not sent; the exit code is the failure's."""
    faults = {"apply": {"after": 1, "lost": True}}
    assert cli("profiles", "edit", "mem", "--set", f"faults={json.dumps(faults)}").code == 0
    ended = cli("apply", change_set(*THREE))
    assert [row["result"] for row in ended.rows] == ["applied", "refused", "refused"]
    assert "it may be done or not" in ended.rows[1]["message"]
    assert ended.rows[2]["message"].startswith("not sent")
    assert ended.code == 3


# Ignite: a file saved from rows that were read


@pytest.fixture
def ignite(cluster) -> Iterator[IgniteStore]:
    """A connected store, as a session of the console has it."""
    store = IgniteStore({"nodes": cluster.nodes, "username": "ignite"}, {"password": Secret("S3CRET")})
    store.connect()
    yield store
    store.close()


def as_read(store: Any, address: str, key: Mapping[str, Typed]) -> dict[str, Value]:
    """A row without its key."""
    (row,) = store.read_keys(store.parse_address(address), [key])
    assert row is not None
    return {name: value for name, value in row.items() if name not in key}


def saved(store: Any, profile: str, *changes: Change) -> list[str]:
    """Lines as the review screen saves them."""
    return [change_line(f"{profile}:{store.format_address(change.path)}", change) for change in changes]


def city_changes(store: IgniteStore, number: int) -> list[Change]:
    """An update, a delete and an insert of new cities; the first two are in the table now."""
    path, text = ("sql", "PUBLIC", "CITY"), "sql:PUBLIC/CITY"
    key, gone, new = ({"ID": Typed("Int", number + n), "COUNTRYCODE": Typed("String", "NLD")} for n in range(3))
    rows = [Insert(path, one, {"NAME": Typed("String", "Town"), "POPULATION": Typed("Int", 9)}) for one in (key, gone)]
    assert [outcome.result for outcome in store.apply(rows)] == ["applied"] * 2
    return [
        Update(path, key, as_read(store, text, key), {"NAME": Typed("String", "Renamed \x1b[2J 'x'")}),
        Delete(path, gone, as_read(store, text, gone)),
        Insert(path, new, {"NAME": Typed("String", "New"), "POPULATION": Typed("Int", 1)}),
    ]


def test_a_saved_file_makes_the_same_calls_on_a_table(grid, ignite, change_set):
    """The dry run shows the calls of the review; they are applied once, the second time all are conflicts."""
    changes = city_changes(ignite, 90_000)
    name = change_set(*saved(ignite, "grid", *changes))
    ended = grid("apply", name, "--dry-run")
    assert [row["call"] for row in ended.rows] == [call.text for call in ignite.plan(changes)]
    assert grid("apply", name).code == 0
    again = grid("apply", name)
    assert ([row["result"] for row in again.rows], again.code) == (["conflict"] * 3, 5)


def test_a_foreign_change_of_a_table_is_kept(grid, ignite, change_set):
    """A row that others changed since it was read is a conflict and stays theirs."""
    name = change_set(*saved(ignite, "grid", *city_changes(ignite, 91_000)))
    theirs = '{"ID": 91000, "COUNTRYCODE": "NLD", "POPULATION": 12345}'
    assert grid("put", "grid:sql:PUBLIC/CITY", "--row", theirs, "--if", "exists").code == 0
    ended = grid("apply", name)
    assert ([row["result"] for row in ended.rows], ended.code) == (["conflict", "applied", "applied"], 5)
    (row,) = grid("get", "grid:sql:PUBLIC/CITY", "--key", '{"ID": 91000, "COUNTRYCODE": "NLD"}').rows
    assert (row["POPULATION"], row["NAME"].startswith("Renamed")) == (12345, False)


def test_objects_of_a_cache_are_exact(grid, ignite, change_set):
    """A nested object goes through the file with every type; a foreign change in between is kept."""
    path = ("caches", "Orders")
    page = next(iter(grid("rows", "grid:Orders", "--limit", "2").rows))
    key = {"key": ignite.from_json(path, "key", page["key"])}
    for word in ("Int", "Long", "String"):
        key = {"key": Typed(word, page["key"])}
        if ignite.read_keys(path, [key]) != [None]:
            break
    before = as_read(ignite, "Orders", key)
    value = before["value"]
    assert isinstance(value, Typed)
    after = {"value": Typed(value.type, {**value.value, "customer": Typed("Null", None)})}
    update = Update(path, key, before, after)
    name = change_set(*saved(ignite, "grid", update))
    assert [row["call"] for row in grid("apply", name, "--dry-run").rows] == [ignite.plan([update])[0].text]
    assert grid("apply", name).code == 0
    assert as_read(ignite, "Orders", key)["value"] == after["value"]
    assert grid("apply", name).code == 5


# Tablestore: absent columns and bytes


@pytest.fixture(scope="module")
def instance() -> Iterator[TablestoreSandbox]:
    """An instance that this module's tests change."""
    with TablestoreSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def ots(cli, instance, monkeypatch):
    """Commands, with a profile `ots` and an empty table `ots:places`."""
    monkeypatch.setenv("OTS_SECRET", instance.profile["secrets"]["access_key_secret"])
    fields = [f"{name}={value}" for name, value in instance.profile.items() if name not in ("secrets", "kind")]
    words = [word for field in fields for word in ("--set", field)]
    assert cli("profiles", "add", "tablestore", "ots", *words, "--secret-env", "OTS_SECRET").code == 0
    return cli


@pytest.fixture
def tablestore(instance) -> Iterator[Any]:
    """A connected store with an empty table `places`."""
    secrets = {name: Secret(text) for name, text in instance.profile["secrets"].items()}
    fields = {name: str(value) for name, value in instance.profile.items() if name != "secrets"}
    store = TablestoreStore(fields, secrets)
    store.connect()
    columns = [{"name": "id", "type": "Integer", "key": True}, {"name": "part", "type": "Binary", "key": True}]
    store.create(("places",), {"columns": columns, "options": {"max_versions": 1, "time_to_live": -1}})
    yield store
    store.drop(("places",))
    store.close()


def test_absent_columns_and_bytes_of_a_table_without_schema(ots, tablestore, change_set):
    """A column is removed, one is of another type than before, a binary key finds its row."""
    path = ("places",)
    key = {"id": Typed("Integer", 2**63 - 1), "part": Typed("Binary", b"\x00\xff")}
    row = {"a": Typed("Integer", 1), "b": Typed("String", "1"), "c": Typed("Binary", b""), "d": Typed("Double", -0.0)}
    insert = Insert(path, key, row)
    assert ots("apply", change_set(*saved(tablestore, "ots", insert))).code == 0
    assert as_read(tablestore, "places", key) == row
    update = Update(path, key, row, {"a": ABSENT, "b": Typed("Integer", 1), "e": Typed("Boolean", True)})
    name = change_set(*saved(tablestore, "ots", update))
    ended = ots("apply", name, "--dry-run")
    assert [row["call"] for row in ended.rows] == [tablestore.plan([update])[0].text]
    ended = ots("apply", name)
    assert (ended.code, ended.rows[0]["key"]["part"], bool(ended.rows[0]["request_id"])) == (
        0,
        {"$bytes": "AP8="},
        True,
    )
    left = {name: value for name, value in row.items() if name != "a"}
    assert as_read(tablestore, "places", key) == {**left, "b": Typed("Integer", 1), "e": Typed("Boolean", True)}


def test_a_foreign_change_of_a_tablestore_row_is_kept(ots, tablestore, change_set):
    """Also a column that was absent when the row was read and that others added."""
    path = ("places",)
    key = {"id": Typed("Integer", 1), "part": Typed("Binary", b"k")}
    row = {"a": Typed("Integer", 1)}
    assert ots("apply", change_set(*saved(tablestore, "ots", Insert(path, key, row)))).code == 0
    update = Update(path, key, row, {"b": Typed("String", "mine")})
    name = change_set(*saved(tablestore, "ots", update, Delete(path, key, {"a": Typed("Integer", 2)})))
    (foreign,) = tablestore.apply([Update(path, key, row, {"b": Typed("String", "theirs")})])
    assert foreign.result == "applied"
    ended = ots("apply", name)
    assert ([row["result"] for row in ended.rows], ended.code) == (["conflict"] * 2, 5)
    assert as_read(tablestore, "places", key) == {**row, "b": Typed("String", "theirs")}


# IKV: nothing is checked there, and it says so


def test_a_store_without_conditions_says_so(cli, monkeypatch, change_set):
    """The guarantee stands beside each call; a line without `if` is taken, since nothing would be compared."""
    with IkvSandbox() as sandbox:
        fields, secrets = profile_fields(sandbox)
        monkeypatch.setenv("IKV_PASSKEY", secrets["account_passkey"])
        words = [word for name, value in fields.items() for word in ("--set", f"{name}={value}")]
        assert cli("profiles", "add", "ikv", "ikv", *words, "--secret-env", "IKV_PASSKEY").code == 0
        line = {"op": "update", "address": "ikv:user_profiles", "key": {"firstname": "Alice"}, "set": {"age": 31}}
        name = change_set(line)
        ended = cli("apply", name, "--dry-run")
        assert [row["guarantee"] for row in ended.rows] == ["blind upsert: the last writer wins, nothing is checked"]
        assert ended.rows[0]["call"].startswith("upsert_fields(")
        assert [row["result"] for row in cli("apply", name).rows] == ["applied"]


def test_no_secret_is_told(grid, ignite, change_set, capsysbinary):
    """Neither the file nor what the command prints holds the profile's password."""
    name = change_set(*saved(ignite, "grid", *city_changes(ignite, 92_000)))
    capsysbinary.readouterr()
    assert main(["apply", name, "--verbose"]) == 0
    out, err = capsysbinary.readouterr()
    assert b"S3CRET" not in out + err + Path(name).read_bytes()
