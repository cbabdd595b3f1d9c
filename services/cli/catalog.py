"""`ls` and `describe`: what is in a store, and all about one thing in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from services.cli.connecting import Opened, opened_at
from services.cli.output.writers import Format
from services.errors import UsageError
from services.stores.types import CountKind

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run
    from services.stores.base import Store
    from services.stores.changes import Path
    from services.stores.types import Count, Description, Node


def add(commands: Commands) -> None:
    """Add the two commands."""
    command = commands.add("ls", "List what is below an address.", list_children, "The root lists all that has one.")
    command.add_argument("address", metavar="ADDRESS", help="PROFILE:PATH, or PROFILE: for the root")
    command = commands.add("describe", "Show schema, keys, settings and size.", describe)
    command.add_argument("address", metavar="ADDRESS", help="PROFILE:PATH")


def list_children(run: Run) -> int | None:
    """`ls`."""
    with opened_at(run, run.args.address) as (opened, path), run.output() as output:
        for node in _nodes(opened.store, path):
            run.cancel.check()
            output.live_record(_node_record(opened, node))
    return None


def _nodes(store: Store, path: Path) -> Iterator[Node]:
    """The children of a node; where one has no address of its own, such as a group, its children in its place."""
    token: str | None = None
    while True:
        children = store.list_children(path, token)
        for node in children.nodes:
            if address_of(store, node.path) or node.is_readable:
                yield node
            if not path and node.has_children and not node.is_long and node.note != "system":
                yield from (child for child in _nodes(store, node.path) if address_of(store, child.path))
        token = children.next_token
        if token is None:
            return


def address_of(store: Store, path: Path) -> str:
    """The text after the colon of an address that leads to a path, empty where none does."""
    try:
        return store.format_address(path)
    except UsageError:
        return ""


def _node_record(opened: Opened, node: Node) -> dict[str, Any]:
    address = address_of(opened.store, node.path)
    record: dict[str, Any] = {"name": node.name, "kind": node.kind}
    record["address"] = f"{opened.profile.name}:{address}" if address else None
    if node.count is not None and node.count.kind is not CountKind.UNKNOWN:
        record["rows"] = node.count.rows
    if node.note:
        record["note"] = node.note
    return record


def describe(run: Run) -> int | None:
    """`describe`: one JSON object, or sections of a table for people."""
    with opened_at(run, run.args.address) as (opened, path):
        found = opened.store.describe(path)
    return write_description(run, found)


def write_description(run: Run, found: Description) -> int | None:
    """A description in the format asked for."""
    if run.format is Format.TABLE:
        with run.output() as output:
            for record in _facts(found):
                output.record(record)
        return None
    with run.output(_single(run.format)) as output:
        output.record(description_data(found))
    return None


def _single(kind: Format) -> Format:
    """JSON is one object here, not an array of one."""
    return Format.JSONL if kind is Format.JSON else kind


def description_data(found: Description) -> dict[str, Any]:
    """A description as JSON data; `create --definition` takes its `columns` and `options` back."""
    return {
        "name": found.name,
        "kind": found.kind,
        "columns": [
            {"name": column.name, "type": column.type, "key": column.is_key, "nullable": column.is_nullable}
            | ({"note": column.note} if column.note else {})
            for column in found.columns
        ],
        "options": dict(found.options),
        "count": _count_data(found.count),
        "sql": found.sql or None,
        "locked": found.locked or None,
        "groups": {group.title: dict(group.facts) for group in found.groups},
    }


def _count_data(count: Count | None) -> dict[str, Any] | None:
    return None if count is None else {"rows": count.rows, "kind": count.kind.value}


def _facts(found: Description) -> Iterator[dict[str, str]]:
    yield {"section": found.kind, "name": "name", "value": found.name}
    if found.count is not None and found.count.kind is not CountKind.UNKNOWN:
        honest = "" if found.count.kind is CountKind.EXACT else f"{found.count.kind.value} "
        yield {"section": found.kind, "name": "rows", "value": f"{honest}{found.count.rows:,}"}
    if found.locked:
        yield {"section": found.kind, "name": "locked", "value": found.locked}
    for column in found.columns:
        words = [column.type, "key" if column.is_key else "", "" if column.is_nullable else "not null", column.note]
        yield {"section": "column", "name": column.name, "value": " · ".join(word for word in words if word)}
    for name, value in found.options.items():
        yield {"section": "option", "name": name, "value": str(value)}
    for group in found.groups:
        for name, value in group.facts:
            yield {"section": group.title, "name": name, "value": value}
