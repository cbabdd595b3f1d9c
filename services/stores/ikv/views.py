"""Tables made of a snapshot: its fields, its segments; `history` makes the third."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from services.stores.ikv.index.mounted import Snapshot
from services.stores.ikv.statistics import Statistics
from services.stores.ikv.types import INT32, INT64, STRING
from services.stores.types import KEY_METADATA, TYPE_METADATA, Column

LOCKED: Final = "a view of the mounted index cannot be edited"
WORDS: Final = {INT32: pa.int32(), INT64: pa.int64(), STRING: pa.string()}

VIEW_COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "fields": (
        Column("name", STRING, is_key=True),
        Column("id", INT64),
        Column("types", STRING, note="the most frequent first"),
        Column("documents", INT64, note="that have it"),
        Column("disk_bytes", INT64),
    ),
    "segments": (
        Column("segment", INT32, is_key=True),
        Column("documents", INT64),
        Column("records", INT64, note="of the log, old ones too"),
        Column("log_bytes", INT64),
        Column("file_bytes", INT64, note="grows in chunks"),
        Column("used_bytes", INT64),
        Column("live_bytes", INT64),
        Column("dead_bytes", INT64, note="what a compaction would free"),
    ),
    "history": (
        Column("segment", INT32, is_key=True),
        Column("event", INT64, is_key=True),
        Column("operation", STRING),
        Column("key", STRING),
        Column("field", STRING, is_key=True),
        Column("value", "any", note="old values stay readable until a compaction"),
    ),
}


def view_batch(view: str, snapshot: Snapshot, statistics: Statistics) -> pa.RecordBatch:
    """The rows of `fields` or `segments`."""
    rows: list[tuple[Any, ...]]
    if view == "fields":
        rows = [
            (name, identifier, ", ".join(facts.words), facts.values, facts.disk_bytes)
            for identifier, name in snapshot.schema.fields.items()
            for facts in (statistics.fields[identifier],)
        ]
    else:
        rows = [
            (
                one.number,
                one.documents,
                one.records,
                one.log_bytes,
                one.file_bytes,
                one.used_bytes,
                one.live_bytes,
                one.dead_bytes,
            )
            for one in statistics.segments
        ]
    columns = VIEW_COLUMNS[view]
    arrays = [pa.array([row[place] for row in rows], WORDS[column.type]) for place, column in enumerate(columns)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([_field(column) for column in columns]))


def _field(column: Column) -> pa.Field[Any]:
    marks = {TYPE_METADATA: column.type.encode()} | ({KEY_METADATA: b"1"} if column.is_key else {})
    return pa.field(column.name, WORDS[column.type], metadata=marks)
