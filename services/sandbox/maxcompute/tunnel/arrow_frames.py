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


class Unframer:
    """Takes a framed body as it arrives and gives its payload; every checksum is looked at."""

    def __init__(self) -> None:
        self._size = 0
        self._total = 0
        self._rest = b""
        self._payload = bytearray()

    def feed(self, data: bytes) -> None:
        """Takes more of the body; large pieces cost the least.

        Raises:
            FrameError: a checksum is wrong.
        """
        data = self._rest + data if self._rest else data
        position = 0
        if not self._size:
            # A writer that was given no row sends the checksum of nothing and no chunk size.
            if len(data) <= _SIZE.size:
                self._rest = data
                return
            self._size = _SIZE.unpack_from(data)[0]
            position = _SIZE.size
            if not 0 < self._size <= MAX_CHUNK_BYTES:
                raise FrameError(f"A chunk of {self._size} bytes is not allowed.")
        self._rest = data[self._take_chunks(data, position) :]

    def _take_chunks(self, data: bytes, position: int) -> int:
        """Takes the whole chunks and gives the position behind them."""
        size, total, end = self._size, self._total, len(data)
        while end - position >= size + _SIZE.size:
            chunk = data[position : position + size]
            position += size
            if value(chunk) != _SIZE.unpack_from(data, position)[0]:
                raise FrameError(f"The checksum of the chunk behind byte {len(self._payload)} does not match.")
            position += _SIZE.size
            total = extend(total, chunk)
            self._payload += chunk
        self._total = total
        return position

    def payload(self) -> bytearray:
        """The whole payload, once the body has ended.

        Raises:
            FrameError: it ended early, or the last checksum is wrong.
        """
        if len(self._rest) < _SIZE.size:
            raise FrameError("The body ends before its last checksum.")
        tail = self._rest[: -_SIZE.size]
        if extend(self._total, tail) != _SIZE.unpack_from(self._rest, len(tail))[0]:
            raise FrameError("The checksum of the whole body does not match.")
        self._payload += tail
        return self._payload


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
