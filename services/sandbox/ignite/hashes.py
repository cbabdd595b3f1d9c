"""Java's hash codes: cache ids, type ids, field ids, schema ids and partitions of keys."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import mul

FNV1_OFFSET = -2128831035
FNV1_PRIME = 16777619


def as_int32(value: int) -> int:
    """Wraps to a signed 32-bit number."""
    return ((value + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


@lru_cache(maxsize=4096)
def string_hash(text: str) -> int:
    """String.hashCode over UTF-16 units."""
    units = text.encode("utf-16-le", "surrogatepass")
    value = 0
    for index in range(0, len(units), 2):
        value = (31 * value + units[index] + (units[index + 1] << 8)) & 0xFFFF_FFFF
    return as_int32(value)


def bytes_hash(data: bytes) -> int:
    """Arrays.hashCode of a byte array."""
    powers = _powers(len(data))
    return as_int32(sum(map(mul, memoryview(data).cast("b"), powers[1:]), powers[0]))


@lru_cache(maxsize=1024)
def _powers(count: int) -> list[int]:
    """31 to the powers count, count - 1, ..., 0, each in 32 bits."""
    powers = [1]
    for _ in range(count):
        powers.append(powers[-1] * 31 & 0xFFFF_FFFF)
    return powers[::-1]


def long_hash(value: int) -> int:
    bits = value & 0xFFFF_FFFF_FFFF_FFFF
    return as_int32(bits ^ (bits >> 32))


def name_id(name: str) -> int:
    """The id of a binary type or of one of its fields."""
    return string_hash(name.lower())


def schema_id(field_ids: Iterable[int]) -> int:
    """FNV-1 over the bytes of the field ids, in order; 0 without fields."""
    value: int | None = None
    for field_id in field_ids:
        if value is None:
            value = FNV1_OFFSET
        for shift in (0, 8, 16, 24):
            value = as_int32((value ^ ((field_id >> shift) & 0xFF)) * FNV1_PRIME)
    return value or 0


def partition_of(key_hash: int, partitions: int) -> int:
    """The partition that the rendezvous affinity gives a key."""
    if partitions & (partitions - 1) == 0:
        bits = key_hash & 0xFFFF_FFFF
        return (bits ^ (bits >> 16)) & (partitions - 1)
    return abs(key_hash) % partitions
