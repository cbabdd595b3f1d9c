"""`demo --check`, what the console's demo stands on, `sandbox`, `doctor` and `spec`."""

import json
import os
import signal
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from services.cli.demo_home import prepare_demo
from services.cli.names import COMMANDS
from services.connections.profiles import Environment
from services.transfers.model import ItemState

READ, EDIT, MOVE = ["connect", "list", "describe", "read"], ["edit", "conflict"], ["download", "upload", "upsert"]
STEPS = {
    "ignite": [*READ, *EDIT, "query", "cancel", *MOVE, "cluster"],
    "ikv": [*READ, *EDIT, *MOVE],
    "tablestore": [*READ, *EDIT, "query", *MOVE],
    "trove": [*READ, "create instance", "act on instance", "delete instance"],
    "maxcompute": [*READ, "query", "cancel", "cost", "job", *MOVE],
}


def test_demo_check_prints_its_steps_and_ends_well(tmp_path, started):
    """Every step of every store is a row, all of them fine; nothing is left behind."""
    process = started("demo", "--check", "--format", "jsonl", env={"TMPDIR": str(tmp_path)})
    out, err = process.communicate(timeout=50)
    rows = [json.loads(line) for line in out.splitlines()]
    for store, steps in STEPS.items():
        assert [row["step"] for row in rows if row["store"] == store] == steps
    assert [row for row in rows if not row["ok"]] == []
    assert (process.returncode, err) == (0, b"")
    assert {frozenset(row) for row in rows} == {frozenset({"store", "step", "ok", "seconds", "detail"})}
    assert list(tmp_path.iterdir()) == []


def test_a_failed_step_fails_the_check(cli, monkeypatch):
    """A step that does not come out as its row says makes the whole check fail."""
    monkeypatch.setattr("services.cli.demo_steps._cluster", lambda bench: 1 / 0)
    ended = cli("demo", "--check")
    assert ended.code == 1
    assert [row["step"] for row in ended.rows if not row["ok"]] == ["cluster"]


def test_the_demo_has_its_own_home(storedeck_home):
    """The profiles lead to the sandbox, one of them read-only; nothing of it is in the user's files or stays."""
    with prepare_demo() as services:
        profiles = {profile.name: profile for profile in services.profiles.all()}
        home = services.paths.config.parent
        secrets = [services.vault.resolve_secrets(profile) for profile in profiles.values()]
        passwords = [secret.reveal() for found in secrets for secret in found.values()]
        files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
        assert set(profiles) == {f"demo-{kind}{suffix}" for kind in STEPS for suffix in ("", "-readonly")}
        assert profiles["demo-ignite-readonly"].is_read_only
        assert profiles["demo-ignite-readonly"].environment is Environment.PROD
        assert [data for data in files for password in passwords if password.encode() in data] == []
    assert not home.exists()
    assert not (storedeck_home / "config" / "profiles.toml").exists()
    assert [name for name in os.environ if name.startswith("STOREDECK_DEMO")] == []


def test_an_upload_is_under_way_in_the_demo():
    """It moves from the start, slowly enough to be looked at; it ends with the demo, and its files are gone."""
    with prepare_demo(has_upload=True) as services:
        home, queue = services.paths.config.parent, services.transfers
        deadline = time.monotonic() + 30
        while not (item := queue.item(1)).parts_done:
            assert time.monotonic() < deadline, item
        assert item.state is ItemState.RUNNING
        assert item.parts_done < item.parts_total / 2
        queue.close()
    assert not home.exists()


def test_sandbox_prints_what_import_takes(cli, tmp_path, monkeypatch, started):
    """`sandbox --json` says where its servers are in a form that `profiles import` reads; then they answer."""
    process = started("sandbox", "--json", stdin=subprocess.PIPE)
    assert process.stdout is not None
    line = process.stdout.readline()
    file = tmp_path / "sandbox.json"
    file.write_bytes(line)
    assert cli("profiles", "import", "--from", str(file)).code == 0
    assert cli("sql", "ignite", "SELECT COUNT(*) AS N FROM City").rows == [{"N": 4079}]
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_sandbox_ends_on_a_signal(started):
    """A signal ends it well."""
    process = started("sandbox", "--json", stdin=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_doctor_is_content(cli):
    """With everything in order it ends with 0 and has looked at each thing."""
    ended = cli("doctor")
    checks = [row["check"] for row in ended.rows]
    assert ended.code == 0
    assert set(checks) == {"python", "terminal", "keyring", "sdk", "directory", "file", "profile"}


def test_doctor_names_the_distribution_of_each_sdk(cli):
    """The name to install and its version, where the module is called otherwise too."""
    details = {row["on"]: row["detail"] for row in cli("doctor", "--offline").rows if row["check"] == "sdk"}
    assert f"pyodps {version('pyodps')}" == details["Alibaba MaxCompute"]
    assert [] == [detail for detail in details.values() if "unknown" in detail]


def test_doctor_says_which_profile_does_not_answer(cli):
    """A profile that cannot be reached is named, with advice, and the exit code is 3."""
    cli("profiles", "add", "ignite", "gone", "--set", "nodes=127.0.0.1:1", "--set", "timeout_seconds=2")
    ended = cli("doctor")
    bad = [row for row in ended.rows if row["state"] == "failed"]
    assert [row["on"] for row in bad] == ["gone"]
    assert bad[0]["hint"]
    assert ended.code == 3
    assert cli("doctor", "--offline").code == 0


def test_doctor_finds_a_broken_file(cli, storedeck_home):
    """A file that cannot be read is a failure of its own."""
    Path(storedeck_home / "config" / "profiles.toml").write_text("[[profile]\n")
    ended = cli("doctor")
    assert ended.code == 1
    assert "line 1" in ended.error


def test_spec_describes_every_command(cli):
    """The specification names every command, and every option of each is in its help."""
    spec = json.loads(cli("spec").out)
    assert sorted(command["name"] for command in spec["commands"]) == sorted(COMMANDS)
    for command in spec["commands"]:
        shown = cli(command["name"], "--help").out.decode()
        names = [name for option in command["options"] for name in option["names"]]
        assert [name for name in names if name not in shown] == []


def test_spec_describes_the_kinds(cli):
    """Each kind's fields, which of them are secret, and what it can do."""
    ignite = json.loads(cli("spec", "--format", "json").out)["kinds"][0]
    assert ignite["kind"] == "ignite"
    assert [field["name"] for field in ignite["fields"] if field["secret"]] == ["password"]
    assert "runs SQL" in ignite["features"]


@pytest.mark.parametrize("kind", ["table", "csv"])
def test_spec_is_json_only(cli, kind):
    """Another format makes no sense for it."""
    assert cli("spec", "--format", kind).code == 2
