"""Columns of numbers, texts, times and identifiers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from services.stores.ignite.codec import tags, times
from services.stores.ignite.codec.arrow import Array, Mask, Numbers, bitmap, build, field, from_numpy, memory, rows_of
from services.stores.ignite.codec.cells import Cells
from services.stores.ignite.codec.column_decimals import decimals
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.pieces import Piece, wire_piece

PieceDecoder = Callable[[PageBuffer, Cells, Mask | None], list[Piece]]

_MAX_NS_MS: Final = (2**63 - 1) // times.MS - 1

NUMBERS: Final = {
    tags.BYTE: ("i1", pa.int8()),
    tags.SHORT: ("<i2", pa.int16()),
    tags.INT: ("<i4", pa.int32()),
    tags.LONG: ("<i8", pa.int64()),
    tags.FLOAT: ("<f4", pa.float32()),
    tags.DOUBLE: ("<f8", pa.float64()),
}


def _numbers(buffer: PageBuffer, cells: Cells, valid: Mask | None, *, tag: int) -> list[Piece]:
    code, kind = NUMBERS[tag]
    array = from_numpy(kind, cells.gather(buffer, code, 1, valid), valid)
    word = tags.SCALAR_WORDS[tag]
    return [Piece(array, field(word, kind, word))]


def _bools(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    bits = memory(np.packbits(cells.gather(buffer, "u1", 1, valid) != 0, bitorder="little"))
    array = build(pa.bool_(), len(cells), [bitmap(valid), bits])
    return [Piece(array, field("Bool", pa.bool_(), "Bool"))]


def split(
    buffer: PageBuffer,
    cells: Cells,
    valid: Mask | None,
    fits: Mask,
    word: str,
    decode: Callable[[Cells, Mask | None], Piece],
) -> list[Piece]:
    """Cells that fit the natural Arrow type as such, the others as bytes."""
    if valid is not None:
        fits = fits & valid
    if fits.all() or (valid is not None and bool((fits == valid).all())):
        return [decode(cells, valid)]
    good = np.flatnonzero(fits)
    bad = np.flatnonzero(~fits if valid is None else ~fits & valid)
    pieces = [wire_piece(buffer, word, cells.starts[bad], cells.ends[bad], bad)]
    if len(good):
        piece = decode(cells.at(good), None)
        pieces.insert(0, Piece(piece.array, piece.field, good))
    return pieces


def _strings(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    starts = cells.starts + 5
    if valid is not None:
        starts = np.where(valid, starts, cells.ends)
    found = buffer.slices(starts, cells.ends, valid)
    try:
        return [Piece(found.cast(pa.string()), field("String", pa.string(), "String"))]
    except pa.ArrowInvalid:
        return _broken_strings(found)


def _broken_strings(found: Array) -> list[Piece]:
    """Strings of which some are not UTF-8: those stay bytes."""
    values = found.to_pylist()
    is_text = np.array([value is not None and _is_utf8(value) for value in values])
    is_bytes = np.array([value is not None and not _is_utf8(value) for value in values])
    texts, raws = np.flatnonzero(is_text), np.flatnonzero(is_bytes)
    word = tags.STRING_BYTES_WORD
    pieces = [Piece(rows_of(found, raws), field(word, pa.binary(), word), raws)]
    if len(texts):
        array = rows_of(found, texts).cast(pa.string())
        pieces.insert(0, Piece(array, field("String", pa.string(), "String"), texts))
    return pieces


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _byte_arrays(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    starts = cells.starts + 5
    if valid is not None:
        starts = np.where(valid, starts, cells.ends)
    array = buffer.slices(starts, cells.ends, valid)
    return [Piece(array, field(tags.BYTE_ARRAY_WORD, pa.binary(), tags.BYTE_ARRAY_WORD))]


def _uuids(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    pairs = np.empty((len(cells), 2), ">u8")
    pairs[:, 0] = cells.gather(buffer, "<u8", 1, valid)
    pairs[:, 1] = cells.gather(buffer, "<u8", 9, valid)
    array = from_numpy(pa.binary(16), pairs, valid)
    return [Piece(array, field("UUID", pa.binary(16), "UUID"))]


def _chars(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    units = cells.gather(buffer, "<u2", 1, valid)
    fits = (units < 0xD800) | (units > 0xDFFF)

    def decode(some: Cells, valid: Mask | None) -> Piece:
        texts = [chr(unit) for unit in some.gather(buffer, "<u2", 1, valid).tolist()]
        array = pa.array(texts, pa.string(), mask=None if valid is None else ~valid)
        return Piece(array, field("Char", pa.string(), "Char"))

    return split(buffer, cells, valid, fits, "Char", decode)


def _dates(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    kind = pa.timestamp("ms", tz=buffer.zone)
    array = from_numpy(kind, cells.gather(buffer, "<i8", 1, valid), valid)
    return [Piece(array, field("Date", kind, "Date"))]


def _timestamps(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    """Nanoseconds since 1970; what 64 bits of them do not reach (before 1677, after 2262) stays bytes."""
    epoch_ms = cells.gather(buffer, "<i8", 1, valid)
    nanos = cells.gather(buffer, "<i4", 9, valid)
    kind = pa.timestamp("ns", tz=buffer.zone)

    def piece(epoch_ms: Numbers, nanos: Numbers, valid: Mask | None) -> Piece:
        array = from_numpy(kind, epoch_ms * times.MS + nanos, valid)
        return Piece(array, field("Timestamp", kind, "Timestamp"))

    if _reached(epoch_ms.min(), epoch_ms.max(), nanos.min(), nanos.max()):
        return [piece(epoch_ms, nanos, valid)]
    fits = (epoch_ms >= -_MAX_NS_MS) & (epoch_ms <= _MAX_NS_MS) & (nanos >= 0) & (nanos < times.MS)

    def decode(some: Cells, valid: Mask | None) -> Piece:
        return piece(some.gather(buffer, "<i8", 1, valid), some.gather(buffer, "<i4", 9, valid), valid)

    return split(buffer, cells, valid, fits, "Timestamp", decode)


def _reached(least_ms: int, most_ms: int, least_nanos: int, most_nanos: int) -> bool:
    """Whether 64 bits of nanoseconds reach all of these."""
    return bool(least_ms >= -_MAX_NS_MS and most_ms <= _MAX_NS_MS and least_nanos >= 0 and most_nanos < times.MS)


def _times(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    """Times of day in the server's zone; what is not within one day stays bytes."""
    offset = times.time_offset_ms(buffer.zone)
    epoch_ms = cells.gather(buffer, "<i8", 1, valid)
    fits = (epoch_ms >= -offset) & (epoch_ms < times.DAY_MS - offset)
    zone = (b"storedeck.zone", buffer.zone)

    def decode(some: Cells, valid: Mask | None) -> Piece:
        values = (some.gather(buffer, "<i8", 1, valid) + offset).astype(np.int32)
        array = from_numpy(pa.time32("ms"), values, valid)
        return Piece(array, field("Time", pa.time32("ms"), "Time", (zone,)))

    return split(buffer, cells, valid, fits, "Time", decode)


DECODERS: Final[dict[int, PieceDecoder]] = {
    **{tag: partial(_numbers, tag=tag) for tag in NUMBERS},
    tags.BOOL: _bools,
    tags.CHAR: _chars,
    tags.STRING: _strings,
    tags.BYTE_ARRAY: _byte_arrays,
    tags.UUID: _uuids,
    tags.DATE: _dates,
    tags.TIMESTAMP: _timestamps,
    tags.TIME: _times,
    tags.DECIMAL: decimals,
}
