"""Listing, pages, creating, and what a new instance must look like."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from trove_sandbox import TroveClient

from services.sandbox.trove.server import TroveSandbox

Connect = Callable[..., TroveClient]
NOBODY = "00000000-0000-0000-0000-000000000000"


def test_thirty_samples_come_in_two_pages_by_the_largest_id(client: TroveClient) -> None:
    """Pages are cut by id and shown newest first; the marker is the largest id and not the last row's."""
    first, second = client.pages("/instances/detail", "instances")
    assert (20, 10) == (len(first), len(second))
    assert max(row["id"] for row in first) < min(row["id"] for row in second)
    created = [row["created"] for row in first]
    assert sorted(created, reverse=True) == created
    link = client.get("/instances/detail")["links"][0]["href"]
    assert max(row["id"] for row in first) == link.partition("marker=")[2]
    assert first[-1]["id"] != max(row["id"] for row in first)


def test_a_limit_is_at_most_twenty_and_stays_in_the_link(client: TroveClient) -> None:
    """A larger one is not refused, a smaller one holds; the last page has no links."""
    assert 20 == len(client.get("/instances?limit=500")["instances"])
    small = client.get("/instances?limit=7")
    assert (7, True) == (len(small["instances"]), "limit=7" in small["links"][0]["href"])
    assert [7, 7, 7, 7, 2] == [len(page) for page in client.pages("/instances?limit=7", "instances")]


def test_nothing_filters_a_list(client: TroveClient) -> None:
    """Name, status and all_tenants are ignored; a marker of nobody is no error."""
    wanted = client.get("/instances")["instances"]
    assert wanted == client.get("/instances?name=orders-db&status=ERROR&all_tenants=True")["instances"]
    assert [] == client.get("/instances?marker=zzz")["instances"]


def test_samples_show_what_can_be_met(client: TroveClient) -> None:
    """Replicas, an error with its fault, one that never gets ready, one that waits for a restart, dead databases."""
    rows = {row["name"]: row for page in client.pages("/instances", "instances") for row in page}
    assert 30 == len(rows)
    assert 2 == len(rows["orders-db"]["replicas"])
    assert rows["orders-db"]["id"] == rows["orders-db-replica-1"]["replica_of"]["id"]
    states = {name: (rows[name]["status"], rows[name]["operating_status"]) for name in rows}
    assert ("ERROR", "") == states["import-db"]
    assert ("BUILD", "") == states["payroll-db"]
    assert ("RESTART_REQUIRED", "") == states["inventory-db"]
    assert ("ACTIVE", "SHUTDOWN") == states["archive-db"]
    assert ("ACTIVE", "ERROR") == states["sessions-db"]
    assert ("ACTIVE", "HEALTHY") == states["orders-db"]
    assert {"mysql", "mariadb", "postgresql"} == {row["datastore"]["type"] for row in rows.values()}
    fault = client.show(rows["import-db"]["id"])["fault"]
    assert ({"message", "created", "details"}, None) == (set(fault), fault["details"])


def test_a_fault_is_no_error(client: TroveClient) -> None:
    """A healthy sample has one, from a call that was refused."""
    shown = client.show(client.id_of("billing-db"))
    assert ("ACTIVE", "HEALTHY", True) == (shown["status"], shown["operating_status"], "fault" in shown)


def test_an_instance_shows_more_alone_than_in_a_list(trove_sandbox: TroveSandbox, client: TroveClient) -> None:
    """Times, the version's number and what the volume holds; addresses and access in both."""
    shown = client.show(client.id_of("orders-db"))
    assert {"created", "updated", "service_status_updated", "configuration"} <= set(shown)
    assert "8.0.36" == shown["datastore"]["version_number"]
    assert {"size": 200, "used": 122.0} == shown["volume"]
    assert ["private", "public"] == [address["type"] for address in shown["addresses"]]
    assert {"is_public": True, "allowed_cidrs": ["198.51.100.0/24"]} == shown["access"]
    assert shown["ip"] == [address["address"] for address in shown["addresses"]]
    listed = next(row for row in client.get("/instances")["instances"] if row["name"] == "metrics-pg")
    assert {"size"} == set(listed["volume"])


def test_administrators_see_more(trove_sandbox: TroveSandbox, connect: Connect) -> None:
    """The project, server and volume, and the traceback of a fault."""
    shown = connect(trove_sandbox, "admin").show(connect(trove_sandbox).id_of("billing-db"))
    assert {"tenant_id", "server_id", "volume_id", "encrypted_rpc_messaging"} <= set(shown)
    assert shown["fault"]["details"]


def test_a_build_takes_its_time(own: TroveSandbox, writer: TroveClient) -> None:
    """200 at once; BUILD without an address and without guest, then ACTIVE and HEALTHY with both."""
    databases = [{"name": "shop", "character_set": "utf8mb4", "collate": "utf8mb4_general_ci"}]
    made = writer.create("new", databases=databases, users=[{"name": "app", "password": "p", "host": "10.0.0.%"}])
    assert ("BUILD", "") == writer.state(made)
    assert "ip" not in writer.show(made)
    assert 422 == writer.refusal("GET", f"/instances/{made}/databases")[0]
    own.advance(4)
    assert ("BUILD", "") == writer.state(made)
    own.advance(4)
    assert ("ACTIVE", "HEALTHY") == writer.state(made)
    assert "ip" in writer.show(made)
    assert [{"name": "shop"}] == writer.get(f"/instances/{made}/databases")["databases"]
    assert ["app"] == [user["name"] for user in writer.get(f"/instances/{made}/users")["users"]]


@pytest.mark.parametrize("speed", [2000.0])
def test_time_passes_by_itself(
    fresh_trove: Callable[..., TroveSandbox], connect: Connect, wait_for: Callable[..., None], speed: float
) -> None:
    """With a speed, a build ends without anybody's help."""
    client = connect(fresh_trove(samples=False, speed=speed))
    made = client.create()
    wait_for(lambda: client.state(made) == ("ACTIVE", "HEALTHY"))


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"name": ""}, 400, "Validation error"),
        ({"name": "---"}, 400, "Validation error"),
        ({"name": "x" * 256}, 400, "Validation error"),
        ({"name": 7}, 400, "Validation error"),
        ({"flavorRef": "77"}, 400, "cannot be found"),
        ({"flavorRef": None}, 400, "Validation error"),
        ({"volume": {"size": 0}}, 400, "Validation error"),
        ({"volume": {}}, 400, "Validation error"),
        ({"volume": {"size": 501}}, 413, "cannot exceed maximum of 500 GB"),
        ({"datastore": {"type": "oracle"}}, 404, "Datastore 'oracle' cannot be found"),
        ({"datastore": {"type": "mysql", "version": "3"}}, 400, "version '3' cannot be found"),
        ({"datastore": {"type": "mysql", "version": "5.6.51"}}, 400, "is not active"),
        ({"databases": [{"name": "mysql"}]}, 400, "reserved"),
        ({"databases": [{"name": "a"}, {"name": "a"}]}, 400, "share the same name"),
        ({"users": [{"name": "u"}]}, 400, "'password' is a required property"),
        ({"users": [{"name": "root", "password": "p"}]}, 400, "reserved"),
        ({"users": [{"name": "u", "password": "p", "databases": [{"name": "no"}]}]}, 400, "not in the list"),
        ({"nics": [{"network_id": NOBODY}, {"network_id": NOBODY}]}, 400, "too long"),
        ({"nics": [{}]}, 400, "needs to be specified"),
        ({"access": {"is_public": "yes"}}, 400, "boolean"),
        ({"replica_count": 2}, 400, "Replica count"),
        ({"replica_of": NOBODY}, 400, "Cannot specify flavor"),
        ({"configuration": NOBODY}, 404, "cannot be found"),
        ({"restorePoint": {"backupRef": NOBODY}}, 404, "cannot be found"),
    ],
)
def test_what_cannot_be_built_is_refused(
    client: TroveClient, changed: dict[str, object], status: int, words: str
) -> None:
    """Each with the status that it has on the wire, before anything is made."""
    wanted = {"name": "n", "flavorRef": "1", "volume": {"size": 1}} | changed
    refused = client.refusal("POST", "/instances", {"instance": wanted})
    assert (status, True) == (refused[0], words in refused[1]), refused


def test_a_volume_must_be_said(client: TroveClient) -> None:
    """There is no default size; unknown keys are tolerated."""
    wanted = {"name": "n", "flavorRef": 1, "unknown": True}
    assert (400, "Volume size was not specified.") == client.refusal("POST", "/instances", {"instance": wanted})


def test_a_flavor_is_a_text_a_number_or_a_url(writer: TroveClient) -> None:
    """All name the same one; a size may be text."""
    for given in ("2", 2, "https://elsewhere/v1.0/project/flavors/2"):
        shown = writer.show(writer.create("flavored", flavorRef=given, volume={"size": "3"}))
        assert ("2", 3) == (shown["flavor"]["id"], shown["volume"]["size"])


def test_names_need_not_be_unique(writer: TroveClient) -> None:
    """Two of the same name are two instances."""
    assert writer.create("twin") != writer.create("twin")


def test_a_database_with_an_unknown_character_set_never_comes(own: TroveSandbox, writer: TroveClient) -> None:
    """It is accepted and fails in the guest, where nobody sees it."""
    made = writer.create("odd", databases=[{"name": "good"}, {"name": "bad", "character_set": "klingon"}])
    own.settle()
    assert [{"name": "good"}] == writer.get(f"/instances/{made}/databases")["databases"]


@pytest.mark.parametrize("what", ["SERVER_ERROR", "GUEST_ERROR"])
def test_a_build_can_fail(own: TroveSandbox, writer: TroveClient, what: str) -> None:
    """ERROR with a fault; it can be deleted."""
    made = writer.create(f"bad {what}")
    own.settle()
    assert ("ERROR", "") == writer.state(made)
    assert writer.show(made)["fault"]["message"]
    assert 422 == writer.refusal("GET", f"/instances/{made}/users")[0]
    assert 202 == writer.status("DELETE", f"/instances/{made}")
    own.settle()
    assert 404 == writer.status("GET", f"/instances/{made}")


def test_a_deletion_can_fail(own: TroveSandbox, writer: TroveClient) -> None:
    """SHUTDOWN, then ERROR with a fault of its own; under another name it can be deleted."""
    made = writer.create("bad DELETE_ERROR")
    own.settle()
    assert 202 == writer.status("DELETE", f"/instances/{made}")
    assert ("SHUTDOWN", "") == writer.state(made)
    own.settle()
    assert ("ERROR", "") == writer.state(made)
    assert "deleting" in writer.show(made)["fault"]["message"]
    assert 202 == writer.status("PUT", f"/instances/{made}", {"instance": {"name": "good"}})
    assert 202 == writer.status("DELETE", f"/instances/{made}")
    own.settle()
    assert 404 == writer.status("GET", f"/instances/{made}")


def test_quotas_are_kept_and_freed(own: TroveSandbox, writer: TroveClient, admin: TroveClient) -> None:
    """The first one too many is refused by name of what it exceeds; deleting makes room at once."""
    project = own.directory.project("demo").id
    assert 200 == admin.status("PUT", f"/mgmt/quotas/{project}", {"quotas": {"instances": 1, "volumes": 5}})
    made = writer.create(volume={"size": 3})
    wanted = {"name": "n", "flavorRef": "1", "volume": {"size": 3}}
    assert (413, "Quota exceeded for resources: ['instances', 'volumes'].") == writer.refusal(
        "POST", "/instances", {"instance": wanted}
    )
    own.settle()
    writer.call("DELETE", f"/instances/{made}")
    assert writer.create(volume={"size": 5})


def test_a_thousand_more_instances_come_in_fifty_two_pages(
    fresh_trove: Callable[..., TroveSandbox], connect: Connect
) -> None:
    """Each once, and there is still room for another."""
    client = connect(fresh_trove(rows=1000))
    pages = client.pages("/instances", "instances")
    assert (52, 1030) == (len(pages), len({row["id"] for page in pages for row in page}))
    assert client.create()
