"""The framing of Arrow rows: chunks of a stated size, a CRC32C behind each, and one over everything at the end.

Bytes are summed where they lie, and moved once: from Arrow's buffers into a piece to send, or from the socket into
the buffer of their message.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import google_crc32c
import numpy as np
import pyarrow as pa

from services.errors import ProtocolError
from services.stores.maxcompute.tunnel.crc import joined, shifts

CHUNK_BYTES: Final = 1 << 16
"""What every client sends; how much the service would take is not known."""

PIECE_CHUNKS: Final = 16
MAX_CHUNK_BYTES: Final = 64 << 20
MAX_MESSAGE_BYTES: Final = 4 << 30
_WORD: Final = struct.Struct(">I")
_HEAD: Final = struct.Struct("<ii")
_INT: Final = struct.Struct("<i")
_SHORT: Final = struct.Struct("<H")
_LONG: Final = struct.Struct("<q")
_BODY_LENGTH_PLACE: Final = 4 + 2 * 3
"""Of the field `bodyLength`, the fourth, in the table of a message's flat buffer."""

_crc: Callable[[Any], int] = google_crc32c.value

Piece = Sequence[Any]
"""Buffers that belong behind one another."""

Fill = Callable[[memoryview], int]
"""Fills a view with the next bytes; how many there were, fewer only at the end."""


class Framer:
    """Puts Arrow messages into frames."""

    def __init__(self) -> None:
        self._carry = bytearray()
        self._out: list[Any] = [_WORD.pack(CHUNK_BYTES)]
        self._total = 0
        self._shifts = shifts(CHUNK_BYTES)

    def pieces(self, messages: Iterable[pa.Buffer]) -> Iterator[Piece]:
        """The body of a request, in pieces of a megabyte that lie where Arrow put them."""
        for message in messages:
            place = self._fill(message)
            while message.size - place >= CHUNK_BYTES:
                self._take(message.slice(place, CHUNK_BYTES))
                place += CHUNK_BYTES
                if len(self._out) >= 2 * PIECE_CHUNKS:
                    yield self._given()
            self._carry += memoryview(message)[place:]
        yield [*self._given(), self._tail()]

    def _fill(self, message: pa.Buffer) -> int:
        """Complete the chunk that was begun; how many bytes of the message that took."""
        if not self._carry:
            return 0
        place = min(CHUNK_BYTES - len(self._carry), message.size)
        self._carry += memoryview(message)[:place]
        if len(self._carry) == CHUNK_BYTES:
            self._take(bytes(self._carry))
            self._carry.clear()
        return place

    def _take(self, chunk: Any) -> None:
        crc = _crc(chunk)
        self._total = joined(self._total, crc, self._shifts)
        self._out += (chunk, _WORD.pack(crc))

    def _given(self) -> Piece:
        out, self._out = self._out, []
        return out

    def _tail(self) -> bytes:
        rest = bytes(self._carry)
        return rest + _WORD.pack(google_crc32c.extend(self._total, rest))


class _Chunks:
    """The chunks of a body, each checked where it was put."""

    def __init__(self, fill: Fill) -> None:
        self._fill_view = fill
        head = bytearray(_WORD.size)
        if fill(memoryview(head)) < _WORD.size:
            raise _cut()
        (self.size,) = _WORD.unpack(head)
        if not 0 < self.size <= MAX_CHUNK_BYTES:
            raise ProtocolError(
                f"rows of the tunnel: a chunk of {self.size:,} bytes makes no sense", hint="Read again."
            )
        self._scratch = np.empty(self.size + _WORD.size, np.uint8)
        self._shifts = shifts(self.size)
        self._total = 0
        self._is_done = False

    def put(self, place: Any) -> int:
        """Read the next chunk; how many bytes it has, fewer than the others only at the end.

        Args:
            place: an array of bytes with room for a chunk and its checksum.
        """
        if self._is_done:
            return 0
        count = self._fill_view(memoryview(place)) - _WORD.size
        if count < 0:
            raise _cut()
        (said,) = _WORD.unpack_from(place, count)
        if count == self.size:
            crc = _crc(place[:count])
            if crc != said:
                raise ProtocolError("rows of the tunnel: damaged on their way, a checksum differs", hint="Read again.")
            self._total = joined(self._total, crc, self._shifts)
            return count
        self._is_done = True
        if google_crc32c.extend(self._total, place[:count].tobytes()) != said:
            raise ProtocolError(
                "rows of the tunnel: cut short or damaged, the last checksum differs", hint="Read again."
            )
        return count

    def next(self) -> bytes:
        """The next chunk by itself, empty at the end."""
        count = self.put(self._scratch)
        return bytes(self._scratch[:count].tobytes())


def _cut() -> ProtocolError:
    return ProtocolError("rows of the tunnel: the answer ends early", hint="Read again.")


def messages(fill: Fill) -> Iterator[pa.Buffer]:
    """The Arrow messages in a body.

    Raises:
        ProtocolError: a checksum differs, or the body ends early.
    """
    chunks = _Chunks(fill)
    rest = b""
    while rest := _at_least(rest, _HEAD.size, chunks):
        rest = _at_least(rest, _HEAD.size + max(_described_bytes(rest), 0), chunks)
        total = _message_bytes(rest)
        buffer = pa.allocate_buffer(total + _WORD.size)
        rest = _gathered(buffer, total, rest, chunks)
        yield buffer.slice(0, total)


def _at_least(rest: bytes, count: int, chunks: _Chunks) -> bytes:
    """What is left with more behind it, so many bytes as far as there are."""
    while len(rest) < count and (more := chunks.next()):
        rest += more
    return rest


def _gathered(buffer: pa.Buffer, total: int, rest: bytes, chunks: _Chunks) -> bytes:
    """Fill a message's buffer; what lies behind the message."""
    array = np.frombuffer(memoryview(buffer), np.uint8)
    done = min(total, len(rest))
    array[:done] = np.frombuffer(rest, np.uint8, done)
    rest = rest[done:]
    while done < total:
        if total - done >= chunks.size:
            count = chunks.put(array[done : done + chunks.size + _WORD.size])
        else:
            rest = chunks.next()
            count = min(total - done, len(rest))
            array[done : done + count] = np.frombuffer(rest, np.uint8, count)
            rest = rest[count:]
        if not count:
            raise _cut()
        done += count
    return rest


def read_batches(fill: Fill, *schemas: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The batches of an answer, whose columns only the caller knows: the wire carries no schema.

    Args:
        schemas: the first that fits counts, so the one with the most parts comes first: Arrow tells when a batch has
            too few parts, but not when it has too many.
    Raises:
        ProtocolError: the bytes are not what the tunnel's framing and Arrow allow.
    """
    for buffer in messages(fill):
        yield _batch(buffer, schemas)


def _batch(buffer: pa.Buffer, schemas: Sequence[pa.Schema]) -> pa.RecordBatch:
    for place, schema in enumerate(schemas):
        try:
            return pa.ipc.read_record_batch(pa.ipc.read_message(pa.BufferReader(buffer)), schema)
        except (pa.ArrowException, EOFError, OSError) as error:
            if place == len(schemas) - 1:
                raise ProtocolError(f"rows of the tunnel: cannot be read: {error}", hint="Read again.") from error
    raise _no_batch()


def _described_bytes(data: bytes) -> int:
    """How long the description of the message is that begins here."""
    if len(data) < _HEAD.size:
        raise _cut()
    mark, size = _HEAD.unpack_from(data)
    if mark != -1 or not 0 < size <= MAX_CHUNK_BYTES:
        raise _no_batch()
    return int(size)


def _no_batch() -> ProtocolError:
    return ProtocolError("rows of the tunnel: what should be a batch is none", hint="Read again.")


def _message_bytes(data: bytes) -> int:
    """How long the message is that begins here: its two lengths, its description, its body."""
    size = _described_bytes(data)
    description = data[_HEAD.size : _HEAD.size + size]
    try:
        (table,) = _INT.unpack_from(description)
        fields = table - _INT.unpack_from(description, table)[0]
        is_told = _SHORT.unpack_from(description, fields)[0] > _BODY_LENGTH_PLACE
        place = _SHORT.unpack_from(description, fields + _BODY_LENGTH_PLACE)[0] if is_told else 0
        body = int(_LONG.unpack_from(description, table + place)[0]) if place else 0
    except struct.error as error:
        raise _no_batch() from error
    if not 0 <= body <= MAX_MESSAGE_BYTES:
        raise _no_batch()
    return _HEAD.size + size + body
