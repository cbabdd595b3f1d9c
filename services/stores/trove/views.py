"""The tables that a service and its instances have, by name: their columns, and how their rows are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.errors import NotFound
from services.stores.trove import instance_rows, service_rows
from services.stores.trove.configuration_diff import changed_values, default_values
from services.stores.trove.service import Service
from services.stores.trove.tables import Row, flag, key, number, text, whole
from services.stores.types import Column

Rows = Callable[[Service, str], Iterable[Row]]
"""Rows of a service and an identifier: an instance's id, or what `needs` says."""


@dataclass(frozen=True)
class View:
    """One table.

    Attributes:
        needs: what the identifier names, in words; empty where there is none.
        is_of_instance: needs an instance that is named by id or name.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Rows
    help: str = ""
    needs: str = ""
    is_of_instance: bool = False
    is_admin: bool = False


_BACKUP_COLUMNS: Final = (
    key("id"),
    text("name"),
    text("status"),
    text("kind"),
    number("size_gb"),
    text("instance_id"),
    text("parent_id"),
    text("datastore"),
    text("created"),
    text("updated"),
    text("description"),
    text("place"),
)
_VALUE_COLUMNS: Final = (key("name"), text("value"))
_MODULE_COLUMNS: Final = (key("id"), text("name"), text("type"), text("md5"), text("created"), text("description"))

_OF_INSTANCE: Final = (
    View(
        "users", (key("name"), key("host"), text("databases")), instance_rows.users, "Who may sign in to its databases."
    ),
    View(
        "databases", (key("name"),), instance_rows.databases, "The service tells neither character set nor collation."
    ),
    View("backups", _BACKUP_COLUMNS, instance_rows.backups, "Copies of its data."),
    View(
        "configuration",
        (key("name"), text("default"), text("group"), text("live"), flag("restart_needed")),
        changed_values,
        "The values that its group changes.",
    ),
    View("defaults", _VALUE_COLUMNS, default_values, "What it has without a group."),
    View(
        "logs",
        (
            key("name"),
            text("type"),
            text("status"),
            whole("published", "bytes in the object store"),
            whole("pending", "bytes not there yet"),
            text("container"),
            text("prefix"),
        ),
        instance_rows.logs,
        "Of its database.",
    ),
    View("root", (key("name"), flag("is_enabled")), instance_rows.root, "Whether root was ever enabled."),
    View("applied-modules", _MODULE_COLUMNS, instance_rows.applied_modules, "Modules that it has."),
    View("machine", _VALUE_COLUMNS, instance_rows.machine, "Its machine, for administrators.", is_admin=True),
    View("diagnostics", _VALUE_COLUMNS, instance_rows.diagnostics, "What its agent takes.", is_admin=True),
    View("root-history", _VALUE_COLUMNS, instance_rows.root_history, "Since when root is enabled.", is_admin=True),
)

_OF_SERVICE: Final = (
    View(
        "instances",
        (
            key("id"),
            text("name"),
            text("status"),
            text("operating_status"),
            text("datastore"),
            text("flavor"),
            number("volume_gb"),
            number("volume_used_gb"),
            text("region"),
            text("addresses"),
            text("replica_of"),
            text("created"),
            text("project"),
        ),
        service_rows.instances,
        "All instances of the project.",
    ),
    View("backups", _BACKUP_COLUMNS, instance_rows.backups, "All backups of the project."),
    View(
        "backup-strategies",
        (key("instance_id"), text("container"), text("project_id")),
        service_rows.strategies,
        "Where backups are kept.",
    ),
    View(
        "datastores",
        (key("name"), text("id"), text("versions"), text("default_version")),
        service_rows.datastores,
        "Databases on offer.",
    ),
    View(
        "datastore-versions",
        (key("id"), text("datastore"), text("name"), flag("is_default")),
        service_rows.versions,
        "Their versions.",
    ),
    View(
        "flavors",
        (key("id"), text("name"), whole("ram", "MB"), whole("vcpus"), whole("disk", "GB")),
        service_rows.flavors,
        "Sizes of machine; of DATASTORE/VERSION only where it is named.",
    ),
    View(
        "volume-types",
        (key("id"), text("name"), text("description")),
        service_rows.volume_types,
        "",
        "DATASTORE/VERSION",
    ),
    View(
        "configurations",
        (key("id"), text("name"), text("datastore"), whole("instances"), text("description"), text("updated")),
        service_rows.configurations,
        "Configuration groups.",
    ),
    View("configuration-values", _VALUE_COLUMNS, service_rows.values, "What a group sets.", "the id of a group"),
    View(
        "configuration-instances",
        (key("id"), text("name")),
        service_rows.group_instances,
        "Who has a group.",
        "the id of a group",
    ),
    View(
        "parameters",
        (key("name"), text("type"), flag("restart_required"), text("min"), text("max")),
        service_rows.parameters,
        "What a group may set.",
        "DATASTORE/VERSION",
    ),
    View("modules", _MODULE_COLUMNS, service_rows.modules, "Files that can be applied to instances."),
    View(
        "quotas",
        (key("resource"), number("used"), number("limit", "none where there is no limit"), text("unit")),
        service_rows.quotas,
        "What the project uses and may use.",
    ),
    View(
        "limits",
        (key("verb"), key("uri"), whole("value"), whole("remaining"), text("per"), text("again")),
        service_rows.limits,
        "How much and how often may be asked.",
    ),
    View(
        "versions",
        (key("id"), text("status"), text("updated")),
        service_rows.api_versions,
        "Of the service's interface.",
    ),
    View(
        "all-instances",
        (
            key("id"),
            text("name"),
            text("project"),
            text("status"),
            text("operating_status"),
            text("task"),
            text("host"),
            text("created"),
        ),
        service_rows.all_instances,
        "Of all projects, for administrators.",
        is_admin=True,
    ),
    View(
        "all-backups",
        (*_BACKUP_COLUMNS, text("project_id")),
        service_rows.all_backups,
        "Of all projects, for administrators.",
        is_admin=True,
    ),
    View(
        "managed-versions",
        (
            key("id"),
            text("datastore"),
            text("name"),
            text("manager"),
            text("image"),
            text("packages"),
            flag("active"),
            flag("default"),
        ),
        service_rows.managed_versions,
        "Versions of datastores with their images, for administrators.",
        is_admin=True,
    ),
)

INSTANCE_VIEWS: Final[Mapping[str, View]] = {view.name: replace(view, is_of_instance=True) for view in _OF_INSTANCE}
SERVICE_VIEWS: Final[Mapping[str, View]] = {view.name: view for view in _OF_SERVICE}


def view_of(name: str, *, is_of_instance: bool) -> View:
    """The view of that name.

    Raises:
        NotFound: there is none.
    """
    views = INSTANCE_VIEWS if is_of_instance else SERVICE_VIEWS
    if name not in views:
        raise NotFound(f"{name}: no such table", hint=f"There are {', '.join(views)}.")
    return views[name]
