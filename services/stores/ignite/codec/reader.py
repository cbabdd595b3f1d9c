"""Reading little-endian values from bytes that may be truncated or hostile: one error, with the offset."""

from __future__ import annotations

import struct

from services.errors import ProtocolError
from services.stores.ignite.codec.tags import NULL, STRING

Buffer = bytes | bytearray | memoryview

_SHORT = struct.Struct("<h")
_INT = struct.Struct("<i")
_LONG = struct.Struct("<q")


def malformed(offset: int, why: str) -> ProtocolError:
    """The error for bytes that make no sense."""
    return ProtocolError(
        f"malformed answer at byte {offset}: {why}",
        hint="The server, or something between it and here, does not speak the Ignite thin client protocol.",
    )


class ByteReader:
    """A position in a buffer that never leaves it.

    Attributes:
        end: where reading must stop, exclusive.
    """

    __slots__ = ("data", "end", "offset")

    def __init__(self, data: Buffer, offset: int = 0, end: int | None = None) -> None:
        self.data = data
        self.offset = offset
        self.end = len(data) if end is None else end
        if not 0 <= offset <= self.end <= len(data):
            raise malformed(offset, "outside of the answer")

    def take(self, size: int) -> int:
        """Step over `size` bytes; where they started."""
        start = self.offset
        if size < 0 or size > self.end - start:
            raise malformed(start, f"{size} bytes expected, {self.end - start} left")
        self.offset = start + size
        return start

    def raw(self, size: int) -> bytes:
        """The next bytes, copied."""
        start = self.take(size)
        return bytes(self.data[start : start + size])

    def byte(self) -> int:
        """An unsigned byte."""
        return self.data[self.take(1)]

    def signed_byte(self) -> int:
        """A signed byte."""
        value = self.byte()
        return value - 256 if value > 127 else value

    def flag(self) -> bool:
        """A bool."""
        return self.byte() != 0

    def int16(self) -> int:
        """A signed 16-bit integer."""
        return int(_SHORT.unpack_from(self.data, self.take(2))[0])

    def int32(self) -> int:
        """A signed 32-bit integer."""
        return int(_INT.unpack_from(self.data, self.take(4))[0])

    def int64(self) -> int:
        """A signed 64-bit integer."""
        return int(_LONG.unpack_from(self.data, self.take(8))[0])

    def count(self, least_bytes: int = 1) -> int:
        """A number of things that follow, each at least so many bytes: checked before anything is allocated."""
        start = self.offset
        value = self.int32()
        if value < 0 or value * least_bytes > self.end - self.offset:
            raise malformed(start, f"a count of {value} does not fit the {self.end - self.offset} bytes left")
        return value

    def text(self) -> str | None:
        """A tagged string or null, for names and messages: what is not UTF-8 becomes U+FFFD."""
        start = self.offset
        tag = self.byte()
        if tag == NULL:
            return None
        if tag != STRING:
            raise malformed(start, f"a string expected, tag {tag} found")
        return self.raw(self.count()).decode("utf-8", "replace")

    def name(self) -> str:
        """A tagged string; null reads as empty."""
        return self.text() or ""
