"""Typed values: on the wire, in a reader's data file, and made from Python's."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from services.sandbox.ikv import protobuf

UNKNOWN, INT32, INT64, FLOAT32, FLOAT64, STRING, BYTES, BOOLEAN = range(8)
FIXED_SIZES = {INT32: 4, INT64: 8, FLOAT32: 4, FLOAT64: 8, BOOLEAN: 1}
MAX_VALUE_BYTES = 0xFFFF_FFFF
_HEADS = {kind: struct.pack("<H", kind) for kind in range(1, 8)}


class FieldValue(NamedTuple):
    """A value: one of the types above, and its bytes (numbers little endian, strings UTF-8)."""

    kind: int
    data: bytes


Document = Mapping[str, FieldValue]


class IndexFailure(Exception):
    """What ends a reader's consumer: an event that it cannot apply."""


def int32(value: int) -> FieldValue:
    return FieldValue(INT32, struct.pack("<i", value))


def int64(value: int) -> FieldValue:
    return FieldValue(INT64, struct.pack("<q", value))


def float32(value: float) -> FieldValue:
    return FieldValue(FLOAT32, struct.pack("<f", value))


def float64(value: float) -> FieldValue:
    return FieldValue(FLOAT64, struct.pack("<d", value))


def string(value: str) -> FieldValue:
    return FieldValue(STRING, value.encode())


def binary(value: bytes) -> FieldValue:
    return FieldValue(BYTES, value)


def boolean(value: bool) -> FieldValue:
    return FieldValue(BOOLEAN, b"\1" if value else b"\0")


def stored(value: FieldValue) -> bytes:
    """A value as the data file has it: the type in 2 bytes, then the bytes, with a length where the size varies.

    Raises:
        IndexFailure: a number of the wrong size; the vendor's reader ends on a failed copy then.
    """
    kind, data = value
    size = FIXED_SIZES.get(kind)
    if size is None:
        return _HEADS[kind] + protobuf.varint(len(data)) + data
    if size != len(data):
        raise IndexFailure(f"source slice length ({len(data)}) does not match destination slice length ({size})")
    return _HEADS[kind] + data


def stored_size(data: bytes, at: int) -> int:
    """How many bytes the value at an offset of a data file takes, its type and length included."""
    kind = data[at] | data[at + 1] << 8
    if kind in FIXED_SIZES:
        return 2 + FIXED_SIZES[kind]
    if kind not in (STRING, BYTES):
        return 2
    size, behind = protobuf.read_varint(data, at + 2)
    return behind + size - at


def read_document(data: bytes) -> dict[str, FieldValue]:
    """An IKVDocumentOnWire; of a field given twice the last value stays.

    Raises:
        protobuf.Malformed: it is none.
    """
    return dict(_entry(entry) for number, _, entry in protobuf.fields(data) if number == 1)


def _entry(data: bytes) -> tuple[str, FieldValue]:
    name, value = "", FieldValue(UNKNOWN, b"")
    for number, _, inner in protobuf.fields(data):
        if number == 1:
            name = inner.decode()
        elif number == 2:
            value = _value(protobuf.fields(inner))
    return name, value


def _value(parts: Iterator[tuple[int, int, bytes]]) -> FieldValue:
    kind, data = UNKNOWN, b""
    for number, value, inner in parts:
        if number == 1:
            kind = value if value in _HEADS else UNKNOWN
        elif number == 2:
            data = inner
    return FieldValue(kind, data)
