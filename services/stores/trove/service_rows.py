"""Rows of the service's own tables."""

from __future__ import annotations

from collections.abc import Iterable

from services.errors import UsageError
from services.stores.trove.instance_rows import backup, module
from services.stores.trove.rest import item, items, path_of
from services.stores.trove.servers import moment
from services.stores.trove.service import Service, flavor_id
from services.stores.trove.tables import Row


def modules(service: Service, identifier: str) -> Iterable[Row]:
    """Modules of the project."""
    return map(module, service.rest.every("/modules", "modules", "modules"))


def instances(service: Service, identifier: str) -> Iterable[Row]:
    """All instances."""
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


def datastores(service: Service, identifier: str) -> Iterable[Row]:
    """Datastores with the names of their versions."""
    for one in service.datastores():
        versions = one.get("versions") or ()
        names = {str(version.get("id")): str(version.get("name", "")) for version in versions}
        default = str(one.get("default_version") or "")
        yield {**one, "versions": list(names.values()), "default_version": names.get(default, default)}


def versions(service: Service, identifier: str) -> Iterable[Row]:
    """Versions of datastores."""
    for datastore in service.datastores():
        for one in datastore.get("versions") or ():
            is_default = one.get("id") == datastore.get("default_version")
            yield {**one, "datastore": datastore.get("name"), "is_default": is_default}


def flavors(service: Service, identifier: str) -> Iterable[Row]:
    """Flavors, or those of a version."""
    of_version = datastore_version(service, identifier) if identifier else ("", "")
    return ({**one, "id": flavor_id(one)} for one in service.flavors(*of_version))


def volume_types(service: Service, identifier: str) -> Iterable[Row]:
    """Of a version."""
    return service.volume_types(*datastore_version(service, identifier))


def datastore_version(service: Service, identifier: str) -> tuple[str, str]:
    """The datastore and the id of its version."""
    datastore, slash, version = identifier.partition("/")
    if not slash:
        raise UsageError(f"{identifier!r}: no version of a datastore", hint="Write DATASTORE/VERSION.")
    return datastore, service.version_id(datastore, version)


def configurations(service: Service, identifier: str) -> Iterable[Row]:
    """Groups."""
    for one in service.configurations():
        datastore = f"{one.get('datastore_name', '')} {one.get('datastore_version_name', '')}".strip()
        yield {
            **one,
            "datastore": datastore,
            "instances": one.get("instance_count"),
            "updated": moment(one.get("updated")),
        }


def values(service: Service, identifier: str) -> Iterable[Row]:
    """What a group sets."""
    what = f"configuration group {identifier}"
    path = path_of("configurations", service.configuration_id(identifier))
    group = item(service.rest.get(path, what), "configuration", what)
    return ({"name": name, "value": value} for name, value in sorted((group.get("values") or {}).items()))


def group_instances(service: Service, identifier: str) -> Iterable[Row]:
    """Who has a group."""
    what = f"instances of configuration group {identifier}"
    path = path_of("configurations", service.configuration_id(identifier), "instances")
    return service.rest.every(path, "instances", what)


def parameters(service: Service, identifier: str) -> Iterable[Row]:
    """What a group of a version may set."""
    return service.parameters(*datastore_version(service, identifier))


def strategies(service: Service, identifier: str) -> Iterable[Row]:
    """Where backups are kept."""
    data = service.rest.get("/backup_strategies", "backup strategies")
    for one in items(data, "backup_strategies", "backup strategies"):
        yield {"instance_id": one.get("instance_id") or "", "container": one.get("swift_container"), **one}


def quotas(service: Service, identifier: str) -> Iterable[Row]:
    """Of the project."""
    for quota in service.quotas():
        yield {"resource": quota.resource, "used": quota.used, "limit": quota.limit, "unit": quota.unit}


def limits(service: Service, identifier: str) -> Iterable[Row]:
    """Absolute and rate limits."""
    for one in service.limits():
        if one.get("verb") != "ABSOLUTE":
            yield {**one, "per": one.get("unit"), "again": one.get("nextAvailable")}
            continue
        for name, value in one.items():
            if name != "verb":
                yield {"verb": "ABSOLUTE", "uri": name, "value": value, "remaining": None}


def api_versions(service: Service, identifier: str) -> Iterable[Row]:
    """Of the interface."""
    for one in service.rest.versions():
        yield {**one, "updated": one.get("updated")}


def all_instances(service: Service, identifier: str) -> Iterable[Row]:
    """Of all projects."""
    for one in service.rest.every("/mgmt/instances", "instances", "instances of all projects"):
        server = one.get("server") or {}
        yield {
            **one,
            "project": one.get("tenant_id"),
            "task": one.get("task_description"),
            "host": one.get("host") or server.get("host"),
            "created": moment(one.get("created")),
        }


def managed_versions(service: Service, identifier: str) -> Iterable[Row]:
    """Versions of datastores with their images, also those that are not offered."""
    data = service.rest.get("/mgmt/datastore-versions", "versions of datastores")
    for one in items(data, "versions", "versions of datastores"):
        yield {**one, "datastore": one.get("datastore_name"), "manager": one.get("datastore_manager")}


def all_backups(service: Service, identifier: str) -> Iterable[Row]:
    """Of all projects."""
    return map(backup, service.rest.every("/backups", "backups", "backups of all projects", all_projects="True"))
