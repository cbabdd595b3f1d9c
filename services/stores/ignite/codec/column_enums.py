"""Columns of enumerations, and of what the JVM marshals itself (of which SQL DATE is read)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa

from services.stores.ignite.codec import tags, times
from services.stores.ignite.codec.arrow import Ints, Mask, Numbers, field, from_numpy
from services.stores.ignite.codec.cells import Cells
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.pieces import Piece, wire_piece
from services.times import Day

ENUM_METADATA: Final = b"storedeck.enum"
"""Field metadata of an enumeration: JSON with the id of its `type` and the `names` by ordinal."""

_MARK: Final = int.from_bytes(tags.SQL_DATE_MARK, "little")
_MARK_MASK: Final = (1 << 8 * len(tags.SQL_DATE_MARK)) - 1
_DATE_BYTES: Final = len(tags.SQL_DATE_MARK) + 8


def _jvm_values(buffer: PageBuffer, cells: Cells, valid: Mask | None) -> list[Piece]:
    sizes = cells.ends - cells.starts - 5
    is_date = sizes == _DATE_BYTES
    marks = buffer.gather("<u8", np.where(is_date, cells.starts + 5, 0)) if is_date.any() else sizes
    is_date &= (marks & _MARK_MASK) == _MARK
    others = np.flatnonzero(~is_date if valid is None else ~is_date & valid)
    pieces = []
    if is_date.any():
        pieces += _sql_dates(buffer, cells, np.flatnonzero(is_date))
    if len(others):
        some = cells.at(others)
        pieces.append(wire_piece(buffer, tags.JVM_WORD, some.starts, some.ends, others))
    return pieces


def _sql_dates(buffer: PageBuffer, cells: Cells, rows: Ints) -> list[Piece]:
    """Days in the server's zone; an instant that is nobody's midnight stays bytes."""
    some = cells.at(rows)
    epoch_ms, which = np.unique(some.gather(buffer, "<i8", 12), return_inverse=True)
    found = [times.day_or_moment(value, buffer.zone) for value in epoch_ms.tolist()]
    fits = np.array([isinstance(day, Day) and abs(day.epoch_days) < 2**31 for day in found])[which]
    days = np.array([day.epoch_days if isinstance(day, Day) else 0 for day in found])[which]
    pieces = []
    if fits.any():
        kind = pa.date32()
        zone = (b"storedeck.zone", buffer.zone)
        array = from_numpy(kind, days[fits].astype(np.int32), None)
        pieces.append(Piece(array, field(tags.SQL_DATE_WORD, kind, tags.SQL_DATE_WORD, (zone,)), rows[fits]))
    if not fits.all():
        odd = some.at(~fits)
        pieces.append(wire_piece(buffer, tags.SQL_DATE_WORD, odd.starts, odd.ends, rows[~fits]))
    return pieces


def _enums(buffer: PageBuffer, cells: Cells, valid: Mask | None, *, tag: int) -> list[Piece]:
    """One piece a type; enumerations of unregistered classes stay bytes."""
    rows = np.arange(len(cells)) if valid is None else np.flatnonzero(valid)
    some = cells.at(rows)
    type_ids = some.gather(buffer, "<i4", 1)
    pieces = []
    for type_id in np.unique(type_ids).tolist():
        mask = type_ids == type_id
        part = some.at(mask)
        if type_id == 0:
            pieces.append(wire_piece(buffer, tags.ENUM_WORDS[tag], part.starts, part.ends, rows[mask]))
        else:
            piece = _enum_of_type(buffer, tag, type_id, part.gather(buffer, "<i4", 5))
            pieces.append(Piece(piece.array, piece.field, rows[mask]))
    return pieces


def _enum_of_type(buffer: PageBuffer, tag: int, type_id: int, ordinals: Numbers) -> Piece:
    """Names where the cluster knows one for each number, numbers otherwise."""
    word = tags.ENUM_WORDS[tag]
    known = buffer.resolver(type_id, 0)
    literals = {} if known is None else known.literals
    used = set(np.unique(ordinals).tolist())
    names = {ordinal: literals[ordinal] for ordinal in sorted(used & literals.keys())}
    note = (ENUM_METADATA, json.dumps({"type": type_id, "names": names}))
    if len(names) < len(used) or len(set(names.values())) < len(names):
        return Piece(from_numpy(pa.int32(), ordinals, None), field(word, pa.int32(), word, (note,)))
    array = pa.array([names[ordinal] for ordinal in ordinals.tolist()], pa.string())
    return Piece(array, field(word, pa.string(), word, (note,)))


DECODERS: Final[dict[int, Callable[[PageBuffer, Cells, Mask | None], list[Piece]]]] = {
    tags.JVM: _jvm_values,
    **{tag: partial(_enums, tag=tag) for tag in tags.ENUM_WORDS},
}
