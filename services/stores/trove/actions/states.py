"""When an action is possible: the service's own rules, told before a request in place of its refusal after one."""

from __future__ import annotations

from services.stores.trove.actions.deed import Target
from services.stores.trove.servers import READY_STATUS, RESTART_REQUIRED, is_stuck

DELETING = "SHUTDOWN"


def needs_active(target: Target) -> str:
    """Actions on the machine: nothing else may be going on, and the agent must be there."""
    instance = target.instance
    if instance.status in (READY_STATUS, RESTART_REQUIRED):
        if instance.operating_status == "ERROR":
            return "the database's agent does not report (operating status ERROR)"
        return ""
    return _waits("ACTIVE", target)


def needs_no_restart(target: Target) -> str:
    """What an instance that waits for a restart refuses."""
    if target.instance.status == RESTART_REQUIRED:
        return "waits for its restart"
    return needs_active(target)


def needs_database(target: Target) -> str:
    """What the agent does inside of the database."""
    instance = target.instance
    if instance.status in ("NEW", "BUILD", "ERROR", "FAILED", "BLOCKED", DELETING, "RESIZE", "REBOOT", "UPGRADE"):
        return _waits("ACTIVE", target)
    if instance.operating_status == DELETING:
        return "the database is stopped: restart the instance"
    return ""


def not_deleting(target: Target) -> str:
    """What only changes the service's own records."""
    return "is being deleted" if target.instance.status == DELETING else ""


def may_delete(target: Target) -> str:
    """Not while it is built, and not from under its replicas."""
    instance = target.instance
    if instance.status == "BUILD":
        stuck = "; it looks stuck" if is_stuck(instance) else ""
        return f"waits for the build to end{stuck}; an administrator can force it"
    if instance.replicas:
        return f"has {_counted(len(instance.replicas), 'replica')}: detach, promote or delete them first"
    return not_deleting(target)


def may_force(target: Target) -> str:
    """In every state, but not from under its replicas."""
    return may_delete(target) if target.instance.replicas else ""


def is_replica(target: Target) -> str:
    """Only what follows another instance."""
    return needs_active(target) if target.instance.replica_of else "is no replica"


def may_promote(target: Target) -> str:
    """A replica that follows."""
    return is_replica(target)


def may_eject(target: Target) -> str:
    """A primary that is dead while it has replicas."""
    instance = target.instance
    if not instance.replicas:
        return "has no replicas"
    if instance.operating_status == "HEALTHY":
        return "its database is alive: promote a replica in its place"
    return ""


def may_be_primary(target: Target) -> str:
    """Only a primary that runs can be copied."""
    return "is a replica itself" if target.instance.replica_of else needs_active(target)


def has_configuration(target: Target) -> str:
    """Only where a group is attached."""
    return needs_no_restart(target) if target.data.get("configuration") else "has no configuration group"


def has_no_configuration(target: Target) -> str:
    """A second group is refused."""
    attached = target.data.get("configuration")
    if attached:
        return f"has {attached.get('name') or 'a group'} attached: detach it first"
    return needs_no_restart(target)


def _waits(word: str, target: Target) -> str:
    status = target.instance.status
    if target.instance.is_failed:
        return f"needs {word}, is {status}"
    return f"waits for {word}, is {status}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
