"""The framing of Arrow data, against a reading of the rule that shares no code with it."""

from __future__ import annotations

import struct
from itertools import pairwise

import google_crc32c
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sandbox.maxcompute.tunnel.arrow_frames import CHUNK_BYTES, FrameError, Unframer, frame


def spelled_out(payload: bytes, size: int) -> bytes:
    """The framed form, written down chunk by chunk."""
    body = struct.pack(">I", size)
    bounds = [*range(0, len(payload), size), len(payload)]
    for start, end in pairwise(bounds):
        chunk = payload[start:end]
        body += chunk
        if len(chunk) == size:
            body += struct.pack(">I", google_crc32c.value(chunk))
    return body + struct.pack(">I", google_crc32c.value(payload))


def unframe(body: bytes, piece_bytes: int = 1 << 20) -> bytes:
    unframer = Unframer()
    for start in range(0, len(body), piece_bytes):
        unframer.feed(body[start : start + piece_bytes])
    return bytes(unframer.payload())


@given(st.binary(max_size=300), st.integers(1, 64), st.integers(1, 100))
def test_any_payload_is_read_with_any_chunk_size(payload: bytes, size: int, piece_bytes: int) -> None:
    """What is framed by the rule comes out as it was, whatever the chunk size is and however the body arrives."""
    assert payload == unframe(spelled_out(payload, size), piece_bytes)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 40 * CHUNK_BYTES])
def test_a_payload_is_framed_by_the_rule(size: int) -> None:
    """Framing in pieces gives the same bytes as the rule applied to the whole, however the payload arrives."""
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    cuts = [pa.py_buffer(payload[start : start + 100_003]) for start in range(0, size, 100_003)]

    assert spelled_out(payload, CHUNK_BYTES) == b"".join(frame(cuts))


def test_the_size_and_the_first_chunk_come_in_one_piece() -> None:
    """A reader that takes the chunk size with one read finds all of it."""
    pieces = list(frame([pa.py_buffer(bytes(3 * 1024 * 1024))]))

    assert all(len(piece) >= CHUNK_BYTES for piece in pieces[:1])
    assert struct.pack(">I", CHUNK_BYTES) == pieces[0][:4]


@pytest.mark.parametrize("at", [4, 4 + 16, 4 + 20, -5, -1])
def test_a_changed_byte_is_found(at: int) -> None:
    """A byte that changed in a chunk, in its checksum, in the tail or in the last checksum refuses the body."""
    body = bytearray(spelled_out(b"0123456789abcdef" * 2 + b"tail", 16))
    body[at] ^= 1

    with pytest.raises(FrameError):
        unframe(bytes(body))


@pytest.mark.parametrize("kept", [3, 6, 15, 23, 30])
def test_a_body_that_ends_early_is_refused(kept: int) -> None:
    """A cut anywhere is no shorter payload but an error."""
    body = spelled_out(b"0123456789abcdef" * 2 + b"tail", 16)

    with pytest.raises(FrameError):
        unframe(body[:kept])


def test_a_writer_without_rows_sent_nothing() -> None:
    """The checksum of nothing, without a chunk size, is an empty payload."""
    assert b"" == unframe(bytes(4))
