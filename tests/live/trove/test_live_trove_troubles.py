"""Real servers under the real client: pages, quotas, other projects, what fails, and what an administrator does."""

from collections.abc import Callable

import pytest
from trove_oracle import Oracle, OracleRefused, until
from trove_servers import RealTrove

MANY = 30
PAGE = 20


def test_thirty_instances_take_two_pages(oracle: Oracle) -> None:
    """A page has 20 instances; by the marker of the next link every one comes once."""
    made = sorted(oracle.create(f"many-{number:02}")["id"] for number in range(MANY))
    first = oracle.call("instances.list")
    assert (PAGE, True) == (len(first["items"]), first["next"] is not None)
    listed = oracle.pages("instances.list")
    assert made == sorted(row["id"] for row in listed if row["name"].startswith("many-"))
    for instance in made:
        oracle.ready(instance)
    oracle.delete(*made)


def test_a_quota_is_kept(oracle: Oracle, admin_oracle: Oracle, real_trove: RealTrove) -> None:
    """An administrator lowers the quota of a project; an instance more than that answers 413."""
    project = real_trove.users["demo"].project_id
    admin_oracle.call("quota.update", project, {"instances": 0})
    with pytest.raises(OracleRefused) as refused:
        oracle.create("one too many")
    assert 413 == refused.value.status
    assert "Quota exceeded for resources: ['instances']" in refused.value.message
    admin_oracle.call("quota.update", project, {"instances": 40})
    rows = {row["resource"]: row["limit"] for row in oracle.call("quota.show", project)}
    assert 40 == rows["instances"]


def test_another_project_sees_nothing(oracle_as: Callable[[str], Oracle], instance: str) -> None:
    """An instance of another project is neither listed nor found."""
    other = oracle_as("other")
    assert [] == other.pages("instances.list")
    with pytest.raises(OracleRefused) as refused:
        other.call("instances.get", instance)
    assert 404 == refused.value.status


def test_a_reader_reads(oracle_as: Callable[[str], Oracle], instance: str) -> None:
    """A user with the role reader sees the instances of its project."""
    assert instance in [row["id"] for row in oracle_as("auditor").pages("instances.list")]


@pytest.mark.parametrize("what", ["SERVER_ERROR", "GUEST_ERROR"])
def test_an_instance_that_cannot_be_built_tells_why(oracle: Oracle, what: str) -> None:
    """It ends in ERROR with a fault that has a date, and can be deleted."""
    made = oracle.create(f"broken {what}")["id"]
    oracle.settled(made, "ERROR")
    fault = until(lambda: oracle.call("instances.get", made).get("fault"), lambda: "no fault came")
    assert {"message", "created", "details"} == set(fault)
    oracle.delete(made)


def test_an_instance_stuck_in_build_needs_an_administrator(oracle: Oracle, admin_oracle: Oracle) -> None:
    """Stuck in BUILD it cannot be deleted nor reset by its owner; reset by an administrator it is ACTIVE and can."""
    made = oracle.create("stuck NEVER_READY")["id"]
    with pytest.raises(OracleRefused) as refused:
        oracle.call("instances.delete", made)
    assert 422 == refused.value.status
    with pytest.raises(OracleRefused) as refused:
        oracle.call("instances.reset_status", made)
    assert 403 == refused.value.status
    admin_oracle.call("instances.reset_status", made)
    oracle.settled(made, "ACTIVE", "ERROR")
    oracle.delete(made)


def test_an_administrator_sees_the_server(oracle: Oracle, admin_oracle: Oracle, instance: str) -> None:
    """The administrator's view has the server and its host; a member is refused with 401."""
    shown = admin_oracle.call("mgmt_instances.show", instance)
    assert ("compute-1", "ACTIVE") == (shown["server"]["host"], shown["server"]["status"])
    assert instance in [row["id"] for row in admin_oracle.pages("mgmt_instances.list")]
    with pytest.raises(OracleRefused) as refused:
        oracle.call("mgmt_instances.show", instance)
    assert 401 == refused.value.status


def test_an_administrator_stops_reboots_and_migrates(admin_oracle: Oracle, instance: str) -> None:
    """A stopped database is SHUTDOWN on an ACTIVE instance; a reboot brings it back; a migration changes the host."""
    admin_oracle.call("mgmt_instances.stop", instance)
    admin_oracle.settled(instance, "ACTIVE", "SHUTDOWN")
    admin_oracle.call("mgmt_instances.reboot", instance)
    admin_oracle.ready(instance)
    before = admin_oracle.call("mgmt_instances.show", instance)["server"]["host"]
    admin_oracle.call("mgmt_instances.migrate", instance)
    admin_oracle.ready(instance)
    assert before != admin_oracle.call("mgmt_instances.show", instance)["server"]["host"]


def test_the_history_of_root_is_kept(oracle: Oracle, admin_oracle: Oracle, instance: str) -> None:
    """An administrator reads when root was enabled first, and by whom."""
    oracle.call("root.create", instance)
    history = admin_oracle.call("mgmt_instances.root_enabled_history", instance)
    assert instance == history["id"]
