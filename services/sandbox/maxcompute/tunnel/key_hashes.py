"""Which bucket a key belongs to: the hash that clients spread the rows of an upsert by (`default`, not `legacy`)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from services.sandbox.maxcompute.tunnel.record_writing import plain_values
from services.sandbox.maxcompute.types import OdpsType

Hash = Callable[[Any], int]
TRUE_HASH, FALSE_HASH = 0x172BA9C7, -0x3A59CB12
DAY_SECONDS, NANOS = 86_400, 1_000_000_000


def buckets_of(rows: pa.Table, key: Sequence[str], kinds: Sequence[OdpsType], count: int) -> list[int] | None:
    """The bucket of each row; None when a key column has a type whose hash is not known here.

    Args:
        kinds: of the key's columns.
        count: of buckets.
    """
    hashes = [_HASHES.get(kind.name) for kind in kinds]
    if None in hashes:
        return None
    columns = [
        [0 if value is None else made(value) for value in plain_values(rows.column(name).combine_chunks(), kind)]
        for name, kind, made in zip(key, kinds, hashes, strict=True)
        if made is not None
    ]
    sums = (_signed(sum(parts), 32) for parts in zip(*columns, strict=True))
    return [(total ^ (total >> 8)) % count for total in sums]


def _signed(value: int, bits: int) -> int:
    """The lowest bits as a number with a sign."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def hash_whole(value: int) -> int:
    """Of a whole number of up to 64 bits."""
    value = _signed(~value + (value << 18), 64)
    value = _signed((value ^ (value >> 31)) * 21, 64)
    value ^= value >> 11
    value = _signed(value + (value << 6), 64)
    return _signed(value ^ (value >> 22), 32)


def hash_bytes(value: bytes) -> int:
    """Of bytes, which count as numbers from -128 to 127."""
    total = 0
    for byte in value:
        total = _signed(total + (byte if byte < 128 else byte - 256), 32)
        total = _signed(total + (total << 10), 32)
        total ^= total >> 6
    total = _signed(total + (total << 3), 32)
    total ^= total >> 11
    return _signed(total + (total << 15), 32)


def _hash_text(value: str) -> int:
    return hash_bytes(value.encode())


def _hash_single(value: float) -> int:
    return hash_whole(struct.unpack("<i", struct.pack("<f", value))[0])


def _hash_double(value: float) -> int:
    return hash_whole(struct.unpack("<q", struct.pack("<d", value))[0])


def _hash_time(value: int) -> int:
    """Of nanoseconds since 1970."""
    seconds, nanos = divmod(value, NANOS)
    return hash_whole(_signed(seconds << 30 | nanos, 64))


_HASHES: dict[str, Hash] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INT", "BIGINT", "DATETIME"), hash_whole),
    **dict.fromkeys(("STRING", "CHAR", "VARCHAR"), _hash_text),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_NTZ"), _hash_time),
    "BINARY": hash_bytes,
    "BOOLEAN": lambda value: TRUE_HASH if value else FALSE_HASH,
    "FLOAT": _hash_single,
    "DOUBLE": _hash_double,
    "DATE": lambda value: hash_whole(value * DAY_SECONDS),
}
