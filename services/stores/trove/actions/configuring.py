"""Configuration groups: made, changed, attached to instances and detached."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.errors import ValueRefused
from services.stores.instances import ActionField, ActionResult, Choice
from services.stores.trove.actions.deed import INSTANCE, SERVICE, Deed, Sending, Work
from services.stores.trove.actions.lifecycle import change
from services.stores.trove.actions.states import has_configuration, has_no_configuration
from services.stores.trove.rest import Answer, Request, item, path_of

CONFIGURATIONS: Final = "configurations"

_ID = ActionField("id", "Group", "Its id or name.", is_required=True)
_VALUES = ActionField(
    "values", "Values", "NAME=VALUE, with commas or one a line; or a JSON object.", kind="text", is_required=True
)


def read_values(text: str, action: str) -> dict[str, Any]:
    """Values of parameters: numbers and true or false as such, all else as text.

    Raises:
        ValueRefused: the text is neither JSON nor NAME=VALUE.
    """
    if text.lstrip().startswith("{"):
        return _json_values(text, action)
    found: dict[str, Any] = {}
    for line in text.replace("\n", ",").split(","):
        name, equals, value = line.partition("=")
        if line.strip():
            if not equals or not name.strip():
                raise ValueRefused(f"{action}: {line.strip()!r} is no value", hint="Write NAME=VALUE.")
            found[name.strip()] = _scalar(value.strip())
    return found


def _json_values(text: str, action: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueRefused(f"{action}: values: no JSON: {error}") from error
    if not isinstance(data, Mapping):
        raise ValueRefused(f"{action}: values: no JSON object")
    return dict(data)


def _scalar(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _create_fields(work: Work) -> Sequence[ActionField]:
    datastores = work.service.datastores()
    chosen = [one for one in datastores if one.get("name") == work.text("datastore")]
    if not chosen and len(datastores) == 1:
        chosen = datastores
    versions = chosen[0].get("versions") or () if chosen else ()
    return (
        ActionField("name", "Name", is_required=True),
        _VALUES,
        ActionField(
            "datastore",
            "Datastore",
            kind="choice",
            is_required=True,
            choices=tuple(Choice(str(one.get("name", ""))) for one in datastores),
        ),
        ActionField(
            "datastore_version",
            "Version",
            kind="choice",
            is_required=True,
            choices=tuple(Choice(str(one.get("name", ""))) for one in versions),
            depends_on="datastore",
        ),
        ActionField("description", "Description"),
    )


def _create(work: Work) -> Sending:
    body: dict[str, Any] = {
        "name": work.text("name"),
        "values": read_values(work.text("values"), "create-configuration"),
        "datastore": {"type": work.text("datastore"), "version": work.text("datastore_version")},
    }
    if work.text("description"):
        body["description"] = work.text("description")
    return Sending(Request("POST", "/configurations", {"configuration": body}))


def _created(work: Work, sending: Sending, answer: Answer) -> ActionResult:
    group = item(answer.data, "configuration", f"configuration group {work.text('name')}")
    name, identifier = str(group.get("name", "")), str(group.get("id", ""))
    return ActionResult(f"{name}: made", subject=identifier, request_id=answer.request_id)


def _change_fields(work: Work) -> Sequence[ActionField]:
    return (
        _ID,
        _VALUES,
        ActionField("replace", "Replace all", "true drops values that are not given.", kind="flag", default="false"),
    )


def _change(work: Work) -> Sending:
    values = read_values(work.text("values"), "change-configuration")
    identifier = work.service.configuration_id(work.text("id"))
    method = "PUT" if work.arguments.get("replace") else "PATCH"
    request = Request(method, path_of(CONFIGURATIONS, identifier), {"configuration": {"values": values}})
    return Sending(request, subject=identifier, notes=("instances that have the group change at once",))


def _row(work: Work) -> Sequence[ActionField]:
    return (_ID,)


def _delete(work: Work) -> Sending:
    identifier = work.service.configuration_id(work.text("id"))
    return Sending(Request("DELETE", path_of(CONFIGURATIONS, identifier)), subject=identifier)


def _attach_fields(work: Work) -> Sequence[ActionField]:
    instance = work.instance
    here = (instance.datastore, instance.datastore_version)
    fitting = [
        one
        for one in work.service.configurations()
        if (one.get("datastore_name"), one.get("datastore_version_name")) == here
    ]
    choices = tuple(Choice(str(one.get("id", "")), str(one.get("name", ""))) for one in fitting)
    return (
        ActionField("configuration", "Group", "Of its own version.", kind="choice", is_required=True, choices=choices),
    )


def _attach(work: Work) -> Sending:
    request = change(work, configuration=work.text("configuration"))
    return Sending(request, notes=("values that are not dynamic ask for a restart",))


def _detach(work: Work) -> Sending:
    return Sending(change(work, configuration=None), notes=("values that are not dynamic ask for a restart",))


DEEDS: Final = (
    Deed(
        "create-configuration",
        "Create configuration group",
        SERVICE,
        _create,
        "Values of parameters for instances of a version.",
        _create_fields,
        result=_created,
    ),
    Deed(
        "change-configuration",
        "Change configuration group",
        CONFIGURATIONS,
        _change,
        "Add or change values, or replace them all.",
        _change_fields,
    ),
    Deed(
        "delete-configuration",
        "Delete configuration group",
        CONFIGURATIONS,
        _delete,
        "Only one that no instance has.",
        _row,
        asks_name=True,
    ),
    Deed(
        "attach-configuration",
        "Attach configuration group",
        INSTANCE,
        _attach,
        "Take a group's values.",
        _attach_fields,
        has_no_configuration,
        "settled",
    ),
    Deed(
        "detach-configuration",
        "Detach configuration group",
        INSTANCE,
        _detach,
        "Go back to the version's own values.",
        reason=has_configuration,
        wait_for="settled",
    ),
)
