"""Reading and writing the bare (untagged) little-endian values of the thin protocol."""

from __future__ import annotations

import struct
from uuid import UUID

from services.sandbox.ignite.errors import BadRequest

SHORT = struct.Struct("<h")
INT = struct.Struct("<i")
LONG = struct.Struct("<q")
TWO_LONGS = struct.Struct("<QQ")


class Reader:
    """A cursor over the bytes of one request; anything out of bounds is a `BadRequest`."""

    __slots__ = ("data", "end", "position")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position
        self.end = len(data)

    @property
    def remaining(self) -> int:
        return self.end - self.position

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start = self.position
        if count < 0 or start + count > self.end:
            raise BadRequest(f"The request ends early: {count} bytes wanted, {self.remaining} left")
        self.position = start + count
        return self.data[start : self.position]

    def byte(self) -> int:
        return int.from_bytes(self.take(1), "little", signed=True)

    def boolean(self) -> bool:
        return self.take(1) != b"\0"

    def short(self) -> int:
        return int.from_bytes(self.take(2), "little", signed=True)

    def int32(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def long(self) -> int:
        return int.from_bytes(self.take(8), "little", signed=True)

    def count(self, smallest: int = 1) -> int:
        """An element count, checked against the bytes that are left."""
        value = self.int32()
        if value < 0 or value * smallest > self.remaining:
            raise BadRequest(f"A count of {value} does not fit the {self.remaining} bytes left")
        return value

    def bare_uuid(self) -> UUID:
        high, low = TWO_LONGS.unpack(self.take(16))
        return UUID(int=(high << 64) | low)

    def string(self) -> str | None:
        """A tagged string, or None for the null tag."""
        tag = self.take(1)[0]
        if tag == 101:
            return None
        if tag != 9:
            raise BadRequest(f"A string was expected, found type code {tag}")
        return self.take(self.count()).decode("utf-8", "surrogatepass")

    def text(self) -> str:
        """A tagged string that must be there."""
        value = self.string()
        if value is None:
            raise BadRequest("A string was expected, found null")
        return value


def short(value: int) -> bytes:
    return SHORT.pack(value)


def int32(value: int) -> bytes:
    return INT.pack(value)


def int64(value: int) -> bytes:
    return LONG.pack(value)


def byte(value: int) -> bytes:
    return (value & 0xFF).to_bytes(1, "little")


def boolean(value: object) -> bytes:
    return b"\1" if value else b"\0"


def bare_uuid(value: UUID) -> bytes:
    """Most significant half first, each half little endian."""
    return TWO_LONGS.pack(value.int >> 64, value.int & 0xFFFF_FFFF_FFFF_FFFF)


def string(value: str | None) -> bytes:
    """A tagged string, or the null tag."""
    if value is None:
        return b"\x65"
    data = value.encode("utf-8", "surrogatepass")
    return b"\x09" + INT.pack(len(data)) + data
