"""The framing of Arrow rows: chunks of a stated size, a CRC32C behind each, and one over everything at the end."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import google_crc32c
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

_crc: Callable[[bytes], int] = google_crc32c.value


class Framer:
    """Puts bytes into frames; each is summed once and copied into a chunk once."""

    def __init__(self) -> None:
        self._carry = bytearray()
        self._out: list[bytes] = [_WORD.pack(CHUNK_BYTES)]
        self._total = 0
        self._shifts = shifts(CHUNK_BYTES)

    def pieces(self, messages: Iterable[Any]) -> Iterator[bytes]:
        """The body of a request, in pieces of a megabyte."""
        for message in messages:
            view = memoryview(message).cast("B")
            place = self._fill(view)
            while len(view) - place >= CHUNK_BYTES:
                self._take(bytes(view[place : place + CHUNK_BYTES]))
                place += CHUNK_BYTES
                if len(self._out) >= 2 * PIECE_CHUNKS:
                    yield self._given()
            self._carry += view[place:]
        yield self._given() + self._tail()

    def _fill(self, view: memoryview) -> int:
        """Complete the chunk that was begun; how many bytes of the view that took."""
        if not self._carry:
            return 0
        place = min(CHUNK_BYTES - len(self._carry), len(view))
        self._carry += view[:place]
        if len(self._carry) == CHUNK_BYTES:
            self._take(bytes(self._carry))
            self._carry.clear()
        return place

    def _take(self, chunk: bytes) -> None:
        crc = _crc(chunk)
        self._total = joined(self._total, crc, self._shifts)
        self._out += (chunk, _WORD.pack(crc))

    def _given(self) -> bytes:
        out, self._out = b"".join(self._out), []
        return out

    def _tail(self) -> bytes:
        rest = bytes(self._carry)
        return rest + _WORD.pack(google_crc32c.extend(self._total, rest))


def payload(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """The chunks of an answer's body, each checked.

    Args:
        read: gives exactly so many bytes, fewer only at the end.
    Raises:
        ProtocolError: a checksum differs, or the body ends early.
    """
    head = read(_WORD.size)
    if len(head) < _WORD.size:
        raise _cut()
    (size,) = _WORD.unpack(head)
    if not 0 < size <= MAX_CHUNK_BYTES:
        raise ProtocolError(f"rows of the tunnel: a chunk of {size:,} bytes makes no sense", hint="Read again.")
    whole, tables, total = size + _WORD.size, shifts(size), 0
    wanted = whole * max(1, PIECE_CHUNKS * CHUNK_BYTES // size)
    while True:
        data = read(wanted)
        end = len(data) - len(data) % whole
        for place in range(0, end, whole):
            chunk = data[place : place + size]
            crc = _crc(chunk)
            if crc != _WORD.unpack_from(data, place + size)[0]:
                raise ProtocolError("rows of the tunnel: damaged on their way, a checksum differs", hint="Read again.")
            total = joined(total, crc, tables)
            yield chunk
        if len(data) < wanted:
            break
    if len(data) - end < _WORD.size:
        raise _cut()
    tail = data[end : -_WORD.size]
    if google_crc32c.extend(total, tail) != _WORD.unpack_from(data, len(data) - _WORD.size)[0]:
        raise ProtocolError("rows of the tunnel: cut short or damaged, the last checksum differs", hint="Read again.")
    yield tail


def _cut() -> ProtocolError:
    return ProtocolError("rows of the tunnel: the answer ends early", hint="Read again.")


class _Gathered:
    """Bytes that come in pieces, taken in runs of one's own length."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._source = pieces
        self._pieces: list[bytes] = []
        self._size = 0

    def peek(self, count: int) -> bytes:
        """The next bytes, fewer only at the end; they stay."""
        self._gather(count)
        return self._pieces[0][:count] if self._pieces else b""

    def take(self, count: int) -> memoryview:
        """The next bytes, with no copy of their own."""
        self._gather(count)
        if self._size < count:
            raise _cut()
        first, *others = self._pieces
        view = memoryview(first)
        self._pieces = [bytes(view[count:]), *others] if len(first) > count else others
        self._size -= count
        return view[:count]

    def _gather(self, count: int) -> None:
        """Draw so many bytes as far as there are, and join those that are needed."""
        while self._size < count:
            piece = next(self._source, None)
            if piece is None:
                break
            if piece:
                self._pieces.append(piece)
                self._size += len(piece)
        if len(self._pieces) > 1 and len(self._pieces[0]) < count:
            self._pieces = [b"".join(self._pieces)]


def read_batches(read: Callable[[int], bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The batches of an answer, whose columns only the caller knows: the wire carries no schema.

    Args:
        read: gives exactly so many bytes, fewer only at the end.
    Raises:
        ProtocolError: the bytes are not what the tunnel's framing and Arrow allow.
    """
    rows = _Gathered(payload(read))
    while head := rows.peek(_HEAD.size):
        size = _message_bytes(head, rows)
        buffer = pa.py_buffer(rows.take(size))
        try:
            yield pa.ipc.read_record_batch(pa.ipc.read_message(pa.BufferReader(buffer)), schema)
        except (pa.ArrowException, EOFError, OSError) as error:
            raise ProtocolError(f"rows of the tunnel: cannot be read: {error}", hint="Read again.") from error


def _message_bytes(head: bytes, rows: _Gathered) -> int:
    """How long the message is that begins here: its two lengths, its description, its body."""
    try:
        mark, size = _HEAD.unpack(head)
        description = rows.peek(_HEAD.size + size)[_HEAD.size :]
        (table,) = _INT.unpack_from(description)
        fields = table - _INT.unpack_from(description, table)[0]
        place = _SHORT.unpack_from(description, fields + _BODY_LENGTH_PLACE)[0]
        has_body = place and _SHORT.unpack_from(description, fields)[0] > _BODY_LENGTH_PLACE
        body = _LONG.unpack_from(description, table + place)[0] if has_body else 0
    except struct.error as error:
        raise ProtocolError("rows of the tunnel: a batch without a description", hint="Read again.") from error
    total = _HEAD.size + size + body
    if mark != -1 or size <= 0 or not 0 <= body <= MAX_MESSAGE_BYTES:
        raise ProtocolError("rows of the tunnel: what should be a batch is none", hint="Read again.")
    return int(total)
