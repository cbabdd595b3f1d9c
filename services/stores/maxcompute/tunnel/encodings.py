"""Compression of bodies: of requests in a thread of its own while the rows go on, of answers as they come."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from services.errors import ProtocolError, UsageError
from services.stores.maxcompute.tunnel.frames import Fill, Piece

AHEAD: Final = 8
"""Pieces that may wait for compression."""

PACKED_BYTES: Final = 1 << 18
NONE: Final = "none"
ENCODINGS: Final = {
    "zlib": "deflate",
    "zstd": "zstd",
    "lz4": "x-odps-lz4-frame",
    "snappy": "x-snappy-framed",
    NONE: "",
}
"""Content-Encoding by the words that users write; LZ4 has this name for Arrow rows, and another one for records."""

USUAL: Final = "lz4"


def encoding_of(word: str) -> str:
    """The Content-Encoding for a user's word, empty for none.

    Raises:
        UsageError: there is no such word.
    """
    if word not in ENCODINGS:
        raise UsageError(f"compress: {word!r} is none", hint=f"There are {', '.join(ENCODINGS)}.")
    return ENCODINGS[word]


class _Lz4:
    """Frames of blocks that stand alone: readers in Java take no others."""

    def __init__(self) -> None:
        from lz4.frame import LZ4FrameCompressor

        self._stream: Any = LZ4FrameCompressor(block_linked=False)
        self._head: bytes = self._stream.begin()

    def compress(self, data: bytes) -> bytes:
        head, self._head = self._head, b""
        return head + bytes(self._stream.compress(data))

    def flush(self) -> bytes:
        return self._head + bytes(self._stream.flush())


class _Snappy:
    def __init__(self) -> None:
        from snappy import StreamCompressor

        self._stream: Any = StreamCompressor()

    def compress(self, data: bytes) -> bytes:
        return bytes(self._stream.compress(data))

    def flush(self) -> bytes:
        return b""


def _zstandard() -> Any:
    import zstandard

    return zstandard.ZstdCompressor(level=1).compressobj()


_COMPRESSORS: Final[dict[str, Callable[[], Any]]] = {
    "deflate": lambda: zlib.compressobj(1),
    "zstd": _zstandard,
    "x-odps-lz4-frame": _Lz4,
    "x-lz4-frame": _Lz4,
    "x-snappy-framed": _Snappy,
}


def compressed(pieces: Iterable[Piece], encoding: str) -> Generator[Piece]:
    """The pieces as one compressed stream, made in another thread a few pieces ahead of what is drawn."""
    if not encoding:
        yield from pieces
        return
    stream = _COMPRESSORS[encoding]()

    def packed(piece: Piece) -> bytes:
        return bytes(stream.compress(b"".join(piece)))

    waiting: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="compress") as worker:
        for piece in pieces:
            waiting.append(worker.submit(packed, piece))
            while len(waiting) > AHEAD or (waiting and waiting[0].done()):
                yield [waiting.popleft().result()]
        while waiting:
            yield [waiting.popleft().result()]
        yield [stream.flush()]


def packed_whole(data: bytes, encoding: str) -> bytes:
    """A whole body, compressed in this thread."""
    if not encoding:
        return data
    stream = _COMPRESSORS[encoding]()
    return bytes(stream.compress(data)) + bytes(stream.flush())


class Decompressed:
    """Fills views with an answer's bytes without their compression."""

    def __init__(self, fill: Fill, encoding: str) -> None:
        self._source = fill
        self._stream = _decompressor(encoding)
        self._packed = bytearray(PACKED_BYTES)
        self._rest = b""
        self._place = 0

    def fill(self, view: memoryview) -> int:
        """As many bytes as fit, fewer only at the end.

        Raises:
            ProtocolError: they are not what the encoding says.
        """
        done = 0
        while done < len(view):
            if self._place == len(self._rest) and not self._unpack():
                break
            count = min(len(view) - done, len(self._rest) - self._place)
            view[done : done + count] = memoryview(self._rest)[self._place : self._place + count]
            self._place += count
            done += count
        return done

    def _unpack(self) -> bool:
        """Take more of the answer; False at its end."""
        self._rest, self._place = b"", 0
        while not self._rest:
            count = self._source(memoryview(self._packed))
            if not count:
                return False
            try:
                self._rest = bytes(self._stream.decompress(bytes(memoryview(self._packed)[:count])))
            except Exception as error:
                raise ProtocolError(
                    f"rows of the tunnel: damaged on their way, they do not unpack: {error}", hint="Read again."
                ) from error
        return True


def _decompressor(encoding: str) -> Any:
    match encoding:
        case "deflate":
            return zlib.decompressobj()
        case "zstd":
            import zstandard

            return zstandard.ZstdDecompressor().decompressobj()
        case "x-lz4-frame" | "x-odps-lz4-frame":
            from lz4.frame import LZ4FrameDecompressor

            return LZ4FrameDecompressor()
        case "x-snappy-framed":
            from snappy import StreamDecompressor

            return StreamDecompressor()
    raise ProtocolError(f"rows of the tunnel: packed in a way that is not known, {encoding!r}")


def filler(fill: Fill, encoding: str) -> Fill:
    """Fills views with what an answer's Content-Encoding packs."""
    name = encoding.strip().lower()
    return fill if name in ("", "identity") else Decompressed(fill, name).fill


def for_records(encoding: str) -> str:
    """The name that an encoding has for records."""
    return "x-lz4-frame" if encoding == ENCODINGS["lz4"] else encoding
