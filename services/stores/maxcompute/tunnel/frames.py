"""The framing of Arrow rows: chunks of a stated size, a CRC32C behind each, and one over everything at the end."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

import google_crc32c
import pyarrow as pa

from services.errors import ProtocolError

READ_BYTES: Final = 1 << 20
MAX_CHUNK_BYTES: Final = 64 << 20
_WORD: Final = struct.Struct(">I")


class Unframed(io.RawIOBase):
    """The bytes inside of a framing, each checked before it is given.

    Args:
        read: gives at most so many bytes of the answer, nothing at its end.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._source = read
        self._raw = bytearray()
        self._ready = bytearray()
        self._chunk = 0
        self._total = 0
        self._is_done = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there are bytes; 0 at the end.

        Raises:
            ProtocolError: a checksum is wrong, or the answer ends early.
        """
        view = memoryview(buffer).cast("B")
        while not self._ready and not self._is_done:
            self._fill()
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        del self._ready[:count]
        return count

    def _fill(self) -> None:
        data = self._source(READ_BYTES)
        self._raw += data
        if not self._chunk and len(self._raw) > _WORD.size:
            (self._chunk,) = _WORD.unpack_from(self._raw)
            if not 0 < self._chunk <= MAX_CHUNK_BYTES:
                raise ProtocolError(f"rows of the tunnel: a chunk of {self._chunk:,} bytes makes no sense")
            del self._raw[: _WORD.size]
        self._take_chunks()
        if not data:
            self._take_tail()

    def _take_chunks(self) -> None:
        whole = self._chunk + _WORD.size
        place = 0
        while self._chunk and len(self._raw) - place >= whole:
            chunk = bytes(memoryview(self._raw)[place : place + self._chunk])
            if google_crc32c.value(chunk) != _WORD.unpack_from(self._raw, place + self._chunk)[0]:
                raise ProtocolError("rows of the tunnel: damaged on their way, a checksum differs", hint="Read again.")
            self._total = google_crc32c.extend(self._total, chunk)
            self._ready += chunk
            place += whole
        if place:
            del self._raw[:place]

    def _take_tail(self) -> None:
        """What is left is shorter than a chunk, and the checksum of all stands behind it."""
        self._is_done = True
        if len(self._raw) < _WORD.size:
            raise ProtocolError("rows of the tunnel: the answer ends early", hint="Read again.")
        tail = bytes(self._raw[: -_WORD.size])
        if google_crc32c.extend(self._total, tail) != _WORD.unpack_from(self._raw, len(tail))[0]:
            raise ProtocolError(
                "rows of the tunnel: cut short or damaged, the last checksum differs", hint="Read again."
            )
        self._ready += tail


def read_batches(read: Callable[[int], bytes], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The batches of an answer, whose columns only the caller knows: the wire carries no schema.

    Raises:
        ProtocolError: the bytes are not what the tunnel's framing and Arrow allow.
    """
    source = pa.PythonFile(io.BufferedReader(Unframed(read), READ_BYTES), mode="r")
    while True:
        try:
            message = pa.ipc.read_message(source)
            batch = pa.ipc.read_record_batch(message, schema)
        except EOFError:
            return
        except (pa.ArrowException, OSError) as error:
            raise ProtocolError(f"rows of the tunnel: cannot be read: {error}", hint="Read again.") from error
        yield batch
