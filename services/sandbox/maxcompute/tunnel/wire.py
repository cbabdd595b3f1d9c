"""The smallest parts of the record framing: varints, tags and the numbers of the marks between records."""

from __future__ import annotations

import struct

VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5
END_RECORD = 33_553_408
METRICS = 33_554_176
COUNT = 33_554_430
CHECKSUM = 33_554_431

INT32 = struct.Struct("<i")
INT64 = struct.Struct("<q")
FLOAT32 = struct.Struct("<f")
FLOAT64 = struct.Struct("<d")
_MOST_SHIFT = 63


class RecordError(ValueError):
    """A stream of records breaks the rules of its framing or fails a checksum."""


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned number and the position behind it."""
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    value, shift = byte & 0x7F, 7
    while True:
        at += 1
        byte = data[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + 1
        shift += 7
        if shift > _MOST_SHIFT:
            raise RecordError("A number has too many bytes.")


def read_signed(data: bytes, at: int) -> tuple[int, int]:
    """A zig-zag number and the position behind it."""
    value, at = read_varint(data, at)
    return (value >> 1) ^ -(value & 1), at


def varint(value: int) -> bytes:
    """An unsigned number."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """A number of up to 64 bits in zig-zag form."""
    return varint((value << 1) ^ (value >> 63))


def tag(number: int, kind: int) -> bytes:
    """The tag of a field: its number and how its value is written."""
    return varint(number << 3 | kind)
