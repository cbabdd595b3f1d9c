"""What the Trove store promises, as tests for the sandbox and for the real servers.

A module joins with `from trove_contract import *` and a fixture `access` that gives a `TroveAccess`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from trove_stores import SMALL, TroveAccess, done, made, names, pacing, reason, rows

from services.errors import NotFound, Refused, SignInFailed, ValueRefused
from services.instances.waiting import wait_for
from services.stores.instances import LOG_START, ActionResult, Instance
from services.stores.trove.store import TroveStore
from services.stores.types import StepState


@pytest.fixture
def store(access: TroveAccess) -> Iterator[TroveStore]:
    """A member of the project."""
    with access.opened() as opened:
        yield opened


@pytest.fixture
def admin(access: TroveAccess) -> Iterator[TroveStore]:
    """An administrator of the same project."""
    with access.opened("admin") as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(access: TroveAccess) -> Iterator[Instance]:
    """A ready instance with two databases and a user; leave it as it is."""
    with access.opened() as store:
        instance = made(store, "shared", databases=["orders", "stock"], users=["writer"])
        yield instance
        done(store, "delete", instance.id)


def test_the_check_signs_in_and_lists(store: TroveStore) -> None:
    """Every step is taken, and the last one tells the version of the service."""
    steps = {step.name: step for step in store.check()}
    assert StepState.FAILED not in {step.state for step in steps.values()}
    assert "v1.0 CURRENT" in steps["list"].detail


def test_versions_are_told_without_signing_in(access: TroveAccess, store: TroveStore) -> None:
    """With a fixed address of the service the versions come without a token: the password is wrong here."""
    url = store._rest.identity.service_url
    wrong = TroveStore({**access.fields("demo"), "service_url": url}, {})
    assert [("v1.0", "CURRENT")] == [(row["id"], row["status"]) for row in rows(wrong, "versions")]
    wrong.close()


def test_a_wrong_password_is_told(access: TroveAccess) -> None:
    """Signing in fails as such, with advice."""
    fields = access.fields("demo") | {"username": "nobody-at-all"}
    store = TroveAccess(lambda user: fields, access.password)
    with pytest.raises(SignInFailed) as told, store.opened():
        pass
    assert "password" in told.value.hint


def test_another_project_than_the_token_is_told(access: TroveAccess, store: TroveStore) -> None:
    """An address of another project is refused, and the advice says what differs."""
    url = store._rest.identity.service_url.rpartition("/")[0] + "/0123456789abcdef0123456789abcdef"
    with access.opened(service_url=url) as other, pytest.raises(Refused) as told:
        list(other.list_instances())
    assert "another project" in told.value.hint


def test_the_walk(store: TroveStore) -> None:
    """Create with databases and users, wait until ready, restart, resize both ways, rename, delete until not found."""
    result = store.act("create", "", {**SMALL, "name": "walk", "databases": ["d1", "d2"], "users": ["ann", "bob"]})
    assert ["password of ann", "password of bob"] == [label for label, _ in result.secrets]
    assert "BUILD" == store.show_instance(result.instance_id).instance.status
    wait_for(store, result, pacing())
    walk = result.instance_id
    assert store.show_instance("walk").instance.is_ready
    assert ["d1", "d2"] == names(store, "databases", walk)
    assert [("ann", "d1, d2"), ("bob", "d1, d2")] == [
        (row["name"], row["databases"]) for row in rows(store, "users", walk)
    ]
    done(store, "restart", walk)
    done(store, "resize-volume", walk, size=2)
    done(store, "resize-flavor", walk, flavor="db.small")
    done(store, "rename", walk, name="walked")
    now = store.show_instance("walked").instance
    assert (2.0, "db.small", True) == (now.volume_gb, now.flavor, now.is_ready)
    done(store, "delete", walk)
    with pytest.raises(NotFound):
        store.show_instance(walk)


def test_what_is_built_waits_and_says_so(store: TroveStore, admin: TroveStore) -> None:
    """While it is built, every action on the machine and inside of it names the state; the server agrees."""
    result = store.act("create", "", {**SMALL, "name": "early"})
    early = result.instance_id
    assert "waits for ACTIVE, is BUILD" == reason(store, "restart", early)
    assert "waits for ACTIVE, is BUILD" == reason(store, "create-user", early)
    assert "waits for the build to end" in reason(store, "delete", early)
    with pytest.raises(Refused, match="waits for ACTIVE"):
        store.act("restart", early, {})
    with pytest.raises(Refused) as told:
        rows(store, "databases", early)
    assert "HTTP 422" in told.value.message
    assert told.value.request_id
    wait_for(store, result, pacing())
    done(store, "delete", early)


def test_bad_arguments_are_refused_before_a_request(store: TroveStore, shared: Instance) -> None:
    """A volume that does not grow, a flavor there is none of, a word that is no argument: nothing is sent."""
    for action, arguments, word in (
        ("resize-volume", {"size": 1}, "only grows"),
        ("resize-flavor", {"flavor": "db.nowhere"}, "Possible are"),
        ("restart", {"hard": True}, "takes none"),
        ("delete-database", {"name": "a.b"}, "dots"),
    ):
        with pytest.raises(ValueRefused) as told:
            store.act(action, shared.id, arguments)
        assert word in told.value.hint


def test_quotas_are_told_before_the_call(store: TroveStore) -> None:
    """A plan shows the request with its passwords hidden, and which quota it would exceed."""
    plan = store.plan_action("create", "", {**SMALL, "name": "huge", "size": 100_000, "users": ["ann"]})
    assert plan.call.startswith("POST /instances\n")
    assert '"password": "••••"' in plan.call
    exceeded = [quota.resource for quota in plan.quotas if quota.is_exceeded]
    assert ["volumes"] == exceeded
    assert "over the quota: volumes" in plan.notes[-1]


def test_what_is_missing_is_not_found(store: TroveStore) -> None:
    """Neither an unknown id nor an unknown name is anything else than not found."""
    for identifier in ("0f1e2d3c-0000-4000-8000-000000000000", "no such name"):
        with pytest.raises(NotFound):
            store.show_instance(identifier)


def test_users_and_databases_come_and_go(store: TroveStore, shared: Instance) -> None:
    """Users with hosts and dots, grants, a new password and a new name; databases; all until they are listed so."""
    done(store, "create-database", shared.id, name="extra")
    for name, host in (("dotted.name", ""), ("remote", "10.1.2.3"), ("any", "192.168.0.%"), ("50%41", "")):
        result = done(store, "create-user", shared.id, name=name, host=host, databases="extra")
        assert len(result.secrets[0][1].reveal()) >= 20
        done(store, "revoke", shared.id, name=name, host=host, database="extra")
        done(store, "grant", shared.id, name=name, host=host, databases=["orders", "stock"])
        done(store, "change-password", shared.id, name=name, host=host, password="Given-0ne")
    granted = {row["name"]: (row["host"], row["databases"]) for row in rows(store, "users", shared.id)}
    assert ("10.1.2.3", "orders, stock") == granted["remote"]
    assert ("%", "orders, stock") == granted["dotted.name"]
    done(store, "edit-user", shared.id, name="remote@10.1.2.3", new_name="moved")
    for subject in ("dotted.name", "moved@10.1.2.3", "any@192.168.0.%", "50%41"):
        done(store, "delete-user", shared.id, name=subject)
    done(store, "delete-database", shared.id, name="extra")
    assert ["writer"] == names(store, "users", shared.id)
    assert ["orders", "stock"] == names(store, "databases", shared.id)


def test_root_is_told_once(store: TroveStore, shared: Instance) -> None:
    """Enabling root brings a password that no later answer has."""
    ((label, password),) = done(store, "enable-root", shared.id).secrets
    assert ("password of root", True) == (label, bool(password))
    assert [{"name": "root", "is_enabled": True}] == rows(store, "root", shared.id)


def test_backups_are_made_restored_and_deleted(store: TroveStore, shared: Instance) -> None:
    """A full backup and one upon it; an instance restored from it has the databases; deleted ones are gone."""
    first = done(store, "backup", shared.id, name="whole").subject
    second = done(store, "backup", shared.id, name="upon it", parent=first).subject
    kinds = {row["id"]: (row["kind"], row["parent_id"]) for row in rows(store, "backups", shared.id)}
    assert {first: ("full", None), second: ("incremental", first)} == kinds
    form = {field.name: field for field in store.action_fields("restore", "", {"id": first})}
    assert "replica_of" not in form
    more = {name: SMALL[name] for name in ("flavor", "size")}
    given = {"id": second, "name": "restored", **more}
    origin = f"starts with the data of upon it, incremental upon whole, of {shared.name}"
    assert origin in store.plan_action("restore", "", given).notes
    result = done(store, "restore", "", **given)
    assert f"restored: is being built; {origin}" == result.message
    restored = result.instance_id
    assert ["orders", "stock"] == names(store, "databases", restored)
    done(store, "delete", restored)
    done(store, "delete-backup", id=second)
    done(store, "delete-backup", id=first)
    assert [] == rows(store, "backups", shared.id)


def test_replicas_follow_are_promoted_and_detached(store: TroveStore) -> None:
    """A replica names its primary; promoted, the two change places; detached, each stands alone."""
    source = made(store, "source")
    heir = done(store, "add-replica", source.id, name="heir").instance_id
    assert source.id == store.show_instance(heir).instance.replica_of
    assert (heir,) == store.show_instance(source.id).instance.replicas
    assert "has 1 replica" in reason(store, "delete", source.id)
    assert "is alive" in reason(store, "eject", source.id)
    assert "is no replica" == reason(store, "promote", source.id)
    done(store, "promote", heir)
    _ready(store, source.id)
    assert heir == store.show_instance(source.id).instance.replica_of
    done(store, "detach", source.id)
    assert "" == store.show_instance(source.id).instance.replica_of
    done(store, "delete", source.id)
    done(store, "delete", heir)


def _ready(store: TroveStore, identifier: str) -> None:
    wait_for(store, ActionResult("", identifier, is_asynchronous=True, wait_for="ACTIVE"), pacing())


def test_a_configuration_group_shows_what_it_changes(store: TroveStore, shared: Instance) -> None:
    """Only changed keys are listed; a value that is not dynamic waits for a restart, and the instance says so."""
    version = f"{shared.datastore}/{shared.datastore_version}"
    static = {row["name"]: row["restart_required"] for row in rows(store, "parameters", version)}
    waiting = next(name for name in ("innodb_buffer_pool_size", "performance_schema") if static.get(name))
    values = f"max_connections=77,{waiting}={'1' if waiting == 'performance_schema' else '20971520'}"
    where = {"datastore": shared.datastore, "datastore_version": shared.datastore_version}
    group = done(store, "create-configuration", name="tuned", values=values, **where).subject
    done(store, "attach-configuration", shared.id, configuration="tuned")
    assert "RESTART_REQUIRED" == store.show_instance(shared.id).instance.status
    assert "tuned attached" in reason(store, "attach-configuration", shared.id)
    changed = {row["name"]: row for row in rows(store, "configuration", shared.id)}
    assert {"max_connections", waiting} == set(changed)
    assert ("77", None, False) == _told(changed["max_connections"])
    assert changed[waiting]["restart_needed"]
    assert "waits for its restart" == reason(store, "detach-configuration", shared.id)
    done(store, "restart", shared.id)
    changed = {row["name"]: row for row in rows(store, "configuration", shared.id)}
    assert ("77", "77", False) == _told(changed["max_connections"])
    assert not changed[waiting]["restart_needed"]
    done(store, "change-configuration", id=group, values='{"max_connections": 78}')
    assert "78" in {row["value"] for row in rows(store, "configuration-values", group)}
    _restarted(store, shared.id)
    done(store, "detach-configuration", shared.id)
    _restarted(store, shared.id)
    done(store, "delete-configuration", id=group)
    assert "tuned" not in names(store, "configurations")


def _restarted(store: TroveStore, identifier: str) -> None:
    if store.show_instance(identifier).instance.status == "RESTART_REQUIRED":
        done(store, "restart", identifier)


def _told(row: dict[str, object]) -> tuple[object, object, object]:
    return row["group"], row["live"], row["restart_needed"]


def test_a_log_is_published_and_read_on(store: TroveStore, shared: Instance) -> None:
    """An enabled log that was published gives its newest lines, and a token for those that come later."""
    done(store, "enable-log", shared.id, name="general")
    assert () == store.read_log(shared.id, "general").lines
    done(store, "publish-log", shared.id, name="general")
    first = store.read_log(shared.id, "general", line_count=1)
    assert 1 == len(first.lines)
    assert () == store.read_log(shared.id, "general", first.token).lines
    assert first.lines == _from_the_start(store, shared.id, "general")[-1:]
    done(store, "discard-log", shared.id, name="general")
    done(store, "disable-log", shared.id, name="general")
    with pytest.raises(NotFound):
        store.read_log(shared.id, "nowhere")


def _from_the_start(store: TroveStore, instance: str, log: str) -> tuple[str, ...]:
    """All published lines, one at a time."""
    lines: tuple[str, ...] = ()
    token = LOG_START
    while (read := store.read_log(instance, log, token, 1)).lines:
        assert len(read.lines) == 1
        lines, token = lines + read.lines, read.token
    return lines


def test_access_strategies_and_modules(store: TroveStore, shared: Instance) -> None:
    """Networks that may come in, where backups go, a module made, applied, taken off and deleted."""
    done(store, "access", shared.id, is_public=False, allowed_cidrs="10.0.0.0/8,192.168.0.0/16")
    form = {field.name: field.default for field in store.action_fields("access", shared.id)}
    assert {"is_public": "false", "allowed_cidrs": "10.0.0.0/8,192.168.0.0/16"} == form
    done(store, "create-strategy", container="kept", instance=shared.id)
    assert ("kept",) in {
        (row["container"],) for row in rows(store, "backup-strategies") if row["instance_id"] == shared.id
    }
    done(store, "delete-strategy", instance_id=shared.id)
    assert shared.id not in [row["instance_id"] for row in rows(store, "backup-strategies")]
    module = done(store, "create-module", name="lamp", type="ping", contents="message=hello").subject
    assert "lamp" in names(store, "modules")
    done(store, "apply-module", shared.id, module="lamp")
    assert ["lamp"] == names(store, "applied-modules", shared.id)
    done(store, "remove-module", shared.id, id=module)
    done(store, "delete-module", id=module)
    assert "lamp" not in names(store, "modules")


def test_an_administrator_stops_and_sees_all(store: TroveStore, admin: TroveStore, shared: Instance) -> None:
    """A stopped database is ACTIVE and SHUTDOWN and says what to do; a restart brings it back; members may not."""
    assert "only an administrator may" == reason(store, "stop", shared.id)
    assert shared.id in {row["id"] for row in rows(admin, "all-instances")}
    with pytest.raises(Refused):
        rows(store, "all-instances")
    done(admin, "stop", shared.id)
    now = store.show_instance(shared.id).instance
    assert ("ACTIVE", "SHUTDOWN") == (now.status, now.operating_status)
    assert "is stopped" in reason(store, "create-user", shared.id)
    done(store, "restart", shared.id)
    assert store.show_instance(shared.id).instance.is_ready


def test_every_listing_of_the_service_comes(store: TroveStore, admin: TroveStore, shared: Instance) -> None:
    """Each table has rows of its columns, or none, and never an error."""
    needs = {
        "volume-types": "mysql/8.0.36",
        "parameters": "mysql/8.0.36",
    }
    for view in [node.name.removeprefix("@") for node in admin.list_children(()).nodes]:
        # The service fails to list modules for administrators.
        asked = store if view == "modules" else admin
        assert asked.listing(view).batch.num_columns
    for view, identifier in needs.items():
        assert rows(admin, view, identifier)
    for node in admin.list_children(("@instances", shared.id)).nodes:
        assert admin.listing(node.name, shared.id).batch.num_columns


def test_forms_say_what_can_be_chosen(store: TroveStore, shared: Instance) -> None:
    """Versions follow the datastore, flavors the version, and what it has now is not offered again."""
    form = {field.name: field for field in store.action_fields("create", "", {"datastore": "postgresql"})}
    assert {"16", "15"} == {choice.value for choice in form["datastore_version"].choices}
    assert "datastore" == form["datastore_version"].depends_on
    flavors = [choice.label for choice in store.action_fields("resize-flavor", shared.id)[0].choices]
    assert flavors
    assert not any(label.startswith(f"{shared.flavor} ") for label in flavors)
