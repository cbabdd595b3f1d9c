"""Checksums of parts, put together."""

from __future__ import annotations

import google_crc32c
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from maxcompute_tunnels import *  # noqa: F403

from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.sandbox.maxcompute.tunnel.crc import RunningChecksum
from services.sandbox.maxcompute.tunnel.growing import FIRST_BYTES, GrowingBytes


@given(st.lists(st.binary(min_size=37, max_size=37), max_size=20))
def test_the_checksum_of_chunks_is_that_of_the_whole(chunks: list[bytes]) -> None:
    """Only the chunks' own checksums are looked at."""
    running = RunningChecksum(37)
    for chunk in chunks:
        running.add(google_crc32c.value(chunk))

    assert google_crc32c.value(b"".join(chunks)) == running.value


@pytest.mark.parametrize("size", [0, 1, FIRST_BYTES // 2, FIRST_BYTES, FIRST_BYTES + 1])
def test_memory_of_any_size_is_given(size: int) -> None:
    """Few bytes and many."""
    memory = GrowingBytes()
    memory.append(b"x" * size)

    assert b"x" * size == bytes(memory.view())


def test_memory_grows_and_keeps_its_bytes() -> None:
    """Beyond the first mapping, by single pieces and by chunks with gaps."""
    memory = GrowingBytes()
    piece = bytes(range(256)) * 4096
    for _ in range(6):
        memory.append(piece)
    memory.append_chunks(b"head" + b"abcd--efgh--", 4, 2, 4, 2)

    assert 6 * len(piece) > FIRST_BYTES
    assert piece * 6 + b"abcdefgh" == bytes(memory.view())


def test_bare_bytes_go_both_ways(sandbox: MaxComputeSandbox) -> None:
    """The limit of this server is measured with bodies that nothing is done to."""
    url = f"{sandbox.tunnel_endpoint}/sandbox/bytes"

    assert "3000000" == requests.post(url, data=bytes(3_000_000), timeout=10).text
    assert bytes(2_500_000) == requests.get(url, params={"bytes": 2_500_000}, timeout=10).content
