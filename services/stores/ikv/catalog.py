"""What an IKV profile shows: the document store with its fields, and the views of its mounted index."""

from __future__ import annotations

import time
from typing import Final

from services.errors import NotFound
from services.stores.changes import Path
from services.stores.ikv import names
from services.stores.ikv.gateway import StoreSettings
from services.stores.ikv.index.mounted import Snapshot
from services.stores.ikv.statistics import Statistics
from services.stores.ikv.types import STRING
from services.stores.ikv.views import LOCKED, VIEW_COLUMNS
from services.stores.types import Children, Column, Count, Description, Group, Node

CHILDREN_PAGE: Final = 500
VENDOR: Final = "inactive since May 2024; its hosted service is not verified"
FILTER_PLACE: Final = "in the mounted index"
DELAY: Final = "writes reach this index through the store's stream: later, never at once"


def children(path: Path, store: str, snapshot: Snapshot | None, token: str | None) -> Children:
    """The children of a node.

    Raises:
        NotFound: there is no such node.
    """
    if path == ():
        return _root(store, snapshot)
    if path == (names.INDEX,) and snapshot is not None:
        return Children(tuple(Node((names.INDEX, view), view, "view", is_readable=True) for view in names.VIEWS))
    if names.is_view(path):
        return Children(())
    names.check_store(path, store)
    if len(path) > 1 or snapshot is None:
        return Children(())
    first = int(token or 0)
    fields = list(snapshot.schema.fields.items())
    nodes = tuple(
        Node((store, name), name, "field", is_readable=True, note="" if number else "primary key")
        for number, name in fields[first : first + CHILDREN_PAGE]
    )
    following = first + CHILDREN_PAGE
    return Children(nodes, str(following) if following < len(fields) else None)


def _root(store: str, snapshot: Snapshot | None) -> Children:
    if snapshot is None:
        return Children((Node((store,), store, "document store", note="no mounted index"),))
    note = "warning: see its description" if snapshot.warnings else f"last event {age(snapshot)}"
    count = Count.exact(snapshot.rows)
    return Children(
        (
            Node((store,), store, "document store", has_children=True, is_readable=True, count=count, note=note),
            Node((names.INDEX,), names.INDEX, "index", has_children=True),
        )
    )


def age(snapshot: Snapshot) -> str:
    """How long ago the last record was written, in words."""
    seconds = max(0.0, time.time() - snapshot.last_event)
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{int(seconds)} seconds ago"


def describe_view(path: Path) -> Description:
    """A view of the index."""
    return Description(path, path[1], "view", columns=VIEW_COLUMNS[path[1]], locked=LOCKED)


def describe_store(
    path: Path, settings: StoreSettings, snapshot: Snapshot | None, statistics: Statistics | None
) -> Description:
    """The document store: its fields, what the gateway says, how the index stands."""
    groups = [Group("Service", (("vendor", VENDOR), ("writes", "the last writer wins, nothing is checked")))]
    if settings.values:
        groups.append(Group("Settings of the gateway", tuple(settings.values.items())))
    if snapshot is None or statistics is None:
        key = Column(settings.primary_key, STRING, is_key=True, is_nullable=False)
        return Description(path, path[0], "document store", (key,), {}, tuple(groups), drop_asks_name=True)
    groups += [index_group(snapshot), _size_group(snapshot, statistics)]
    columns = tuple(
        Column(
            name,
            " | ".join(statistics.fields[number].words) or STRING,
            is_key=number == 0,
            is_nullable=False,
            note="" if number == 0 else f"in {statistics.fields[number].values:,} documents",
        )
        for number, name in snapshot.schema.fields.items()
    )
    return Description(
        path,
        path[0],
        "document store",
        columns,
        {},
        tuple(groups),
        count=Count.exact(snapshot.rows),
        filter_place=FILTER_PLACE,
        drop_asks_name=True,
    )


def index_group(snapshot: Snapshot) -> Group:
    """How old the index is, and what to mind."""
    facts = [("warning", warning) for warning in snapshot.warnings]
    facts += [
        ("last event", f"{age(snapshot)} ({_moment(snapshot.last_event)})"),
        ("delay", DELAY),
        ("directory", str(snapshot.folder)),
    ]
    if snapshot.epoch_millis:
        facts.append(("base index of", _moment(snapshot.epoch_millis / 1000)))
    facts += [
        (f"stream {found.topic} {found.partition}", f"read up to {found.offset:,}") for found in snapshot.kafka_offsets
    ]
    return Group("Mounted index", tuple(facts))


def _size_group(snapshot: Snapshot, statistics: Statistics) -> Group:
    used, dead = statistics.used_bytes, statistics.dead_bytes
    share = f" ({dead * 100 // used} %)" if used else ""
    return Group(
        "Size",
        (
            ("documents", f"{snapshot.rows:,}"),
            ("fields", f"{len(snapshot.schema.fields):,}"),
            ("bytes of values", f"{used:,}"),
            ("dead bytes", f"{dead:,}{share}: what a compaction would free"),
            ("records of the log", f"{sum(segment.records for segment in snapshot.segments):,}"),
        ),
    )


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def describe_field(path: Path, snapshot: Snapshot, statistics: Statistics) -> Description:
    """One field of the store.

    Raises:
        NotFound: there is no such field.
    """
    name = names.field_of(path)
    found = [number for number, known in snapshot.schema.fields.items() if known == name]
    if not found:
        raise NotFound(f"{name}: no field of {path[0]}", hint="It may have been dropped, or no document had it yet.")
    facts, key = statistics.fields[found[0]], snapshot.schema.primary_key
    columns = [Column(key, " | ".join(statistics.fields[0].words) or STRING, is_key=True, is_nullable=False)]
    if found[0]:
        columns.append(Column(name, " | ".join(facts.words) or STRING, is_nullable=False))
    group = Group(
        "Field",
        (
            ("id", str(found[0])),
            ("documents that have it", f"{facts.values:,}"),
            ("bytes on disk", f"{facts.disk_bytes:,}"),
            *((f"values of type {word}", f"{facts.types[word]:,}") for word in facts.words),
        ),
    )
    return Description(
        path, name, "field", tuple(columns), {}, (group, index_group(snapshot)), filter_place=FILTER_PLACE
    )
