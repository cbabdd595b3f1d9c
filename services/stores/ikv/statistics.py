"""What a snapshot holds in numbers: fields with their types and bytes, segments with what a compaction would free."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from services.cancel import NEVER, CancelToken
from services.stores.ikv.index.arrays import Bytes, Ints
from services.stores.ikv.index.files import read_write_offset
from services.stores.ikv.index.mounted import Snapshot
from services.stores.ikv.index.segment import Segment
from services.stores.ikv.index.values import TOMBSTONE
from services.stores.ikv.types import NAMES

BLOCK: Final = 1 << 18
"""Values looked at in one go."""


@dataclass(slots=True)
class FieldFacts:
    """One field: how many documents have it, its bytes on disk, and how many values of each type."""

    values: int = 0
    disk_bytes: int = 0
    types: dict[str, int] = field(default_factory=dict)

    @property
    def words(self) -> tuple[str, ...]:
        """Its types, the most frequent first."""
        return tuple(sorted(self.types, key=lambda word: (-self.types[word], word)))


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """One segment in bytes.

    Attributes:
        used_bytes: of the value file, up to where the next value goes.
        live_bytes: of them those that a document still points to, in a field that was not dropped.
    """

    number: int
    documents: int
    records: int
    log_bytes: int
    file_bytes: int
    used_bytes: int
    live_bytes: int

    @property
    def dead_bytes(self) -> int:
        """What a compaction would free."""
        return max(0, self.used_bytes - self.live_bytes)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of one snapshot: facts by field id, and by segment."""

    fields: dict[int, FieldFacts]
    segments: tuple[SegmentFacts, ...]

    @property
    def dead_bytes(self) -> int:
        """What a compaction would free in all."""
        return sum(segment.dead_bytes for segment in self.segments)

    @property
    def used_bytes(self) -> int:
        """Bytes of values, live and dead."""
        return sum(segment.used_bytes for segment in self.segments)


def statistics_of(snapshot: Snapshot, cancel: CancelToken = NEVER) -> Statistics:
    """Look at every value's type and length; its bytes are not read."""
    fields = {identifier: FieldFacts() for identifier in snapshot.schema.fields}
    segments = []
    for segment in snapshot.segments:
        cancel.check()
        live, end = _measured(segment, fields)
        used = max(end, min(read_write_offset(segment.folder / "metadata"), segment.values.size))
        facts = SegmentFacts(
            segment.number, segment.rows, segment.records, segment.log_bytes, segment.values.size, used, live
        )
        segments.append(facts)
    return Statistics(fields, tuple(segments))


def _measured(segment: Segment, fields: dict[int, FieldFacts]) -> tuple[int, int]:
    """Add a segment's values to the fields; its live bytes, and where the last live value ends."""
    live = end = 0
    for first in range(0, len(segment.offsets), BLOCK):
        offsets = segment.offsets[first : first + BLOCK].astype(np.int64)
        ids = segment.field_ids[first : first + BLOCK].astype(np.int64)
        places = segment.values.places(offsets)
        ends = places.starts + places.lengths
        end = max(end, int(ends.max()))
        sizes = ends - offsets
        for identifier in np.unique(ids).tolist():
            facts = fields.get(identifier)
            if facts is None:
                continue
            own = (ids == identifier) & (places.types != TOMBSTONE)
            live += _add(facts, places.types[own], sizes[own])
    return live, end


def _add(facts: FieldFacts, types: Bytes, sizes: Ints) -> int:
    total = int(sizes.sum())
    facts.values += len(types)
    facts.disk_bytes += total
    for number, count in zip(*(found.tolist() for found in np.unique(types, return_counts=True)), strict=True):
        facts.types[NAMES[number]] = facts.types.get(NAMES[number], 0) + count
    return total
