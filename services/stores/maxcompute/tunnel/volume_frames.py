"""The framing of files: chunks of a stated size, a CRC32 behind each that runs on over everything before it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from services.errors import ProtocolError
from services.stores.maxcompute.tunnel.frames import MAX_CHUNK_BYTES, Fill, Piece

FILE_CHUNK_BYTES: Final = 512 << 10
_WORD: Final = struct.Struct(">I")


def framed_file(source: BinaryIO) -> Iterator[Piece]:
    """The body of a request with a file, a chunk at a time."""
    head = _WORD.pack(FILE_CHUNK_BYTES)
    total = zlib.crc32(head)
    yield [head]
    while chunk := _whole(source):
        total = zlib.crc32(chunk, total)
        yield [chunk, _WORD.pack(total)]


def _whole(source: BinaryIO) -> bytes:
    """The next chunk, shorter only at the end."""
    parts, size = [], 0
    while size < FILE_CHUNK_BYTES and (part := source.read(FILE_CHUNK_BYTES - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def unframed_file(fill: Fill) -> Iterator[memoryview]:
    """The chunks of a file in an answer, each checked; a view is good until the next one is drawn.

    Raises:
        ProtocolError: a checksum differs, or the body ends early.
    """
    head = bytearray(_WORD.size)
    got = fill(memoryview(head))
    if not got:
        return
    (size,) = _WORD.unpack(head)
    if got < _WORD.size or not 0 < size <= MAX_CHUNK_BYTES:
        raise ProtocolError("file of the volume: it does not begin as it should", hint="Read again.")
    total, buffer = zlib.crc32(head), bytearray(size + _WORD.size)
    view: Any = memoryview(buffer)
    while count := fill(view):
        chunk = view[: max(count - _WORD.size, 0)]
        total = zlib.crc32(chunk, total)
        if count <= _WORD.size or _WORD.unpack_from(buffer, len(chunk))[0] != total:
            raise ProtocolError("file of the volume: cut short or damaged, a checksum differs", hint="Read again.")
        yield chunk
        if count < len(view):
            return
