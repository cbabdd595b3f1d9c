"""A mounted index as a whole: found under its mount directory, read when first needed, and anew where it changed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, Refused
from services.stores.ikv.index.files import (
    IndexSchema,
    KafkaOffset,
    read_epoch_millis,
    read_kafka_offsets,
    read_schema,
)
from services.stores.ikv.index.segment import Segment, load_segment, segment_of, signature_of

SEGMENTS: Final = 16
PARTITION: Final = 0
ATTEMPTS: Final = 3
"""How often reading begins again when the directory is swapped meanwhile."""

Key = bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The index as it was at one moment; what it maps stays readable when the directory changes.

    Attributes:
        is_hashed: every segment's keys are where their hash says, so that a key has one segment to look in.
        warnings: what is to be known before trusting the rows, in words.
        last_event: when a record was last written, in seconds since 1970.
    """

    folder: Path
    schema: IndexSchema
    segments: tuple[Segment, ...]
    epoch_millis: int
    kafka_offsets: tuple[KafkaOffset, ...]
    is_hashed: bool
    warnings: tuple[str, ...]
    last_event: float

    @property
    def rows(self) -> int:
        """Documents, exactly."""
        return sum(segment.rows for segment in self.segments)

    def find(self, keys: list[Key]) -> list[tuple[int, int] | None]:
        """Segment and row of each key, None where there is none."""
        found: list[tuple[int, int] | None] = [None] * len(keys)
        wanted: dict[int, list[int]] = {}
        for place, key in enumerate(keys):
            for number in (segment_of(key, SEGMENTS),) if self.is_hashed else range(SEGMENTS):
                wanted.setdefault(number, []).append(place)
        for number, places in wanted.items():
            rows = self.segments[number].find([keys[place] for place in places])
            for place, row in zip(places, rows, strict=True):
                if row >= 0:
                    found[place] = number, row
        return found


class MountedIndex:
    """Reads one store's index. Thread-safe."""

    def __init__(self, mount_directory: str, store_name: str) -> None:
        self._mount = Path(mount_directory).expanduser()
        self._store = store_name
        self._lock = threading.Lock()
        self._last: Snapshot | None = None
        self._identity: tuple[int, int] | None = None
        self._swaps: list[str] = []

    @property
    def folder(self) -> Path:
        """Where the index lies."""
        return self._mount / self._store / str(PARTITION)

    @property
    def last(self) -> Snapshot | None:
        """The snapshot taken last."""
        return self._last

    def schema(self) -> IndexSchema:
        """The names of the fields now, without reading any document.

        Raises:
            NotFound: there is no index, with what there is instead.
        """
        self._require()
        return read_schema(self.folder / "schema")

    def snapshot(self, cancel: CancelToken = NEVER) -> Snapshot:
        """The index as it is now; only segments that changed are read again.

        Raises:
            NotFound, ProtocolError, Cancelled.
        """
        with self._lock:
            for attempt in range(ATTEMPTS):
                try:
                    self._last = self._read(cancel)
                    return self._last
                except NotFound:
                    if attempt + 1 == ATTEMPTS or not self.folder.exists():
                        raise
                    cancel.wait(0.02)
        raise AssertionError("unreachable")

    def _require(self) -> None:
        if self.folder.is_dir():
            return
        if not self._mount.is_dir():
            hint = "Correct mount_directory in the profile, or start the reader that fills it."
            raise NotFound(f"{self._mount}: no such directory", hint=hint)
        others = sorted(path.name for path in self._mount.iterdir() if path.is_dir() and path.name != "bin")
        there = f"It holds the index of {', '.join(others[:5])}." if others else "It is empty: no reader filled it yet."
        raise NotFound(
            f"{self._store}: no index of this store under {self._mount}",
            hint=f"{there} Correct mount_directory or store_name.",
        )

    def _read(self, cancel: CancelToken) -> Snapshot:
        self._require()
        self._notice_swap()
        schema = read_schema(self.folder / "schema")
        before = self._last.segments if self._last is not None else (None,) * SEGMENTS
        segments = []
        for number, known in enumerate(before):
            cancel.check()
            segments.append(self._segment(number, known))
        return Snapshot(
            self.folder,
            schema,
            tuple(segments),
            read_epoch_millis(self.folder / "header"),
            read_kafka_offsets(self.folder / "kafka_offsets"),
            self._is_hashed(segments),
            (*self._swaps, *(_cut(segment) for segment in segments if segment.cut_bytes)),
            max(segment.signature[2] for segment in segments) / 1e9,
        )

    def _segment(self, number: int, known: Segment | None) -> Segment:
        folder = self.folder / "index" / f"segment_{number}"
        if known is not None and known.signature == signature_of(folder):
            return known
        return load_segment(number, folder)

    def _notice_swap(self) -> None:
        """A refresh or a compaction puts another directory in the old one's place."""
        try:
            found = (self.folder / "index").stat()
        except OSError as error:
            hint = "The index is not whole, or its reader is just replacing it: read again."
            raise NotFound(f"{self.folder}/index: {error.strerror}", hint=hint) from error
        identity = found.st_dev, found.st_ino
        if self._identity not in (None, identity):
            self._last = None
            at = time.strftime("%H:%M:%S")
            self._swaps = [f"the index was replaced by a newer one since it was opened, noticed at {at}"]
        self._identity = identity

    def _is_hashed(self, segments: list[Segment]) -> bool:
        """Whether a sample of keys lies where their hash says."""
        for segment in segments:
            for row in {0, segment.rows // 2, segment.rows - 1} if segment.rows else ():
                if segment_of(segment.keys[row].as_py(), SEGMENTS) != segment.number:
                    return False
        return True


def _cut(segment: Segment) -> str:
    return (
        f"segment {segment.number} ends in the middle of a record ({segment.cut_bytes:,} bytes left out): its reader is"
        " still writing, or it was copied too early; the last events are missing"
    )


def check_owner(snapshot: Snapshot, primary_key: str, topic: str) -> None:
    """Compare an index with what the gateway says of the store.

    Raises:
        Refused: it is the index of another store.
    """
    hint = "The mount directory holds the index of another store or account: correct mount_directory or store_name."
    if primary_key and snapshot.schema.primary_key != primary_key:
        raise Refused(
            f"{snapshot.folder}: an index of another store: its primary key is {snapshot.schema.primary_key},"
            f" the gateway says {primary_key}",
            hint=hint,
        )
    topics = {offset.topic for offset in snapshot.kafka_offsets if offset.topic}
    if topic and topics and topic not in topics:
        raise Refused(
            f"{snapshot.folder}: an index of another store: it follows {', '.join(sorted(topics))},"
            f" the gateway says {topic}",
            hint=hint,
        )
