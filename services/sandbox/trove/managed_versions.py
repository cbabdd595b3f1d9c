"""Datastore versions and their parameters, as administrators make and change them."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove import checks
from services.sandbox.trove.calls import BrokenBody, Call, Reply, Route
from services.sandbox.trove.cloud import new_id
from services.sandbox.trove.datastores import parameter_view, version_view
from services.sandbox.trove.errors import Refusal, bad_request
from services.sandbox.trove.model import Datastore, Parameter, Version


def _version(call: Call) -> Version:
    call.require_admin()
    return call.cloud.version_by_id(call.names["version"])


def list_versions(call: Call) -> Reply:
    call.require_admin()
    return Reply(200, {"versions": [version_view(call, one) for one in call.cloud.versions.values()]})


def show(call: Call) -> Reply:
    return Reply(200, {"version": version_view(call, _version(call))})


def create(call: Call) -> Reply:
    """A version, and its datastore where there is none by that name."""
    call.require_admin()
    wanted = checks.mapping(call.part("version"), "version")
    name = checks.name(wanted.get("name"), "version['name']")
    datastore_name = checks.name(wanted.get("datastore_name"), "version['datastore_name']")
    manager = checks.name(wanted.get("datastore_manager"), "version['datastore_manager']")
    if not wanted.get("image") and not wanted.get("image_tags"):
        raise bad_request("Image must be specified.")
    number = wanted.get("version", name)
    datastore = _datastore(call, datastore_name)
    same = [one for one in call.cloud.versions.values() if one.datastore_id == datastore.id and one.name == name]
    if any(one.number == number for one in same):
        raise bad_request(f"The datastore version '{name}({number})' already exists.")
    made = Version(new_id(), datastore.id, name, number, manager, wanted.get("image") or "")
    _fill(made, wanted)
    call.cloud.versions[made.id] = made
    if wanted.get("default"):
        datastore.default_version_id = made.id
    return Reply(202)


def _datastore(call: Call, name: str) -> Datastore:
    try:
        return call.cloud.find_datastore(name)
    except Refusal:
        made = Datastore(new_id(), name)
        call.cloud.datastores[made.id] = made
        return made


def _fill(version: Version, wanted: dict[str, Any]) -> None:
    packages = wanted.get("packages", version.packages)
    version.packages = ",".join(packages) if isinstance(packages, list) else packages or ""
    version.is_active = bool(wanted.get("active", version.is_active))
    version.image_tags = wanted.get("image_tags") or version.image_tags
    version.registry_ext = wanted.get("registry_ext", version.registry_ext)
    version.repl_strategy = wanted.get("repl_strategy", version.repl_strategy)


def edit(call: Call) -> Reply:
    version = _version(call)
    if not isinstance(call.body, dict):
        raise BrokenBody("version")
    datastore = call.cloud.datastore_of(version)
    version.name = call.body.get("name", version.name)
    version.manager = call.body.get("datastore_manager", version.manager)
    version.image = call.body.get("image", version.image)
    _fill(version, call.body)
    if call.body.get("default"):
        datastore.default_version_id = version.id
    elif call.body.get("default") is False and datastore.default_version_id == version.id:
        datastore.default_version_id = None
    return Reply(202)


def delete(call: Call) -> Reply:
    """Only one that nothing uses."""
    version, cloud = _version(call), call.cloud
    users = {
        "instance": cloud.living(),
        "backup": cloud.backups.values(),
        "configuration": cloud.configurations.values(),
    }
    for kind, found in users.items():
        if any(one.version_id == version.id for one in found):  # type: ignore[attr-defined]
            raise bad_request(f"Datastore version is in use by {kind}.")
    datastore = cloud.datastore_of(version)
    if datastore.default_version_id == version.id:
        datastore.default_version_id = None
    del cloud.versions[version.id]
    return Reply(202)


def list_parameters(call: Call) -> Reply:
    version = _version(call)
    rows = [parameter_view(version, one, "min_size", "max_size") for one in version.parameters]
    return Reply(200, {"configuration-parameters": rows})


def show_parameter(call: Call) -> Reply:
    version = _version(call)
    return _shown(version, call.cloud.parameter(version, call.names["name"]))


def _shown(version: Version, rule: Parameter) -> Reply:
    return Reply(200, parameter_view(version, rule, "min_size", "max_size"))


def create_parameter(call: Call) -> Reply:
    version = _version(call)
    wanted = checks.mapping(call.part("configuration-parameter"), "configuration-parameter")
    name = checks.name(wanted.get("name"), "configuration-parameter['name']")
    if any(one.name == name for one in version.parameters):
        raise bad_request(f"{name} parameter already exists for datastore version {version.name}.")
    made = _ruled(Parameter(name, "string"), wanted)
    version.parameters.append(made)
    return _shown(version, made)


def update_parameter(call: Call) -> Reply:
    version = _version(call)
    wanted = checks.mapping(call.part("configuration-parameter"), "configuration-parameter")
    return _shown(version, _ruled(call.cloud.parameter(version, call.names["name"]), wanted))


def _ruled(rule: Parameter, wanted: dict[str, Any]) -> Parameter:
    kind = wanted.get("data_type")
    if kind not in ("integer", "string"):
        raise checks.invalid("configuration-parameter['data_type']", f"{kind!r} is neither integer nor string")
    low = high = None
    if kind == "integer":
        if "min_size" not in wanted or "max_size" not in wanted:
            raise bad_request("min_size and max_size are required for integer data type.")
        low, high = int(wanted["min_size"]), int(wanted["max_size"])
        if high < low:
            raise bad_request("max_size must be greater than or equal to min_size.")
    rule.kind, rule.minimum, rule.maximum = kind, low, high
    rule.is_restart_required = bool(wanted.get("restart_required"))
    return rule


def delete_parameter(call: Call) -> Reply:
    version = _version(call)
    version.parameters.remove(call.cloud.parameter(version, call.names["name"]))
    return Reply(204)


_VERSION, _PARAMETERS = "mgmt/datastore-versions/{version}", "mgmt/datastores/versions/{version}/parameters"
ROUTES = (
    Route("GET", "mgmt/datastore-versions", "ListManagedVersions", list_versions),
    Route("POST", "mgmt/datastore-versions", "CreateVersion", create),
    Route("GET", _VERSION, "ShowManagedVersion", show),
    Route("PATCH", _VERSION, "EditVersion", edit),
    Route("DELETE", _VERSION, "DeleteVersion", delete),
    Route("GET", _PARAMETERS, "ListManagedParameters", list_parameters),
    Route("POST", _PARAMETERS, "CreateParameter", create_parameter),
    Route("GET", _PARAMETERS + "/{name}", "ShowManagedParameter", show_parameter),
    Route("PUT", _PARAMETERS + "/{name}", "UpdateParameter", update_parameter),
    Route("DELETE", _PARAMETERS + "/{name}", "DeleteParameter", delete_parameter),
)
