"""Keyed requests go to the node that holds the key, where the profile asks for it."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.stores.ignite.affinity import partition_of
from services.stores.ignite.codec.encode import encode
from services.values import Typed


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (Typed("Int", 7), 7),
        (Typed("Int", -1), -1),
        (Typed("Short", -3), -3),
        (Typed("Long", 7), 7),
        (Typed("Long", -1), 0),
        (Typed("Long", 1 << 32), 1),
        (Typed("String", "hello"), 99162322),
        (Typed("String", "😀"), 1772899),
        (Typed("Bool", True), 1231),
        (Typed("Char", "a"), 97),
        (Typed("UUID", UUID("00000000-0000-0001-0000-000000000002")), 3),
    ],
)
def test_partition_follows_the_hash_code_of_java(key: Typed, code: int) -> None:
    """Known hash codes lead to the partition of a power of two, and of any other count, as Java computes it."""
    folded = (code ^ ((code & 0xFFFFFFFF) >> 16)) & 1023
    assert folded == partition_of(encode(key), 1024)
    assert abs(code) % 1000 == partition_of(encode(key), 1000)


def test_other_keys_go_anywhere() -> None:
    """A key whose hash is not simple has no partition here."""
    assert partition_of(encode(Typed("Double", 1.0)), 1024) is None
    assert partition_of(encode(Typed("Int", 1)), 0) is None
