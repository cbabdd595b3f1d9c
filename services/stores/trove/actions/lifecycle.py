"""The life of one instance: restart, resize, rename, upgrade, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from services.errors import ValueRefused
from services.stores.instances import ActionField, Choice
from services.stores.trove.actions.deed import INSTANCE, Deed, Sending, Work
from services.stores.trove.actions.states import may_delete, may_force, needs_active, not_deleting
from services.stores.trove.rest import Request, path_of
from services.stores.trove.service import Service, flavor_id


def act_on(work: Work, name: str, body: Any = None) -> Request:
    """One action of an instance; an empty one must be an object, never null."""
    return Request("POST", path_of("instances", work.instance.id, "action"), {name: {} if body is None else body})


def change(work: Work, **body: Any) -> Request:
    """A change of one thing about an instance; the service takes no two at once."""
    return Request("PUT", path_of("instances", work.instance.id), {"instance": body})


def flavor_label(flavor: dict[str, Any]) -> str:
    """A flavor in words, its name first."""
    parts = [str(flavor.get("name", ""))]
    parts += [f"{flavor[key]} {unit}" for key, unit in (("vcpus", "CPU"), ("ram", "MB")) if flavor.get(key)]
    return " · ".join(parts)


def flavor_choices(service: Service, datastore: str = "", version_id: str = "") -> tuple[Choice, ...]:
    """The flavors by id."""
    return tuple(Choice(flavor_id(one), flavor_label(one)) for one in service.flavors(datastore, version_id))


def _restart(work: Work) -> Sending:
    return Sending(act_on(work, "restart"), notes=("connections to the database end",))


def _flavor_now(work: Work) -> str:
    return str((work.target.data.get("flavor") or {}).get("id", "")) if work.target else ""


def _flavor_fields(work: Work) -> Sequence[ActionField]:
    instance = work.instance
    now = _flavor_now(work)
    version_id = work.service.version_id(instance.datastore, instance.datastore_version)
    choices = flavor_choices(work.service, instance.datastore, version_id)
    return (
        ActionField(
            "flavor",
            "Flavor",
            f"It has {instance.flavor} now.",
            kind="choice",
            is_required=True,
            choices=tuple(choice for choice in choices if choice.value != now),
        ),
    )


def _resize_flavor(work: Work) -> Sending:
    body = {"flavorRef": work.text("flavor")}
    more = work.service.flavor_ram(work.text("flavor")) - work.service.flavor_ram(_flavor_now(work))
    notes = ("the database stops while it is resized",)
    return Sending(act_on(work, "resize", body), notes=notes, asked={"ram": more} if more > 0 else {})


def _volume_fields(work: Work) -> Sequence[ActionField]:
    now = work.instance.volume_gb
    told = f"More than the {now:g} GB it has." if now is not None else "In GB, more than it has."
    return (ActionField("size", "Size in GB", told, kind="number", is_required=True),)


def _resize_volume(work: Work) -> Sending:
    size, now = work.arguments["size"], work.instance.volume_gb or 0
    if size != int(size) or size <= now:
        why = f"{size} GB is not a whole number above the {now:g} GB it has"
        raise ValueRefused(f"resize-volume: size: {why}", hint="A volume only grows, by whole GB.")
    return Sending(act_on(work, "resize", {"volume": {"size": size}}), asked={"volumes": size - now})


def _rename_fields(work: Work) -> Sequence[ActionField]:
    return (ActionField("name", "Name", "Up to 255 characters.", default=work.instance.name, is_required=True),)


def _rename(work: Work) -> Sending:
    return Sending(change(work, name=work.text("name")))


def _access_fields(work: Work) -> Sequence[ActionField]:
    access = (work.target.data.get("access") or {}) if work.target else {}
    return (
        ActionField(
            "is_public",
            "Public address",
            "Reachable from outside of the cloud.",
            kind="flag",
            default=str(bool(access.get("is_public"))).lower(),
        ),
        ActionField(
            "allowed_cidrs",
            "Allowed networks",
            "Such as 10.0.0.0/8; empty for all.",
            kind="list",
            default=",".join(access.get("allowed_cidrs") or ()),
        ),
    )


def _access(work: Work) -> Sending:
    body = {
        "is_public": bool(work.arguments.get("is_public")),
        "allowed_cidrs": work.arguments.get("allowed_cidrs", []),
    }
    return Sending(change(work, access=body))


def _upgrade_fields(work: Work) -> Sequence[ActionField]:
    instance = work.instance
    versions = [
        Choice(str(version.get("id", "")), str(version.get("name", "")))
        for datastore in work.service.datastores()
        if datastore.get("name") == instance.datastore
        for version in datastore.get("versions") or ()
        if version.get("name") != instance.datastore_version
    ]
    return (
        ActionField(
            "datastore_version",
            "Version",
            f"It has {instance.datastore_version} now.",
            kind="choice",
            is_required=True,
            choices=tuple(versions),
        ),
    )


def _upgrade(work: Work) -> Sending:
    body = {"instance": {"datastore_version": work.text("datastore_version")}}
    request = Request("PATCH", path_of("instances", work.instance.id), body)
    return Sending(request, notes=("make a backup first; there is no way back",))


def _delete(work: Work) -> Sending:
    return Sending(
        Request("DELETE", path_of("instances", work.instance.id)),
        notes=("the instance and its data go; its backups stay",),
    )


def _force_delete(work: Work) -> Sending:
    sending = _delete(work)
    notes = ("the state it is stuck in is reset first", *sending.notes)
    return Sending(sending.request, notes=notes, before=act_on(work, "reset_status"))


def _reset_status(work: Work) -> Sending:
    return Sending(act_on(work, "reset_status"), notes=("ends what the service believes to be going on",))


DEEDS: Final = (
    Deed("restart", "Restart", INSTANCE, _restart, "Restart the database.", reason=needs_active, wait_for="ACTIVE"),
    Deed(
        "resize-flavor",
        "Resize flavor",
        INSTANCE,
        _resize_flavor,
        "Another size of machine.",
        _flavor_fields,
        needs_active,
        "ACTIVE",
    ),
    Deed(
        "resize-volume",
        "Resize volume",
        INSTANCE,
        _resize_volume,
        "A larger volume.",
        _volume_fields,
        needs_active,
        "ACTIVE",
    ),
    Deed("rename", "Rename", INSTANCE, _rename, "Another name; its id stays.", _rename_fields, not_deleting),
    Deed(
        "access",
        "Set access",
        INSTANCE,
        _access,
        "Who may reach it: public or not, and from which networks.",
        _access_fields,
        needs_active,
        "settled",
    ),
    Deed(
        "upgrade",
        "Upgrade",
        INSTANCE,
        _upgrade,
        "Another version of its datastore.",
        _upgrade_fields,
        needs_active,
        "ACTIVE",
    ),
    Deed(
        "delete",
        "Delete",
        INSTANCE,
        _delete,
        "Delete the instance and its data.",
        reason=may_delete,
        wait_for="gone",
        asks_name=True,
    ),
    Deed(
        "force-delete",
        "Force delete",
        INSTANCE,
        _force_delete,
        "Delete it whatever state it is stuck in.",
        reason=may_force,
        wait_for="gone",
        asks_name=True,
        is_admin=True,
    ),
    Deed(
        "reset-status",
        "Reset status",
        INSTANCE,
        _reset_status,
        "Ends a state that an instance is stuck in.",
        reason=not_deleting,
        is_admin=True,
    ),
)
