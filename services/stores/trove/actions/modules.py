"""Modules: files such as licences that are kept by the service and applied to instances."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

from services.stores.instances import ActionField, ActionResult, Choice
from services.stores.trove.actions.deed import INSTANCE, SERVICE, Deed, Sending, Work
from services.stores.trove.actions.states import needs_active
from services.stores.trove.rest import Answer, Request, item, path_of

MODULES: Final = "modules"
APPLIED: Final = "applied-modules"

_ID = ActionField("id", "Module", "Its id.", is_required=True)


def _row(work: Work) -> Sequence[ActionField]:
    return (_ID,)


def _create_fields(work: Work) -> Sequence[ActionField]:
    return (
        ActionField("name", "Name", is_required=True),
        ActionField("type", "Type", "Which the service knows, such as ping.", is_required=True),
        ActionField("contents", "Contents", "The module's text.", is_required=True),
        ActionField("datastore", "Datastore", "Empty for all."),
        ActionField("datastore_version", "Version", "Empty for all."),
        ActionField("description", "Description"),
    )


def _create(work: Work) -> Sending:
    body: dict[str, object] = {
        "name": work.text("name"),
        "module_type": work.text("type"),
        "contents": base64.b64encode(work.text("contents").encode()).decode(),
    }
    datastore = {"type": work.text("datastore"), "version": work.text("datastore_version")}
    if any(datastore.values()):
        body["datastore"] = {key: value for key, value in datastore.items() if value}
    if work.text("description"):
        body["description"] = work.text("description")
    return Sending(Request("POST", "/modules", {"module": body}))


def _created(work: Work, sending: Sending, answer: Answer) -> ActionResult:
    module = item(answer.data, "module", f"module {work.text('name')}")
    return ActionResult(f"{module.get('name', '')}: made", subject=str(module.get("id", "")))


def _delete(work: Work) -> Sending:
    return Sending(Request("DELETE", path_of(MODULES, work.text("id"))), subject=work.text("id"))


def _apply_fields(work: Work) -> Sequence[ActionField]:
    found = work.service.rest.every("/modules", MODULES, MODULES)
    choices = tuple(Choice(str(one.get("id", "")), str(one.get("name", ""))) for one in found)
    return (ActionField("module", "Module", kind="choice", is_required=True, choices=choices),)


def _apply(work: Work) -> Sending:
    body = {MODULES: [{"id": work.text("module")}]}
    return Sending(Request("POST", path_of("instances", work.instance.id, MODULES), body))


def _remove(work: Work) -> Sending:
    return Sending(Request("DELETE", path_of("instances", work.instance.id, MODULES, work.text("id"))))


DEEDS: Final = (
    Deed("create-module", "Create module", SERVICE, _create, "", _create_fields, result=_created),
    Deed("delete-module", "Delete module", MODULES, _delete, "", _row, asks_name=True),
    Deed("apply-module", "Apply module", INSTANCE, _apply, "", _apply_fields, needs_active),
    Deed("remove-module", "Remove module", APPLIED, _remove, "", _row, needs_active),
)
