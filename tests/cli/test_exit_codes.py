"""Exit codes and error lines of the contract: scripts rely on each of them."""

import json

import pytest

from services.cli.main import main


def test_0_done(cli):
    """A command that did what it says ends with 0 and says no error."""
    ended = cli("rows", "mem:people", "--limit", "1")
    assert (ended.code, ended.error) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ("describe", "mem:nothing"),
        ("get", "mem:people", "--key", "12345"),
        ("sql", "mem", "SELECT * FROM nowhere"),
        ("put", "mem:people", "--row", '{"id": "no number"}'),
        ("put", "mem:people", "--row", '{"id": 1, "nobody": 2}'),
        ("cluster", "mem", "kill", "query", "no-such-query"),
    ],
)
def test_1_refused(cli, words):
    """The store, a statement or a row was refused."""
    assert cli(*words).code == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nonsense",),
        ("rows",),
        ("rows", "mem"),
        ("rows", "nobody:people"),
        ("rows", "mem:people", "--limit", "many"),
        ("rows", "mem:people", "--format", "xml"),
        ("get", "mem:people", "--key", "{id: 1}"),
        ("put", "mem:people", "--row", "[]"),
        ("put", "mem:people", "--row", '{"name": "keyless"}'),
        ("sql", "mem"),
        ("sql", "mem", "  ;  "),
        ("sql", "mem:people", "SELECT 1"),
        ("drop", "mem:people"),
        ("drop", "mem:people", "--yes", "other"),
        ("profiles", "add", "nokind", "x"),
        ("profiles", "add", "ignite", "x", "--set", "colr=red"),
        ("profiles", "show", "nobody"),
        ("sandbox", "--only", "nothing"),
    ],
)
def test_2_usage(cli, words):
    """The request itself is wrong: nothing was tried."""
    ended = cli(*words)
    assert ended.code == 2
    assert ended.error


def test_3_could_not_sign_in(cli):
    """A wrong password is no connection."""
    cli("profiles", "edit", "mem", "--set", "expects=another")
    ended = cli("rows", "mem:people")
    assert (ended.code, ended.error) == (3, "error: memory: wrong password")


def test_3_closed_port(cli):
    """A port where nobody listens is no connection, with advice."""
    cli("profiles", "add", "ignite", "closed", "--set", "nodes=127.0.0.1:1", "--set", "timeout_seconds=2")
    ended = cli("ls", "closed:")
    assert ended.code == 3
    assert ended.err.splitlines()[1].startswith("hint: ")


def test_3_a_secret_that_nobody_can_type(cli):
    """Without a terminal a missing secret is said, not waited for."""
    cli("profiles", "edit", "mem", "--secret-env", "NO_SUCH_VARIABLE")
    ended = cli("rows", "mem:people")
    assert (ended.code, ended.error) == (3, "error: password of mem: the variable NO_SUCH_VARIABLE is not set")


def test_4_timed_out(cli):
    """A statement that takes longer than allowed is stopped."""
    assert cli("sql", "mem", "SELECT count(*) FROM numbers a, numbers b", "--timeout", "0.2").code == 4


def test_5_conflict(cli):
    """A condition that does not hold changes nothing and says how the row is now."""
    row = json.dumps({"id": 1, "name": "other"})
    ended = cli("put", "mem:people", "--row", row, "--if", "absent")
    assert ended.code == 5
    assert "Nothing was changed" in ended.err
    assert cli("put", "mem:people", "--row", row, "--if", '{"name": "nobody"}').code == 5
    assert cli("delete", "mem:people", "--key", "999", "--if", "exists").code == 5


def test_a_condition_that_holds_is_no_conflict(cli):
    """The same calls with true conditions end well."""
    name = cli("get", "mem:people", "--key", "1").rows[0]["name"]
    row = json.dumps({"id": 1, "city": "Rome"})
    assert cli("put", "mem:people", "--row", row, "--if", json.dumps({"name": name})).code == 0
    assert cli("put", "mem:people", "--row", row, "--if", "exists").code == 0
    assert cli("put", "mem:people", "--row", '{"id": 1000, "name": "new"}', "--if", "absent").code == 0
    assert cli("put", "mem:people", "--row", row).code == 0
    assert cli("delete", "mem:people", "--key", "1", "--if", json.dumps({"name": name})).code == 0
    assert cli("delete", "mem:people", "--key", "999").code == 0


def test_error_lines(cli):
    """Every error is one line of what and why, and one of what to do."""
    lines = cli("describe", "mem:nothing").err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_errors_as_json(cli, kind):
    """With JSON output the last line of standard error can be read by a program."""
    ended = cli("describe", "mem:nothing", "--format", kind)
    assert set(ended.last_json) == {"error", "hint", "request_id", "code"}
    assert ended.last_json["code"] == 1
    assert f"error: {ended.last_json['error']}" == ended.error


def test_usage_errors_as_json(cli):
    """Also words that cannot be parsed are told in JSON when JSON was asked for."""
    assert cli("rows", "--format", "json").last_json["code"] == 2


def test_an_error_of_hostile_words_is_one_safe_line(cli):
    """What a user or a server wrote cannot act on the terminal by an error."""
    ended = cli("rows", "mem:\x1b]0;title\x07\nerror: fake")
    assert ended.code == 1
    assert "\x1b" not in ended.err
    assert len(ended.err.splitlines()) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("put", "mem:people", "--row", '{"id": 1}'),
        ("delete", "mem:people", "--key", "1"),
        ("sql", "mem", "DELETE FROM people"),
        ("sql", "mem", "SELECT 1; DELETE FROM people"),
        ("create", "mem:new", "--definition", "-"),
        ("drop", "mem:people", "--yes", "people"),
        ("cluster", "mem", "kill", "query", "1"),
    ],
)
@pytest.mark.parametrize("is_profile", [True, False])
def test_read_only_refuses_before_any_request(cli, tmp_path, monkeypatch, words, is_profile):
    """On a read-only profile, or with `--read-only`, the store sees no request at all."""
    monkeypatch.setattr("services.cli.containers.read_text", lambda source, what: '{"columns": []}')
    log = tmp_path / "requests.log"
    cli("profiles", "edit", "mem", "--set", f"log={log}", "--set", f"read_only={str(is_profile).lower()}")
    ended = cli(*words, *([] if is_profile else ["--read-only"]))
    assert (ended.code, "refused" in ended.error) == (1, True)
    assert not log.exists()


def test_reading_is_allowed_on_a_read_only_profile(cli):
    """Reads and queries go through."""
    assert cli("rows", "mem:people", "--read-only", "--limit", "1").code == 0
    assert cli("--read-only", "sql", "mem", "SELECT 1 AS one").rows == [{"one": 1}]


def test_help_ends_with_0(cli):
    """Help is no error, of the program and of every command."""
    assert cli("--help").code == 0
    assert b"ADDRESS" in cli("rows", "--help").out
    assert cli("--version").out.startswith(b"storedeck ")


def test_a_defect_is_named_without_a_traceback(cli, monkeypatch, tmp_path):
    """An unforeseen failure is one line on the terminal; the log has the rest."""
    monkeypatch.setattr("services.cli.rows._write_rows", lambda *_: 1 / 0)
    ended = cli("rows", "mem:people", "--log", str(tmp_path / "log"))
    assert ended.code == 1
    assert "a defect of Storedeck: ZeroDivisionError" in ended.error
    assert "Traceback" not in ended.err
    assert "Traceback" in (tmp_path / "log").read_text()


def test_main_takes_words_without_the_program_name(cli):
    """The entry function is called with the words after `storedeck`."""
    assert main(["profiles", "list"]) == 0
