"""Backups, strategies, restoring, and the objects behind them."""

from __future__ import annotations

from typing import Any

import pytest
from trove_sandbox import TroveClient, password_of, signed_in

from services.sandbox.trove.server import TroveSandbox

NOBODY = "00000000-0000-0000-0000-000000000000"


def back_up(client: TroveClient, instance: str, name: str = "nightly", **more: object) -> dict[str, Any]:
    """A backup as it is when it was asked for."""
    answer = client.call("POST", "/backups", {"backup": {"name": name, "instance": instance, **more}})
    assert 202 == answer.status_code
    made: dict[str, Any] = answer.json()["backup"]
    return made


def shown(client: TroveClient, backup: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/backups/{backup}")["backup"]
    return found


def test_a_backup_runs_while_its_instance_does(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """NEW, BUILDING, COMPLETED; the instance is BACKUP and HEALTHY; a second one is refused and leaves a fault."""
    made = back_up(writer, ready)
    assert ("NEW", None, None) == (made["status"], made["size"], made["locationRef"])
    assert ("BACKUP", "HEALTHY") == writer.state(ready)
    assert 422 == writer.status("POST", "/backups", {"backup": {"name": "b", "instance": ready}})
    assert "fault" in writer.show(ready)
    own.advance(1)
    assert "BUILDING" == shown(writer, made["id"])["status"]
    assert 422 == writer.status("DELETE", f"/backups/{made['id']}")
    own.settle()
    done = shown(writer, made["id"])
    assert ("COMPLETED", ready, "mysql") == (done["status"], done["instance_id"], done["datastore"]["type"])
    assert done["size"] > 0
    assert ("ACTIVE", "HEALTHY") == writer.state(ready)


def test_an_increment_has_a_parent_and_goes_with_it(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """Given, or the last one that is complete."""
    full = back_up(writer, ready)["id"]
    own.settle()
    second = back_up(writer, ready, "second", parent_id=full)
    own.settle()
    third = back_up(writer, ready, "third", incremental=1)
    assert (full, second["id"]) == (second["parent_id"], third["parent_id"])
    own.settle()
    assert 202 == writer.status("DELETE", f"/backups/{full}")
    own.settle()
    assert [] == writer.get("/backups")["backups"]


def test_a_restored_instance_has_the_data(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """Databases and users of the time of the backup."""
    backup = back_up(writer, ready)["id"]
    own.settle()
    writer.call("DELETE", f"/instances/{ready}/databases/stock")
    own.settle()
    made = writer.create("restored", restorePoint={"backupRef": backup})
    own.settle()
    assert ["orders", "stock"] == [row["name"] for row in writer.get(f"/instances/{made}/databases")["databases"]]
    assert ["app"] == [row["name"] for row in writer.get(f"/instances/{made}/users")["users"]]


def test_a_backup_that_cannot_be_restored_is_refused(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """Not complete, of another datastore, changed in the store, gone from it."""
    backup = back_up(writer, ready)["id"]
    wanted: dict[str, Any] = {"name": "r", "flavorRef": "1", "volume": {"size": 1}}
    wanted["restorePoint"] = {"backupRef": backup}
    assert 409 == writer.refusal("POST", "/instances", {"instance": wanted})[0]
    own.settle()
    other = wanted | {"datastore": {"type": "mariadb"}}
    assert 400 == writer.refusal("POST", "/instances", {"instance": other})[0]
    place = shown(writer, backup)["locationRef"]
    with signed_in(password_of(own), "object-store") as store:
        assert 201 == store.call("PUT", place, data=b"something else").status_code
        assert 409 == writer.refusal("POST", "/instances", {"instance": wanted})[0]
        assert 204 == store.status("DELETE", place)
        assert 404 == writer.refusal("POST", "/instances", {"instance": wanted})[0]


def test_a_backup_can_fail(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """It ends as FAILED and can be deleted; a reset of its instance fails a running one."""
    made = back_up(writer, ready, "with BACKUP_ERROR")["id"]
    own.settle()
    assert "FAILED" == shown(writer, made)["status"]
    assert 202 == writer.status("DELETE", f"/backups/{made}")


def test_backups_page_by_offset(trove_sandbox: TroveSandbox, client: TroveClient) -> None:
    """The latest first; a full page has a next one, even when that is empty."""
    whole = client.get("/backups")["backups"]
    assert 9 == len(whole)
    stamps = [row["updated"] for row in whole]
    assert sorted(stamps, reverse=True) == stamps
    assert [3, 3, 3, 0] == [len(page) for page in client.pages("/backups?limit=3", "backups")]
    orders = client.id_of("orders-db")
    names = {row["name"] for row in client.get(f"/backups?instance_id={orders}")["backups"]}
    assert {"orders-db-full", "orders-db-inc-1"} == names
    assert names == {row["name"] for row in client.get(f"/instances/{orders}/backups")["backups"]}
    assert {"mariadb"} == {row["datastore"]["type"] for row in client.get("/backups?datastore=mariadb")["backups"]}
    assert {"COMPLETED", "FAILED"} == {row["status"] for row in whole}


def test_a_strategy_picks_the_container(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """The instance's own before the project's; a second one takes the first one's place."""
    for container, instance in (("of-project", ""), ("first", ready), ("of-instance", ready)):
        body = {"backup_strategy": {"swift_container": container, "instance_id": instance}}
        assert 202 == writer.status("POST", "/backup_strategies", body)
    rows = writer.get("/backup_strategies")["backup_strategies"]
    assert {"of-project", "of-instance"} == {row["swift_container"] for row in rows}
    backup = back_up(writer, ready)["id"]
    own.settle()
    assert "/of-instance/" in shown(writer, backup)["locationRef"]
    assert 202 == writer.status("DELETE", f"/backup_strategies?instance_id={ready}")
    assert 1 == len(writer.get("/backup_strategies")["backup_strategies"])


@pytest.mark.parametrize(
    ("wanted", "status"),
    [({"name": "b"}, 400), ({"name": "b", "instance": NOBODY}, 404), ({"instance": NOBODY}, 400)],
)
def test_backups_of_nothing_are_refused(writer: TroveClient, wanted: dict[str, object], status: int) -> None:
    """Without an instance, with one that is not there, without a name."""
    assert status == writer.refusal("POST", "/backups", {"backup": wanted})[0]


def test_the_object_store_keeps_to_its_project(trove_sandbox: TroveSandbox) -> None:
    """Another project's account is forbidden; containers are listed; what is missing is not found."""
    with signed_in(password_of(trove_sandbox), "object-store") as store:
        other = trove_sandbox.directory.project("other").id
        assert 403 == store.status("GET", trove_sandbox.cloud.account_url(other))
        assert ["database_backups"] == [row["name"] for row in store.get("?format=json")]
        assert [404, 404] == [store.status("GET", path) for path in ("/absent", "/database_backups/absent")]
        assert [201, 202, 204] == [store.status(method, "/new") for method in ("PUT", "PUT", "DELETE")]
        assert 409 == store.status("DELETE", "/database_backups")
