"""What happens to instances after a call was accepted: states that change with time.

A name with one of the words in capitals below asks for what would else need an accident.
"""

from __future__ import annotations

from collections.abc import Callable

from services.sandbox.trove.cloud import Cloud, new_id
from services.sandbox.trove.errors import Refusal, bad_request
from services.sandbox.trove.model import (
    ACTIONS_ALLOWED,
    ACTIVE,
    ERROR,
    NO_TASK,
    RUNNING_BACKUPS,
    SERVICE_WORDS,
    Fault,
    Instance,
)

SECONDS = {
    "server": 3.0,
    "build": 8.0,
    "restart": 3.0,
    "flavor": 6.0,
    "volume": 4.0,
    "promote": 6.0,
    "eject": 6.0,
    "detach": 3.0,
    "upgrade": 8.0,
    "access": 2.0,
    "migrate": 6.0,
    "delete": 4.0,
    "backup": 6.0,
    "guest": 0.3,
}
SERVER_ERROR, GUEST_ERROR, NEVER_READY, GOES_SILENT = "SERVER_ERROR", "GUEST_ERROR", "NEVER_READY", "GOES_SILENT"
DELETE_ERROR = "DELETE_ERROR"


def require_available(instance: Instance) -> None:
    """Raises the refusal of an action on an instance that cannot take one now."""
    kind = "instance"
    if instance.machine != ACTIVE:
        status = instance.machine
    elif instance.task not in (NO_TASK, "RESTART_REQUIRED"):
        kind, status = "task", instance.task
    elif instance.service not in ACTIONS_ALLOWED or not instance.is_guest_alive:
        status = instance.status
    elif instance.running_backup:
        status = "BACKUP"
    else:
        return
    why = f"({kind} status was {status})"
    raise Refusal(422, f"Instance {instance.id} is not currently available for an action to be performed {why}.")


def require_assignable(instance: Instance) -> None:
    """Raises the refusal of a configuration group in the wrong state, which is a bad request here."""
    status = instance.machine if instance.machine != ACTIVE else instance.task
    if status not in (ACTIVE, NO_TASK):
        raise bad_request(f"The operation cannot be executed because the instance status is currently: {status}.")


def touch(cloud: Cloud, instance: Instance) -> None:
    instance.updated = instance.service_updated = cloud.now()


def _start(cloud: Cloud, instance: Instance, task: str, seconds: float, done: Callable[[], None]) -> None:
    """Sets a task; when its time is over the instance is free again, unless it was deleted or reset meanwhile."""
    instance.task = task
    instance.updated = cloud.now()

    def finish() -> None:
        if instance.deleted_at is None and instance.task == task:
            instance.task = NO_TASK
            instance.service = "healthy"
            done()
            touch(cloud, instance)

    cloud.timeline.after(seconds, finish)


def _nothing() -> None:
    return


def build(cloud: Cloud, instance: Instance) -> None:
    """From BUILD to ACTIVE and HEALTHY; to ERROR or nowhere where the name asks for it."""
    if SERVER_ERROR in instance.name:
        cloud.timeline.after(SECONDS["server"], lambda: _fail_server(cloud, instance))
        return
    cloud.timeline.after(SECONDS["server"], lambda: _give_server(cloud, instance))
    if NEVER_READY in instance.name:
        instance.is_guest_alive = False
        return
    end = _fail_guest if GUEST_ERROR in instance.name else _finish_build
    cloud.timeline.after(SECONDS["build"], lambda: end(cloud, instance))


def _give_server(cloud: Cloud, instance: Instance) -> None:
    """The machine comes also when the task was reset meanwhile."""
    if instance.deleted_at is None and instance.task != "DELETING":
        instance.server_id, instance.volume_id = new_id(), new_id()
        instance.server_status = ACTIVE
        instance.service = "building" if instance.task == "BUILDING" else instance.service
        instance.addresses = addresses(instance)
        touch(cloud, instance)


def _finish_build(cloud: Cloud, instance: Instance) -> None:
    if instance.task == "BUILDING" and instance.deleted_at is None:
        instance.task, instance.service = NO_TASK, "healthy"
        instance.volume_used = 0.12
        touch(cloud, instance)


def _fail_server(cloud: Cloud, instance: Instance) -> None:
    instance.is_task_error = True
    instance.server_status, instance.task_description = ERROR, "Build error: Server."
    _fault(cloud, instance, "Failed to create server: no valid host was found for the flavor.")


def _fail_guest(cloud: Cloud, instance: Instance) -> None:
    if instance.task == "BUILDING":
        instance.is_task_error, instance.service = True, "guestagent error"
        instance.task, instance.task_description = "ERROR", "Build error: guestagent timeout."
        _fault(cloud, instance, "Timeout waiting for the guest agent: polling request timed out.")


def _fault(cloud: Cloud, instance: Instance, message: str, where: str = "create_instance") -> None:
    details = f'Traceback (most recent call last):\n  File "manager.py", in {where}\n{message}'
    instance.fault = Fault(message, cloud.now(), details)
    touch(cloud, instance)


def addresses(instance: Instance) -> list[dict[str, str]]:
    """A private address made from the id, and a public one where access asks for it."""
    digits = int(instance.id[:8], 16)
    last = f"{digits >> 8 & 0xFF}.{digits & 0x7F | 2}"
    network = "5f0a1f1e-2b1d-4e39-9d0c-8f6f1c2d7a10"
    found = [{"address": f"10.20.{last}", "type": "private", "network": network}]
    if instance.access.get("is_public"):
        found.append({"address": f"203.0.113.{digits & 0x7F | 2}", "type": "public"})
    return found


def restart(cloud: Cloud, instance: Instance) -> None:
    instance.service = "restarting"
    _start(cloud, instance, "REBOOTING", SECONDS["restart"], _nothing)


def resize_flavor(cloud: Cloud, instance: Instance, flavor_id: str) -> None:
    def done() -> None:
        instance.flavor_id = flavor_id

    instance.service = "paused"
    _start(cloud, instance, "RESIZING", SECONDS["flavor"], done)


def resize_volume(cloud: Cloud, instance: Instance, size: int) -> None:
    def done() -> None:
        instance.volume_size = size

    _start(cloud, instance, "RESIZING", SECONDS["volume"], done)


def detach(cloud: Cloud, instance: Instance) -> None:
    def done() -> None:
        instance.replica_of = None

    _start(cloud, instance, "DETACHING", SECONDS["detach"], done)


def promote(cloud: Cloud, chosen: Instance, primary: Instance) -> None:
    """The whole set is busy until the replica is its primary."""
    family = [primary, *cloud.replicas(primary)]

    def done() -> None:
        for one in family:
            one.replica_of = None if one is chosen else chosen.id

    for one in family:
        _start(cloud, one, "PROMOTING", SECONDS["promote"], done if one is chosen else _nothing)


def eject(cloud: Cloud, primary: Instance) -> None:
    """The newest replica takes over; the dead primary stays alone."""
    replicas = cloud.replicas(primary)
    chosen = max(replicas, key=lambda one: one.created)

    def done() -> None:
        for one in replicas:
            one.replica_of = None if one is chosen else chosen.id

    for one in (primary, *replicas):
        _start(cloud, one, "EJECTING", SECONDS["eject"], done if one is chosen else _nothing)


def upgrade(cloud: Cloud, instance: Instance, version_id: str) -> None:
    instance.version_id = version_id
    _start(cloud, instance, "UPGRADING", SECONDS["upgrade"], _nothing)


def change_access(cloud: Cloud, instance: Instance, access: dict[str, object]) -> None:
    def done() -> None:
        instance.access = access
        instance.addresses = addresses(instance)

    _start(cloud, instance, "UPDATING", SECONDS["access"], done)


def migrate(cloud: Cloud, instance: Instance) -> None:
    def done() -> None:
        instance.host = instance.host % 4 + 1

    _start(cloud, instance, "MIGRATING", SECONDS["migrate"], done)


def stop(cloud: Cloud, instance: Instance) -> None:
    """The database stops, the machine does not; with GOES_SILENT in the name the guest falls silent too."""
    instance.service = "shutdown"
    if GOES_SILENT in instance.name:
        instance.is_guest_alive = False
    touch(cloud, instance)


def rebuild(cloud: Cloud, instance: Instance) -> None:
    """The machine is made anew from an image; the data stays."""
    _start(cloud, instance, "BUILDING", SECONDS["build"], _nothing)


def delete(cloud: Cloud, instance: Instance) -> None:
    """SHUTDOWN, then gone; in ERROR where the name asks for it."""
    instance.task, instance.is_task_error, instance.configuration_id = "DELETING", False, None
    instance.updated = cloud.now()

    def done() -> None:
        if instance.task == "DELETING" and DELETE_ERROR in instance.name:
            instance.task, instance.is_task_error = "ERROR", True
            _fault(cloud, instance, "Server entered ERROR status when deleting it.", "delete_instance")
        elif instance.task == "DELETING":
            instance.deleted_at, instance.task, instance.service = cloud.now(), NO_TASK, "deleted"
            instance.replica_of = None

    cloud.timeline.after(SECONDS["delete"], done)


def reset(cloud: Cloud, instance: Instance) -> None:
    """Forgets the task; what the database does is unknown until its guest speaks again. Running backups fail."""
    instance.task, instance.is_task_error, instance.service = NO_TASK, False, "unknown"
    fail_backups(cloud, instance)
    touch(cloud, instance)

    def speak() -> None:
        if instance.service == "unknown" and instance.is_guest_alive and instance.server_id is not None:
            instance.service = "healthy"
            touch(cloud, instance)

    cloud.timeline.after(SECONDS["restart"], speak)


def fail_backups(cloud: Cloud, instance: Instance) -> None:
    for backup in cloud.backups.values():
        if backup.instance_id == instance.id and backup.state in RUNNING_BACKUPS:
            backup.state, backup.updated = "FAILED", cloud.now()
    instance.running_backup = None


def in_guest(cloud: Cloud, change: Callable[[], None]) -> None:
    """A change that the guest makes a moment after the call was answered."""
    cloud.timeline.after(SECONDS["guest"], change)


def service_word(instance: Instance) -> str:
    return SERVICE_WORDS[instance.service]
