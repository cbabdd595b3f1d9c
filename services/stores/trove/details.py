"""Everything about one instance, in groups for the detail pane, with the texts that connect to its database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.stores.instances import Instance, InstanceDetail
from services.stores.trove.actions.deed import Target
from services.stores.trove.instance_rows import flattened
from services.stores.trove.servers import is_stuck, moment, read_fault
from services.stores.trove.views import INSTANCE_VIEWS
from services.stores.types import Group

SCHEMES: Final[Mapping[str, tuple[str, int]]] = {
    "mysql": ("mysql", 3306),
    "mariadb": ("mysql", 3306),
    "percona": ("mysql", 3306),
    "pxc": ("mysql", 3306),
    "postgresql": ("postgresql", 5432),
    "redis": ("redis", 6379),
    "mongodb": ("mongodb", 27017),
    "cassandra": ("cassandra", 9042),
    "couchbase": ("couchbase", 8091),
    "couchdb": ("http", 5984),
}
"""Scheme and usual port of each datastore; the service does not tell ports."""

CLIENTS: Final[Mapping[str, str]] = {
    "mysql": "mysql -h {host} -P {port} -u USER -p",
    "postgresql": "psql -h {host} -p {port} -U USER postgres",
    "redis": "redis-cli -h {host} -p {port}",
}

_TOLD: Final = frozenset(
    ("id", "name", "status", "operating_status", "links", "fault", "addresses", "ip", "volume", "flavor", "datastore")
)
"""What the first groups tell in words of their own."""


def detail_of(target: Target) -> InstanceDetail:
    """The detail of an instance as it is now."""
    instance = target.instance
    views = tuple(name for name, view in INSTANCE_VIEWS.items() if target.is_admin or not view.is_admin)
    return InstanceDetail(
        instance,
        connections=tuple(_connections(instance)),
        groups=tuple(_groups(target)),
        fault=read_fault(target.data),
        views=views,
    )


def _connections(instance: Instance) -> Iterator[tuple[str, str]]:
    scheme, port = SCHEMES.get(instance.datastore, ("", 0))
    for address in instance.addresses:
        shown = f"[{address}]" if ":" in address else address
        if not scheme:
            yield "address", address
            continue
        yield "URL", f"{scheme}://{shown}:{port}"
        if scheme in CLIENTS:
            yield "command", CLIENTS[scheme].format(host=address, port=port)


def _groups(target: Target) -> Iterator[Group]:
    instance, data = target.instance, target.data
    yield Group("State", tuple(_state(target)))
    yield Group("Database", tuple(_database(instance, data)))
    if instance.replica_of or instance.replicas:
        yield Group("Replication", tuple(_replication(instance)))
    addresses = [
        (f"{one.get('type', 'address')}", f"{one.get('address', '')}{_in_network(one)}")
        for one in data.get("addresses") or ()
        if isinstance(one, Mapping)
    ]
    if addresses:
        yield Group("Addresses", tuple(addresses))
    others = [(name, str(value)) for name, value in flattened(data) if name.partition(".")[0] not in _SHOWN]
    if others:
        yield Group("More", tuple(others))


_SHOWN: Final = _TOLD | {"created", "updated", "service_status_updated", "replica_of", "replicas", "configuration"}


def _in_network(address: Mapping[str, Any]) -> str:
    return f" in {address['network']}" if address.get("network") else ""


def _state(target: Target) -> Iterator[tuple[str, str]]:
    instance, data = target.instance, target.data
    yield "id", instance.id
    yield "status", instance.status
    yield "operating status", instance.operating_status or "not told"
    if is_stuck(instance):
        yield "stuck", "built for more than an hour: an administrator can reset its status or delete it by force"
    yield "created", instance.created
    yield "updated", instance.updated
    if data.get("service_status_updated"):
        yield "agent reported", moment(data["service_status_updated"])


def _database(instance: Instance, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "datastore", f"{instance.datastore} {instance.datastore_version}".strip()
    number = (data.get("datastore") or {}).get("version_number")
    if number:
        yield "version number", str(number)
    yield "flavor", instance.flavor
    if instance.volume_gb is not None:
        used = f"{instance.volume_used_gb:g} of " if instance.volume_used_gb is not None else ""
        yield "volume", f"{used}{instance.volume_gb:g} GB"
    group = data.get("configuration")
    if isinstance(group, Mapping):
        yield "configuration group", str(group.get("name") or group.get("id", ""))


def _replication(instance: Instance) -> Iterator[tuple[str, str]]:
    if instance.replica_of:
        yield "replica of", instance.replica_of
    for replica in instance.replicas:
        yield "replica", replica
