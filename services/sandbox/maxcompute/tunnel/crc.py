"""CRC32C over a body in one pass: the checksum of two parts follows from the checksums of each."""

from __future__ import annotations

from functools import cache

from google_crc32c import extend, value

_Tables = tuple[list[int], list[int], list[int], list[int]]


@cache
def _tables(size: int) -> _Tables:
    """What each byte of a checksum becomes when `size` more bytes follow; the checksum is linear in its bits."""
    zeros = bytes(size)
    nothing = value(zeros)
    bits = [extend(1 << bit, zeros) ^ nothing for bit in range(32)]
    tables: list[list[int]] = []
    for first in range(0, 32, 8):
        table = [0] * 256
        for byte in range(1, 256):
            low = byte & -byte
            table[byte] = table[byte ^ low] ^ bits[first + low.bit_length() - 1]
        tables.append(table)
    return tables[0], tables[1], tables[2], tables[3]


class RunningChecksum:
    """The checksum of all chunks so far; each is `size` bytes long and known by its own checksum."""

    def __init__(self, size: int) -> None:
        self._tables = _tables(size)
        self.value = 0

    def add(self, checksum: int) -> None:
        """Takes the checksum of the next chunk."""
        total, (first, second, third, fourth) = self.value, self._tables
        self.value = (
            first[total & 255] ^ second[total >> 8 & 255] ^ third[total >> 16 & 255] ^ fourth[total >> 24] ^ checksum
        )
