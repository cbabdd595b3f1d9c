"""Modules, which are put on instances, and clusters, of which there are none."""

from __future__ import annotations

import hashlib
from typing import Any

from services.sandbox.trove import checks, views
from services.sandbox.trove.calls import Call, Reply, Route
from services.sandbox.trove.cloud import new_id
from services.sandbox.trove.errors import Refusal, bad_request, not_found
from services.sandbox.trove.guest import running
from services.sandbox.trove.model import Instance, Module
from services.sandbox.trove.paging import cut, paged
from services.sandbox.trove.views import View, stamp

TYPES = frozenset({"ping", "new_relic_license"})
_SETTINGS = ("auto_apply", "visible", "live_update", "priority_apply", "apply_order")
_ADMIN_SETTINGS = ("auto_apply", "all_tenants", "priority_apply", "full_access")


def _md5(module: Module) -> str:
    return hashlib.md5(module.contents.encode(), usedforsecurity=False).hexdigest()


def _view(call: Call, module: Module) -> View:
    cloud, settings = call.cloud, module.settings
    return {
        "id": module.id,
        "name": module.name,
        "type": module.kind,
        "description": module.description,
        "tenant_id": module.project_id,
        "tenant": module.project_id or "all",
        "datastore_id": module.datastore_id,
        "datastore": cloud.datastores[module.datastore_id].name if module.datastore_id else "all",
        "datastore_version_id": module.version_id,
        "datastore_version": cloud.versions[module.version_id].name if module.version_id else "all",
        "auto_apply": bool(settings.get("auto_apply")),
        "priority_apply": bool(settings.get("priority_apply")),
        "apply_order": settings.get("apply_order", 5),
        "is_admin": module.project_id is None,
        "md5": _md5(module),
        "visible": bool(settings.get("visible", 1)),
        "created": stamp(module.created),
        "updated": stamp(module.updated),
    }


def _detail(call: Call, module: Module) -> View:
    count = sum(module.id in one.module_ids for one in call.cloud.living(call.project))
    return _view(call, module) | {"live_update": bool(module.settings.get("live_update")), "instance_count": count}


def _visible(call: Call) -> list[Module]:
    found = (one for one in call.cloud.modules.values() if one.project_id in (None, call.project))
    return [one for one in found if call.is_admin or one.settings.get("visible", 1)]


def _found(call: Call, module_id: str) -> Module:
    for one in _visible(call):
        if one.id == module_id:
            return one
    raise not_found(module_id)


def list_modules(call: Call) -> Reply:
    return Reply(200, {"modules": [_view(call, one) for one in _visible(call)]})


def show(call: Call) -> Reply:
    return Reply(200, {"module": _detail(call, _found(call, call.names["module"]))})


def create(call: Call) -> Reply:
    wanted = checks.mapping(call.part("module"), "module")
    name = checks.name(wanted.get("name"), "module['name']")
    kind = checks.name(wanted.get("module_type"), "module['module_type']")
    contents = wanted.get("contents")
    if not isinstance(contents, str) or not contents:
        raise checks.invalid("module['contents']", "is a required property")
    _check(call, wanted, kind)
    if any(one.name == name and one.project_id == call.project for one in call.cloud.modules.values()):
        raise bad_request(f"A module with the name '{name}' already exists for this datastore and version")
    now = call.cloud.now()
    project = None if wanted.get("all_tenants") else call.project
    module = Module(new_id(), name, kind, contents, project, now, now, wanted.get("description"))
    module.settings = {key: wanted[key] for key in _SETTINGS if key in wanted}
    _place(call, module, wanted.get("datastore") or {})
    call.cloud.modules[module.id] = module
    return Reply(200, {"module": _detail(call, module)})


def _check(call: Call, wanted: dict[str, Any], kind: str) -> None:
    if kind not in TYPES:
        raise Refusal(404, f"Module type '{kind}' was not found.")
    asked = [key for key in _ADMIN_SETTINGS if wanted.get(key)]
    if asked and not call.is_admin:
        raise Refusal(403, f"You must be admin to create a module with these options. {', '.join(asked)}")


def _place(call: Call, module: Module, given: dict[str, Any]) -> None:
    """The datastore and version that a module is for; without them it is for all."""
    if not given.get("type"):
        return
    datastore = call.cloud.find_datastore(given["type"])
    module.datastore_id = datastore.id
    if given.get("version"):
        module.version_id = call.cloud.find_version(datastore, given["version"]).id


def update(call: Call) -> Reply:
    module = _found(call, call.names["module"])
    wanted = checks.mapping(call.part("module"), "module")
    _check(call, wanted, wanted.get("module_type", module.kind))
    if "contents" in wanted and _applied(call, module) and not module.settings.get("live_update"):
        raise Refusal(403, "A module that is on instances cannot be changed unless it is marked as live_update.")
    module.name = checks.name(wanted.get("name", module.name), "module['name']")
    module.kind = wanted.get("module_type", module.kind)
    module.contents = wanted.get("contents", module.contents)
    module.description = wanted.get("description", module.description)
    module.settings |= {key: wanted[key] for key in _SETTINGS if key in wanted}
    _place(call, module, wanted.get("datastore") or {})
    module.updated = call.cloud.now()
    return Reply(200, {"module": _detail(call, module)})


def _applied(call: Call, module: Module) -> list[Instance]:
    return [one for one in call.cloud.living(call.project) if module.id in one.module_ids]


def delete(call: Call) -> Reply:
    module = _found(call, call.names["module"])
    if _applied(call, module):
        raise Refusal(403, "A module that is on instances cannot be deleted: remove it from them first.")
    del call.cloud.modules[module.id]
    return Reply(200)


def list_module_instances(call: Call) -> Reply:
    applied = _applied(call, _found(call, call.names["module"]))
    found, marker = cut(call, applied, lambda one: one.id)
    return Reply(200, paged(call, "instances", [views.listed(call, one) for one in found], marker))


def reapply(call: Call) -> Reply:
    _found(call, call.names["module"])
    call.part("reapply")
    return Reply(202)


def _on_guest(call: Call, module: Module) -> View:
    """A module as the guest reports it."""
    view = _view(call, module)
    names = ("id", "name", "type", "datastore", "datastore_version", "md5", "tenant", "auto_apply", "visible")
    status = {"status": "OK", "message": "Module was applied.", "created": view["created"], "updated": view["updated"]}
    return {name: view[name] for name in names} | status


def list_applied(call: Call) -> Reply:
    instance = running(call)
    found = [call.cloud.modules[one] for one in instance.module_ids if one in call.cloud.modules]
    return Reply(200, {"modules": [_on_guest(call, one) for one in found]})


def apply(call: Call) -> Reply:
    instance = running(call)
    found = [_found(call, str(one.get("id"))) for one in checks.rows(call.part("modules"), "modules")]
    instance.module_ids += [one.id for one in found if one.id not in instance.module_ids]
    return Reply(200, {"modules": [_on_guest(call, one) for one in found]})


def remove(call: Call) -> Reply:
    instance, module = running(call), _found(call, call.names["module"])
    instance.module_ids = [one for one in instance.module_ids if one != module.id]
    return Reply(200)


def list_clusters(call: Call) -> Reply:
    return Reply(200, {"clusters": []})


def create_cluster(call: Call) -> Reply:
    wanted = checks.mapping(call.part("cluster"), "cluster")
    for name in ("name", "datastore", "instances"):
        if name not in wanted:
            raise checks.invalid("cluster", f"{name!r} is a required property")
    raise Refusal(501, "Clusters not supported for this datastore.")


def show_cluster(call: Call) -> Reply:
    raise Refusal(404, f"Cluster '{call.names['cluster']}' cannot be found.")


_MODULE, _APPLIED = "modules/{module}", "instances/{id}/modules"
ROUTES = (
    Route("GET", "modules", "ListModules", list_modules),
    Route("POST", "modules", "CreateModule", create),
    Route("GET", _MODULE, "ShowModule", show),
    Route("PUT", _MODULE, "UpdateModule", update),
    Route("DELETE", _MODULE, "DeleteModule", delete),
    Route("GET", f"{_MODULE}/instances", "ListModuleInstances", list_module_instances),
    Route("PUT", f"{_MODULE}/instances", "ReapplyModule", reapply),
    Route("GET", _APPLIED, "ListInstanceModules", list_applied),
    Route("POST", _APPLIED, "ApplyModules", apply),
    Route("DELETE", f"{_APPLIED}/{{module}}", "RemoveModule", remove),
    Route("GET", "clusters", "ListClusters", list_clusters),
    Route("POST", "clusters", "CreateCluster", create_cluster),
    Route("GET", "clusters/{cluster}", "ShowCluster", show_cluster),
    Route("DELETE", "clusters/{cluster}", "DeleteCluster", show_cluster),
)
