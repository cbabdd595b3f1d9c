"""Datastores, their versions, and what a version allows: flavors, volume types, parameters."""

from __future__ import annotations

from services.sandbox.trove.calls import Call, Reply, Route
from services.sandbox.trove.errors import bad_request
from services.sandbox.trove.flavors import flavor_view
from services.sandbox.trove.model import Datastore, Parameter, Version
from services.sandbox.trove.views import View


def version_view(call: Call, version: Version, *, has_datastore: bool = True) -> View:
    view: View = {
        "id": version.id,
        "name": version.name,
        "version": version.number,
        "links": call.links("datastores/versions", version.id),
    }
    if has_datastore:
        view["datastore"] = version.datastore_id
    if call.is_admin:
        view |= {
            "active": version.is_active,
            "packages": version.packages,
            "image": version.image,
            "registry_ext": version.registry_ext,
            "repl_strategy": version.repl_strategy,
            "image_tags": version.image_tags,
        }
    return view


def _versions(call: Call, datastore: Datastore) -> list[Version]:
    """Those that others than administrators see are active."""
    found = [one for one in call.cloud.versions.values() if one.datastore_id == datastore.id]
    return [one for one in found if one.is_active or call.is_admin]


def _view(call: Call, datastore: Datastore) -> View:
    view: View = {
        "id": datastore.id,
        "name": datastore.name,
        "links": call.links("datastores", datastore.id),
        "versions": [version_view(call, one, has_datastore=False) for one in _versions(call, datastore)],
    }
    if datastore.default_version_id:
        view["default_version"] = datastore.default_version_id
    return view


def list_datastores(call: Call) -> Reply:
    shown = [one for one in call.cloud.datastores.values() if call.is_admin or _versions(call, one)]
    return Reply(200, {"datastores": [_view(call, one) for one in shown]})


def show(call: Call) -> Reply:
    return Reply(200, {"datastore": _view(call, call.cloud.find_datastore(call.names["datastore"]))})


def delete(call: Call) -> Reply:
    """Only one without versions."""
    call.require_policy("datastore:delete")
    datastore = call.cloud.find_datastore(call.names["datastore"])
    if any(one.datastore_id == datastore.id for one in call.cloud.versions.values()):
        raise bad_request(f"Datastore versions exist for datastore {datastore.id}.")
    del call.cloud.datastores[datastore.id]
    return Reply(202)


def list_versions(call: Call) -> Reply:
    datastore = call.cloud.find_datastore(call.names["datastore"])
    return Reply(200, {"versions": [version_view(call, one) for one in _versions(call, datastore)]})


def _named(call: Call) -> Version:
    return call.cloud.find_version(call.cloud.find_datastore(call.names["datastore"]), call.names["version"])


def show_version(call: Call) -> Reply:
    return Reply(200, {"version": version_view(call, _named(call))})


def show_version_by_id(call: Call) -> Reply:
    return Reply(200, {"version": version_view(call, call.cloud.version_by_id(call.names["version"]))})


def list_flavors(call: Call) -> Reply:
    call.cloud.version_by_id(call.names["version"])
    return Reply(200, {"flavors": [flavor_view(call, one) for one in call.cloud.flavors.values()]})


def list_volume_types(call: Call) -> Reply:
    call.cloud.version_by_id(call.names["version"])
    return Reply(200, {"volume_types": [vars(one) for one in call.cloud.volume_types]})


def parameter_view(version: Version, rule: Parameter, low: str = "min", high: str = "max") -> View:
    """A limit of zero is left out, as the service does."""
    view: View = {
        "name": rule.name,
        "datastore_version_id": version.id,
        "restart_required": rule.is_restart_required,
        "type": rule.kind,
    }
    if rule.maximum:
        view[high] = rule.maximum
    if rule.minimum:
        view[low] = rule.minimum
    return view


def _parameters(version: Version) -> Reply:
    return Reply(200, {"configuration-parameters": [parameter_view(version, one) for one in version.parameters]})


def list_parameters(call: Call) -> Reply:
    return _parameters(_named(call))


def show_parameter(call: Call) -> Reply:
    version = _named(call)
    return Reply(200, parameter_view(version, call.cloud.parameter(version, call.names["name"])))


def list_parameters_by_id(call: Call) -> Reply:
    return _parameters(call.cloud.version_by_id(call.names["version"]))


def show_parameter_by_id(call: Call) -> Reply:
    version = call.cloud.version_by_id(call.names["version"])
    return Reply(200, parameter_view(version, call.cloud.parameter(version, call.names["name"])))


_VERSION = "datastores/{datastore}/versions/{version}"
ROUTES = (
    Route("GET", "datastores", "ListDatastores", list_datastores),
    Route("GET", "datastores/{datastore}", "ShowDatastore", show),
    Route("DELETE", "datastores/{datastore}", "DeleteDatastore", delete),
    Route("GET", "datastores/versions/{version}/parameters", "ListParameters", list_parameters_by_id),
    Route("GET", "datastores/versions/{version}/parameters/{name}", "ShowParameter", show_parameter_by_id),
    Route("GET", "datastores/versions/{version}", "ShowVersion", show_version_by_id),
    Route("GET", "datastores/{datastore}/versions", "ListDatastoreVersions", list_versions),
    Route("GET", _VERSION, "ShowVersion", show_version),
    Route("GET", f"{_VERSION}/flavors", "ListFlavors", list_flavors),
    Route("GET", f"{_VERSION}/volume-types", "ListVolumeTypes", list_volume_types),
    Route("GET", f"{_VERSION}/parameters", "ListParameters", list_parameters),
    Route("GET", _VERSION + "/parameters/{name}", "ShowParameter", show_parameter),
)
