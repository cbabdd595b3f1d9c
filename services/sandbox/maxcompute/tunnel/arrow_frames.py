"""Framing of Arrow data: chunks of a fixed size, a CRC32C behind each, one over everything at the end."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from google_crc32c import extend, value

CHUNK_BYTES = 65_536
PIECE_CHUNKS = 16
MAX_CHUNK_BYTES = 64 * 1024 * 1024
_SIZE = struct.Struct(">I")


class FrameError(ValueError):
    """A body breaks the rules of its framing or fails a checksum."""


def unframe(body: bytes) -> bytes:
    """The payload of a framed body; every checksum is looked at.

    Raises:
        FrameError: a checksum is wrong or the body ends early.
    """
    # A writer that was given no row sends the checksum of nothing and no chunk size.
    if body in (b"", _SIZE.pack(0)):
        return b""
    if len(body) < 2 * _SIZE.size:
        raise FrameError("The body ends before its first chunk.")
    size = _SIZE.unpack_from(body)[0]
    if not 0 < size <= MAX_CHUNK_BYTES:
        raise FrameError(f"A chunk of {size} bytes is not allowed.")
    return b"".join(_checked_chunks(body, size))


def _checked_chunks(body: bytes, size: int) -> Iterator[bytes]:
    """The chunks and the tail; `size` bytes each but the tail."""
    total, position, end = 0, _SIZE.size, len(body)
    while end - position >= size + _SIZE.size:
        chunk = body[position : position + size]
        position += size
        if value(chunk) != _SIZE.unpack_from(body, position)[0]:
            raise FrameError(f"The checksum of the chunk that ends at byte {position} does not match.")
        position += _SIZE.size
        total = extend(total, chunk)
        yield chunk
    if end - position < _SIZE.size:
        raise FrameError("The body ends before its last checksum.")
    tail = body[position : end - _SIZE.size]
    if extend(total, tail) != _SIZE.unpack_from(body, end - _SIZE.size)[0]:
        raise FrameError("The checksum of the whole body does not match.")
    yield tail


def frame(payload: Iterable[bytes]) -> Iterator[bytes]:
    """The framed body of a payload, in pieces of about a megabyte; the first piece holds the chunk size and more."""
    total, rest = 0, b""
    pieces: list[bytes] = [_SIZE.pack(CHUNK_BYTES)]
    for part in payload:
        data = rest + part if rest else part
        whole = len(data) - len(data) % CHUNK_BYTES
        for start in range(0, whole, CHUNK_BYTES):
            chunk = data[start : start + CHUNK_BYTES]
            total = extend(total, chunk)
            pieces += (chunk, _SIZE.pack(value(chunk)))
            if len(pieces) >= 2 * PIECE_CHUNKS:
                yield b"".join(pieces)
                pieces = []
        rest = data[whole:]
    pieces += (rest, _SIZE.pack(extend(total, rest)))
    yield b"".join(pieces)
