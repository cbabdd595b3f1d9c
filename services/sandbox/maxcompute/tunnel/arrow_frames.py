"""Framing of Arrow data: chunks of a fixed size, a CRC32C behind each, one over everything at the end."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import pyarrow as pa
from google_crc32c import extend, value

from services.sandbox.maxcompute.tunnel.crc import RunningChecksum
from services.sandbox.maxcompute.tunnel.growing import GrowingBytes

CHUNK_BYTES = 65_536
PIECE_BYTES = 1 << 20
MAX_CHUNK_BYTES = 64 * 1024 * 1024
_SIZE = struct.Struct(">I")


class FrameError(ValueError):
    """A body breaks the rules of its framing or fails a checksum."""


class Unframer:
    """Takes a framed body as it arrives and gives its payload; every checksum is looked at."""

    def __init__(self) -> None:
        self._size = 0
        self._rest = b""
        self._payload = GrowingBytes()
        self._total = RunningChecksum(0)

    def feed(self, data: bytes) -> None:
        """Takes more of the body; large pieces cost the least.

        Raises:
            FrameError: a checksum is wrong.
        """
        position = 0
        if not self._size:
            # A writer that was given no row sends the checksum of nothing and no chunk size.
            data = self._rest + data
            self._rest = b""
            if len(data) <= _SIZE.size:
                self._rest = data
                return
            self._begin(_SIZE.unpack_from(data)[0])
            position = _SIZE.size
        step = self._size + _SIZE.size
        if self._rest:
            # Only the chunk that was begun is put together; the others are read where they lie.
            position = step - len(self._rest)
            self._rest += data[:position]
            if len(self._rest) < step:
                return
            self._take(self._rest, 0, 1)
        count = (len(data) - position) // step
        self._take(data, position, count)
        self._rest = data[position + count * step :]

    def _take(self, data: bytes, position: int, count: int) -> None:
        """Takes so many whole chunks."""
        if count:
            self._check(data, position, count)
            self._payload.append_chunks(data, position, count, self._size, _SIZE.size)

    def _begin(self, size: int) -> None:
        if not 0 < size <= MAX_CHUNK_BYTES:
            raise FrameError(f"A chunk of {size} bytes is not allowed.")
        self._size = size
        self._total = RunningChecksum(size)

    def _check(self, data: bytes, position: int, count: int) -> None:
        size = self._size
        for start in range(position, position + count * (size + _SIZE.size), size + _SIZE.size):
            checksum = value(data[start : start + size])
            if checksum != _SIZE.unpack_from(data, start + size)[0]:
                raise FrameError(f"The checksum of a chunk behind byte {self._payload.size} does not match.")
            self._total.add(checksum)

    def payload(self) -> memoryview:
        """The whole payload, once the body has ended.

        Raises:
            FrameError: it ended early, or the last checksum is wrong.
        """
        if len(self._rest) < _SIZE.size:
            raise FrameError("The body ends before its last checksum.")
        tail = self._rest[: -_SIZE.size]
        if extend(self._total.value, tail) != _SIZE.unpack_from(self._rest, len(tail))[0]:
            raise FrameError("The checksum of the whole body does not match.")
        self._payload.append(tail)
        return self._payload.view()


def frame(payload: Iterable[pa.Buffer]) -> Iterator[bytes]:
    """The framed body of a payload, in pieces of about a megabyte; the first piece holds the chunk size and more."""
    total = RunningChecksum(CHUNK_BYTES)
    pieces: list[pa.Buffer | bytes] = [_SIZE.pack(CHUNK_BYTES)]
    size = 0
    rest = b""
    for chunk in _chunks(payload):
        if len(chunk) < CHUNK_BYTES:
            rest = bytes(chunk)
            break
        checksum = value(chunk)
        total.add(checksum)
        pieces += (chunk, _SIZE.pack(checksum))
        size += len(chunk)
        if size >= PIECE_BYTES:
            yield b"".join(pieces)
            pieces, size = [], 0
    pieces += (rest, _SIZE.pack(extend(total.value, rest)))
    yield b"".join(pieces)


def _chunks(payload: Iterable[pa.Buffer]) -> Iterator[pa.Buffer | bytes]:
    """The payload in chunks of equal size; the last one may be shorter. Whole chunks are not copied."""
    rest = b""
    for part in payload:
        start, size = 0, part.size
        if rest:
            start = min(CHUNK_BYTES - len(rest), size)
            rest += part.slice(0, start).to_pybytes()
            if len(rest) < CHUNK_BYTES:
                continue
            yield rest
        end = start + (size - start) // CHUNK_BYTES * CHUNK_BYTES
        for at in range(start, end, CHUNK_BYTES):
            yield part.slice(at, CHUNK_BYTES)
        rest = part.slice(end, size - end).to_pybytes()
    if rest:
        yield rest
