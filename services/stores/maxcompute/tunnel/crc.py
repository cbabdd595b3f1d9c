"""CRC32C of long bodies from those of their pieces, so that every byte is summed once."""

from __future__ import annotations

from functools import cache
from typing import Final

POLYNOMIAL: Final = 0x82F63B78
"""CRC32C's, reflected."""

Tables = tuple[tuple[int, ...], ...]


def joined(first: int, second: int, tables: Tables) -> int:
    """The sum of two pieces behind one another, from their sums.

    Args:
        tables: `shifts` of the second piece's length.
    """
    one, two, three, four = tables
    shifted = one[first & 255] ^ two[first >> 8 & 255] ^ three[first >> 16 & 255] ^ four[first >> 24]
    return shifted ^ second


@cache
def shifts(length: int) -> Tables:
    """What so many bytes of zero do to a sum, for each value of its four bytes."""
    operator = _operator(8 * length)
    return tuple(tuple(_times(operator, byte << place) for byte in range(256)) for place in (0, 8, 16, 24))


def _operator(bits: int) -> list[int]:
    """The matrix over two elements, a column an int, that stands for so many bits of zero."""
    power = [POLYNOMIAL, *(1 << place for place in range(31))]
    product = [1 << place for place in range(32)]
    while bits:
        if bits & 1:
            product = [_times(power, column) for column in product]
        power = [_times(power, column) for column in power]
        bits >>= 1
    return product


def _times(matrix: list[int], vector: int) -> int:
    total = 0
    for column in matrix:
        if vector & 1:
            total ^= column
        vector >>= 1
    return total
