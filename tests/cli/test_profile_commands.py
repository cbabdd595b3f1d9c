"""`profiles`: every action, every way a secret may come, and no way that a secret stays."""

import io
import json
import sys
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

S3CRET = "S3CRET-of-the-test"
IGNITE = ("--set", "nodes=127.0.0.1:10800", "--set", "username=console")


@pytest.fixture
def no_keyring():
    """A system without a keyring."""
    keyring.set_keyring(fail.Keyring())


@pytest.fixture
def typed(monkeypatch):
    """Gives text to standard input."""

    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def holding(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_add_show_list(cli):
    """What was added is shown, with where its secret is and never the secret."""
    assert cli("profiles", "add", "ignite", "grid", *IGNITE, "--set", "environment=prod", "--secret-env", "X").code == 0
    shown = cli("profiles", "show", "grid").rows[0]
    assert shown == {
        "name": "grid",
        "kind": "ignite",
        "environment": "prod",
        "read_only": False,
        "colour": None,
        "fields": {"nodes": "127.0.0.1:10800", "username": "console"},
        "secrets": {"password": {"from": "env", "name": "X"}},
    }
    assert [row["name"] for row in cli("profiles", "list").rows] == ["mem", "grid"]


def test_a_secret_from_standard_input_goes_to_the_keyring(cli, typed, fake_keyring, storedeck_home):
    """The secret is in the keyring, under the profile's id, and in no file, neither config nor log."""
    typed(f"{S3CRET}\n")
    log = storedeck_home / "log"
    assert cli("profiles", "add", "ignite", "grid", *IGNITE, "--secret-stdin", "--verbose", "--log", str(log)).code == 0
    assert list(fake_keyring.entries.values()) == [S3CRET]
    assert holding(storedeck_home, S3CRET) == []


@pytest.mark.parametrize("words", [("--secret-stdin", "password"), ("--secret-stdin",)])
def test_the_field_after_secret_stdin_may_be_left_out(cli, typed, fake_keyring, words):
    """`--secret-stdin [FIELD]` stands anywhere, also before the kind."""
    typed(S3CRET)
    assert cli("profiles", "add", *words, "ignite", "grid", *IGNITE).code == 0
    assert list(fake_keyring.entries.values()) == [S3CRET]


def test_references_store_no_secret(cli, monkeypatch, fake_keyring):
    """`--secret-env` and `--secret-command` keep the name or the command, with or without the field."""
    cli("profiles", "add", "ignite", "a", *IGNITE, "--secret-env", "password=VAR")
    cli("profiles", "add", "ignite", "b", *IGNITE, "--secret-command", "pass show 'x=y'")
    secrets = [cli("profiles", "show", name).rows[0]["secrets"]["password"] for name in ("a", "b")]
    assert secrets == [{"from": "env", "name": "VAR"}, {"from": "command", "command": "pass show 'x=y'"}]
    assert fake_keyring.entries == {}


def test_without_a_keyring_storing_is_refused(cli, typed, no_keyring, storedeck_home):
    """`--secret-stdin` says that there is no keyring and ends with 3; nothing is saved."""
    typed(S3CRET)
    ended = cli("profiles", "add", "ignite", "grid", *IGNITE, "--secret-stdin")
    assert (ended.code, "no usable keyring" in ended.error) == (3, True)
    assert [row["name"] for row in cli("profiles", "list").rows] == ["mem"]
    assert holding(storedeck_home, S3CRET) == []


def test_without_a_keyring_references_work(cli, no_keyring):
    """A variable or a command needs no keyring."""
    assert cli("profiles", "add", "ignite", "grid", *IGNITE, "--secret-env", "VAR").code == 0


def test_nobody_to_ask_means_to_ask_later(cli):
    """Without a terminal and without an option the secret is asked for at each connect, and that is said."""
    ended = cli("profiles", "add", "ignite", "grid", *IGNITE)
    assert ended.code == 0
    assert "asked for at each connect" in ended.err
    assert cli("profiles", "show", "grid").rows[0]["secrets"] == {"password": {"from": "prompt"}}


def test_a_typed_secret_is_stored(cli, monkeypatch, fake_keyring):
    """At a terminal the secret is asked for without being shown, and stored."""
    monkeypatch.setattr("services.cli.run.Run.can_ask", True)
    monkeypatch.setattr("services.cli.profile_secrets.getpass", lambda prompt: S3CRET)
    assert cli("profiles", "add", "ignite", "grid", *IGNITE).code == 0
    assert list(fake_keyring.entries.values()) == [S3CRET]


def test_a_missing_secret_is_asked_for_at_a_terminal(cli, monkeypatch):
    """Connecting asks for what it lacks, once."""
    asked = []
    monkeypatch.setattr("services.cli.run.Run.can_ask", True)
    monkeypatch.setattr("services.cli.connecting.ask_secret.__defaults__", (lambda what: asked.append(what) or "open",))
    cli("profiles", "edit", "mem", "--set", "expects=open", "--secret-prompt", "password")
    assert cli("rows", "mem:people", "--limit", "1").code == 0
    assert asked == ["password of mem: "]


def test_a_secret_is_never_an_argument(cli):
    """A secret in `--set` is refused, and not repeated."""
    ended = cli("profiles", "add", "ignite", "grid", *IGNITE, "--set", f"password={S3CRET}")
    assert (ended.code, S3CRET in ended.err) == (2, False)


def test_edit_changes_what_is_named(cli):
    """Other fields stay; an empty value unsets one."""
    cli("profiles", "add", "ignite", "grid", *IGNITE, "--secret-env", "X")
    assert cli("profiles", "edit", "grid", "--set", "read_only=true", "--set", "username=").code == 0
    shown = cli("profiles", "show", "grid").rows[0]
    assert (shown["read_only"], shown["fields"]) == (True, {"nodes": "127.0.0.1:10800"})
    assert shown["secrets"] == {"password": {"from": "env", "name": "X"}}


def test_edit_takes_a_new_secret(cli, typed, fake_keyring):
    """A new secret replaces the old one."""
    for text in ("first", "second"):
        typed(text)
        action = ("add", "ignite", "grid") if text == "first" else ("edit", "grid")
        assert cli("profiles", *action, "--secret-stdin").code == 0
    assert list(fake_keyring.entries.values()) == ["second"]


def test_rename_copy_remove(cli, typed, fake_keyring):
    """Each touches its own secret only."""
    typed(S3CRET)
    cli("profiles", "add", "ignite", "grid", *IGNITE, "--secret-stdin")
    assert cli("profiles", "rename", "grid", "mesh").code == 0
    assert cli("profiles", "copy", "mesh", "twin").code == 0
    assert len(fake_keyring.entries) == 2
    assert cli("profiles", "remove", "mesh").code == 0
    assert [row["name"] for row in cli("profiles", "list").rows] == ["mem", "twin"]
    assert list(fake_keyring.entries.values()) == [S3CRET]
    assert cli("profiles", "remove", "mesh").code == 2


@pytest.fixture
def sandbox_file(tmp_path):
    """A file as `sandbox --json` prints it."""
    path = tmp_path / "sandbox of today.json"
    entry = {"nodes": "127.0.0.1:1,127.0.0.1:2", "username": "ignite", "tls": "false", "secrets": {"password": S3CRET}}
    path.write_text(json.dumps({"ignite": entry}))
    return path


def test_import_reads_what_the_sandbox_prints(cli, sandbox_file, fake_keyring, storedeck_home):
    """The profile has the kind's name, its secret goes to the keyring."""
    assert cli("profiles", "import", "--from", str(sandbox_file)).rows == [
        {"name": "ignite", "kind": "ignite", "action": "added"}
    ]
    fields = cli("profiles", "show", "ignite").rows[0]["fields"]
    assert fields == {"nodes": "127.0.0.1:1,127.0.0.1:2", "username": "ignite", "tls": "false"}
    assert list(fake_keyring.entries.values()) == [S3CRET]
    assert holding(storedeck_home, S3CRET) == []


def test_import_again_needs_replace(cli, sandbox_file):
    """A profile of that name is not overwritten unless asked."""
    cli("profiles", "import", "--from", str(sandbox_file))
    assert cli("profiles", "import", "--from", str(sandbox_file)).code == 2
    assert cli("profiles", "import", "--from", str(sandbox_file), "--replace").rows[0]["action"] == "changed"


def test_import_without_a_keyring_leaves_the_secret_where_it_is(cli, sandbox_file, no_keyring, storedeck_home):
    """The secret stays in the imported file and is read from there at each connect."""
    from services.connections.secret_refs import secret_from_command

    ended = cli("profiles", "import", "--from", str(sandbox_file))
    assert (ended.code, "no usable keyring" in ended.err) == (0, True)
    reference = cli("profiles", "show", "ignite").rows[0]["secrets"]["password"]
    assert secret_from_command(reference["command"]).reveal() == S3CRET
    assert holding(storedeck_home, S3CRET) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [("clouds.yaml", "No such file"), ("odps_config.ini", "No such file"), ("nowhere.json", "No such file")],
)
def test_import_of_what_cannot_be_opened_is_refused(cli, source, words):
    """A file that is not there is named."""
    ended = cli("profiles", "import", "--from", source)
    assert (ended.code, words in ended.error) == (2, True)


def test_import_from_the_environment(cli, monkeypatch):
    """OpenStack's variables make a profile whose password stays in its variable; none at all is said."""
    for name in ("OS_AUTH_URL", "OS_CLOUD", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ODPS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    assert "no variables of a store" in cli("profiles", "import", "--from", "env").error
    monkeypatch.setenv("OS_AUTH_URL", "http://127.0.0.1/v3")
    monkeypatch.setenv("OS_PROJECT_NAME", "lab")
    monkeypatch.setenv("OS_PASSWORD", S3CRET)
    assert [row["name"] for row in cli("profiles", "import", "--from", "env").rows] == ["trove"]
    shown = cli("profiles", "show", "trove").rows[0]
    assert shown["fields"] == {"auth_url": "http://127.0.0.1/v3", "project_name": "lab"}
    assert shown["secrets"] == {"password": {"from": "env", "name": "OS_PASSWORD"}}


def test_an_unusable_entry_is_told(cli, storedeck_home):
    """One wrong profile hides no other; the list says what is wrong with it."""
    path = storedeck_home / "config" / "profiles.toml"
    path.write_text(path.read_text() + '\n[[profile]]\nname = "bad"\nkind = "ignite"\n')
    ended = cli("profiles", "list")
    assert [row["name"] for row in ended.rows] == ["mem"]
    assert "profile bad: `id` is missing" in ended.err
