"""One of the 16 segments of an index: the log, the data file that grows in chunks, and how far it is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from services.sandbox.ikv import offset_log, protobuf
from services.sandbox.ikv.values import FieldValue, stored

CHUNK_BYTES = 8 * 1024 * 1024
LOG_BUFFER_BYTES = 8192
LOG_FILE, DATA_FILE, METADATA_FILE = "offset_table", "mmap", "metadata"


class Segment:
    """The writer of a segment; it takes up what its directory holds.

    Records stay in a buffer of 8 KB until it is full or flushed, as in the vendor's index, so that a file may end in
    the middle of one. Values are in the file at once: there it is mapped memory.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._data = os.open(directory / DATA_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        self._size = os.fstat(self._data).st_size
        self.write_offset = read_write_offset(directory)
        self._keys, kept = self._take_up()
        with (directory / LOG_FILE).open("ab") as log:
            log.truncate(kept)
        self._log = (directory / LOG_FILE).open("ab", buffering=LOG_BUFFER_BYTES)
        self._metadata = os.open(directory / METADATA_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        self._is_dirty = False

    def _take_up(self) -> tuple[set[bytes], int]:
        """The keys, and the length of the log up to which it is whole and its values were noted as written."""
        keys: set[bytes] = set()
        path, kept = self._directory / LOG_FILE, 0
        for entry in offset_log.records(path) if path.exists() else ():
            if any(offset >= self.write_offset for offset in entry.offsets):
                break
            kept = entry.end
            if entry.operation == offset_log.UPDATE_FIELDS:
                keys.add(entry.key)
            elif entry.operation == offset_log.DELETE_DOCUMENT:
                keys.discard(entry.key)
        return keys, kept

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: bytes) -> bool:
        return key in self._keys

    def upsert(self, key: bytes, field_ids: Sequence[int], values: Sequence[FieldValue]) -> None:
        """Appends values and notes where they are; without a key it is nothing, as in the vendor's index."""
        self.append(key, field_ids, [stored(value) for value in values])

    def append(self, key: bytes, field_ids: Sequence[int], values: Sequence[bytes]) -> None:
        """As `upsert`, with values in the form of the data file."""
        if not key or not field_ids:
            return
        offsets, end = [], self.write_offset
        for value in values:
            offsets.append(end)
            end += len(value)
        self._grow(end)
        os.pwrite(self._data, b"".join(values), self.write_offset)
        self._note(offset_log.UPDATE_FIELDS, key, field_ids, offsets)
        self.write_offset = end
        self._keys.add(key)

    def delete_fields(self, key: bytes, field_ids: Sequence[int]) -> None:
        """Notes that a document lost fields; nothing for an unknown document."""
        if key in self._keys and field_ids:
            self._note(offset_log.DELETE_FIELDS, key, field_ids)

    def delete_document(self, key: bytes) -> None:
        """Notes that a document is gone, unknown ones too."""
        if key:
            self._note(offset_log.DELETE_DOCUMENT, key)
            self._keys.discard(key)

    def clear(self) -> None:
        """Cuts all files to nothing."""
        self._log.flush()
        self._log.truncate(0)
        os.ftruncate(self._data, 0)
        self._size = self.write_offset = 0
        self._keys.clear()
        self._is_dirty = True
        self.flush()

    def flush(self) -> None:
        """Makes everything visible to other readers of the files; nothing to do when nothing was written."""
        if self._is_dirty:
            self._is_dirty = False
            data = protobuf.integer(1, self.write_offset)
            os.pwrite(self._metadata, data, 0)
            os.ftruncate(self._metadata, len(data))
            self._log.flush()

    def close(self) -> None:
        self.flush()
        self._log.close()
        os.close(self._data)
        os.close(self._metadata)

    def _note(self, operation: int, key: bytes, field_ids: Sequence[int] = (), offsets: Sequence[int] = ()) -> None:
        """Writes the size and the message apart: a full buffer goes to the file between the two, as at the vendor's."""
        record = offset_log.record(operation, key, field_ids, offsets)
        self._log.write(record[: offset_log.SIZE_BYTES])
        self._log.write(record[offset_log.SIZE_BYTES :])
        self._is_dirty = True

    def _grow(self, end: int) -> None:
        if end > self._size:
            self._size += CHUNK_BYTES * int(1 + (end - self._size) / CHUNK_BYTES)
            os.ftruncate(self._data, self._size)


def read_write_offset(directory: Path) -> int:
    """How far the data file of a segment was written when the segment was last flushed."""
    path = directory / METADATA_FILE
    found = protobuf.fields(path.read_bytes()) if path.exists() else ()
    return next((value for number, value, _ in found if number == 1), 0)
