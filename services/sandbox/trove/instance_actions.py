"""Actions on an instance, its deletion, and what hangs on it read-only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.sandbox.trove import checks, lifecycle
from services.sandbox.trove.calls import BrokenBody, Call, Reply, Route
from services.sandbox.trove.errors import Refusal, bad_request
from services.sandbox.trove.guest import running
from services.sandbox.trove.instances import check_volume
from services.sandbox.trove.model import Instance
from services.sandbox.trove.templates import template


def act(call: Call) -> Reply:
    """An action named by the body's key; of several that are known, the last one wins."""
    if not isinstance(call.body, dict) or not call.body:
        raise BrokenBody("action")
    if call.body.get("restart", {}) is None:
        raise checks.invalid("restart", "None is not of type 'object'")
    known = [name for name in call.body if name in _ACTIONS]
    instance = call.instance(needs_server=known[-1:] != ["reset_status"])
    if not known:
        raise BrokenBody("unknown action")
    given = call.body[known[-1]]
    if known[-1] == "reset_status":
        call.require_policy("instance:force_delete" if "force_delete" in given else "instance:reset_status")
    with call.cloud.recorded(instance):
        _ACTIONS[known[-1]](call, instance, given)
    return Reply(202)


def _restart(call: Call, instance: Instance, _: Any) -> None:
    lifecycle.require_available(instance)
    lifecycle.restart(call.cloud, instance)


def _resize(call: Call, instance: Instance, wanted: Any) -> None:
    if not isinstance(wanted, dict):
        raise BrokenBody("resize")
    if "volume" in wanted:
        _resize_volume(call, instance, checks.volume(wanted["volume"], "resize['volume']"))
    elif "flavorRef" in wanted:
        _resize_flavor(call, instance, checks.flavor(wanted["flavorRef"], "resize['flavorRef']"))
    else:
        raise BrokenBody("resize")


def _resize_volume(call: Call, instance: Instance, size: int) -> None:
    """Of a primary, the replicas' volumes grow with its own."""
    if size <= instance.volume_size:
        current = instance.volume_size
        raise bad_request(f"The new volume 'size' must be larger than the current volume size of '{current}'.")
    check_volume(call, size)
    family = [instance, *call.cloud.replicas(instance)]
    for one in family:
        lifecycle.require_available(one)
    call.cloud.reserve(instance.project_id, volumes=(size - instance.volume_size) * len(family))
    for one in family:
        lifecycle.resize_volume(call.cloud, one, size)


def _resize_flavor(call: Call, instance: Instance, flavor_id: str) -> None:
    lifecycle.require_available(instance)
    if flavor_id == instance.flavor_id:
        raise bad_request(f"The new flavor id must be different than the current flavor id of '{flavor_id}'.")
    ram = call.cloud.find_flavor(flavor_id).ram - call.cloud.flavors[instance.flavor_id].ram
    call.cloud.reserve(instance.project_id, ram=ram)
    lifecycle.resize_flavor(call.cloud, instance, flavor_id)


def _promote(call: Call, instance: Instance, _: Any) -> None:
    lifecycle.require_available(instance)
    if instance.replica_of is None:
        raise bad_request(f"Instance {instance.id} is not a replica.")
    lifecycle.promote(call.cloud, instance, call.find_instance(instance.replica_of))


def _eject(call: Call, instance: Instance, _: Any) -> None:
    """Only of a primary whose guest has fallen silent."""
    if not call.cloud.replicas(instance):
        raise bad_request(f"Instance {instance.id} is not a replica source.")
    if instance.is_guest_alive:
        raise bad_request(f"Replica Source {instance.id} cannot be ejected as it has a current heartbeat")
    lifecycle.eject(call.cloud, instance)


def _reset(call: Call, instance: Instance, _: Any) -> None:
    lifecycle.reset(call.cloud, instance)


_ACTIONS: dict[str, Callable[[Call, Instance, Any], None]] = {
    "restart": _restart,
    "resize": _resize,
    "promote_to_replica_source": _promote,
    "eject_replica_source": _eject,
    "reset_status": _reset,
}


def delete(call: Call) -> Reply:
    """Refused while it is built and while replicas hang on it."""
    instance = call.instance(needs_server=False)
    with call.cloud.recorded(instance):
        if instance.status == "BUILD":
            raise Refusal(422, f"Instance {instance.id} is not ready. (Status is BUILD).")
        if call.cloud.replicas(instance):
            raise Refusal(403, "Detach replicas before deleting replica source.")
    if instance.task != "DELETING":
        lifecycle.delete(call.cloud, instance)
    return Reply(202)


def show_template(call: Call) -> Reply:
    """The settings that the flavor and the datastore version give an instance."""
    instance = call.instance()
    flavor = call.cloud.flavors[instance.flavor_id]
    settings = template(instance, call.cloud.version_of(instance), flavor)
    return Reply(200, {"instance": {"configuration": settings}})


def show_ssl(call: Call) -> Reply:
    instance = running(call)
    certificate: dict[str, Any] = {"subject": f"CN={instance.id}", "not_after": "2036-11-21T00:00:00"}
    return Reply(200, {"ssl": {"mode": instance.ssl_mode, "enabled": True, "certificate": certificate}})


def change_ssl(call: Call) -> Reply:
    """Certificates are kept by a service that is not here: a container cannot be found."""
    instance = call.instance()
    lifecycle.require_available(instance)
    wanted = checks.mapping(call.part("ssl"), "ssl")
    if wanted.get("enable") and not wanted.get("container_ref"):
        raise bad_request("You should provide container_ref for enabling ssl.")
    if sum(bool(wanted.get(name)) for name in ("enable", "disable", "rollback")) > 1:
        raise bad_request("Cannot do several operations at once.")
    if instance.replica_of is not None and not wanted.get("rollback"):
        raise bad_request("Unable to modify ssl on the replica. Please perform the action on the primary instead.")
    if wanted.get("enable"):
        raise Refusal(404, f"Certificate container {wanted['container_ref']} cannot be found.")
    instance.ssl_mode = "builtin"
    return Reply(200, {"ssl": {"mode": instance.ssl_mode, "enabled": True}})


ROUTES = (
    Route("POST", "instances/{id}/action", "ActOnInstance", act),
    Route("DELETE", "instances/{id}", "DeleteInstance", delete),
    Route("GET", "instances/{id}/configuration", "ShowTemplate", show_template),
    Route("GET", "instances/{id}/ssl", "ShowSsl", show_ssl),
    Route("POST", "instances/{id}/ssl", "ChangeSsl", change_ssl),
)
