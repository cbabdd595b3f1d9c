"""The real troveclient on what only the sandbox has: sample instances, the object store, old ways to sign in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox_trove import SandboxTrove, served
from trove_oracle import Oracle, OracleRefused, access_by, oracle_with, password_access

from services.sandbox.trove.server import TroveSandbox


@pytest.fixture(scope="module")
def samples() -> Iterator[SandboxTrove]:
    """A sandbox with the sample instances, whose time stands still."""
    with TroveSandbox(speed=0) as sandbox:
        yield served(sandbox)


@pytest.fixture(scope="module")
def reader(samples: SandboxTrove, oracle_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    """The real troveclient on the samples, as a member of the project demo."""
    folder = tmp_path_factory.mktemp("reader")
    with oracle_with(oracle_python, folder, password_access(samples, "demo")) as oracle:
        yield oracle


def test_the_samples_are_read_over_two_pages(reader: Oracle) -> None:
    """All thirty, with their states, and one that is replicated twice."""
    rows = {row["name"]: row for row in reader.pages("instances.list", detailed=True)}
    assert 30 == len(rows)
    assert 2 == len(rows["orders-db"]["replicas"])
    assert {"ACTIVE", "BUILD", "ERROR", "RESTART_REQUIRED"} == {row["status"] for row in rows.values()}


def test_users_of_several_pages_come_once_each(real_trove: SandboxTrove, oracle: Oracle) -> None:
    """The client hands the marker on as it stands in the link."""
    users = [{"name": f"user{number:02}", "password": "p"} for number in range(45)]
    made = oracle.create("many users", users=users)["id"]
    oracle.ready(made)
    assert [user["name"] for user in users] == [row["name"] for row in oracle.pages("users.list", made)]
    oracle.delete(made)


def test_sample_backups_and_groups_are_read(reader: Oracle) -> None:
    """With the parents of increments, the container of the strategy, the values of a group."""
    backups = {row["name"]: row for row in reader.call("backups.list")["items"]}
    assert backups["orders-db-full"]["id"] == backups["orders-db-inc-1"]["parent_id"]
    assert ["demo-backups"] == [row["swift_container"] for row in reader.call("backup_strategies.list")]
    groups = {row["name"]: row["id"] for row in reader.pages("configurations.list")}
    values = reader.call("configurations.get", groups["high-traffic"])["values"]
    assert {"max_connections": 800, "wait_timeout": 60} == values


def test_a_log_is_saved_through_the_object_store(oracle: Oracle, instance: str, tmp_path: Path) -> None:
    """Every published part in its order; one that was discarded is not found."""
    oracle.call("instances.log_action", instance, "general", enable=True)
    published = 0
    for _ in range(3):
        published = oracle.call("instances.log_action", instance, "general", publish=True)["published"]
    saved = Path(oracle.call("instances.log_save", instance, "general", str(tmp_path / "general.log")))
    assert published == saved.stat().st_size
    numbers = [int(line.split()[1]) for line in saved.read_text().splitlines()]
    assert list(range(1, len(numbers) + 1)) == numbers
    oracle.call("instances.log_action", instance, "general", discard=True, disable=True)


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_a_token_is_taken_for_another(samples: SandboxTrove, oracle_python: Path, tmp_path: Path, version: str) -> None:
    """Version 2 by password, and version 3 by the token of somebody who signed in before."""
    directory = samples.sandbox.directory
    user, project = directory.user("demo"), directory.project("demo")
    options: dict[str, Any] = {"auth_url": samples.sandbox.auth_url_v2, "tenant_name": "demo"}
    options |= {"username": "demo", "password": user.password}
    if version == "v3":
        token = directory.issue(user, None, ["password"]).id
        options = {"auth_url": samples.auth_url, "token": token, "project_id": project.id}
    plugin = {"v2": "v2password", "v3": "v3token"}[version]
    with oracle_with(oracle_python, tmp_path, access_by(plugin, samples, options)) as oracle:
        assert 3 == len(oracle.call("datastores.list")["items"])


def test_an_administrator_reads_all_projects(samples: SandboxTrove, oracle_python: Path, tmp_path: Path) -> None:
    """Two instances more than a member has; a member's question is refused."""
    with oracle_with(oracle_python, tmp_path, password_access(samples, "admin")) as oracle:
        assert 32 == len(oracle.pages("mgmt_instances.list"))
        parameters = oracle.call("mgmt_ds_versions.list")["items"]
    assert 7 == len(parameters)


def test_a_member_is_no_administrator(reader: Oracle) -> None:
    """401 on the administrators' list, 403 on the backups of all projects."""
    with pytest.raises(OracleRefused) as refused:
        reader.call("mgmt_instances.list")
    assert 401 == refused.value.status
    with pytest.raises(OracleRefused) as refused:
        reader.call("backups.list", all_projects=True)
    assert 403 == refused.value.status
