"""Constants of PlainBuffer, and the type words of its values.

PlainBuffer is little endian: a header of four bytes once, then rows back to back without a count. A row is the key's
cells, the attribute cells and a checksum; a cell has a name, a value with its type, a timestamp and a checksum.
"""

from __future__ import annotations

from typing import Final

import numpy as np

HEADER: Final = b"\x75\x00\x00\x00"
ROW_KEY: Final = 0x01
ROW_DATA: Final = 0x02
CELL: Final = 0x03
CELL_NAME: Final = 0x04
CELL_VALUE: Final = 0x05
CELL_TIMESTAMP: Final = 0x07
DELETE_MARKER: Final = 0x08
ROW_CHECKSUM: Final = 0x09
CELL_CHECKSUM: Final = 0x0A

INTEGER: Final = 0x0
DOUBLE: Final = 0x1
BOOLEAN: Final = 0x2
STRING: Final = 0x3
BINARY: Final = 0x7

WORDS: Final = {INTEGER: "Integer", STRING: "String", DOUBLE: "Double", BOOLEAN: "Boolean", BINARY: "Binary"}
"""The type word of each kind of value, in the order in which a mixed column lists them."""

FIXED_WIDTH: Final = {INTEGER: 8, DOUBLE: 8, BOOLEAN: 1}
"""Bytes of a payload of fixed size; texts and bytes have a length of four bytes in front."""

MAX_KEY_COLUMNS: Final = 4


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte << 1) ^ (0x07 if byte & 0x80 else 0)
        table.append(byte & 0xFF)
    return table


CRC_TABLE: Final = _crc_table()
"""crc8 with the polynomial 0x07; a row's goes over those of its cells, then over 1 if it is deleted, else 0."""

CRC_LOOKUP: Final = np.array(CRC_TABLE, dtype=np.uint8)
