"""Compression of whole bodies, by the names that tunnel requests use."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_SNAPPY_START = b"\xff\x06\x00\x00sNaPpY"


class EncodingError(ValueError):
    """A body is not what its encoding says, or the encoding is unknown."""


class _Deflate:
    """The zlib format, as HTTP's `deflate`."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(1)

    def write(self, data: bytes) -> bytes:
        return self._stream.compress(data)

    def end(self) -> bytes:
        return self._stream.flush()


class _Zstandard:
    def __init__(self) -> None:
        import zstandard

        self._stream = zstandard.ZstdCompressor(level=1).compressobj()

    def write(self, data: bytes) -> bytes:
        return self._stream.compress(data)

    def end(self) -> bytes:
        return self._stream.flush()


class _Lz4:
    """LZ4 frames of independent blocks: readers in Java take no others."""

    def __init__(self) -> None:
        from lz4.frame import LZ4FrameCompressor

        self._stream: Any = LZ4FrameCompressor(block_linked=False)
        self._head: bytes = self._stream.begin()

    def write(self, data: bytes) -> bytes:
        head, self._head = self._head, b""
        packed: bytes = self._stream.compress(data)
        return head + packed

    def end(self) -> bytes:
        last: bytes = self._stream.flush()
        return self._head + last


class _Snappy:
    def __init__(self) -> None:
        from snappy import StreamCompressor

        self._stream: Any = StreamCompressor()

    def write(self, data: bytes) -> bytes:
        packed: bytes = self._stream.compress(data)
        return packed

    def end(self) -> bytes:
        return b""


_Compressor = _Deflate | _Zstandard | _Lz4 | _Snappy
_COMPRESSORS: dict[str, Callable[[], _Compressor]] = {
    "deflate": _Deflate,
    "zstd": _Zstandard,
    "x-lz4-frame": _Lz4,
    "x-odps-lz4-frame": _Lz4,
    "x-snappy-framed": _Snappy,
}
NAMES = frozenset(_COMPRESSORS)


def accepted(header: str) -> str:
    """The encoding that an answer gets by the request's `Accept-Encoding`; empty is none."""
    for word in header.lower().split(","):
        name = word.split(";")[0].strip()
        # Browsers' habits (gzip, deflate) come from HTTP libraries, not from a client that wants it.
        if name in NAMES:
            return name if "gzip" not in header.lower() else ""
    return ""


def compress(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The pieces as one compressed stream; an empty encoding leaves them as they are."""
    if not encoding:
        yield from pieces
        return
    stream = _COMPRESSORS[encoding]()
    for piece in pieces:
        if packed := stream.write(piece):
            yield packed
    if last := stream.end():
        yield last


def decompress(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """A body without its compression, in pieces.

    Raises:
        EncodingError: the encoding is unknown, or the body is damaged or incomplete.
    """
    name = encoding.lower().strip()
    if name in {"", "identity"}:
        yield from pieces
        return
    unpack = _UNPACKERS.get(name)
    if unpack is None:
        raise EncodingError(f"The encoding {encoding!r} is not supported.")
    yield from unpack(pieces, name)


def _inflate(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    stream = zlib.decompressobj()
    yield from _unpacked(pieces, name, stream, zlib.error)


def _unpack_zstandard(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    import zstandard

    yield from _unpacked(pieces, name, zstandard.ZstdDecompressor().decompressobj(), zstandard.ZstdError)


def _unpack_lz4(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    from lz4.frame import LZ4FrameDecompressor

    yield from _unpacked(pieces, name, LZ4FrameDecompressor(), RuntimeError)


def _unpacked(pieces: Iterable[bytes], name: str, stream: Any, damage: type[Exception]) -> Iterator[bytes]:
    """Runs a decompressor that knows its own end (`eof`); `damage` is what it raises."""
    try:
        for piece in pieces:
            if stream.eof:
                raise EncodingError(f"The body goes on behind the end of its {name} data.")
            yield stream.decompress(piece)
    except damage as error:
        raise EncodingError(f"The body is no {name} data: {error}") from error
    if not stream.eof:
        raise EncodingError(f"The {name} data ends early.")


def _unpack_snappy(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    from snappy import StreamDecompressor, UncompressError

    body = b"".join(pieces)
    _check_snappy_chunks(body)
    try:
        yield StreamDecompressor().decompress(body)
    except UncompressError as error:
        raise EncodingError(f"The body is no {name} data: {error}") from error


def _check_snappy_chunks(body: bytes) -> None:
    """Walks the chunks, each a kind and three bytes of length: the library takes what is none for a short stream."""
    if body and not body.startswith(_SNAPPY_START):
        raise EncodingError("The snappy data has no stream identifier.")
    position = 0
    while position + 4 <= len(body):
        position += 4 + int.from_bytes(body[position + 1 : position + 4], "little")
    if position != len(body):
        raise EncodingError("The snappy data ends early.")


_UNPACKERS: dict[str, Callable[[Iterable[bytes], str], Iterator[bytes]]] = {
    "deflate": _inflate,
    "zstd": _unpack_zstandard,
    "x-lz4-frame": _unpack_lz4,
    "x-odps-lz4-frame": _unpack_lz4,
    "x-snappy-framed": _unpack_snappy,
}
