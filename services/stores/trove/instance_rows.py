"""Rows of an instance's tables, as the service tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.stores.trove.rest import item, items, path_of
from services.stores.trove.servers import moment
from services.stores.trove.service import Service
from services.stores.trove.tables import Row


def backup(one: Mapping[str, Any]) -> Row:
    """A backup with the words of its kind."""
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


def backups(service: Service, instance: str) -> Iterable[Row]:
    """All of the project, or of one instance."""
    return map(backup, service.backups(instance))


def module(one: Mapping[str, Any]) -> Row:
    """A module with its type under one name."""
    return {**one, "type": one.get("type") or one.get("module_type"), "created": moment(one.get("created"))}


def flattened(data: Mapping[str, Any], head: str = "") -> Iterable[tuple[str, Any]]:
    """Names and values all the way down, links left out."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{head}{name}.")
        elif name not in ("links", "href") and value not in (None, []):
            yield f"{head}{name}", value


def users(service: Service, instance: str) -> Iterable[Row]:
    """Who may sign in."""
    for one in service.rest.every(path_of("instances", instance, "users"), "users", f"users of {instance}"):
        names = [str(database.get("name", "")) for database in one.get("databases") or ()]
        yield {"name": one.get("name"), "host": one.get("host", "%"), "databases": names}


def databases(service: Service, instance: str) -> Iterable[Row]:
    """What it holds."""
    return service.rest.every(path_of("instances", instance, "databases"), "databases", f"databases of {instance}")


def logs(service: Service, instance: str) -> Iterable[Row]:
    """Its database's logs."""
    data = service.rest.get(path_of("instances", instance, "log"), f"logs of {instance}")
    return items(data, "logs", f"logs of {instance}")


def applied_modules(service: Service, instance: str) -> Iterable[Row]:
    """Modules that it has."""
    return map(module, service.rest.every(path_of("instances", instance, "modules"), "modules", "modules"))


def root(service: Service, instance: str) -> Iterable[Row]:
    """Whether root was ever enabled."""
    data = service.rest.get(path_of("instances", instance, "root"), f"root of {instance}")
    return [{"name": "root", "is_enabled": bool((data or {}).get("rootEnabled"))}]


def machine(service: Service, identifier: str) -> Iterable[Row]:
    """Everything that only an administrator sees of an instance."""
    data = service.rest.get(path_of("mgmt", "instances", identifier), f"machine of {identifier}")
    return ({"name": name, "value": value} for name, value in flattened(item(data, "instance", "machine")))


def root_history(service: Service, instance: str) -> Iterable[Row]:
    """Since when and by whom root was enabled, for administrators."""
    data = service.rest.get(path_of("mgmt", "instances", instance, "root"), f"root of {instance}")
    return ({"name": name, "value": value} for name, value in flattened(data or {}))


def diagnostics(service: Service, instance: str) -> Iterable[Row]:
    """What its agent takes of the machine, and what the machine has, for administrators."""
    for word in ("diagnostics", "hwinfo"):
        data = service.rest.get(path_of("mgmt", "instances", instance, word), f"{word} of {instance}")
        yield from ({"name": name, "value": value} for name, value in flattened(data or {}))
