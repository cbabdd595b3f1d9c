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


def decompress(body: bytes, encoding: str) -> bytes:
    """A whole body without its compression.

    Raises:
        EncodingError: the encoding is unknown, or the body is damaged or incomplete.
    """
    name = encoding.lower().strip()
    if name in {"", "identity"}:
        return body
    unpack = _DECOMPRESSORS.get(name)
    if unpack is None:
        raise EncodingError(f"The encoding {encoding!r} is not supported.")
    try:
        return unpack(body)
    except EncodingError:
        raise
    except Exception as error:
        raise EncodingError(f"The body is no {name} data: {error}") from error


def _inflate(body: bytes) -> bytes:
    stream = zlib.decompressobj()
    data = stream.decompress(body) + stream.flush()
    if not stream.eof:
        raise EncodingError("The deflate data ends early.")
    return data


def _unpack_zstandard(body: bytes) -> bytes:
    import zstandard

    stream = zstandard.ZstdDecompressor().decompressobj()
    data = stream.decompress(body)
    if not stream.eof:
        raise EncodingError("The zstd data ends early.")
    return data


def _unpack_lz4(body: bytes) -> bytes:
    from lz4.frame import LZ4FrameDecompressor

    stream: Any = LZ4FrameDecompressor()
    data: bytes = stream.decompress(body)
    if not stream.eof:
        raise EncodingError("The lz4 data ends early.")
    return data


def _unpack_snappy(body: bytes) -> bytes:
    from snappy import StreamDecompressor

    _check_snappy_chunks(body)
    stream: Any = StreamDecompressor()
    data: bytes = stream.decompress(body)
    stream.flush()
    return data


def _check_snappy_chunks(body: bytes) -> None:
    """Walks the chunks, each a kind and three bytes of length: the library takes what is none for a short stream."""
    if body and not body.startswith(_SNAPPY_START):
        raise EncodingError("The snappy data has no stream identifier.")
    position = 0
    while position + 4 <= len(body):
        position += 4 + int.from_bytes(body[position + 1 : position + 4], "little")
    if position != len(body):
        raise EncodingError("The snappy data ends early.")


_DECOMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "deflate": _inflate,
    "zstd": _unpack_zstandard,
    "x-lz4-frame": _unpack_lz4,
    "x-odps-lz4-frame": _unpack_lz4,
    "x-snappy-framed": _unpack_snappy,
}
