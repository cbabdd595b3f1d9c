"""Compression by the names of tunnel requests."""

from __future__ import annotations

import pytest

from services.sandbox.maxcompute.tunnel.encodings import NAMES, EncodingError, accepted, compress, decompress

DATA = b"".join(b"row %d " % number for number in range(20_000))


def unpacked(body: bytes, name: str) -> bytes:
    return b"".join(decompress([body], name))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_encoding_goes_both_ways(name: str) -> None:
    """A body compressed in pieces is smaller and comes back whole."""
    packed = b"".join(compress([DATA[:7], DATA[7:1000], DATA[1000:]], name))

    assert len(packed) < len(DATA)
    assert DATA == unpacked(packed, name)
    assert DATA == b"".join(decompress([packed[:3], packed[3:50], packed[50:]], name))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_body_that_ends_early_is_refused(name: str) -> None:
    """The end of the compressed stream must have come."""
    packed = b"".join(compress([DATA], name))

    with pytest.raises(EncodingError):
        unpacked(packed[:-3], name)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_what_is_not_compressed_is_refused(name: str) -> None:
    """Plain bytes under the name of an encoding are an error, not data."""
    with pytest.raises(EncodingError):
        unpacked(b"no compressed data at all", name)


def test_an_unknown_encoding_is_refused() -> None:
    """A name that no client uses is said in the error."""
    with pytest.raises(EncodingError, match="br"):
        unpacked(b"", "br")


def test_lz4_blocks_are_independent() -> None:
    """The frame's descriptor says that blocks do not refer to one another."""
    packed = b"".join(compress([DATA], "x-lz4-frame"))

    assert packed[4] & 0x20


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("zstd", "zstd"),
        ("X-LZ4-Frame", "x-lz4-frame"),
        ("deflate", "deflate"),
        ("gzip, deflate, br, zstd", ""),
        ("gzip;q=1.0,deflate", ""),
        ("", ""),
        ("identity", ""),
    ],
)
def test_only_an_encoding_that_was_asked_for_is_used(header: str, encoding: str) -> None:
    """What an HTTP library offers by habit leaves the answer plain."""
    assert encoding == accepted(header)
