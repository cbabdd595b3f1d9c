"""Decoding many variable-length pieces of a byte array at once."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Ints: TypeAlias = npt.NDArray[np.int64]

LONG_PIECES: Final = 256
"""Mean bytes of a piece above which copying piece by piece is cheaper than an index of every byte."""
MAX_SHIFT: Final = 63


def gather(data: Bytes, starts: Ints, lengths: Ints) -> Bytes:
    """The pieces one after the other, as one array."""
    total = int(lengths.sum())
    if total > LONG_PIECES * max(len(starts), 1):
        pieces = [data[start : start + length] for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)]
        return np.concatenate(pieces)
    firsts = np.cumsum(lengths) - lengths
    return data[np.repeat(starts - firsts, lengths) + np.arange(total, dtype=np.int64)]


def varints(data: Bytes, positions: Ints) -> tuple[Ints, Ints]:
    """The number at each position, and the positions after them.

    Positions beyond the array read its last byte, and a number that is too long is cut: the caller compares where the
    numbers end with where they should.
    """
    last = len(data) - 1
    if last < 0:
        return np.zeros(len(positions), np.int64), positions + 1
    first = data[np.minimum(positions, last)]
    values = (first & 0x7F).astype(np.int64)
    after = positions + 1
    open_ones = np.nonzero(first >= 0x80)[0]
    shift = 7
    while len(open_ones) and shift < MAX_SHIFT:
        more = data[np.minimum(after[open_ones], last)]
        values[open_ones] |= (more & 0x7F).astype(np.int64) << shift
        after[open_ones] += 1
        open_ones = open_ones[more >= 0x80]
        shift += 7
    return values, after


def packed(data: Bytes, lengths: Ints) -> tuple[Ints, Ints] | None:
    """The numbers of packed lists that lie one after the other, and how many each list has; None when one is cut."""
    if not len(data):
        return np.zeros(0, np.int64), np.zeros(len(lengths), np.int64)
    is_end = data < 0x80
    bounds = np.cumsum(lengths)
    if not is_end[bounds[lengths > 0] - 1].all():
        return None
    ends = np.nonzero(is_end)[0]
    starts = np.concatenate([[0], ends[:-1] + 1])
    values, _ = varints(data, starts)
    before = np.concatenate([[0], np.cumsum(is_end)])
    return values, before[bounds] - before[bounds - lengths]


def joined(parts: list[Any]) -> Any:
    """The arrays one after the other; no copy of a single one."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
