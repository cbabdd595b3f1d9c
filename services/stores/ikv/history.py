"""What was written to the documents in the order of the log: old values stay readable until a compaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from services.cancel import CancelToken
from services.stores.ikv.columns import Cells, Column, column
from services.stores.ikv.documents import PAGE_ROWS
from services.stores.ikv.index.arrays import Ints, gather
from services.stores.ikv.index.log import DELETE_DOCUMENT, DELETE_FIELDS, UPDATE, Log, records_of
from services.stores.ikv.index.mounted import Snapshot
from services.stores.ikv.index.segment import Segment, load_log
from services.stores.ikv.index.values import TOMBSTONE
from services.stores.ikv.types import BYTES, NUMBERS, STRING, guessed
from services.stores.types import TYPE_METADATA, Count, Page

OPERATIONS: Final = {UPDATE: "upsert", DELETE_FIELDS: "delete field", DELETE_DOCUMENT: "delete document"}
COLUMNS: Final = ("segment", "event", "operation", "key", "field", "value")


@dataclass(frozen=True, slots=True)
class Events:
    """One line for each field that a record names, one for a deleted document.

    Attributes:
        records: which record of the log.
        field_ids: -1 for a deleted document.
        offsets: where the value lies, -1 without one.
    """

    log: Log
    records: Ints
    field_ids: Ints
    offsets: Ints


def read_history(snapshot: Snapshot, key: bytes | None, page_rows: int | None, cancel: CancelToken) -> Iterator[Page]:
    """The events of all documents, or of one, segment by segment, oldest first; at least one page."""
    size = page_rows or PAGE_ROWS
    has_page = False
    for segment in snapshot.segments:
        cancel.check()
        events = _events(segment, key)
        for first in range(0, len(events.records), size):
            cancel.check()
            has_page = True
            yield Page(_batch(snapshot, segment, events, slice(first, first + size)))
    if not has_page:
        yield Page(_empty(), Count.exact(0))


def _events(segment: Segment, key: bytes | None) -> Events:
    log = load_log(segment.folder)
    lines = np.maximum(log.counts, 1)
    records = np.repeat(np.arange(len(lines)), lines)
    is_field = np.repeat(log.counts > 0, lines)
    field_ids, offsets = np.full(len(records), -1, np.int64), np.full(len(records), -1, np.int64)
    field_ids[is_field], offsets[is_field] = log.field_ids, log.offsets
    if key is None:
        return Events(log, records, field_ids, offsets)
    wanted = np.isin(records, records_of(log, key))
    return Events(log, records[wanted], field_ids[wanted], offsets[wanted])


def _batch(snapshot: Snapshot, segment: Segment, events: Events, which: slice) -> pa.RecordBatch:
    records, ids, offsets = events.records[which], events.field_ids[which], events.offsets[which]
    log = events.log
    keys = _split(
        gather(log.data, log.key_starts[records], log.key_lengths[records]).tobytes(), log.key_lengths[records]
    )
    names = [_field_name(snapshot, identifier) for identifier in ids.tolist()]
    words = [OPERATIONS[kind] for kind in log.kinds[records].tolist()]
    columns: tuple[Column, ...] = (
        _typed("segment", pa.array([segment.number] * len(records), pa.int32()), "INT32"),
        _typed("event", pa.array(records, pa.int64()), "INT64"),
        _typed("operation", pa.array(words, pa.string()), STRING),
        column("key", _key_cells(keys), len(keys)),
        _typed("field", pa.array(names, pa.string()), STRING),
        column("value", _values(segment, offsets), len(records)),
    )
    return pa.RecordBatch.from_arrays([array for _, array in columns], schema=pa.schema([one for one, _ in columns]))


def _field_name(snapshot: Snapshot, identifier: int) -> str | None:
    if identifier < 0:
        return None
    return snapshot.schema.fields.get(identifier, f"(dropped field {identifier})")


def _values(segment: Segment, offsets: Ints) -> Cells:
    rows = np.nonzero(offsets >= 0)[0]
    places = segment.values.places(offsets[rows])
    is_there = places.types != TOMBSTONE
    places = places.chosen(is_there)
    return Cells(rows[is_there], places.types, places.lengths, segment.values.bytes_at(places))


def _key_cells(keys: list[bytes]) -> Cells:
    types = np.array([NUMBERS[guessed(key)] for key in keys], np.uint8)
    if (types == NUMBERS[BYTES]).any():
        types[:] = NUMBERS[BYTES]
    lengths = np.array([len(key) for key in keys], np.int64)
    return Cells(np.arange(len(keys)), types, lengths, np.frombuffer(b"".join(keys), np.uint8))


def _split(data: bytes, lengths: Ints) -> list[bytes]:
    ends = np.cumsum(lengths).tolist()
    return [data[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]


def _typed(name: str, array: pa.Array[Any], word: str) -> Column:
    return pa.field(name, array.type, metadata={TYPE_METADATA: word.encode()}), array


def _empty() -> pa.RecordBatch:
    kinds = (pa.int32(), pa.int64(), pa.string(), pa.string(), pa.string(), pa.string())
    return pa.RecordBatch.from_arrays([pa.array([], kind) for kind in kinds], names=list(COLUMNS))
