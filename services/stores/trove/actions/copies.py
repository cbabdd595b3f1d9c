"""Backups, whole and incremental, what is restored from them, and where they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.stores.instances import ActionField, ActionResult, Choice
from services.stores.trove.actions import creating
from services.stores.trove.actions.deed import INSTANCE, SERVICE, Deed, Sending, Work
from services.stores.trove.actions.states import needs_active
from services.stores.trove.rest import Answer, Request, item, path_of

BACKUPS: Final = "backups"
STRATEGIES: Final = "backup-strategies"

_ID = ActionField("id", "Backup", "Its id or name.", is_required=True)


def _backup_fields(work: Work) -> Sequence[ActionField]:
    done = [one for one in work.service.backups(work.instance.id) if one.get("status") == "COMPLETED"]
    parents = tuple(Choice(str(one.get("id", "")), f"{one.get('name', '')} · {one.get('created', '')}") for one in done)
    return (
        ActionField("name", "Name", is_required=True, default=f"{work.instance.name}-backup"),
        ActionField("description", "Description"),
        ActionField(
            "incremental",
            "Incremental",
            "Only what changed since the newest backup, where there is one.",
            kind="flag",
            default="false",
        ),
        ActionField("parent", "After", "The backup that this one adds to.", kind="choice", choices=parents),
        ActionField("container", "Container", "In the object store; empty for the usual one."),
    )


def _backup(work: Work) -> Sending:
    body = {"instance": work.instance.id, "name": work.text("name")}
    body |= {key: work.text(name) for key, name in _BACKUP_KEYS if work.text(name)}
    if work.arguments.get("incremental"):
        return Sending(Request("POST", "/backups", {"backup": {**body, "incremental": 1}}), asked={"backups": 1})
    return Sending(Request("POST", "/backups", {"backup": body}), asked={"backups": 1})


_BACKUP_KEYS: Final = (("description", "description"), ("parent_id", "parent"), ("swift_container", "container"))


def _backup_result(work: Work, sending: Sending, answer: Answer) -> ActionResult:
    backup = item(answer.data, "backup", f"backup of {work.instance.name}")
    name = str(backup.get("name", ""))
    return ActionResult(f"{name}: is being made", work.instance.id, str(backup.get("id", "")), answer.request_id)


def _row_of_backup(work: Work) -> Sequence[ActionField]:
    return (_ID,)


def _delete_backup(work: Work) -> Sending:
    identifier = work.service.backup_id(work.text("id"))
    return Sending(
        Request("DELETE", path_of(BACKUPS, identifier)),
        subject=identifier,
        notes=("backups that add to it go with it",),
    )


def _restore_fields(work: Work) -> Sequence[ActionField]:
    """Those of a new instance; the datastore comes with the backup."""
    left_out = ("from_backup", "replica_of", "replica_count", "locality")
    with_backup = Work(work.service, {**work.arguments, "from_backup": work.text("id")}, work.target)
    return (_ID, *(field for field in creating.fields(with_backup) if field.name not in left_out))


def _restore(work: Work) -> Sending:
    identifier = work.service.backup_id(work.text("id"))
    given = {name: value for name, value in work.arguments.items() if name != "id"}
    return creating.make(Work(work.service, {**given, "from_backup": identifier}, work.target))


def _strategy_fields(work: Work) -> Sequence[ActionField]:
    return (
        ActionField("container", "Container", "Of the object store that backups go to.", is_required=True),
        ActionField("instance", "Instance", "Its id or name; empty for all of the project."),
    )


def _strategy_instance(work: Work) -> str:
    named = work.text("instance")
    return work.service.instance_id(named) if named else ""


def _create_strategy(work: Work) -> Sending:
    body = {"swift_container": work.text("container")}
    identifier = _strategy_instance(work)
    if identifier:
        body["instance_id"] = identifier
    return Sending(Request("POST", "/backup_strategies", {"backup_strategy": body}))


def _strategy_row(work: Work) -> Sequence[ActionField]:
    return (ActionField("instance_id", "Instance", "Empty for that of the project."),)


def _delete_strategy(work: Work) -> Sending:
    identifier = work.text("instance_id")
    query = f"?instance_id={identifier}" if identifier else ""
    return Sending(Request("DELETE", f"/backup_strategies{query}"))


DEEDS: Final = (
    Deed(
        "backup",
        "Back up",
        INSTANCE,
        _backup,
        "A copy of its data in the object store.",
        _backup_fields,
        needs_active,
        "COMPLETED",
        result=_backup_result,
    ),
    Deed(
        "delete-backup",
        "Delete backup",
        BACKUPS,
        _delete_backup,
        "",
        _row_of_backup,
        wait_for="backup gone",
        asks_name=True,
    ),
    Deed(
        "restore",
        "Restore",
        BACKUPS,
        _restore,
        "A new instance that starts with a backup's data.",
        _restore_fields,
        wait_for="ACTIVE",
        result=creating.created,
    ),
    Deed(
        "create-strategy",
        "Set backup strategy",
        SERVICE,
        _create_strategy,
        "Which container backups go to.",
        _strategy_fields,
    ),
    Deed("delete-strategy", "Delete backup strategy", STRATEGIES, _delete_strategy, "", _strategy_row),
)
