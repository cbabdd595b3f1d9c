"""The segment of a key: FxHash as the vendor's Rust index computes it on a 64-bit machine.

A byte slice is hashed with its length first, then in words of 8 bytes, one of 4, and single bytes, each
`(rotate_left(hash, 5) ^ word) * 0x517cc1b727220a95` (crate fxhash 0.2.1).
"""

from __future__ import annotations

import struct

SEGMENTS = 16
_SEED = 0x517C_C1B7_2722_0A95
_MASK = 0xFFFF_FFFF_FFFF_FFFF


def fxhash(data: bytes) -> int:
    """The hash of a byte slice, 64 bits, unsigned."""
    size = len(data)
    whole = size >> 3
    words = [size, *struct.unpack_from(f"<{whole}Q", data)]
    at = whole << 3
    if size - at >= 4:
        words += struct.unpack_from("<I", data, at)
        at += 4
    words += data[at:]
    value = 0
    for word in words:
        value = ((value << 5 & _MASK | value >> 59) ^ word) * _SEED & _MASK
    return value


def segment_of(key: bytes) -> int:
    """The number of the segment that holds a key."""
    return fxhash(key) % SEGMENTS
