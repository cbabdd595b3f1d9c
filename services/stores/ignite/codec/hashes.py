"""The hashes of Java and of Ignite by which caches, types, fields and schemas are named on the wire."""

from __future__ import annotations

import struct
from collections.abc import Iterable

_FNV_BASIS = 0x811C9DC5
_FNV_PRIME = 0x01000193


def _signed(value: int) -> int:
    value &= 0xFFFFFFFF
    return value - 0x1_0000_0000 if value & 0x8000_0000 else value


def _utf16_units(text: str) -> tuple[int, ...]:
    data = text.encode("utf-16-le", "surrogatepass")
    return struct.unpack(f"<{len(data) // 2}H", data)


def java_hash(text: str) -> int:
    """`String.hashCode`: over UTF-16 units, so a character outside the BMP counts as two."""
    value = 0
    for unit in _utf16_units(text):
        value = (31 * value + unit) & 0xFFFFFFFF
    return _signed(value)


def cache_id(name: str) -> int:
    """The id of a cache."""
    return java_hash(name)


def _lower(unit: int) -> int:
    # Java lowers unit by unit and never lengthens, unlike str.lower on a whole text.
    return unit if 0xD800 <= unit <= 0xDFFF else ord(chr(unit).lower()[0])


def name_id(name: str) -> int:
    """The id of a binary type or of a field: the hash of the name in lower case."""
    value = 0
    for unit in _utf16_units(name):
        value = (31 * value + _lower(unit)) & 0xFFFFFFFF
    return _signed(value)


def schema_id(field_ids: Iterable[int]) -> int:
    """The id of a schema: FNV-1 over the little-endian bytes of its field ids in order, 0 for no fields."""
    value = 0
    for field_id in field_ids:
        value = value or _FNV_BASIS
        for shift in (0, 8, 16, 24):
            value = ((value ^ (field_id >> shift & 0xFF)) * _FNV_PRIME) & 0xFFFFFFFF
    return _signed(value)


def bytes_hash(data: bytes | bytearray | memoryview) -> int:
    """`Arrays.hashCode(byte[])`: the hash code of a binary object over the bytes of its fields."""
    value = 1
    for byte in data:
        value = (31 * value + (byte - 256 if byte > 127 else byte)) & 0xFFFFFFFF
    return _signed(value)
