"""What the Trove store promises, on the real servers; and the real troveclient as a witness, both ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cli_runs import Cli, cli
from trove_contract import *  # noqa: F403 - the tests are taken whole
from trove_oracle import Oracle, OracleRefused
from trove_servers import RealTrove
from trove_stores import SMALL, TroveAccess, done, made, names, pacing, reason, rows

from services.errors import NotFound, Refused
from services.instances.waiting import wait_for
from services.secrets import Secret
from services.stores.instances import ActionResult, Instance
from services.stores.trove.store import TroveStore

__all__ = ["cli"]

MANY = 31
NEW = ("--flavor", "db.small", "--size", "1", "--datastore", "mysql", "--datastore-version", "8.0.36")


@pytest.fixture(scope="module")
def access(real_trove: RealTrove) -> TroveAccess:
    """The real servers, as their users."""
    return TroveAccess(real_trove.profile_fields, lambda user: real_trove.profile_secrets(user)["password"])


def all_names(store: TroveStore) -> list[str]:
    """The names of all instances, sorted."""
    return sorted(one.name for page in store.list_instances() for one in page)


def gone(store: TroveStore, identifiers: list[str]) -> None:
    """Delete them at once, and wait until none is found."""
    for result in [store.act("delete", identifier, {}) for identifier in identifiers]:
        wait_for(store, result, pacing(90))


@pytest.mark.timeout(240)
def test_over_thirty_instances_come_once(store: TroveStore, oracle: Oracle) -> None:
    """Every instance of both pages is listed once, the same ones that the real client lists, until all are deleted."""
    results = [store.act("create", "", {**SMALL, "name": f"many-{number:02}"}) for number in range(MANY)]
    listed = [one for page in store.list_instances() for one in page if one.name.startswith("many-")]
    assert sorted(result.instance_id for result in results) == sorted(one.id for one in listed)
    theirs = [row["id"] for row in oracle.pages("instances.list") if row["name"].startswith("many-")]
    assert sorted(theirs) == sorted(one.id for one in listed)
    for result in results:
        wait_for(store, result, pacing(90))
    gone(store, [result.instance_id for result in results])
    assert [] == [name for name in all_names(store) if name.startswith("many-")]


def test_the_real_client_reads_what_the_store_wrote(store: TroveStore, oracle: Oracle) -> None:
    """An instance with all that was asked for, its backup and its group, as troveclient sees them."""
    one = made(store, "ours", size=2, databases=["a", "b"], users=["ann@10.0.0.%"], allowed_cidrs=["10.0.0.0/8"])
    theirs = oracle.call("instances.get", one.id)
    assert ("ours", "1", 2) == (theirs["name"], theirs["flavor"]["id"], theirs["volume"]["size"])
    assert ["10.0.0.0/8"] == theirs["access"]["allowed_cidrs"]
    assert ["a", "b"] == [row["name"] for row in oracle.pages("databases.list", one.id)]
    (user,) = oracle.pages("users.list", one.id)
    assert ("ann", "10.0.0.%", ["a", "b"]) == (user["name"], user["host"], [row["name"] for row in user["databases"]])
    backup = done(store, "backup", one.id, name="nightly", description="by us").subject
    told = oracle.call("backups.get", backup)
    assert ("nightly", "by us", "COMPLETED") == (told["name"], told["description"], told["status"])
    where = {"datastore": "mysql", "datastore_version": "8.0.36"}
    group = done(store, "create-configuration", name="ours", values="max_connections=99", **where).subject
    assert {"max_connections": 99} == oracle.call("configurations.get", group)["values"]
    done(store, "delete-configuration", id=group)
    done(store, "delete-backup", id=backup)
    done(store, "delete", one.id)
    with pytest.raises(OracleRefused) as refused:
        oracle.call("instances.get", one.id)
    assert 404 == refused.value.status


def test_the_store_reads_what_the_real_client_wrote(store: TroveStore, oracle: Oracle, instance: str) -> None:
    """Its databases and user, and what it changes meanwhile, by name as by id."""
    assert instance == store.show_instance("walk").instance.id
    assert ["orders", "stock"] == names(store, "databases", instance)
    assert [{"name": "writer", "host": "%", "databases": "orders"}] == rows(store, "users", instance)
    oracle.call("users.create", instance, [{"name": "far", "password": "p", "host": "10.9.8.7"}])
    wait_for(store, ActionResult("", instance, "far@10.9.8.7", wait_for="user exists"), pacing())
    oracle.call("instances.update", instance, name="renamed")
    assert instance == store.show_instance("renamed").instance.id
    done(store, "delete-user", instance, name="far", host="10.9.8.7")
    assert ["writer"] == [row["name"] for row in oracle.pages("users.list", instance)]


def test_quotas_bind(store: TroveStore, admin: TroveStore) -> None:
    """A lowered quota is told by the plan, and by the service where it is asked all the same."""
    before = {row["resource"]: row["limit"] for row in rows(store, "quotas")}["instances"]
    admin.act("set-quota", "", {"instances": 0})
    arguments = {**SMALL, "name": "one too many"}
    plan = store.plan_action("create", "", arguments)
    assert "instances" in [quota.resource for quota in plan.quotas if quota.is_exceeded]
    with pytest.raises(Refused, match="Quota exceeded") as told:
        store.act("create", "", arguments)
    assert told.value.request_id
    admin.act("set-quota", "", {"instances": before})
    assert before == {row["resource"]: row["limit"] for row in rows(store, "quotas")}["instances"]


@pytest.mark.parametrize("what", ["SERVER_ERROR", "GUEST_ERROR"])
def test_a_failed_build_tells_its_fault(store: TroveStore, what: str) -> None:
    """The wait ends with the state and the words of the fault; the detail has its date; it can be deleted."""
    result = store.act("create", "", {**SMALL, "name": f"broken {what}"})
    with pytest.raises(Refused, match=": ERROR"):
        wait_for(store, result, pacing())
    detail = store.show_instance(result.instance_id)
    assert detail.instance.is_failed
    assert "needs ACTIVE, is ERROR" == reason(store, "restart", result.instance_id)
    done(store, "delete", result.instance_id)


def test_another_version_of_the_datastore(store: TroveStore) -> None:
    """An upgrade offers only other versions of the same datastore."""
    old = made(store, "old", datastore_version="5.7.44")
    (field,) = store.action_fields("upgrade", old.id)
    assert ["8.0.36"] == [choice.label for choice in field.choices]
    done(store, "upgrade", old.id, datastore_version="8.0.36")
    assert "8.0.36" == store.show_instance(old.id).instance.datastore_version
    done(store, "delete", old.id)


def test_an_application_credential_and_a_token(real_trove: RealTrove, store: TroveStore, shared: Instance) -> None:
    """Both ways lead to the same project."""
    identifier, secret = real_trove.application_credential
    token = store._rest.session.get_token()
    fields = real_trove.profile_fields()
    by_credential = {"auth_url": fields["auth_url"], "application_credential_id": identifier}
    for profile, secrets in (
        (by_credential, {"application_credential_secret": Secret(secret)}),
        (fields, {"token": Secret(token)}),
        ({"service_url": store._rest.identity.service_url}, {"token": Secret(token)}),
    ):
        other = TroveStore(profile, secrets)
        other.connect()
        assert shared.name in all_names(other)
        other.close()


def test_a_dead_primary_is_ejected(store: TroveStore, admin: TroveStore) -> None:
    """A primary that fell silent gives its place to its replica."""
    source = made(store, "source that GOES_SILENT")
    heir = done(store, "add-replica", source.id, name="heir").instance_id
    assert "is alive" in reason(store, "eject", source.id)
    admin.act("stop", source.id, {})
    wait_for(store, ActionResult("", source.id, wait_for="ERROR"), pacing())
    assert "" == reason(store, "eject", source.id)
    done(store, "eject", source.id)
    wait_for(store, ActionResult("", heir, wait_for="ACTIVE"), pacing())
    assert "" == store.show_instance(heir).instance.replica_of
    gone(store, [source.id, heir])


def test_a_reader_may_not_see_another_project(access: TroveAccess, store: TroveStore, shared: Instance) -> None:
    """A reader of the project sees its instances; someone of another project does not find them."""
    with access.opened("auditor") as reader:
        assert shared.name in all_names(reader)
    with access.opened("other") as other:
        assert [] == all_names(other)
        with pytest.raises(NotFound):
            other.show_instance(shared.id)


@pytest.fixture
def trove(cli: Cli, real_trove: RealTrove, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Commands, with the profile `tr`."""
    monkeypatch.setenv("TROVE_LIVE", real_trove.profile_secrets()["password"])
    words = [word for field, text in real_trove.profile_fields().items() for word in ("--set", f"{field}={text}")]
    assert 0 == cli("profiles", "add", "trove", "tr", *words, "--secret-env", "password=TROVE_LIVE").code
    return cli


def test_the_walk_on_the_command_line(trove: Cli, oracle: Oracle) -> None:
    """Versions, create with databases and users, wait until ready, list, restart, resize, delete until not found."""
    assert ["v1.0"] == [row["id"] for row in trove("instances", "tr", "versions").rows]
    made = trove("instances", "tr", "create", "cliwalk", *NEW, "--database", "a", "b", "--user", "ann", "bob", "--wait")
    assert (0, "") == (made.code, made.error)
    (row,) = made.rows
    assert (True, {"ann", "bob"}) == (row["is_ready"], set(row["passwords"]))
    assert ["a", "b"] == [one["name"] for one in oracle.pages("databases.list", row["id"])]
    assert ["ann", "bob"] == [one["name"] for one in trove("instances", "tr", "users", "cliwalk", "list").rows]
    assert "cliwalk" in [one["name"] for one in trove("instances", "tr", "list").rows]
    assert trove("instances", "tr", "restart", "cliwalk", "--wait").rows[0]["is_ready"]
    assert 2.0 == trove("instances", "tr", "resize", "cliwalk", "--size", "2", "--wait").rows[0]["volume_gb"]
    assert 0 == trove("instances", "tr", "delete", "cliwalk", "--yes", "cliwalk", "--wait").code
    assert 0 == trove("instances", "tr", "wait", "cliwalk", "--for", "gone", "--timeout", "5").code
    missing = trove("instances", "tr", "show", "cliwalk")
    assert (1, True) == (missing.code, "no instance of that id or name" in missing.error)
