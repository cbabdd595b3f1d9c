"""Instances as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.sandbox.trove.calls import Call
from services.sandbox.trove.model import AGENT_SILENT, SERVICE_WORDS, Instance

View = dict[str, Any]


def stamp(moment: datetime | None) -> str | None:
    """UTC in whole seconds, without a zone."""
    return None if moment is None else moment.isoformat()


def listed(call: Call, instance: Instance) -> View:
    """An instance in a list."""
    version = call.cloud.version_of(instance)
    view: View = {
        "id": instance.id,
        "name": instance.name,
        "status": instance.status,
        "operating_status": instance.operating_status,
        "links": call.links("instances", instance.id),
        "flavor": {"id": instance.flavor_id, "links": call.links("flavors", instance.flavor_id)},
        "datastore": {"type": call.cloud.datastore_of(version).name, "version": version.name},
        "region": instance.region,
        "access": {},
    }
    if call.is_admin:
        view["tenant_id"] = instance.project_id
    view["volume"] = {"size": instance.volume_size}
    if instance.addresses and instance.task != "BUILDING":
        view["ip"] = [one["address"] for one in instance.addresses]
        view["addresses"] = instance.addresses
        view["access"] = {"is_public": any(one["type"] == "public" for one in instance.addresses)}
    if instance.replica_of is not None:
        view["replica_of"] = {"id": instance.replica_of, "links": call.links("instances", instance.replica_of)}
    replicas = call.cloud.replicas(instance)
    if replicas:
        view["replicas"] = [{"id": one.id, "links": call.links("instances", one.id)} for one in replicas]
    if instance.access:
        view["access"] = instance.access
    return view


def detailed(call: Call, instance: Instance, *, asks_guest: bool = False) -> View:
    """An instance alone or in a detailed list; only alone is its guest asked for what the volume holds."""
    view = listed(call, instance)
    view["created"] = stamp(instance.created)
    view["updated"] = stamp(instance.updated)
    view["service_status_updated"] = stamp(instance.service_updated)
    view["datastore"]["version_number"] = call.cloud.version_of(instance).number
    fault = instance.fault
    if fault is not None:
        details = fault.details if call.is_admin else None
        view["fault"] = {"message": fault.message, "created": stamp(fault.created), "details": details}
    if instance.configuration_id is not None:
        group = call.cloud.configurations[instance.configuration_id]
        links = call.links("configurations", group.id)
        view["configuration"] = {"id": group.id, "name": group.name, "links": links}
    if instance.locality:
        view["locality"] = instance.locality
    answers = instance.is_guest_alive and instance.server_id is not None and instance.status not in AGENT_SILENT
    if asks_guest and answers and instance.volume_used:
        view["volume"]["used"] = instance.volume_used
    if call.is_admin:
        view["server_id"] = instance.server_id
        view["volume_id"] = instance.volume_id
        view["encrypted_rpc_messaging"] = False
    return view


def managed(call: Call, instance: Instance) -> View:
    """An instance in the administrators' list."""
    view = detailed(call, instance)
    view["server"] = _server(instance)
    view["service_status"] = SERVICE_WORDS[instance.service]
    view["tenant_id"] = instance.project_id
    view["deleted"] = instance.deleted_at is not None
    view["deleted_at"] = stamp(instance.deleted_at)
    view["task_description"] = instance.task_description or f"{instance.task}: no further words."
    return view


def managed_alone(call: Call, instance: Instance) -> View:
    """An instance as administrators see it alone: machine, volume, root, guest."""
    view = managed(call, instance)
    if view["server"] is not None:
        view["server"]["addresses"] = {"private": [{"addr": one["address"]} for one in instance.addresses]}
    if instance.root_enabled_at is not None:
        view["root_enabled"] = stamp(instance.root_enabled_at)
        view["root_enabled_by"] = instance.root_enabled_by
    view["volume"] = None
    if instance.volume_id is not None:
        view["volume"] = {
            "attachments": [{"server_id": instance.server_id, "device": "/dev/vdb"}],
            "availability_zone": "nova",
            "created_at": stamp(instance.created),
            "id": instance.volume_id,
            "size": instance.volume_size,
            "status": "in-use",
            "used": instance.volume_used or None,
            "total": float(instance.volume_size),
        }
    view["guest_status"] = {"state_description": instance.service}
    return view


def _server(instance: Instance) -> View | None:
    if instance.server_id is None:
        return None
    return {
        "id": instance.server_id,
        "name": instance.name,
        "status": instance.server_status,
        "tenant_id": instance.project_id,
        "host": f"compute-{instance.host}",
    }
