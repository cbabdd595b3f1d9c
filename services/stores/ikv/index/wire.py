"""Protocol buffer messages of the index's small files, read by hand: the SDK does not carry their definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5
MAX_VARINT_BYTES: Final = 10


class BrokenMessage(ValueError):
    """The bytes are no message, or only a part of one. Never leaves the store."""


def varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at a position, and the position after it.

    Raises:
        BrokenMessage: it ends too early or is too long.
    """
    value = 0
    for place in range(MAX_VARINT_BYTES):
        if position >= len(data):
            raise BrokenMessage("a number is cut")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, position
    raise BrokenMessage("a number is too long")


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and raw value of each field of a message, as they come.

    Raises:
        BrokenMessage: the bytes are no whole message.
    """
    position = 0
    while position < len(data):
        tag, position = varint(data, position)
        kind = tag & 7
        if kind == VARINT:
            value, position = varint(data, position)
            yield tag >> 3, value
            continue
        length, position = _length(data, position, kind)
        if position + length > len(data):
            raise BrokenMessage("a field is cut")
        yield tag >> 3, data[position : position + length]
        position += length


def _length(data: bytes, position: int, kind: int) -> tuple[int, int]:
    if kind == BYTES:
        return varint(data, position)
    if kind in (FIXED64, FIXED32):
        return 8 if kind == FIXED64 else 4, position
    raise BrokenMessage(f"wire type {kind}")


def numbers(value: int | bytes) -> list[int]:
    """A repeated number: one by itself, or several packed."""
    if isinstance(value, int):
        return [value]
    found, position = [], 0
    while position < len(value):
        number, position = varint(value, position)
        found.append(number)
    return found


def signed64(value: int) -> int:
    """A varint as the int64 it stands for."""
    return value - (1 << 64) if value >= 1 << 63 else value
