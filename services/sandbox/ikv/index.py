"""The index that a reader process keeps of a store's partition, in `MOUNT/STORE/0/`."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from services.sandbox.ikv import protobuf
from services.sandbox.ikv.files import overwrite
from services.sandbox.ikv.hashing import SEGMENTS, segment_of
from services.sandbox.ikv.schema import Schema
from services.sandbox.ikv.segment import Segment
from services.sandbox.ikv.values import UNKNOWN, Document, IndexFailure

MAX_KEY_BYTES = 65_535
HEADER_FILE, OFFSETS_FILE = "header", "kafka_offsets"


class Index:
    """The writer of an index; it takes up what its directory holds. Not safe for threads.

    Args:
        directory: `MOUNT/STORE/PARTITION`.
        primary_key: the name of the key field, for a new index.
    """

    def __init__(self, directory: Path, primary_key: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.schema = Schema(directory, primary_key)
        self.segments = [Segment(self.segment_directory(number)) for number in range(SEGMENTS)]
        if not (directory / HEADER_FILE).exists():
            write_header(directory, int(time.time() * 1000))
        (directory / OFFSETS_FILE).touch()

    def segment_directory(self, number: int, prefix: str = "") -> Path:
        return self.directory / "index" / f"{prefix}segment_{number}"

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return sum(map(len, self.segments))

    def __contains__(self, key: bytes) -> bool:
        return key in self.segments[segment_of(key)]

    def upsert(self, document: Document) -> None:
        """Merges fields into a document. Values without a type are left out, though their names get ids.

        Raises:
            IndexFailure: the key is missing, without type or too long, or a number has the wrong size.
        """
        if not document:
            return
        if not document.keys() <= self.schema.ids.keys():
            self.schema.add(document)
        key = self._key(document, "upsert")
        if len(key) > MAX_KEY_BYTES:
            raise IndexFailure("primary_key larger than 64KB is unsupported")
        ids = self.schema.ids
        typed = [(ids[name], value) for name, value in document.items() if value.kind != UNKNOWN]
        self.segments[segment_of(key)].upsert(key, [i for i, _ in typed], [value for _, value in typed])

    def delete_fields(self, document_id: Document, names: Iterable[str]) -> None:
        """Removes fields from a document; what is not there is ignored. The key's own field may go too."""
        ids = [self.schema.ids[name] for name in names if name in self.schema.ids]
        key = self._key(document_id, "delete")
        self.segments[segment_of(key)].delete_fields(key, ids)

    def delete_document(self, document_id: Document) -> None:
        key = self._key(document_id, "delete")
        self.segments[segment_of(key)].delete_document(key)

    def drop_fields(self, names: Iterable[str], prefixes: Iterable[str]) -> None:
        """Forgets fields of all documents; their bytes stay until compaction."""
        self.schema.drop(names, prefixes)

    def drop_all(self) -> None:
        """Forgets all documents and all fields but the primary key."""
        for segment in self.segments:
            segment.clear()
        self.schema.clear()

    def flush(self) -> None:
        """Makes what was written visible to other readers of the files."""
        for segment in self.segments:
            segment.flush()

    def commit(self, topic: str, offset: int) -> None:
        """Notes the last event that is in the files."""
        entry = protobuf.text(1, topic) + protobuf.integer(3, offset)
        overwrite(self.directory / OFFSETS_FILE, protobuf.chunk(1, entry))

    def close(self) -> None:
        for segment in self.segments:
            segment.close()

    def _key(self, document: Document, action: str) -> bytes:
        value = document.get(self.schema.primary_key)
        if value is None:
            raise IndexFailure(f"Cannot {action} with missing primary-key")
        if value.kind == UNKNOWN:
            raise IndexFailure("Unsupported primary key type")
        return value.data


def write_header(directory: Path, epoch_millis: int) -> None:
    """When the base index was built."""
    overwrite(directory / HEADER_FILE, protobuf.integer(1, epoch_millis))
