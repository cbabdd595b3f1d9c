"""The tables that a service and its instances have, by name: their columns, and how their rows are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from services.errors import NotFound, UsageError
from services.stores.trove.configuration_diff import changed_values, default_values
from services.stores.trove.rest import item, items, path_of
from services.stores.trove.servers import moment
from services.stores.trove.service import Service, flavor_id
from services.stores.trove.tables import Row, flag, key, number, text, whole
from services.stores.types import Column

Rows = Callable[[Service, str], Iterable[Row]]
"""Rows of a service and an identifier: an instance's id, or what `needs` says."""


@dataclass(frozen=True)
class View:
    """One table.

    Attributes:
        needs: what the identifier names, in words; empty where there is none.
        is_of_instance: needs an instance that is named by id or name.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Rows
    help: str = ""
    needs: str = ""
    is_of_instance: bool = False
    is_admin: bool = False


def _users(service: Service, instance: str) -> Iterable[Row]:
    for one in service.rest.every(path_of("instances", instance, "users"), "users", f"users of {instance}"):
        names = [str(database.get("name", "")) for database in one.get("databases") or ()]
        yield {"name": one.get("name"), "host": one.get("host", "%"), "databases": names}


def _databases(service: Service, instance: str) -> Iterable[Row]:
    return service.rest.every(path_of("instances", instance, "databases"), "databases", f"databases of {instance}")


def _backup(one: Mapping[str, Any]) -> Row:
    datastore = one.get("datastore") or {}
    return {
        **one,
        "datastore": f"{datastore.get('type', '')} {datastore.get('version', '')}".strip(),
        "size_gb": one.get("size"),
        "kind": "incremental" if one.get("parent_id") else "full",
        "created": moment(one.get("created")),
        "updated": moment(one.get("updated")),
        "place": one.get("locationRef"),
    }


def _backups(service: Service, instance: str) -> Iterable[Row]:
    return map(_backup, service.backups(instance))


def _logs(service: Service, instance: str) -> Iterable[Row]:
    data = service.rest.get(path_of("instances", instance, "log"), f"logs of {instance}")
    return items(data, "logs", f"logs of {instance}")


def _applied_modules(service: Service, instance: str) -> Iterable[Row]:
    return map(_module, service.rest.every(path_of("instances", instance, "modules"), "modules", "modules"))


def _root(service: Service, instance: str) -> Iterable[Row]:
    data = service.rest.get(path_of("instances", instance, "root"), f"root of {instance}")
    return [{"name": "root", "is_enabled": bool((data or {}).get("rootEnabled"))}]


def _module(one: Mapping[str, Any]) -> Row:
    return {**one, "type": one.get("type") or one.get("module_type"), "created": moment(one.get("created"))}


def _modules(service: Service, identifier: str) -> Iterable[Row]:
    return map(_module, service.rest.every("/modules", "modules", "modules"))


def _instances(service: Service, identifier: str) -> Iterable[Row]:
    for page in service.instances():
        for one in page:
            yield {
                **{name: getattr(one, name) for name in ("id", "name", "status", "operating_status", "flavor")},
                "datastore": f"{one.datastore} {one.datastore_version}".strip(),
                "volume_gb": one.volume_gb,
                "volume_used_gb": one.volume_used_gb,
                "region": one.region,
                "addresses": one.addresses,
                "replica_of": one.replica_of or None,
                "created": one.created or None,
                "project": one.project or None,
            }


def _datastores(service: Service, identifier: str) -> Iterable[Row]:
    for one in service.datastores():
        versions = one.get("versions") or ()
        names = {str(version.get("id")): str(version.get("name", "")) for version in versions}
        default = str(one.get("default_version") or "")
        yield {**one, "versions": list(names.values()), "default_version": names.get(default, default)}


def _versions(service: Service, identifier: str) -> Iterable[Row]:
    for datastore in service.datastores():
        for one in datastore.get("versions") or ():
            is_default = one.get("id") == datastore.get("default_version")
            yield {**one, "datastore": datastore.get("name"), "is_default": is_default}


def _flavors(service: Service, identifier: str) -> Iterable[Row]:
    of_version = _datastore_version(service, identifier) if identifier else ("", "")
    return ({**one, "id": flavor_id(one)} for one in service.flavors(*of_version))


def _volume_types(service: Service, identifier: str) -> Iterable[Row]:
    return service.volume_types(*_datastore_version(service, identifier))


def _datastore_version(service: Service, identifier: str) -> tuple[str, str]:
    """The datastore and the id of its version."""
    datastore, slash, version = identifier.partition("/")
    if not slash:
        raise UsageError(f"{identifier!r}: no version of a datastore", hint="Write DATASTORE/VERSION.")
    return datastore, service.version_id(datastore, version)


def _configurations(service: Service, identifier: str) -> Iterable[Row]:
    for one in service.configurations():
        datastore = f"{one.get('datastore_name', '')} {one.get('datastore_version_name', '')}".strip()
        yield {
            **one,
            "datastore": datastore,
            "instances": one.get("instance_count"),
            "updated": moment(one.get("updated")),
        }


def _values(service: Service, identifier: str) -> Iterable[Row]:
    what = f"configuration group {identifier}"
    group = item(service.rest.get(path_of("configurations", identifier), what), "configuration", what)
    return ({"name": name, "value": value} for name, value in sorted((group.get("values") or {}).items()))


def _group_instances(service: Service, identifier: str) -> Iterable[Row]:
    what = f"instances of configuration group {identifier}"
    return service.rest.every(path_of("configurations", identifier, "instances"), "instances", what)


def _parameters(service: Service, identifier: str) -> Iterable[Row]:
    return service.parameters(*_datastore_version(service, identifier))


def _strategies(service: Service, identifier: str) -> Iterable[Row]:
    data = service.rest.get("/backup_strategies", "backup strategies")
    for one in items(data, "backup_strategies", "backup strategies"):
        yield {"instance_id": one.get("instance_id") or "", "container": one.get("swift_container"), **one}


def _quotas(service: Service, identifier: str) -> Iterable[Row]:
    for quota in service.quotas():
        yield {"resource": quota.resource, "used": quota.used, "limit": quota.limit, "unit": quota.unit}


def _limits(service: Service, identifier: str) -> Iterable[Row]:
    for one in service.limits():
        if one.get("verb") != "ABSOLUTE":
            yield {**one, "per": one.get("unit"), "again": one.get("nextAvailable")}
            continue
        for name, value in one.items():
            if name != "verb":
                yield {"verb": "ABSOLUTE", "uri": name, "value": value, "remaining": None}


def _api_versions(service: Service, identifier: str) -> Iterable[Row]:
    for one in service.rest.versions():
        yield {**one, "updated": one.get("updated")}


def _all_instances(service: Service, identifier: str) -> Iterable[Row]:
    for one in service.rest.every("/mgmt/instances", "instances", "instances of all projects"):
        server = one.get("server") or {}
        yield {
            **one,
            "project": one.get("tenant_id"),
            "task": one.get("task_description"),
            "host": one.get("host") or server.get("host"),
            "created": moment(one.get("created")),
        }


def _machine(service: Service, identifier: str) -> Iterable[Row]:
    """Everything that only an administrator sees of an instance."""
    data = service.rest.get(path_of("mgmt", "instances", identifier), f"machine of {identifier}")
    return ({"name": name, "value": value} for name, value in flattened(item(data, "instance", "machine")))


def flattened(data: Mapping[str, Any], head: str = "") -> Iterable[tuple[str, Any]]:
    """Names and values all the way down, links left out."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{head}{name}.")
        elif name not in ("links", "href") and value not in (None, []):
            yield f"{head}{name}", value


_BACKUP_COLUMNS: Final = (
    key("id"),
    text("name"),
    text("status"),
    text("kind"),
    number("size_gb"),
    text("instance_id"),
    text("parent_id"),
    text("datastore"),
    text("created"),
    text("updated"),
    text("description"),
    text("place"),
)
_VALUE_COLUMNS: Final = (key("name"), text("value"))
_MODULE_COLUMNS: Final = (key("id"), text("name"), text("type"), text("md5"), text("created"), text("description"))

_OF_INSTANCE: Final = (
    View("users", (key("name"), key("host"), text("databases")), _users, "Who may sign in to its databases."),
    View("databases", (key("name"),), _databases, "The service tells neither character set nor collation."),
    View("backups", _BACKUP_COLUMNS, _backups, "Copies of its data."),
    View(
        "configuration",
        (key("name"), text("default"), text("group"), text("live"), flag("restart_needed")),
        changed_values,
        "The values that its group changes.",
    ),
    View("defaults", _VALUE_COLUMNS, default_values, "What it has without a group."),
    View(
        "logs",
        (
            key("name"),
            text("type"),
            text("status"),
            whole("published", "bytes in the object store"),
            whole("pending", "bytes not there yet"),
            text("container"),
            text("prefix"),
        ),
        _logs,
        "Of its database.",
    ),
    View("root", (key("name"), flag("is_enabled")), _root, "Whether root was ever enabled."),
    View("applied-modules", _MODULE_COLUMNS, _applied_modules, "Modules that it has."),
    View("machine", _VALUE_COLUMNS, _machine, "Its machine, for administrators.", is_admin=True),
)

_OF_SERVICE: Final = (
    View(
        "instances",
        (
            key("id"),
            text("name"),
            text("status"),
            text("operating_status"),
            text("datastore"),
            text("flavor"),
            number("volume_gb"),
            number("volume_used_gb"),
            text("region"),
            text("addresses"),
            text("replica_of"),
            text("created"),
            text("project"),
        ),
        _instances,
        "All instances of the project.",
    ),
    View("backups", _BACKUP_COLUMNS, _backups, "All backups of the project."),
    View(
        "backup-strategies",
        (key("instance_id"), text("container"), text("project_id")),
        _strategies,
        "Where backups are kept.",
    ),
    View(
        "datastores",
        (key("name"), text("id"), text("versions"), text("default_version")),
        _datastores,
        "Databases on offer.",
    ),
    View(
        "datastore-versions",
        (key("id"), text("datastore"), text("name"), flag("is_default")),
        _versions,
        "Their versions.",
    ),
    View(
        "flavors",
        (key("id"), text("name"), whole("ram", "MB"), whole("vcpus"), whole("disk", "GB")),
        _flavors,
        "Sizes of machine; of DATASTORE/VERSION only where it is named.",
    ),
    View("volume-types", (key("id"), text("name"), text("description")), _volume_types, "", "DATASTORE/VERSION"),
    View(
        "configurations",
        (key("id"), text("name"), text("datastore"), whole("instances"), text("description"), text("updated")),
        _configurations,
        "Configuration groups.",
    ),
    View("configuration-values", _VALUE_COLUMNS, _values, "What a group sets.", "the id of a group"),
    View(
        "configuration-instances", (key("id"), text("name")), _group_instances, "Who has a group.", "the id of a group"
    ),
    View(
        "parameters",
        (key("name"), text("type"), flag("restart_required"), text("min"), text("max")),
        _parameters,
        "What a group may set.",
        "DATASTORE/VERSION",
    ),
    View("modules", _MODULE_COLUMNS, _modules, "Files that can be applied to instances."),
    View(
        "quotas",
        (key("resource"), number("used"), number("limit", "none where there is no limit"), text("unit")),
        _quotas,
        "What the project uses and may use.",
    ),
    View(
        "limits",
        (key("verb"), key("uri"), whole("value"), whole("remaining"), text("per"), text("again")),
        _limits,
        "How much and how often may be asked.",
    ),
    View("versions", (key("id"), text("status"), text("updated")), _api_versions, "Of the service's interface."),
    View(
        "all-instances",
        (
            key("id"),
            text("name"),
            text("project"),
            text("status"),
            text("operating_status"),
            text("task"),
            text("host"),
            text("created"),
        ),
        _all_instances,
        "Of all projects, for administrators.",
        is_admin=True,
    ),
)

INSTANCE_VIEWS: Final[Mapping[str, View]] = {view.name: replace(view, is_of_instance=True) for view in _OF_INSTANCE}
SERVICE_VIEWS: Final[Mapping[str, View]] = {view.name: view for view in _OF_SERVICE}


def view_of(name: str, *, is_of_instance: bool) -> View:
    """The view of that name.

    Raises:
        NotFound: there is none.
    """
    views = INSTANCE_VIEWS if is_of_instance else SERVICE_VIEWS
    if name not in views:
        raise NotFound(f"{name}: no such table", hint=f"There are {', '.join(views)}.")
    return views[name]
