"""Configuration groups."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove import checks
from services.sandbox.trove.attaching import refresh
from services.sandbox.trove.calls import Call, Reply, Route
from services.sandbox.trove.cloud import Cloud, new_id
from services.sandbox.trove.errors import Refusal, bad_request, not_found
from services.sandbox.trove.model import Configuration, Instance, Parameter, Version
from services.sandbox.trove.paging import cut, paged
from services.sandbox.trove.views import View, stamp

_TYPES: dict[str, type | tuple[type, ...]] = {"boolean": bool, "string": str, "integer": int, "float": float}


def _view(cloud: Cloud, group: Configuration) -> View:
    version = cloud.versions[group.version_id]
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "created": stamp(group.created),
        "updated": stamp(group.updated),
        "datastore_version_id": version.id,
        "datastore_name": cloud.datastore_of(version).name,
        "datastore_version_name": version.name,
    }


def _detail(call: Call, group: Configuration) -> View:
    """With the values, which a list leaves out."""
    number = call.cloud.versions[group.version_id].number
    count = len(_attached(call, group))
    extra = {"values": group.values, "instance_count": count, "datastore_version_number": number}
    return _view(call.cloud, group) | extra


def _attached(call: Call, group: Configuration) -> list[Instance]:
    found = call.cloud.living(None if call.is_admin else call.project)
    return [one for one in found if one.configuration_id == group.id]


def _found(call: Call) -> Configuration:
    group = call.cloud.configurations.get(call.names["id"])
    if group is None or not (call.is_admin or group.project_id == call.project):
        raise not_found(call.names["id"])
    return group


def list_groups(call: Call) -> Reply:
    own = [one for one in call.cloud.configurations.values() if one.project_id == call.project]
    found, marker = cut(call, own, lambda one: one.id)
    return Reply(200, paged(call, "configurations", [_view(call.cloud, one) for one in found], marker))


def show(call: Call) -> Reply:
    return Reply(200, {"configuration": _detail(call, _found(call))})


def list_attached(call: Call) -> Reply:
    found, marker = cut(call, _attached(call, _found(call)), lambda one: one.id)
    return Reply(200, paged(call, "instances", [{"id": one.id, "name": one.name} for one in found], marker))


def create(call: Call) -> Reply:
    wanted = checks.mapping(call.part("configuration"), "configuration")
    name = checks.name(wanted.get("name"), "configuration['name']")
    if "values" not in wanted:
        raise checks.invalid("configuration", "'values' is a required property")
    values = checks.mapping(wanted["values"], "configuration['values']")
    given = checks.mapping(wanted.get("datastore", {}), "configuration['datastore']")
    datastore = call.cloud.find_datastore(given.get("type") or next(iter(call.cloud.datastores)))
    version = call.cloud.find_version(datastore, given.get("version") or datastore.default_version_id or "")
    _check_values(call.cloud, version, values)
    now = call.cloud.now()
    words = new_id(), name, call.project, version.id, now, now
    group = Configuration(*words, description=wanted.get("description"), values=dict(values))
    call.cloud.configurations[group.id] = group
    return Reply(200, {"configuration": _detail(call, group)})


def edit(call: Call) -> Reply:
    """Merges values into the group."""
    group, values = _changed(call)
    group.values = group.values | values
    return _refreshed(call, group, 200)


def update(call: Call) -> Reply:
    """Replaces the group's values, and its name and description where they are given."""
    group, values = _changed(call)
    wanted = call.body["configuration"]
    group.name = wanted.get("name", group.name)
    group.description = wanted.get("description", group.description)
    group.values = dict(values)
    return _refreshed(call, group, 202)


def _changed(call: Call) -> tuple[Configuration, dict[str, object]]:
    group = _found(call)
    wanted = checks.mapping(call.part("configuration"), "configuration")
    values = checks.mapping(wanted.get("values", {}), "configuration['values']")
    _check_values(call.cloud, call.cloud.versions[group.version_id], values)
    return group, values


def _refreshed(call: Call, group: Configuration, status: int) -> Reply:
    group.updated = call.cloud.now()
    for instance in _attached(call, group):
        refresh(call.cloud, instance, group)
    return Reply(status)


def delete(call: Call) -> Reply:
    group = _found(call)
    if _attached(call, group):
        raise bad_request("A configuration group cannot be deleted while instances have it: detach it from them first.")
    del call.cloud.configurations[group.id]
    return Reply(202)


def _check_values(cloud: Cloud, version: Version, values: dict[str, Any]) -> None:
    """Raises the refusal of a parameter that is unknown, of the wrong type or out of its range."""
    by_name = {one.name.lower(): one for one in version.parameters}
    where = f"{cloud.datastore_of(version).name} {version.name}"
    if not by_name:
        raise Refusal(422, f"Configuration groups are not supported for this datastore: {where}")
    for key, value in values.items():
        rule = by_name.get(key.lower())
        if rule is None:
            raise Refusal(422, f"The configuration parameter {key} is not supported for this datastore: {where}.")
        if not isinstance(value, _TYPES[rule.kind]):
            raise Refusal(422, f"The value provided for the configuration parameter {key} is not of type {rule.kind}.")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            _check_range(key, value, rule)


def _check_range(key: str, value: float, rule: Parameter) -> None:
    what = f"The value for the configuration parameter {key} is"
    if rule.minimum is not None and value < rule.minimum:
        raise Refusal(422, f"{what} less than the minimum allowed: {rule.minimum}")
    if rule.maximum is not None and value > rule.maximum:
        raise Refusal(422, f"{what} greater than the maximum allowed: {rule.maximum}")


ROUTES = (
    Route("GET", "configurations", "ListConfigurations", list_groups),
    Route("POST", "configurations", "CreateConfiguration", create),
    Route("GET", "configurations/{id}", "ShowConfiguration", show),
    Route("PUT", "configurations/{id}", "UpdateConfiguration", update),
    Route("PATCH", "configurations/{id}", "EditConfiguration", edit),
    Route("DELETE", "configurations/{id}", "DeleteConfiguration", delete),
    Route("GET", "configurations/{id}/instances", "ListConfigurationInstances", list_attached),
)
