"""Protocol Buffers on the wire: the few forms that IKV's messages need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_SMALL = [bytes((number,)) for number in range(128)]


class Malformed(ValueError):
    """Bytes that are no message."""


def varint(value: int) -> bytes:
    """A number of up to 64 bits; a negative one in two's complement."""
    if 0 <= value < 128:
        return _SMALL[value]
    value &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(number: int, value: int) -> bytes:
    """A field with a number; proto3 leaves zero out."""
    return varint(number << 3) + varint(value) if value else b""


def chunk(number: int, data: bytes) -> bytes:
    """A field with bytes, a string or a message, empty ones too."""
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def text(number: int, value: str) -> bytes:
    """A field with a string; proto3 leaves the empty one out."""
    return chunk(number, value.encode()) if value else b""


def packed(number: int, values: Iterable[int]) -> bytes:
    """A repeated field of numbers in its packed form; nothing when there are none."""
    data = b"".join(map(varint, values))
    return chunk(number, data) if data else b""


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and the position behind it.

    Raises:
        Malformed: the bytes end in it, or it has more than 64 bits.
    """
    value = shift = 0
    while shift < 64:
        if at >= len(data):
            raise Malformed("a number ends in the middle")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise Malformed("a number has more than 64 bits")


def fields(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The fields in order: number, integer (0 for bytes) and bytes (empty for an integer).

    Raises:
        Malformed: the bytes are no message.
    """
    at, end = 0, len(data)
    while at < end:
        tag, at = read_varint(data, at)
        number, form = tag >> 3, tag & 7
        if form == VARINT:
            value, at = read_varint(data, at)
            yield number, value, b""
            continue
        size, at = _size(data, at, form)
        if at + size > end or not number:
            raise Malformed("a field ends in the middle")
        yield number, 0, data[at : at + size]
        at += size


def _size(data: bytes, at: int, form: int) -> tuple[int, int]:
    """How many bytes a field that is no number has, and where they begin."""
    if form == BYTES:
        return read_varint(data, at)
    if form == FIXED64:
        return 8, at
    if form == FIXED32:
        return 4, at
    raise Malformed(f"a field has the unknown form {form}")


def unpacked(value: int, data: bytes) -> Iterator[int]:
    """The numbers of one occurrence of a repeated field, packed or single, as `fields` gave it."""
    if not data:
        yield value
        return
    at = 0
    while at < len(data):
        number, at = read_varint(data, at)
        yield number


def mapping(number: int, entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A map field; each entry is its key as field 1 and its value as field 2, already written."""
    return b"".join(chunk(number, key + value) for key, value in entries)
