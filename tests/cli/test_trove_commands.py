"""The commands over the Trove sandbox: instances listed, created, acted on, waited for and deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_runs import Cli, Ended

from services.cli.grammar import build_parser
from services.sandbox.trove.server import TroveSandbox
from services.secrets import Secret

Run = Callable[..., Ended]
NEW = ("--flavor", "db.small", "--size", "1", "--datastore", "mysql", "--datastore-version", "8.0.36")


@pytest.fixture(scope="module")
def cloud() -> Iterator[TroveSandbox]:
    """A cloud with the samples whose states change fast; this module's tests may change it."""
    with TroveSandbox(speed=20.0) as sandbox:
        yield sandbox


@pytest.fixture
def trove(cli: Cli, cloud: TroveSandbox, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands, with the profiles `tr` of a member and `admin`."""
    for name, user in (("tr", "demo"), ("admin", "admin")):
        facts = cloud.profile_of(user)
        monkeypatch.setenv(f"TROVE_TEST_{name}", facts["secrets"]["password"])
        words = [word for field, text in facts.items() if field != "secrets" for word in ("--set", f"{field}={text}")]
        assert 0 == cli("profiles", "add", "trove", name, *words, "--secret-env", f"password=TROVE_TEST_{name}").code
    return cli


@pytest.fixture
def made(trove: Run) -> Iterator[str]:
    """A ready instance with a database; gone after the test."""
    created = trove("instances", "tr", "create", "made", *NEW, "--database", "orders", "--wait")
    assert (0, "") == (created.code, created.error)
    identifier = created.rows[0]["id"]
    yield identifier
    trove("instances", "tr", "wait", identifier, "--for", "settled", "--timeout", "20")
    trove("instances", "tr", "delete", identifier, "--yes", "made", "--wait", "--timeout", "20")


def test_profiles_test_shows_its_steps(trove: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step comes in order; a wrong password fails at sign in with exit code 3 and is not shown."""
    ended = trove("profiles", "test", "tr")
    assert ["resolve", "connect", "TLS", "sign in", "list"] == [row["step"] for row in ended.rows]
    monkeypatch.setenv("TROVE_TEST_tr", "WRONG-S3CRET")
    ended = trove("profiles", "test", "tr")
    assert (3, ["sign in"]) == (ended.code, [row["step"] for row in ended.rows if not row["ok"]])
    assert b"WRONG-S3CRET" not in ended.out + ended.err.encode()


def test_list_and_show(trove: Run) -> None:
    """All pages; a filter by status; one by name with its fault and what connects to it."""
    rows = trove("instances", "tr", "list").rows
    assert len({row["id"] for row in rows}) == len(rows) >= 30
    assert {"id", "name", "status", "operating_status"} <= rows[0].keys()
    failed = trove("instances", "tr", "list", "--status", "ERROR").rows
    assert {"ERROR"} == {row["status"] if row["status"] == "ERROR" else row["operating_status"] for row in failed}
    (shown,) = trove("instances", "tr", "show", "orders-db").rows
    assert ("orders-db", "ACTIVE", "HEALTHY") == (shown["name"], shown["status"], shown["operating_status"])
    assert shown["connections"][0]["text"].startswith("mysql://")
    (shown,) = trove("instances", "tr", "show", "import-db", "--format", "json").rows
    assert "no valid host" in shown["fault"]["message"]


def test_tables_for_people(trove: Run) -> None:
    """A short line an instance; facts one a line, those of one name together; requests line by line."""
    lines = trove("instances", "tr", "list", "--format", "table").out.decode().splitlines()
    assert ["name", "status", "operating_status", "datastore", "flavor", "volume_gb", "created", "id"] == lines[
        0
    ].split()
    (shown,) = trove("instances", "tr", "show", "orders-db").rows
    assert len(shown["replicas"]) == len(shown["facts"]["Replication"]["replica"].split(", ")) == 2
    plan = trove("instances", "tr", "delete", "orders-db-replica-1", "--dry-run", "--format", "table").out.decode()
    assert any(line.split()[:2] == ["call", "DELETE"] for line in plan.splitlines())
    for words, code in ((("table", "users"), 2), (("table", "nowhere"), 1)):
        assert code == trove("instances", "tr", *words).code


def test_the_walk(trove: Run) -> None:
    """Versions, create with databases and users, wait, restart, resize, delete until not found."""
    assert ["v1.0"] == [row["id"] for row in trove("instances", "tr", "versions").rows]
    created = trove(
        "instances", "tr", "create", "walk", *NEW, "--database", "a", "b", "--user", "ann", "--user", "bob@10.0.0.%"
    )
    (row,) = created.rows
    assert ("walk", "BUILD") == (row["name"], row["status"])
    assert {"ann", "bob@10.0.0.%"} == row["passwords"].keys()
    assert all(password not in created.err for password in row["passwords"].values())
    waited = trove("instances", "tr", "wait", "walk", "--for", "ACTIVE", "--timeout", "30")
    assert (0, "HEALTHY") == (waited.code, waited.rows[0]["operating_status"])
    assert ["a", "b"] == [row["name"] for row in trove("instances", "tr", "databases", "walk", "list").rows]
    assert ["ann", "bob"] == [row["name"] for row in trove("instances", "tr", "users", "walk", "list").rows]
    assert trove("instances", "tr", "restart", "walk", "--wait").rows[0]["is_ready"]
    assert 2.0 == trove("instances", "tr", "resize", "walk", "--size", "2", "--wait").rows[0]["volume_gb"]
    assert "db.tiny" == trove("instances", "tr", "resize", "walk", "--flavor", "db.tiny", "--wait").rows[0]["flavor"]
    refused = trove("instances", "tr", "delete", "walk")
    assert (2, "--yes walk" in refused.err) == (refused.code, True)
    assert "gone" == trove("instances", "tr", "delete", "walk", "--yes", "walk", "--wait").rows[0]["status"]
    gone = trove("instances", "tr", "show", "walk", "--format", "json")
    assert (1, 1) == (gone.code, gone.last_json["code"])
    assert 0 == trove("instances", "tr", "wait", "walk", "--for", "gone").code


def test_users_and_databases(trove: Run, made: str) -> None:
    """Created, granted, listed and deleted; a password is printed once."""
    (row,) = trove("instances", "tr", "users", made, "create", "eve", "--database", "orders", "--wait").rows
    assert 24 == len(row["passwords"]["eve"])
    assert 0 == trove("instances", "tr", "databases", made, "create", "stock", "--wait").code
    assert 0 == trove("instances", "tr", "users", made, "grant", "eve", "--database", "stock", "--wait").code
    (listed,) = trove("instances", "tr", "users", made, "list").rows
    assert {"name": "eve", "host": "%", "databases": "orders, stock"} == listed
    assert 0 == trove("instances", "tr", "users", made, "delete", "eve", "--wait").code
    assert 0 == trove("instances", "tr", "databases", made, "delete", "stock", "--wait").code
    assert [] == trove("instances", "tr", "users", made, "list").rows
    (row,) = trove("instances", "tr", "root", made, "enable").rows
    assert row["passwords"]["root"]
    assert [True] == [row["is_enabled"] for row in trove("instances", "tr", "root", made, "show").rows]


def test_backup_restore_and_replica(trove: Run, made: str) -> None:
    """A backup completes; what is restored from it has its data; a replica follows."""
    backup = trove("instances", "tr", "backup", made, "--name", "nightly", "--wait").rows[0]["subject"]
    restored = trove("instances", "tr", "restore", backup, "again", "--flavor", "db.small", "--size", "1", "--wait")
    assert (0, "") == (restored.code, restored.error)
    assert ["orders"] == [row["name"] for row in trove("instances", "tr", "databases", "again", "list").rows]
    created = trove(
        "instances", "tr", "create", "third", *NEW[:4], "--from-backup", "nightly", "--wait", "--timeout", "30"
    )
    assert (0, "") == (created.code, created.error)
    replica = trove("instances", "tr", "create", "follower", "--replica-of", made, "--wait").rows[0]
    assert made == replica["replica_of"]
    for name in ("again", "third", "follower"):
        assert 0 == trove("instances", "tr", "delete", name, "--yes", name, "--wait").code
    assert 2 == trove("instances", "tr", "act", "delete-backup", "--set", f"id={backup}").code
    assert 0 == trove("instances", "tr", "act", "delete-backup", "--set", f"id={backup}", "--yes", backup).code


def test_logs(trove: Run, made: str) -> None:
    """Listed, enabled, published and read; saved to a file."""
    assert "general" in {row["name"] for row in trove("instances", "tr", "logs", made, "list").rows}
    assert 0 == trove("instances", "tr", "logs", made, "enable", "general").code
    lines = trove("instances", "tr", "logs", made, "tail", "general", "--publish", "--lines", "2").rows
    assert lines
    saved = trove("instances", "tr", "logs", made, "save", "general")
    assert lines == saved.rows[-len(lines) :]


def test_a_quota_is_told_before_the_call(trove: Run, cloud: TroveSandbox) -> None:
    """Nothing is created; a dry run shows the request and the bars."""
    before = len(cloud.cloud.instances)
    refused = trove("instances", "tr", "create", "huge", *NEW[:2], "--size", "999999", *NEW[4:])
    assert (1, True) == (refused.code, "over the quota: volumes" in refused.error)
    (plan,) = trove("instances", "tr", "create", "dry", *NEW, "--user", "ann", "--dry-run").rows
    assert plan["call"].startswith("POST /instances")
    assert "••••" in plan["call"]
    assert {"instances", "volumes", "ram"} >= {quota["resource"] for quota in plan["quotas"]}
    assert before == len(cloud.cloud.instances)


def test_read_only_sends_nothing(trove: Run, cloud: TroveSandbox) -> None:
    """Every action is refused before a request; reads go on."""
    for words in (("restart", "orders-db"), ("create", "x", *NEW), ("delete", "orders-db", "--yes", "orders-db")):
        refused = trove("instances", "tr", *words, "--read-only")
        assert (1, True) == (refused.code, "nothing was sent" in refused.error)
    assert 0 == trove("instances", "tr", "show", "orders-db", "--read-only").code


def test_a_wait_times_out(trove: Run, fresh_cloud: Run) -> None:
    """Exit code 4, with the state it is in; the passwords of a creation are printed all the same."""
    ended = fresh_cloud("instances", "slow", "create", "late", *NEW, "--user", "ann", "--wait", "--timeout", "0.2")
    assert (4, True) == (ended.code, "is BUILD" in ended.error)
    assert 24 == len(ended.rows[0]["passwords"]["ann"])


@pytest.fixture
def fresh_cloud(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Commands, with the profile `slow` of a cloud whose time stands still."""
    with TroveSandbox(samples=False, speed=0.0) as sandbox:
        facts = sandbox.profile
        monkeypatch.setenv("TROVE_TEST_SLOW", facts["secrets"]["password"])
        words = [word for field, text in facts.items() if field != "secrets" for word in ("--set", f"{field}={text}")]
        assert 0 == cli("profiles", "add", "trove", "slow", *words, "--secret-env", "password=TROVE_TEST_SLOW").code
        yield cli


def test_actions_and_fields(trove: Run) -> None:
    """What is not possible has a reason, and the fields of an action say what can be chosen."""
    actions = {row["name"]: row for row in trove("instances", "tr", "actions", "import-db").rows}
    assert (False, "needs ACTIVE, is ERROR") == (actions["restart"]["possible"], actions["restart"]["reason"])
    assert actions["delete"]["possible"]
    fields = {row["name"]: row for row in trove("instances", "tr", "fields", "create").rows}
    assert {"mysql", "mariadb", "postgresql"} == set(fields["datastore"]["choices"])
    assert "force" in trove("instances", "tr", "delete", "import-db", "--yes", "import-db", "--force").err


def test_catalog_and_tables(trove: Run) -> None:
    """`ls` has tables and instances; `describe` and `rows` read them."""
    addresses = {row["name"]: row["address"] for row in trove("ls", "tr:").rows}
    assert "tr:@backups" == addresses["@backups"]
    (described,) = trove("describe", addresses["orders-db"]).rows
    assert "mysql" in json.dumps(described["groups"])
    assert len(trove("rows", "tr:@flavors", "--columns", "name,ram", "--limit", "2").rows) == 2
    assert trove("instances", "tr", "table", "parameters", "mysql/8.0.36").rows
    assert {"users", "databases", "logs"} <= {row["name"] for row in trove("ls", addresses["orders-db"]).rows}


CLOUDS = """
clouds:
  lab:
    auth: {{auth_url: "{auth_url}", username: demo, password: {password}, project_name: demo}}
    region_name: RegionOne
  open:
    auth: {{auth_url: "{auth_url}", username: demo, project_name: demo}}
  unchecked:
    auth: {{auth_url: "{auth_url}"}}
    verify: false
"""


def test_clouds_yaml_is_imported(
    cli: Cli, cloud: TroveSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile a cloud; without a keyring the password stays in the file and is read from there."""
    facts = cloud.profile
    file = tmp_path / "clouds.yaml"
    file.write_text(CLOUDS.format(auth_url=facts["auth_url"], password=facts["secrets"]["password"]))
    imported = cli("profiles", "import", "--from", str(file))
    assert (0, ["lab", "open", "unchecked"]) == (imported.code, [row["name"] for row in imported.rows])
    assert "RegionOne" == cli("profiles", "show", "lab").rows[0]["fields"]["region_name"]
    assert cli("instances", "lab", "list").rows
    assert cli("instances", "open", "list").code == 3
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    assert "verify" in cli("instances", "unchecked", "list").error


def test_passwords_can_be_asked_for(trove: Run, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed is set and not printed."""
    monkeypatch.setattr("services.cli.instances_acting.ask_secret", lambda what: Secret("Typed-0ne"))
    ended = trove("instances", "tr", "users", made, "create", "typed", "--ask-password", "--wait")
    assert (0, False) == (ended.code, "passwords" in ended.rows[0])
    assert b"Typed-0ne" not in ended.out + ended.err.encode()


@pytest.mark.parametrize("what", ["users", "databases", "logs", "root"])
def test_what_an_instance_has_is_listed_without_a_word_more(what):
    """`logs ID` lists as `logs ID list` does; the word may still be named."""
    args = build_parser().parse_args(["instances", "lab", what, "orders-db"])
    named = ["instances", "lab", what, "orders-db", "show" if what == "root" else "list"]
    assert (args.run, args.view) == (build_parser().parse_args(named).run, what)
