"""The log of a segment: which value of which document lies where in the data file.

A record is its size (4 bytes, little endian) and one of three messages: field 1 sets offsets of fields, field 2
removes fields, field 3 removes the document.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from services.sandbox.ikv import protobuf

UPDATE_FIELDS, DELETE_FIELDS, DELETE_DOCUMENT = 1, 2, 3
_SIZE = struct.Struct("<i")
SIZE_BYTES = _SIZE.size


class Record(NamedTuple):
    """One record; `end` is the position behind it in the file."""

    operation: int
    key: bytes
    field_ids: list[int]
    offsets: list[int]
    end: int


def record(operation: int, key: bytes, field_ids: Iterable[int] = (), offsets: Iterable[int] = ()) -> bytes:
    """A record as it is appended to the file."""
    body = protobuf.chunk(1, key) + protobuf.packed(2, field_ids) + protobuf.packed(3, offsets)
    message = protobuf.chunk(operation, body)
    return _SIZE.pack(len(message)) + message


def records(path: Path) -> Iterator[Record]:
    """The whole records of a file in order; a short one at its end is left out."""
    data = path.read_bytes()
    at = 0
    while at + SIZE_BYTES <= len(data):
        end = at + SIZE_BYTES + _SIZE.unpack_from(data, at)[0]
        if end > len(data):
            return
        for operation, _, body in protobuf.fields(data[at + SIZE_BYTES : end]):
            yield _record(operation, body, end)
        at = end


def _record(operation: int, body: bytes, end: int) -> Record:
    key = b""
    field_ids: list[int] = []
    offsets: list[int] = []
    for number, value, inner in protobuf.fields(body):
        if number == 1:
            key = inner
        elif number == 2:
            field_ids += protobuf.unpacked(value, inner)
        elif number == 3:
            offsets += protobuf.unpacked(value, inner)
    return Record(operation, key, field_ids, offsets, end)


def replay(found: Iterable[Record]) -> dict[bytes, dict[int, int]]:
    """What the records leave: for each key the offset of each field."""
    documents: dict[bytes, dict[int, int]] = {}
    for entry in found:
        if entry.operation == UPDATE_FIELDS:
            documents.setdefault(entry.key, {}).update(zip(entry.field_ids, entry.offsets, strict=True))
        elif entry.operation == DELETE_DOCUMENT:
            documents.pop(entry.key, None)
        elif entry.operation == DELETE_FIELDS and entry.key in documents:
            for field_id in entry.field_ids:
                documents[entry.key].pop(field_id, None)
    return documents
