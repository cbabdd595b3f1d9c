"""PUT and PATCH of an instance: name, configuration group, detaching, access, upgrade."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove import checks, lifecycle
from services.sandbox.trove.attaching import attach, detach
from services.sandbox.trove.calls import Call, Reply, Route
from services.sandbox.trove.errors import bad_request
from services.sandbox.trove.model import Instance

_PUT_KEYS = frozenset({"name", "replica_of", "configuration", "datastore_version", "access"})
_PATCH_KEYS = frozenset({"name", "replica_of", "slave_of", "configuration", "datastore_version"})


def update(call: Call) -> Reply:
    return _change(call, _PUT_KEYS)


def edit(call: Call) -> Reply:
    return _change(call, _PATCH_KEYS)


def _change(call: Call, allowed: frozenset[str]) -> Reply:
    """One thing, and a name beside it; nothing at all detaches the configuration group."""
    wanted = checks.mapping(call.part("instance"), "instance")
    checks.only(wanted, "instance", allowed)
    _check(wanted)
    if len(wanted) > (2 if wanted.get("name") else 1):
        raise bad_request("Only one attribute (except 'name') is allowed to update.")
    instance = call.instance()
    if wanted.get("name"):
        instance.name = wanted["name"]
        instance.updated = call.cloud.now()
    with call.cloud.recorded(instance):
        _apply(call, instance, wanted)
    return Reply(202)


def _check(wanted: dict[str, Any]) -> None:
    for key in ("name", "datastore_version"):
        if key in wanted:
            checks.name(wanted[key], f"instance[{key!r}]")
    if wanted.get("configuration") is not None:
        checks.uuid(wanted["configuration"], "instance['configuration']")
    if "access" in wanted:
        checks.only(checks.mapping(wanted["access"], "access"), "access", frozenset({"is_public", "allowed_cidrs"}))
        checks.access(wanted["access"], "access")


def _apply(call: Call, instance: Instance, wanted: dict[str, Any]) -> None:
    cloud = call.cloud
    if wanted.keys() & {"replica_of", "slave_of"}:
        lifecycle.require_available(instance)
        if instance.replica_of is None:
            raise bad_request(f"Instance {instance.id} is not a replica.")
        lifecycle.detach(cloud, instance)
    if "configuration" in wanted or not wanted:
        _configure(call, instance, wanted.get("configuration"))
    if "datastore_version" in wanted:
        datastore = cloud.datastore_of(cloud.version_of(instance))
        lifecycle.upgrade(cloud, instance, cloud.find_version(datastore, wanted["datastore_version"]).id)
    if "access" in wanted:
        lifecycle.change_access(cloud, instance, wanted["access"])


def _configure(call: Call, instance: Instance, configuration_id: str | None) -> None:
    """Replicas that have the primary's group follow it."""
    cloud = call.cloud
    replicas = cloud.replicas(instance)
    for one in replicas:
        lifecycle.require_assignable(one)
    if configuration_id is not None:
        group = cloud.configuration(configuration_id)
        attach(cloud, instance, group)
        for one in replicas:
            if one.configuration_id is None:
                attach(cloud, one, group)
        return
    before = instance.configuration_id
    detach(cloud, instance)
    for one in replicas:
        if before is not None and one.configuration_id == before:
            detach(cloud, one)


ROUTES = (
    Route("PUT", "instances/{id}", "UpdateInstance", update),
    Route("PATCH", "instances/{id}", "EditInstance", edit),
)
