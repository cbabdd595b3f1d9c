"""Backups of instances, and where they are kept."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove import checks
from services.sandbox.trove.calls import BrokenBody, Call, Reply, Route
from services.sandbox.trove.cloud import PAGE, Cloud, new_id
from services.sandbox.trove.errors import Refusal, bad_request, not_found
from services.sandbox.trove.lifecycle import SECONDS, require_available
from services.sandbox.trove.model import RUNNING_BACKUPS, Backup, DatabaseUser, Instance, Strategy
from services.sandbox.trove.paging import paged
from services.sandbox.trove.views import View, stamp

CONTAINER = "database_backups"
COMPLETED = "COMPLETED"
BACKUP_ERROR = "BACKUP_ERROR"


def view(cloud: Cloud, backup: Backup) -> View:
    version = cloud.versions[backup.version_id]
    datastore = {"type": cloud.datastore_of(version).name, "version": version.name, "version_id": version.id}
    return {
        "id": backup.id,
        "name": backup.name,
        "description": backup.description,
        "locationRef": backup.location,
        "instance_id": backup.instance_id,
        "created": stamp(backup.created),
        "updated": stamp(backup.updated),
        "size": backup.size,
        "status": backup.state,
        "parent_id": backup.parent_id,
        "project_id": backup.project_id,
        "datastore": datastore,
    }


def _paged(call: Call, found: list[Backup]) -> Reply:
    """The latest first, by offset, in pages of any size: a full one always has a next one, which may be empty."""
    limit, marker = call.query.get("limit") or str(PAGE), call.query.get("marker") or "0"
    if not limit.isdecimal() or not marker.isdecimal():
        raise BrokenBody("limit or marker")
    start, size = int(marker), int(limit)
    page = sorted(found, key=lambda one: (one.updated, one.id), reverse=True)[start : start + size]
    following = str(start + size) if len(page) == size else None
    return Reply(200, paged(call, "backups", [view(call.cloud, one) for one in page], following))


def list_backups(call: Call) -> Reply:
    query = call.query
    all_projects = query.get("all_projects", "").lower() in ("true", "1", "yes", "on", "t", "y")
    if all_projects or query.get("project_id"):
        call.require_policy("backup:index:all_projects")
    project = query.get("project_id") or (None if all_projects else call.project)
    found = [one for one in call.cloud.backups.values() if project in (None, one.project_id)]
    if query.get("instance_id"):
        found = [one for one in found if one.instance_id == query["instance_id"]]
    if query.get("datastore"):
        datastore = call.cloud.find_datastore(query["datastore"])
        found = [one for one in found if call.cloud.versions[one.version_id].datastore_id == datastore.id]
    return _paged(call, found)


def list_of_instance(call: Call) -> Reply:
    instance = call.instance()
    return _paged(call, [one for one in call.cloud.backups.values() if one.instance_id == instance.id])


def _found(call: Call) -> Backup:
    backup = call.cloud.backups.get(call.names["id"])
    if backup is None or not (call.is_admin or backup.project_id == call.project):
        raise not_found(call.names["id"])
    return backup


def show(call: Call) -> Reply:
    return Reply(200, {"backup": view(call.cloud, _found(call))})


def create(call: Call) -> Reply:
    """A full backup, or one of what changed since a parent; or one that was made elsewhere."""
    wanted = checks.mapping(call.part("backup"), "backup")
    name = checks.name(wanted.get("name"), "backup['name']")
    if wanted.get("restore_from"):
        raise bad_request(f"Failed to restore backup from {wanted['restore_from'].get('remote_location')}")
    if not wanted.get("instance"):
        raise bad_request("Unable to create Backup: instance is missing.")
    instance = call.find_instance(str(wanted["instance"]).rsplit("/", 1)[-1])
    with call.cloud.recorded(instance):
        require_available(instance)
        parent = _parent(call, wanted, instance)
        call.cloud.reserve(call.project, backups=1)
    container = wanted.get("swift_container") or _container(call, instance)
    backup = start(call.cloud, instance, name, wanted.get("description"), parent, container)
    return Reply(202, {"backup": view(call.cloud, backup)})


def _parent(call: Call, wanted: dict[str, Any], instance: Instance) -> str | None:
    if wanted.get("parent_id"):
        parent = call.cloud.backups.get(wanted["parent_id"])
        if parent is None or parent.project_id != call.project:
            raise not_found(wanted["parent_id"])
        return parent.id
    if not wanted.get("incremental"):
        return None
    done = [one for one in call.cloud.backups.values() if one.instance_id == instance.id and one.state == COMPLETED]
    return max(done, key=lambda one: one.updated).id if done else None


def _container(call: Call, instance: Instance) -> str:
    """The instance's own strategy comes before the project's."""
    for wanted in (instance.id, ""):
        for one in call.cloud.strategies:
            if (one.project_id, one.instance_id) == (call.project, wanted):
                return one.swift_container
    return CONTAINER


def start(
    cloud: Cloud, instance: Instance, name: str, description: str | None, parent: str | None, container: str
) -> Backup:
    """Begins a backup of an instance that is free."""
    now = cloud.now()
    words = new_id(), name, instance.project_id, instance.id, instance.version_id
    backup = Backup(*words, created=now, updated=now, description=description, parent_id=parent)
    cloud.backups[backup.id] = backup
    instance.running_backup = backup.id
    cloud.timeline.after(SECONDS["guest"], lambda: _begin(cloud, backup))
    cloud.timeline.after(SECONDS["backup"], lambda: finish(cloud, instance, backup, container))
    return backup


def _begin(cloud: Cloud, backup: Backup) -> None:
    if backup.state == "NEW":
        backup.state, backup.updated = "BUILDING", cloud.now()


def finish(cloud: Cloud, instance: Instance, backup: Backup, container: str) -> None:
    """Stores the object, unless the backup was given up meanwhile or its name asks for a failure."""
    if backup.state not in RUNNING_BACKUPS:
        return
    if instance.running_backup == backup.id:
        instance.running_backup = None
    if BACKUP_ERROR in backup.name:
        backup.state, backup.updated = "FAILED", cloud.now()
        return
    backup.databases = list(instance.databases)
    backup.users = [DatabaseUser(one.name, one.host, one.password, list(one.databases)) for one in instance.users]
    name = f"{backup.id}.xbstream.gz.enc"
    body = f"backup {backup.id} of {instance.id}\n".encode() * 64
    stored = cloud.put_object(backup.project_id, container, name, body)
    backup.location, backup.checksum = f"{cloud.account_url(backup.project_id)}/{container}/{name}", stored.etag
    share = 0.25 if backup.parent_id else 1.0
    backup.size = round(max(0.01, instance.volume_used * share), 2)
    backup.state, backup.updated = COMPLETED, cloud.now()


def delete(call: Call) -> Reply:
    """A parent takes its increments with it."""
    backup = _found(call)
    if backup.state in RUNNING_BACKUPS:
        raise Refusal(422, f"Backup {backup.id} is being made: it cannot be deleted yet.")
    call.cloud.timeline.after(SECONDS["guest"], lambda: _drop(call.cloud, backup))
    return Reply(202)


def _drop(cloud: Cloud, backup: Backup) -> None:
    for child in [one for one in cloud.backups.values() if one.parent_id == backup.id]:
        _drop(cloud, child)
    cloud.backups.pop(backup.id, None)
    for container in cloud.objects.get(backup.project_id, {}).values():
        container.pop(f"{backup.id}.xbstream.gz.enc", None)


def _strategy_view(one: Strategy) -> View:
    return {
        "project_id": one.project_id,
        "instance_id": one.instance_id,
        "backend": "swift",
        "swift_container": one.swift_container,
    }


def _strategy_project(call: Call) -> str:
    project = call.query.get("project_id", call.project)
    if project != call.project and not call.is_admin:
        raise Refusal(403, f"Operation not allowed for tenant {call.project}.")
    return project


def list_strategies(call: Call) -> Reply:
    project, instance_id = _strategy_project(call), call.query.get("instance_id")
    found = [one for one in call.cloud.strategies if one.project_id == project]
    found = [one for one in found if instance_id in (None, one.instance_id)]
    return Reply(200, {"backup_strategies": [_strategy_view(one) for one in found]})


def create_strategy(call: Call) -> Reply:
    """One a project and one an instance; a second one takes the first one's place."""
    wanted = checks.mapping(call.part("backup_strategy"), "backup_strategy")
    container = checks.name(wanted.get("swift_container"), "backup_strategy['swift_container']")
    made = Strategy(call.project, wanted.get("instance_id") or "", container)
    _forget(call, made.project_id, made.instance_id)
    call.cloud.strategies.append(made)
    return Reply(202, {"backup_strategy": _strategy_view(made)})


def delete_strategy(call: Call) -> Reply:
    _forget(call, _strategy_project(call), call.query.get("instance_id", ""))
    return Reply(202)


def _forget(call: Call, project: str, instance_id: str) -> None:
    kept = [one for one in call.cloud.strategies if (one.project_id, one.instance_id) != (project, instance_id)]
    call.cloud.strategies = kept


ROUTES = (
    Route("GET", "backups", "ListBackups", list_backups),
    Route("POST", "backups", "CreateBackup", create),
    Route("GET", "backups/{id}", "ShowBackup", show),
    Route("DELETE", "backups/{id}", "DeleteBackup", delete),
    Route("GET", "instances/{id}/backups", "ListInstanceBackups", list_of_instance),
    Route("GET", "backup_strategies", "ListStrategies", list_strategies),
    Route("POST", "backup_strategies", "CreateStrategy", create_strategy),
    Route("DELETE", "backup_strategies", "DeleteStrategy", delete_strategy),
)
