"""The framing of files in volumes: chunks, each followed by a CRC32 that runs on over all that came before."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from services.sandbox.maxcompute.tunnel.arrow_frames import FrameError

CHUNK_BYTES = 512 * 1024
MAX_CHUNK_BYTES = 256 * 1024 * 1024
_SIZE = struct.Struct(">I")


def frame_file(content: bytes) -> Iterator[bytes]:
    """The framed form of a file, a chunk at a time; an empty file is the chunk size alone."""
    head = _SIZE.pack(CHUNK_BYTES)
    checksum = zlib.crc32(head)
    yield head
    for start in range(0, len(content), CHUNK_BYTES):
        chunk = content[start : start + CHUNK_BYTES]
        checksum = zlib.crc32(chunk, checksum)
        yield chunk + _SIZE.pack(checksum)


def unframe_file(body: bytes) -> bytes:
    """The file in a framed body.

    Raises:
        FrameError: a checksum is wrong or the body ends early.
    """
    if not body:
        return b""
    if len(body) < _SIZE.size:
        raise FrameError("The body ends before its first chunk.")
    size = _SIZE.unpack_from(body)[0]
    if not 0 < size <= MAX_CHUNK_BYTES:
        raise FrameError(f"A chunk of {size} bytes is not allowed.")
    checksum = zlib.crc32(body[: _SIZE.size])
    chunks: list[bytes] = []
    for start in range(_SIZE.size, len(body), size + _SIZE.size):
        part = body[start : start + size + _SIZE.size]
        chunk = part[: -_SIZE.size]
        checksum = zlib.crc32(chunk, checksum)
        if not chunk or _SIZE.unpack(part[-_SIZE.size :])[0] != checksum:
            raise FrameError(f"The checksum of the chunk at byte {start} does not match.")
        chunks.append(chunk)
    return b"".join(chunks)
