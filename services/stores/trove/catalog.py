"""The tree of a Trove service: its tables, the instances below the first, and the tables of each."""

from __future__ import annotations

from collections.abc import Iterable

from services.errors import NotFound, UsageError
from services.stores.changes import Path
from services.stores.trove.names import INSTANCES, MARK
from services.stores.trove.rest import Request, items, next_marker
from services.stores.trove.service import Service
from services.stores.trove.views import INSTANCE_VIEWS, SERVICE_VIEWS, View, view_of
from services.stores.types import Children, Node

SYSTEM = "system"
"""The note of nodes that a listing of the root names without going below."""


def children(service: Service, path: Path, page_token: str | None) -> Children:
    """The children of a node."""
    is_admin = service.rest.identity.is_admin
    if not path:
        return Children(tuple(_service_nodes(is_admin=is_admin)))
    if path == (INSTANCES,):
        return _instances(service, page_token)
    if len(path) == 2 and path[0] == INSTANCES:
        return Children(tuple(_instance_nodes(path, is_admin=is_admin)))
    return Children(())


def _service_nodes(*, is_admin: bool) -> Iterable[Node]:
    for name, view in SERVICE_VIEWS.items():
        if view.needs or (view.is_admin and not is_admin):
            continue
        path = (MARK + name,)
        is_instances = path == (INSTANCES,)
        yield Node(
            path, path[0], "table", has_children=is_instances, is_readable=True, note="" if is_instances else SYSTEM
        )


def _instances(service: Service, page_token: str | None) -> Children:
    query = {"marker": page_token} if page_token else {}
    data = service.rest.ask(Request("GET", "/instances"), "instances", query=query).data
    nodes = [
        Node(
            (INSTANCES, str(one.get("id", ""))),
            str(one.get("name", "")),
            "instance",
            has_children=True,
            note=" ".join(filter(None, (str(one.get("status", "")), str(one.get("operating_status") or "")))),
        )
        for one in items(data, "instances", "instances")
    ]
    return Children(tuple(nodes), next_marker(data) or None)


def _instance_nodes(path: Path, *, is_admin: bool) -> Iterable[Node]:
    for name, view in INSTANCE_VIEWS.items():
        if is_admin or not view.is_admin:
            yield Node((*path, name), name, "table", is_readable=True)


def view_at(path: Path) -> tuple[View, str]:
    """The table at a path and the instance it is of.

    Raises:
        NotFound: there is none.
    """
    if len(path) == 3 and path[0] == INSTANCES:
        return view_of(path[2], is_of_instance=True), path[1]
    if len(path) == 1 and path[0].startswith(MARK):
        return view_of(path[0].removeprefix(MARK), is_of_instance=False), ""
    raise NotFound(f"{'/'.join(path)}: no table of Trove", hint="Its tables begin with @, such as @backups.")


def view_named(name: str, identifier: str) -> tuple[View, str]:
    """The table of an instance where one is named and has it, else of the service.

    Raises:
        NotFound: there is none.
        UsageError: it is of an instance, and none is named.
    """
    if identifier and name in INSTANCE_VIEWS:
        return INSTANCE_VIEWS[name], identifier
    if name in SERVICE_VIEWS:
        return SERVICE_VIEWS[name], identifier
    if name in INSTANCE_VIEWS:
        raise UsageError(f"{name}: of which instance?", hint="Name it by its id or name.")
    ours, theirs = ", ".join(SERVICE_VIEWS), ", ".join(INSTANCE_VIEWS)
    raise NotFound(f"{name}: no such table", hint=f"There are {ours}; of an instance {theirs}.")
