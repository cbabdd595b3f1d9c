"""Actions, changes and deletion: the states they lead through, and when they are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from trove_sandbox import TroveClient

from services.sandbox.trove.server import TroveSandbox

Connect = Callable[..., TroveClient]
IDLE = ("ACTIVE", "HEALTHY")


def act(client: TroveClient, instance: str, **body: object) -> None:
    """An action that must be accepted."""
    answer = client.call("POST", f"/instances/{instance}/action", body)
    assert (202, b"") == (answer.status_code, answer.content)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"restart": {}}, "REBOOT"),
        ({"resize": {"flavorRef": "2"}}, "RESIZE"),
        ({"resize": {"volume": {"size": 2}}}, "RESIZE"),
    ],
)
def test_an_action_shows_until_it_is_done(
    own: TroveSandbox, writer: TroveClient, ready: str, body: dict[str, object], status: str
) -> None:
    """202; meanwhile another one is refused, and leaves a fault on the healthy instance."""
    act(writer, ready, **body)
    assert (status, "") == writer.state(ready)
    refused = writer.refusal("POST", f"/instances/{ready}/action", {"restart": {}})
    assert (422, True) == (refused[0], "not currently available" in refused[1])
    own.settle()
    shown = writer.show(ready)
    assert (IDLE, refused[1]) == ((shown["status"], shown["operating_status"]), shown["fault"]["message"])


def test_a_resize_holds(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """Flavor and volume are the new ones afterwards, and not before."""
    act(writer, ready, resize={"volume": {"size": 9}})
    assert 1 == writer.show(ready)["volume"]["size"]
    own.settle()
    act(writer, ready, resize={"flavorRef": "db-huge"})
    own.settle()
    shown = writer.show(ready)
    assert (9, "db-huge") == (shown["volume"]["size"], shown["flavor"]["id"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"resize": {"volume": {"size": 1}}}, 400),
        ({"resize": {"volume": {"size": 501}}}, 413),
        ({"resize": {"flavorRef": "1"}}, 400),
        ({"resize": {"flavorRef": "77"}}, 400),
        ({"resize": {}}, 500),
        ({"restart": None}, 400),
        ({"promote_to_replica_source": {}}, 400),
        ({"eject_replica_source": {}}, 400),
        ({"reset_status": {}}, 403),
        ({"dance": {}}, 500),
    ],
)
def test_actions_that_make_no_sense_are_refused(
    writer: TroveClient, ready: str, body: dict[str, object], status: int
) -> None:
    """Each with the status that it has on the wire; the instance stays as it is."""
    assert status == writer.refusal("POST", f"/instances/{ready}/action", body)[0]
    assert IDLE == writer.state(ready)


def test_of_two_actions_the_last_one_wins(writer: TroveClient, ready: str) -> None:
    """Nobody says so."""
    act(writer, ready, resize={"volume": {"size": 5}}, restart={})
    assert ("REBOOT", "") == writer.state(ready)


def test_deleting_takes_a_while_and_may_be_repeated(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """SHUTDOWN, then not found."""
    assert [202, 202] == [writer.status("DELETE", f"/instances/{ready}") for _ in range(2)]
    assert ("SHUTDOWN", "") == writer.state(ready)
    own.settle()
    assert [404, 404] == [writer.status(method, f"/instances/{ready}") for method in ("GET", "DELETE")]


def test_one_stuck_in_build_needs_an_administrator(own: TroveSandbox, writer: TroveClient, admin: TroveClient) -> None:
    """422 until its status was reset; then it is ACTIVE without a database, and goes."""
    made = writer.create("stuck NEVER_READY")
    own.settle()
    assert (422, True) == (writer.status("DELETE", f"/instances/{made}"), writer.state(made) == ("BUILD", ""))
    act(admin, made, reset_status={})
    own.settle()
    assert ("ACTIVE", "ERROR") == writer.state(made)
    assert 202 == writer.status("DELETE", f"/instances/{made}")


def test_replicas_are_made_in_numbers(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """Names get a number; the answer shows one; flavor and volume are the source's."""
    body = {"name": "copy", "replica_of": ready, "replica_count": 3}
    shown = writer.call("POST", "/instances", {"instance": body}).json()["instance"]
    assert ("copy-3", ready, [None] * 3) == (shown["name"], shown["replica_of"]["id"], shown["password"])
    own.settle()
    replicas = [writer.show(one["id"]) for one in writer.show(ready)["replicas"]]
    assert {"copy-1", "copy-2", "copy-3"} == {one["name"] for one in replicas}
    assert 403 == writer.refusal("DELETE", f"/instances/{ready}")[0]
    again = {"instance": {"name": "deeper", "replica_of": replicas[0]["id"]}}
    assert 401 == writer.status("POST", "/instances", again)


def replicated(own: TroveSandbox, writer: TroveClient, source: str) -> list[str]:
    """Two replicas of an instance, ready."""
    writer.call("POST", "/instances", {"instance": {"name": "copy", "replica_of": source, "replica_count": 2}})
    own.settle()
    return [one["id"] for one in writer.show(source)["replicas"]]


def test_a_promoted_replica_takes_the_place_of_its_source(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """All of the set are busy; then the source and the other replica follow the chosen one."""
    chosen, other = replicated(own, writer, ready)
    act(writer, chosen, promote_to_replica_source={})
    assert {("PROMOTE", "")} == {writer.state(one) for one in (ready, chosen, other)}
    own.settle()
    assert {ready, other} == {one["id"] for one in writer.show(chosen)["replicas"]}
    assert "replica_of" not in writer.show(chosen)


def test_a_silent_source_can_be_ejected(own: TroveSandbox, writer: TroveClient, admin: TroveClient) -> None:
    """Not while its guest gives signs of life."""
    source = writer.create("source that GOES_SILENT")
    own.settle()
    replicas = replicated(own, writer, source)
    refused = writer.refusal("POST", f"/instances/{source}/action", {"eject_replica_source": {}})
    assert (400, True) == (refused[0], "current heartbeat" in refused[1])
    assert 202 == admin.status("POST", f"/mgmt/instances/{source}/action", {"stop": {}})
    assert ("ACTIVE", "ERROR") == writer.state(source)
    act(writer, source, eject_replica_source={})
    assert ("EJECT", "") == writer.state(source)
    own.settle()
    followers = [writer.show(one).get("replica_of", {}).get("id") for one in replicas]
    assert 1 == followers.count(None)
    assert "replicas" not in writer.show(source)


def test_a_replica_is_detached(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """It stands alone after a while; one that is no replica is refused."""
    replica, other = replicated(own, writer, ready)
    assert 202 == writer.status("PUT", f"/instances/{replica}", {"instance": {"replica_of": None}})
    assert ("DETACH", "") == writer.state(replica)
    own.settle()
    assert "replica_of" not in writer.show(replica)
    assert 400 == writer.status("PUT", f"/instances/{replica}", {"instance": {"replica_of": None}})
    assert 202 == writer.status("PATCH", f"/instances/{other}", {"instance": {"slave_of": None}})


def test_a_primarys_volume_grows_with_its_replicas(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """All of them, by one call."""
    replicas = replicated(own, writer, ready)
    act(writer, ready, resize={"volume": {"size": 4}})
    own.settle()
    assert {4} == {writer.show(one)["volume"]["size"] for one in (ready, *replicas)}


def test_a_name_changes_at_once_and_beside_another_change(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """Two changes that are no names are refused."""
    assert 202 == writer.status("PUT", f"/instances/{ready}", {"instance": {"name": "other"}})
    assert "other" == writer.show(ready)["name"]
    both = {"instance": {"name": "third", "access": {"is_public": True, "allowed_cidrs": ["10.0.0.0/8"]}}}
    assert 202 == writer.status("PUT", f"/instances/{ready}", both)
    assert ("ACTIVE", "") == writer.state(ready)
    own.settle()
    shown = writer.show(ready)
    assert ("third", {"private", "public"}) == (shown["name"], {one["type"] for one in shown["addresses"]})
    for wanted in ({"replica_of": None, "configuration": None}, {"colour": "red"}, {"name": ""}, {"access": {"x": 1}}):
        assert 400 == writer.status("PUT", f"/instances/{ready}", {"instance": wanted}), wanted


def test_access_is_no_part_of_patch(writer: TroveClient, ready: str) -> None:
    """PUT takes it, PATCH refuses it."""
    assert 400 == writer.status("PATCH", f"/instances/{ready}", {"instance": {"access": {"is_public": True}}})


def test_an_upgrade_moves_to_another_version(own: TroveSandbox, writer: TroveClient) -> None:
    """UPGRADE with the new version at once; an unknown version is a bad request."""
    made = writer.create("old", datastore={"type": "mysql", "version": "5.7.44"})
    own.settle()
    newer = writer.get("/datastores/mysql/versions/8.0.36")["version"]["id"]
    assert 202 == writer.status("PATCH", f"/instances/{made}", {"instance": {"datastore_version": newer}})
    assert ("UPGRADE", "") == writer.state(made)
    own.settle()
    assert ("8.0.36", IDLE) == (writer.show(made)["datastore"]["version"], writer.state(made))
    assert 400 == writer.status("PATCH", f"/instances/{made}", {"instance": {"datastore_version": "nothing"}})


def test_an_instance_deleted_while_busy_does_not_come_back(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """The end of the restart finds nobody."""
    act(writer, ready, restart={})
    assert 202 == writer.status("DELETE", f"/instances/{ready}")
    own.settle()
    assert 404 == writer.status("GET", f"/instances/{ready}")
