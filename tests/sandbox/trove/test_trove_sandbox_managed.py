"""What administrators see and do."""

from __future__ import annotations

from collections.abc import Callable

from trove_sandbox import TroveClient

from services.sandbox.trove.server import TroveSandbox

Connect = Callable[..., TroveClient]
IMAGE = "11111111-2222-3333-4444-555555555555"


def test_all_projects_instances_are_listed(trove_sandbox: TroveSandbox, connect: Connect) -> None:
    """With server, host and task; one project's on request."""
    admin = connect(trove_sandbox, "admin")
    rows = [row for page in admin.pages("/mgmt/instances", "instances") for row in page]
    assert 32 == len(rows)
    assert {"server", "service_status", "tenant_id", "deleted", "deleted_at", "task_description"} <= set(rows[0])
    other = trove_sandbox.directory.project("other").id
    assert {"their-db", "their-pg"} == {
        row["name"] for row in admin.get(f"/mgmt/instances?project_id={other}")["instances"]
    }


def test_deleted_ones_can_be_asked_for(own: TroveSandbox, writer: TroveClient, admin: TroveClient, ready: str) -> None:
    """They stay, with the time of their end."""
    writer.call("DELETE", f"/instances/{ready}")
    own.settle()
    assert [] == admin.get("/mgmt/instances?deleted=false")["instances"]
    (gone,) = admin.get("/mgmt/instances?deleted=true")["instances"]
    assert (ready, True, True) == (gone["id"], gone["deleted"], bool(gone["deleted_at"]))
    assert 404 == admin.status("GET", f"/mgmt/instances/{ready}")
    assert 200 == admin.status("GET", f"/mgmt/instances/{ready}?deleted=true")


def test_one_is_shown_with_machine_and_volume(admin: TroveClient, ready: str) -> None:
    """And what its guest reports."""
    shown = admin.get(f"/mgmt/instances/{ready}")["instance"]
    assert ("ACTIVE", "compute-1") == (shown["server"]["status"], shown["server"]["host"])
    assert ({"state_description": "healthy"}, 1) == (shown["guest_status"], shown["volume"]["size"])
    assert {"mem_total", "num_cpus"} == set(admin.get(f"/mgmt/instances/{ready}/hwinfo")["hwinfo"])
    assert "vmRss" in admin.get(f"/mgmt/instances/{ready}/diagnostics")["diagnostics"]
    assert 204 == admin.status("GET", f"/mgmt/instances/{ready}/rpc_ping")
    assert "Never" == admin.get(f"/mgmt/instances/{ready}/root")["root_history"]["enabled"]


def test_actions_of_administrators(own: TroveSandbox, admin: TroveClient, ready: str) -> None:
    """Stop, reboot, migrate to another host, rebuild, reset of the task; one at a time."""
    path = f"/mgmt/instances/{ready}/action"
    assert 202 == admin.status("POST", path, {"stop": {}})
    assert ("ACTIVE", "SHUTDOWN") == admin.state(ready)
    assert 202 == admin.status("POST", path, {"reboot": {}})
    assert ("REBOOT", "") == admin.state(ready)
    assert 202 == admin.status("POST", path, {"reset-task-status": {}})
    own.settle()
    assert 202 == admin.status("POST", path, {"reboot": {}})
    own.settle()
    assert 202 == admin.status("POST", path, {"migrate": {"host": None}})
    assert ("ACTIVE", "") == admin.state(ready)
    own.settle()
    assert "compute-2" == admin.get(f"/mgmt/instances/{ready}")["instance"]["server"]["host"]
    assert 202 == admin.status("POST", path, {"rebuild": {"image_id": IMAGE}})
    assert ("BUILD", "") == admin.state(ready)
    own.settle()
    assert ("ACTIVE", "HEALTHY") == admin.state(ready)
    assert [400, 400, 400] == [
        admin.status("POST", path, body) for body in ({"dance": {}}, {"stop": {}, "reboot": {}}, {"rebuild": {}})
    ]
    assert 202 == admin.status("POST", f"/mgmt/instances/{ready}/upgrade", {"upgrade": {"location": "x"}})


def test_a_version_is_registered_changed_and_removed(admin: TroveClient, writer: TroveClient) -> None:
    """A new datastore comes with its first version; one that is in use stays."""
    version = {"datastore_name": "valkey", "datastore_manager": "valkey", "name": "8", "image": IMAGE, "active": False}
    assert 202 == admin.status("POST", "/mgmt/datastore-versions", {"version": version})
    assert 400 == admin.status("POST", "/mgmt/datastore-versions", {"version": version})
    assert "valkey" not in {row["name"] for row in writer.get("/datastores")["datastores"]}
    found = next(row for row in admin.get("/mgmt/datastore-versions")["versions"] if row["name"] == "8")
    path = f"/mgmt/datastore-versions/{found['id']}"
    assert 202 == admin.status("PATCH", path, {"active": True, "default": True})
    assert writer.create(datastore={"type": "valkey"})
    assert 400 == admin.refusal("DELETE", path)[0]
    assert 400 == admin.refusal("DELETE", "/datastores/valkey")[0]
    unused = next(row for row in admin.get("/mgmt/datastore-versions")["versions"] if row["name"] == "5.6.51")
    assert 202 == admin.status("DELETE", f"/mgmt/datastore-versions/{unused['id']}")


def test_parameters_are_registered_changed_and_removed(admin: TroveClient) -> None:
    """Limits have other names here."""
    version = admin.get("/datastores/mysql/versions/8.0.36")["version"]["id"]
    path = f"/mgmt/datastores/versions/{version}/parameters"
    rule = {"name": "table_open_cache", "data_type": "integer", "min_size": 1, "max_size": 9, "restart_required": 0}
    made = admin.call("POST", path, {"configuration-parameter": rule}).json()
    assert (1, 9, False) == (made["min_size"], made["max_size"], made["restart_required"])
    changed = {"configuration-parameter": {"data_type": "string", "restart_required": 1}}
    assert 200 == admin.status("PUT", f"{path}/table_open_cache", changed)
    assert "string" == admin.get(f"{path}/table_open_cache")["type"]
    assert 204 == admin.status("DELETE", f"{path}/table_open_cache")
    assert "table_open_cache" not in {row["name"] for row in admin.get(path)["configuration-parameters"]}
