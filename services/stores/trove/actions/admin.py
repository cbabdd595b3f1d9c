"""What only an administrator may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from services.stores.instances import ActionField
from services.stores.trove.actions.deed import INSTANCE, SERVICE, Deed, Sending, Work, always
from services.stores.trove.actions.states import needs_active, needs_no_restart
from services.stores.trove.rest import Request, path_of


def _manage(work: Work, name: str, body: Any = None) -> Request:
    path = path_of("mgmt", "instances", work.instance.id, "action")
    return Request("POST", path, {name: {} if body is None else body})


def _plain(word: str, *notes: str) -> Callable[[Work], Sending]:
    return lambda work: Sending(_manage(work, word), notes=notes)


def _migrate_fields(work: Work) -> Sequence[ActionField]:
    return (ActionField("host", "Host", "Where it goes to; empty lets the cloud choose."),)


def _migrate(work: Work) -> Sending:
    host = work.text("host")
    return Sending(_manage(work, "migrate", {"host": host} if host else {}))


def _rebuild_fields(work: Work) -> Sequence[ActionField]:
    return (ActionField("image", "Image", "The id of the image that its machine is built from.", is_required=True),)


def _rebuild(work: Work) -> Sending:
    return Sending(_manage(work, "rebuild", {"image_id": work.text("image")}), notes=("the data on its volume stays",))


def _quota_fields(work: Work) -> Sequence[ActionField]:
    quotas = work.service.quotas()
    return (
        ActionField("project", "Project", "Its id.", default=work.service.rest.identity.project_id, is_required=True),
        *(
            ActionField(
                quota.resource,
                quota.resource.capitalize(),
                f"-1 for no limit; it is {'none' if quota.limit is None else f'{quota.limit:g}'} now.",
                kind="number",
            )
            for quota in quotas
        ),
    )


def _set_quota(work: Work) -> Sending:
    limits = {name: value for name, value in work.arguments.items() if name != "project"}
    return Sending(Request("PUT", path_of("mgmt", "quotas", work.text("project")), {"quotas": limits}))


DEEDS: Final = (
    Deed(
        "stop",
        "Stop database",
        INSTANCE,
        _plain("stop", "the machine goes on, the database does not"),
        "Stop the database; restart starts it again.",
        reason=needs_no_restart,
        wait_for="SHUTDOWN",
        is_admin=True,
    ),
    Deed(
        "reboot",
        "Reboot machine",
        INSTANCE,
        _plain("reboot", "connections to the database end"),
        "Restart the whole machine.",
        reason=needs_active,
        wait_for="ACTIVE",
        is_admin=True,
    ),
    Deed(
        "migrate",
        "Migrate",
        INSTANCE,
        _migrate,
        "Move it to another host.",
        _migrate_fields,
        needs_active,
        "ACTIVE",
        is_admin=True,
    ),
    Deed(
        "rebuild",
        "Rebuild",
        INSTANCE,
        _rebuild,
        "Build its machine anew from an image.",
        _rebuild_fields,
        needs_active,
        "ACTIVE",
        is_admin=True,
    ),
    Deed(
        "reset-task",
        "Reset task status",
        INSTANCE,
        _plain("reset-task-status"),
        "Forget the task that the service believes it to have.",
        reason=always,
        is_admin=True,
    ),
    Deed("set-quota", "Set quota", SERVICE, _set_quota, "Limits of a project.", _quota_fields, is_admin=True),
)
