"""Columns of decimals: 128 bits where they fit, 256 where not, apart by scale so that 1.5 and 1.50 stay apart."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa

from services.stores.ignite.codec.arrow import Ints, Mask, Numbers, field, from_numpy
from services.stores.ignite.codec.cells import Cells
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.pieces import Piece, wire_piece
from services.stores.ignite.codec.scalars import decimal_value

_MASKS: Final = np.array([(1 << (8 * size)) - 1 for size in range(9)], np.uint64)
_LIMIT_HIGH: Final = 10**38 >> 64
_LIMIT_LOW: Final = np.uint64(10**38 & (1 << 64) - 1)
_MAX_DIGITS: Final = 76
_SCALES: Final = range(-38, 39)


def decimals(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    """One piece a scale; what no Arrow decimal holds (77 digits, negative zero, odd scales) stays bytes."""
    scales = cells.gather(buffer, "<i4", 1, valid)
    sizes = cells.gather(buffer, "<i4", 5, valid)
    first = int(scales[0] if valid is None else scales[np.argmax(valid)])
    is_same = scales == first if valid is None else (scales == first) | ~valid
    if first in _SCALES and is_same.all():
        whole = _small(buffer, cells, valid, sizes, first)
        if whole is not None:
            return [whole]
    rows = np.arange(len(cells)) if valid is None else np.flatnonzero(valid)
    pieces = []
    for scale in np.unique(scales[rows]).tolist():
        pieces += _of_scale(buffer, cells, sizes, rows[scales[rows] == scale], scale)
    return pieces


def _small(buffer: PageBuffer, cells: Cells, valid: Mask | None, sizes: Numbers, scale: int) -> Piece | None:
    """Decimals of one scale in 128 bits, None where one does not fit."""
    sizes = sizes if valid is None else np.where(valid, sizes, 0)
    longest = int(sizes.max())
    if longest > 16:
        return None
    words, is_zero_negative = _words(buffer, cells, sizes, longest)
    if is_zero_negative:
        return None
    if longest > 8 and not _within_38_digits(words):
        return None
    kind = pa.decimal128(38, scale)
    return Piece(from_numpy(kind, words, valid, len(cells)), field("Decimal", kind, "Decimal"))


def _words(buffer: PageBuffer, cells: Cells, sizes: Numbers, longest: int) -> tuple[Numbers, bool]:
    """Magnitude and sign as two's complement of 128 bits, and whether a zero has a sign."""
    is_held = sizes > 0
    tops = buffer.gather("u1", np.where(is_held, cells.starts + 9, 0))
    negative = is_held & (tops >= 0x80)
    low = buffer.gather(">u8", np.maximum(cells.ends - 8, 0)).astype(np.uint64)
    low &= _MASKS[np.minimum(sizes, 8)]
    words = np.empty((len(cells), 2), np.uint64)
    if longest <= 8:
        low &= ~np.where(negative, np.uint64(1) << (8 * np.maximum(sizes, 1) - 1).astype(np.uint64), np.uint64(0))
        high = np.zeros(len(cells), np.uint64)
    else:
        high = buffer.gather(">u8", np.maximum(cells.ends - 16, 0)).astype(np.uint64)
        high &= _MASKS[np.clip(sizes - 8, 0, 8)]
        bit = np.uint64(1) << ((8 * np.maximum(sizes, 1) - 1) % 64).astype(np.uint64)
        low &= ~np.where(negative & (sizes <= 8), bit, np.uint64(0))
        high &= ~np.where(negative & (sizes > 8), bit, np.uint64(0))
    is_zero_negative = bool((negative & (low == 0) & (high == 0)).any())
    words[:, 0] = np.where(negative, ~low + np.uint64(1), low)
    words[:, 1] = np.where(negative, ~high + (low == 0), high)
    return words, is_zero_negative


def _within_38_digits(words: Numbers) -> bool:
    low, high = words[:, 0], words[:, 1]
    negative = high >= np.uint64(1 << 63)
    low, high = np.where(negative, ~low + np.uint64(1), low), np.where(negative, ~high + (low == 0), high)
    limit = np.uint64(_LIMIT_HIGH)
    return bool(((high < limit) | ((high == limit) & (low < _LIMIT_LOW))).all())


def _of_scale(buffer: PageBuffer, cells: Cells, sizes: Numbers, rows: Ints, scale: int) -> list[Piece]:
    """Decimals of one scale, told apart by what holds them."""
    some = cells.at(rows)
    if scale not in _SCALES:
        return [wire_piece(buffer, "Decimal", some.starts, some.ends, rows)]
    whole = _small(buffer, some, None, sizes[rows], scale)
    if whole is not None:
        return [Piece(whole.array, whole.field, rows)]
    return _large(buffer, some, rows, scale)


def _large(buffer: PageBuffer, cells: Cells, rows: Ints, scale: int) -> list[Piece]:
    values = [_value(buffer, int(start), int(end), scale) for start, end in zip(cells.starts, cells.ends, strict=True)]
    sizes = np.array([-1 if value is None else len(value.as_tuple().digits) for value in values])
    groups = (
        (pa.decimal128(38, scale), (sizes >= 0) & (sizes <= 38)),
        (pa.decimal256(_MAX_DIGITS, scale), sizes > 38),
    )
    pieces = []
    for kind, mask in groups:
        if mask.any():
            array = pa.array([value for value, is_held in zip(values, mask, strict=True) if is_held], kind)
            pieces.append(Piece(array, field("Decimal", kind, "Decimal"), rows[mask]))
    others = sizes < 0
    if others.any():
        pieces.append(wire_piece(buffer, "Decimal", cells.starts[others], cells.ends[others], rows[others]))
    return pieces


def _value(buffer: PageBuffer, start: int, end: int, scale: int) -> Decimal | None:
    """The decimal of a cell, None where no Arrow decimal can hold it."""
    if end - start - 9 > 32:
        return None
    value = decimal_value(scale, buffer.data[start + 9 : end])
    if len(value.as_tuple().digits) > _MAX_DIGITS or (value.is_zero() and value.is_signed()):
        return None
    return value
