"""What only administrators may ask about instances."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove import checks, lifecycle, views
from services.sandbox.trove.calls import BrokenBody, Call, Reply, Route
from services.sandbox.trove.errors import Refusal, bad_request, not_found
from services.sandbox.trove.model import Instance
from services.sandbox.trove.paging import cut, paged


def _found(call: Call, *, has_deleted: bool = False) -> Instance:
    call.require_admin()
    instance = call.cloud.instances.get(call.names["id"])
    if instance is None or (instance.deleted_at is not None and not has_deleted):
        raise not_found(call.names["id"])
    return instance


def list_instances(call: Call) -> Reply:
    """All projects' instances; `deleted` and `project_id` choose."""
    call.require_admin()
    project, deleted = call.query.get("project_id"), call.query.get("deleted", "").lower()
    found = [one for one in call.cloud.instances.values() if project in (None, one.project_id)]
    if deleted in ("true", "false"):
        found = [one for one in found if (one.deleted_at is not None) == (deleted == "true")]
    page, marker = cut(call, found, lambda one: one.id)
    newest_first = sorted(page, key=lambda one: one.created, reverse=True)
    return Reply(200, paged(call, "instances", [views.managed(call, one) for one in newest_first], marker))


def show(call: Call) -> Reply:
    instance = _found(call, has_deleted=call.query.get("deleted", "").lower() == "true")
    return Reply(200, {"instance": views.managed_alone(call, instance)})


def act(call: Call) -> Reply:
    """One action, unlike those of users."""
    call.require_admin()
    if not isinstance(call.body, dict) or not call.body:
        raise BrokenBody("action")
    instance = _found(call)
    unknown = [name for name in call.body if name not in _ACTIONS]
    if unknown:
        raise bad_request(f"Invalid instance action: {unknown[0]}")
    if len(call.body) > 1:
        raise bad_request("Only one action can be specified per request.")
    name, given = next(iter(call.body.items()))
    if name != "reset-task-status":
        checks.mapping(given, name)
    _ACTIONS[name](call, instance, given)
    return Reply(202)


def _stop(call: Call, instance: Instance, _: Any) -> None:
    lifecycle.stop(call.cloud, instance)


def _reboot(call: Call, instance: Instance, _: Any) -> None:
    lifecycle.restart(call.cloud, instance)


def _migrate(call: Call, instance: Instance, _: Any) -> None:
    lifecycle.require_available(instance)
    lifecycle.migrate(call.cloud, instance)


def _rebuild(call: Call, instance: Instance, given: Any) -> None:
    checks.uuid(given.get("image_id"), "rebuild['image_id']")
    lifecycle.rebuild(call.cloud, instance)


def _reset_task(call: Call, instance: Instance, _: Any) -> None:
    instance.task, instance.is_task_error = "NONE", False
    lifecycle.fail_backups(call.cloud, instance)


_ACTIONS = {
    "stop": _stop,
    "reboot": _reboot,
    "migrate": _migrate,
    "rebuild": _rebuild,
    "reset-task-status": _reset_task,
}


def show_root(call: Call) -> Reply:
    """When root was first enabled, and by whom."""
    instance = _found(call)
    enabled = views.stamp(instance.root_enabled_at) or "Never"
    history = {"id": instance.id, "enabled": enabled, "user": instance.root_enabled_by or "Nobody"}
    return Reply(200, {"root_history": history})


def _answering(call: Call) -> Instance:
    instance = _found(call)
    if instance.server_id is None or not instance.is_guest_alive:
        raise bad_request("An error occurred communicating with the guest: it does not answer.")
    return instance


def show_hardware(call: Call) -> Reply:
    flavor = call.cloud.flavors[_answering(call).flavor_id]
    return Reply(200, {"hwinfo": {"mem_total": flavor.ram * 1024, "num_cpus": flavor.vcpus}})


def show_diagnostics(call: Call) -> Reply:
    ram = call.cloud.flavors[_answering(call).flavor_id].ram * 1024
    sizes = {"vmSize": ram, "vmPeak": ram, "vmRss": ram // 3, "vmHwm": ram // 2}
    return Reply(200, {"diagnostics": {"version": "26.0.0", "threads": 4, "fdSize": 64, **sizes}})


def ping(call: Call) -> Reply:
    _answering(call)
    return Reply(204)


def upgrade_guest(call: Call) -> Reply:
    """A message to the guest agent to bring itself up to date."""
    _found(call)
    checks.mapping(call.part("upgrade"), "upgrade")
    return Reply(202)


def list_clusters(call: Call) -> Reply:
    call.require_admin()
    return Reply(200, {"clusters": []})


def show_cluster(call: Call) -> Reply:
    call.require_admin()
    raise Refusal(404, f"Cluster '{call.names['cluster']}' cannot be found.")


_INSTANCE = "mgmt/instances/{id}"
ROUTES = (
    Route("GET", "mgmt/instances", "ListManaged", list_instances),
    Route("GET", _INSTANCE, "ShowManaged", show),
    Route("POST", f"{_INSTANCE}/action", "ActOnManaged", act),
    Route("GET", f"{_INSTANCE}/root", "ShowRootHistory", show_root),
    Route("GET", f"{_INSTANCE}/hwinfo", "ShowHardware", show_hardware),
    Route("GET", f"{_INSTANCE}/diagnostics", "ShowDiagnostics", show_diagnostics),
    Route("GET", f"{_INSTANCE}/rpc_ping", "PingGuest", ping),
    Route("POST", f"{_INSTANCE}/upgrade", "UpgradeGuest", upgrade_guest),
    Route("GET", "mgmt/clusters", "ListManagedClusters", list_clusters),
    Route("GET", "mgmt/clusters/{cluster}", "ShowManagedCluster", show_cluster),
)
