"""Descriptions of tables, views and partitions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.errors import StoredeckError
from services.stores.changes import Path
from services.stores.maxcompute import ddl, names
from services.stores.maxcompute.catalog import KINDS
from services.stores.maxcompute.metadata import ColumnFacts, Metadata, TableFacts
from services.stores.types import Column, Count, Description, Group, Pattern

VIEW_LOCK: Final = "a view shows what its statement selects: change its tables"
KEYED_LOCK: Final = "UPDATE, DELETE and MERGE in the SQL console change its rows, uploads upsert many"
PLAIN_LOCK: Final = (
    "without transactions rows are added or replaced in bulk, not one by one: load a file, or run INSERT OVERWRITE"
)
FILTER_PLACE: Final = "in an SQL job at the service"
_SHOWN: Final = (
    ("size", "Size", "bytes"),
    ("PhysicalSize", "Physical size", "bytes"),
    ("FileNum", "Files", ""),
    ("recordNum", "Records", ""),
    ("lifecycle", "Lifecycle", "days"),
)
_PARTITION_SHOWN: Final = (
    ("partitionSize", "Size", "bytes"),
    ("PhysicalSize", "Physical size", "bytes"),
    ("FileNum", "Files", ""),
    ("partitionRecordNum", "Records", ""),
    ("LifeCycle", "Lifecycle", "days"),
)
_TIMES: Final = (
    ("createTime", "Created"),
    ("lastDDLTime", "Changed its definition"),
    ("lastModifiedTime", "Changed its rows"),
    ("lastAccessTime", "Read"),
)
_KNOWN_RESERVED: Final = ("Transactional", "PrimaryKey")


class Describing:
    """Describes tables and partitions, each asked anew."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def describe(self, path: Path) -> Description:
        """All facts about a table, a view or a partition.

        Raises:
            NotFound: there is none.
        """
        place = names.place_of(path)
        facts = self._metadata.table(place)
        name = ddl.sql_name(place, self._metadata.schema_of(place.schema))
        if place.spec:
            return self._partition(path, place, facts, name)
        return Description(
            path=path,
            name=facts.place.table,
            kind=KINDS.get(facts.type, "table"),
            columns=columns_of(facts),
            options=ddl.definition_of(facts),
            groups=_groups(facts, name),
            count=_count(facts),
            locked=lock_of(facts),
            sql=name,
            filter_place=FILTER_PLACE,
            drop_asks_name=True,
            patterns=_patterns(facts),
        )

    def _partition(self, path: Path, place: names.Place, facts: TableFacts, name: str) -> Description:
        details = self._metadata.partition(place)
        records = details.get("partitionRecordNum")
        groups = (
            Group("Partition", (*place.spec, *_numbers(details, _PARTITION_SHOWN), *_times(details))),
            Group("Table", (("Name", facts.place.table), ("Owner", facts.owner))),
        )
        return Description(
            path=path,
            name=names.spec_text(place.spec),
            kind="partition",
            columns=columns_of(facts),
            groups=groups,
            count=Count.exact(records) if isinstance(records, int) and records >= 0 else None,
            locked=lock_of(facts),
            sql=name,
            filter_place=FILTER_PLACE,
            drop_asks_name=True,
        )


def _patterns(facts: TableFacts) -> tuple[Pattern, ...]:
    """A partition to be added: its name says everything."""
    if not facts.partition_keys:
        return ()
    prefix = f"{facts.partition_keys[0].name}="
    return (Pattern("partition", prefix, {"columns": [], "options": {}}),)


def columns_of(facts: TableFacts) -> tuple[Column, ...]:
    """The columns: the key first, the partition's last."""
    own = sorted(facts.columns, key=lambda one: one.name not in facts.primary_key)
    return (
        *(_column(one, is_key=one.name in facts.primary_key) for one in own),
        *(_column(one, note="partition") for one in facts.partition_keys),
    )


def _column(one: ColumnFacts, *, is_key: bool = False, note: str = "") -> Column:
    words = " · ".join(part for part in (note, one.comment) if part)
    return Column(one.name, one.type, is_key=is_key, is_nullable=one.is_nullable and not is_key, note=words)


def lock_of(facts: TableFacts) -> str:
    """Why single rows are not edited."""
    if facts.is_view:
        return VIEW_LOCK
    return KEYED_LOCK if facts.is_transactional else PLAIN_LOCK


def _count(facts: TableFacts) -> Count | None:
    """Rows as last told; of a partitioned or transactional table the service keeps no exact number."""
    records = facts.number("recordNum")
    if records is None or facts.partition_keys or facts.is_transactional or facts.is_view:
        return None
    return Count.exact(records)


def _groups(facts: TableFacts, name: str) -> tuple[Group, ...]:
    table = [("Owner", facts.owner), ("Comment", facts.comment), ("Type", facts.type)]
    table += [("Primary key", ", ".join(facts.primary_key))]
    table += [("Transactional", "yes" if facts.is_transactional else "no")]
    table += [("Partitioned by", ", ".join(f"{one.name} {one.type}" for one in facts.partition_keys))]
    table += _numbers(facts.details, _SHOWN)
    reserved = facts.details.get("Reserved") or {}
    more = [(key, _text(value)) for key, value in reserved.items() if key not in _KNOWN_RESERVED]
    groups = [
        Group("Table", tuple((label, text) for label, text in table if text)),
        Group("Times", tuple(_times(facts.details))),
        Group("Storage", tuple(more)),
        Group("DDL", (("", _ddl(facts, name)),)),
    ]
    return tuple(group for group in groups if group.facts)


def _ddl(facts: TableFacts, name: str) -> str:
    """The statement that makes it, or why it cannot be told: a column may be of a type newer than we are."""
    try:
        return ddl.ddl_of(facts, name)
    except StoredeckError as error:
        return f"not known: {error.message}"


def _numbers(details: Mapping[str, Any], shown: tuple[tuple[str, str, str], ...]) -> list[tuple[str, str]]:
    return [
        (label, f"{value:,} {unit}".strip())
        for key, label, unit in shown
        if isinstance(value := details.get(key), int) and value >= 0
    ]


def _times(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for key, label in _TIMES:
        seconds = details.get(key)
        if isinstance(seconds, int) and seconds > 0:
            found.append((label, datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")))
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
