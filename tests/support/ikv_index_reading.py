"""What an index on disk says, read with Google's own Protocol Buffers: a second opinion on the sandbox's files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_KINDS = {"string": 9, "bytes": 12, "uint32": 13, "uint64": 4, "int32": 5, "int64": 3}
_MESSAGES = {
    "Header": {"base_index_epoch_millis": (1, "uint64")},
    "FieldIdsEntry": {"key": (1, "string"), "value": (2, "uint32")},
    "Schema": {
        "primary_key_field_name": (1, "string"),
        "field_ids": (2, "*FieldIdsEntry"),
        "field_id_counter": (3, "uint64"),
    },
    "Entry": {"updateDocFields": (1, "Change"), "deleteDocFields": (2, "Change"), "deleteDoc": (3, "Change")},
    "Change": {"primary_key": (1, "bytes"), "field_ids": (2, "*uint32"), "offsets": (3, "*uint64")},
    "Metadata": {"mmap_write_offset": (1, "uint64")},
    "Offsets": {"entries": (1, "*OffsetsEntry")},
    "OffsetsEntry": {"topic": (1, "string"), "partition": (2, "int32"), "offset": (3, "int64")},
}
_FORMATS = {1: "<i", 2: "<q", 3: "<f", 4: "<d", 7: "<?"}
Documents = dict[bytes, dict[str, object]]


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="index_reading.proto", package="reading", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            word = kind.removeprefix("*")
            added = message.field.add(name=field, number=number, label=3 if kind != word else 1)
            if word in _KINDS:
                added.type = _KINDS[word]
            else:
                added.type, added.type_name = 11, f".reading.{word}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"reading.{name}")) for name in _MESSAGES}


CLASSES = _classes()


def message(path: Path, kind: str) -> Any:
    """A file that holds one message."""
    return CLASSES[kind].FromString(path.read_bytes())


def field_ids(directory: Path) -> dict[str, int]:
    """The fields of a partition's directory and their ids."""
    return {entry.key: entry.value for entry in message(directory / "schema", "Schema").field_ids}


def entries(segment: Path) -> list[tuple[str, Any]]:
    """The records of a segment's log: the operation and its message."""
    data, at, found = (segment / "offset_table").read_bytes(), 0, []
    while at < len(data):
        size = struct.unpack_from("<i", data, at)[0]
        entry = CLASSES["Entry"].FromString(data[at + 4 : at + 4 + size])
        descriptor, change = entry.ListFields()[0]
        found.append((descriptor.name, change))
        at += 4 + size
    return found


def documents(directory: Path) -> Documents:
    """All documents of a partition's directory, by key; values by the names that the schema knows."""
    names = {number: name for name, number in field_ids(directory).items()}
    found: Documents = {}
    for number in range(16):
        segment = directory / "index" / f"segment_{number}"
        data = (segment / "mmap").read_bytes()
        for key, offsets in _offsets(segment).items():
            found[key] = {names[i]: value(data, at) for i, at in offsets.items() if i in names}
    return found


def _offsets(segment: Path) -> dict[bytes, dict[int, int]]:
    offsets: dict[bytes, dict[int, int]] = {}
    for operation, change in entries(segment):
        if operation == "updateDocFields":
            offsets.setdefault(change.primary_key, {}).update(zip(change.field_ids, change.offsets, strict=True))
        elif operation == "deleteDoc":
            offsets.pop(change.primary_key, None)
        else:
            for field_id in change.field_ids:
                offsets[change.primary_key].pop(field_id, None)
    return offsets


def value(data: bytes, at: int) -> object:
    """The value at an offset; a string that is no UTF-8 comes as bytes with a mark."""
    kind = struct.unpack_from("<H", data, at)[0]
    if kind in _FORMATS:
        return struct.unpack_from(_FORMATS[kind], data, at + 2)[0]
    size = shift = 0
    at += 2
    while True:
        size |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            break
    raw = data[at : at + size]
    return raw if kind == 6 else raw.decode("utf-8", "surrogateescape")
