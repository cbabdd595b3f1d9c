"""The commands over the MaxCompute sandbox: jobs, rows, statements, definitions, and profiles of the vendor's tools."""

import json
from collections.abc import Iterator

import pytest
from maxcompute_stores import SLOW

from services.sandbox.maxcompute.server import MaxComputeSandbox


@pytest.fixture(scope="module")
def project() -> Iterator[MaxComputeSandbox]:
    """A project that this module's tests may change."""
    with MaxComputeSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def mc(cli, project, monkeypatch):
    """Commands, with a profile `mc`."""
    facts = project.profile
    monkeypatch.setenv("MC_SECRET", facts["secrets"]["access_key_secret"])
    words = [word for name in ("endpoint", "project", "access_key_id") for word in ("--set", f"{name}={facts[name]}")]
    assert cli("profiles", "add", "maxcompute", "mc", *words, "--secret-env", "access_key_secret=MC_SECRET").code == 0
    return cli


def test_the_tunnel_is_found_by_asking(mc):
    """Without a tunnel endpoint in the profile the service names it; each step of the check is told."""
    ended = mc("profiles", "test", "mc")
    assert [row["step"] for row in ended.rows] == ["resolve", "connect", "TLS", "sign in", "list"]
    assert (ended.code, {row["ok"] for row in ended.rows}) == (0, {True})
    assert len(mc("rows", "mc:orders", "--all").rows) == 500


def test_ls_lists_tables_but_no_partitions_of_all(mc):
    """The root has what costs nothing to list; a table its partitions."""
    found = {row["address"]: row["kind"] for row in mc("ls", "mc:").rows if row["address"]}
    assert (found["mc:sales"], found["mc:sales_by_region"]) == ("table", "view")
    assert "mc:sales/pt=20260101" not in found
    assert "mc:sales/pt=20260101" in [row["address"] for row in mc("ls", "mc:sales").rows]


def test_rows_of_a_partition(mc):
    """By its address, in the columns asked for; a filter runs a job and says so."""
    plain = mc("rows", "mc:sales/pt=20260101", "--columns", "order_id,pt", "--limit", "2")
    assert plain.rows == [{"order_id": 0, "pt": "20260101"}, {"order_id": 1, "pt": "20260101"}]
    assert "job" not in plain.err
    filtered = mc("rows", "mc:sales/pt=20260101", "--where", "order_id = 7", "--columns", "order_id")
    assert (filtered.rows, "note: job " in filtered.err) == ([{"order_id": 7}], True)


def test_a_job_is_listed_shown_and_read_again(mc):
    """Its id is told when it is submitted; with it the result is read without running it again."""
    ended = mc("sql", "mc", "SELECT 41 + 1 AS answer")
    identifier = ended.err.split("note: job ")[1].split(":")[0]
    listed = {row["id"]: row for row in mc("jobs", "mc", "list").rows}
    assert {"id", "status", "statement", "started"} <= listed[identifier].keys()
    assert (listed[identifier]["status"], listed[identifier]["statement"]) == ("Success", "SELECT 41 + 1 AS answer")
    shown = mc("jobs", "mc", "show", identifier, "--format", "json")
    groups = json.loads(shown.out)["groups"]
    assert (groups["Job"]["Id"], groups["Statement"][""]) == (identifier, "SELECT 41 + 1 AS answer")
    before = len(mc("jobs", "mc", "list").rows)
    assert mc("jobs", "mc", "result", identifier).rows == [{"answer": 42}]
    assert mc("rows", f"mc:job:{identifier}").rows == [{"answer": 42}]
    assert len(mc("jobs", "mc", "list").rows) == before
    assert mc("jobs", "mc", "list", "--limit", "1").rows[0]["id"] == identifier


def test_a_job_is_stopped(mc):
    """By its id; a statement that ran into its time limit was stopped, too, with exit code 4."""
    ended = mc("sql", "mc", f"SET sandbox.job.seconds=60; {SLOW}", "--timeout", "0.3")
    identifier = ended.error.split("job ")[1].split(":")[0]
    assert ended.code == 4
    stopped = mc("jobs", "mc", "stop", identifier)
    assert (stopped.code, "had ended: Cancelled" in stopped.err) == (0, True)
    assert mc("jobs", "mc", "stop", identifier, "--read-only").code == 1
    assert mc("jobs", "mc", "show", "20260101000000000gnothing0000").code == 1
    assert mc("jobs", "mc", "show", "a/b").code == 2


def test_costs_are_told(mc):
    """Without running the statement."""
    shown = json.loads(mc("jobs", "mc", "cost", "SELECT * FROM sales", "--format", "json").out)
    assert "bytes" in shown["groups"]["Cost"]["Input"]


def test_settings_hold_for_the_statements_after(mc):
    """In a file of statements, as the vendor's client has it."""
    ended = mc("sql", "mc", "SET odps.instance.priority=2; SELECT 1 AS one")
    identifier = ended.err.split("note: job ")[1].split(":")[0]
    assert ended.rows[-1] == {"one": 1}
    shown = json.loads(mc("jobs", "mc", "show", identifier, "--format", "json").out)
    assert shown["groups"]["Job"]["Priority"] == "2"


def test_a_table_is_made_from_its_description(mc, tmp_path):
    """What `describe` prints makes it again; dropping asks for the name."""
    described = mc("describe", "mc:visits", "--format", "json").out
    path = tmp_path / "definition.json"
    path.write_bytes(described)
    assert mc("create", "mc:visits_again", "--definition", str(path)).code == 0
    again = json.loads(mc("describe", "mc:visits_again", "--format", "json").out)
    assert (again["columns"], again["options"]) == (json.loads(described)["columns"], json.loads(described)["options"])
    assert mc("drop", "mc:visits_again", "--yes", "visits").code == 2
    assert mc("drop", "mc:visits_again", "--yes", "visits_again").code == 0
    assert mc("describe", "mc:visits_again").code == 1


def test_a_table_is_altered_and_emptied(mc, tmp_path):
    """Each asks or shows before; a name has to be given again to remove all rows."""
    mc("sql", "mc", "CREATE TABLE filled (id BIGINT) LIFECYCLE 3")
    mc("sql", "mc", "INSERT INTO filled VALUES (1), (2)")
    path = tmp_path / "options.json"
    path.write_text('{"options": {"lifecycle": 30}}')
    assert mc("alter", "mc:filled", "--definition", str(path)).rows == [{"option": "lifecycle", "was": 3, "will": 30}]
    assert mc("truncate", "mc:filled").code == 2
    assert mc("truncate", "mc:filled", "--yes", "filled", "--read-only").code == 1
    assert len(mc("rows", "mc:filled").rows) == 2
    assert mc("truncate", "mc:filled", "--yes", "filled").code == 0
    assert mc("rows", "mc:filled").rows == []


def test_read_only_refuses_before_asking(mc):
    """Statements that change something, and drops."""
    assert mc("sql", "mc", "DROP TABLE orders", "--read-only").code == 1
    assert mc("drop", "mc:orders", "--yes", "orders", "--read-only").code == 1
    assert mc("sql", "mc", "SELECT COUNT(*) AS n FROM orders", "--read-only").rows == [{"n": 500}]


def test_the_vendors_file_makes_a_profile(cli, project, tmp_path, fake_keyring):
    """odps_config.ini as the vendor's client has it; its secret goes to the keyring."""
    facts = project.profile
    path = tmp_path / "odps_config.ini"
    path.write_text(
        f"# a comment\nproject_name={facts['project']}\naccess_id = {facts['access_key_id']}\n"
        f"access_key={facts['secrets']['access_key_secret']}\nend_point={facts['endpoint']}\nhttps_check=false\n"
    )
    assert cli("profiles", "import", "--from", str(path)).code == 0
    assert list(fake_keyring.entries.values()) == [facts["secrets"]["access_key_secret"]]
    assert cli("rows", "maxcompute:orders", "--limit", "1").code == 0


def test_the_vendors_file_without_a_project_is_refused(cli, tmp_path):
    """With what is missing."""
    path = tmp_path / "odps_config.ini"
    path.write_text("access_id=a\n")
    ended = cli("profiles", "import", "--from", str(path))
    assert (ended.code, "project_name" in ended.error) == (2, True)


def test_the_vendors_variables_make_a_profile(cli, project, monkeypatch):
    """Secrets stay in their variables."""
    facts = project.profile
    monkeypatch.setenv("ODPS_ENDPOINT", facts["endpoint"])
    monkeypatch.setenv("ODPS_PROJECT_NAME", facts["project"])
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", facts["access_key_id"])
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", facts["secrets"]["access_key_secret"])
    assert cli("profiles", "import", "--from", "env", "--only", "maxcompute").code == 0
    shown = cli("profiles", "show", "maxcompute").rows[0]
    assert shown["secrets"]["access_key_secret"] == {"from": "env", "name": "ALIBABA_CLOUD_ACCESS_KEY_SECRET"}
    assert len(cli("rows", "maxcompute:zoo").rows) == 3
