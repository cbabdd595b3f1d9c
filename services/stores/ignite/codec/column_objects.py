"""Columns of binary objects: one type and schema becomes a struct whose fields are columns themselves.

The footer of every object says where its fields lie, so fields are gathered without walking. An object that is not
self-contained after being taken apart (a back-reference leads from one field into another), that is raw, or whose
schema nobody knows stays bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa

from services.errors import ProtocolError
from services.stores.ignite.codec import tags
from services.stores.ignite.codec.arrow import Ints, Mask, build, field
from services.stores.ignite.codec.cells import Cells
from services.stores.ignite.codec.object_fields import FieldCells, locate_fields
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.pieces import Column, Piece, wire_piece
from services.stores.ignite.codec.reader import ByteReader
from services.stores.ignite.codec.schemas import ObjectHeader, read_header

_MAX_DEPTH: Final = 12
_MAX_FIELDS: Final = 2000
_CLASS_FLAGS: Final = tags.HAS_SCHEMA | tags.HAS_RAW | tags.COMPACT_FOOTER

ColumnDecoder = Callable[[PageBuffer, str, Cells], Column]


def objects(buffer: PageBuffer, cells: Cells, valid: Mask | None, decode: ColumnDecoder) -> list[Piece]:
    """Bare objects."""
    rows = np.arange(len(cells)) if valid is None else np.flatnonzero(valid)
    some = cells if valid is None else cells.at(rows)
    return _objects(buffer, some, some, rows, decode)


def wrapped_objects(buffer: PageBuffer, cells: Cells, valid: Mask | None, decode: ColumnDecoder) -> list[Piece]:
    """Objects in the wrapping in which caches answer them."""
    rows = np.arange(len(cells)) if valid is None else np.flatnonzero(valid)
    some = cells if valid is None else cells.at(rows)
    roots = buffer.gather("<i4", some.ends - 4)
    starts, limits = some.starts + 5 + roots, some.ends - 4
    fits = (roots >= 0) & (starts + tags.HEADER_BYTES <= limits)
    fits &= buffer.u8[np.where(fits, starts, 0)] == tags.OBJECT
    fits &= starts + buffer.gather("<i4", np.where(fits, starts + 12, 0)) <= limits
    pieces = []
    if not fits.all():
        odd = some.at(~fits)
        pieces.append(wire_piece(buffer, tags.WRAPPED_WORD, odd.starts, odd.ends, rows[~fits]))
        some, starts, limits, rows = some.at(fits), starts[fits], limits[fits], rows[fits]
    if len(rows):
        pieces += _objects(buffer, Cells(some.tags, starts, limits), some, rows, decode)
    return pieces


def _objects(buffer: PageBuffer, inner: Cells, outer: Cells, rows: Ints, decode: ColumnDecoder) -> list[Piece]:
    """Pieces by type and schema; `outer` are the same objects with their wrapping, for those that stay bytes."""
    classes = (
        inner.gather(buffer, "<i4", 4),
        inner.gather(buffer, "<i4", 16),
        inner.gather(buffer, "<u2", 2) & _CLASS_FLAGS,
    )
    if all((part == part[0]).all() for part in classes):
        return _one_class(buffer, inner, outer, rows, decode)
    pieces = []
    distinct, which = np.unique(np.stack(classes, axis=1), axis=0, return_inverse=True)
    for index in range(len(distinct)):
        mask = which.reshape(-1) == index
        pieces += _one_class(buffer, inner.at(mask), outer.at(mask), rows[mask], decode)
    return pieces


def _one_class(buffer: PageBuffer, inner: Cells, outer: Cells, rows: Ints, decode: ColumnDecoder) -> list[Piece]:
    start, end = int(inner.starts[0]), int(inner.ends[0])
    try:
        header = read_header(ByteReader(buffer.data, start, end), buffer.resolver)
    except ProtocolError:
        return [wire_piece(buffer, tags.OBJECT_WORD, outer.starts, outer.ends, rows)]
    is_registered = int(buffer.gather("<i4", inner.starts[:1] + 4)[0]) != 0
    if not header.is_readable or not header.names or not is_registered or buffer.depth >= _MAX_DEPTH:
        return [wire_piece(buffer, header.word, outer.starts, outer.ends, rows)]
    found = locate_fields(buffer, header, inner)
    pieces = []
    if not found.good.all():
        bad = ~found.good
        pieces.append(wire_piece(buffer, header.word, outer.starts[bad], outer.ends[bad], rows[bad]))
        rows, inner = rows[found.good], inner.at(found.good)
        found = found.only_good()
    if len(rows):
        pieces.insert(0, _struct(buffer, header, found, rows, decode))
    return pieces


def _struct(buffer: PageBuffer, header: ObjectHeader, found: FieldCells, rows: Ints, decode: ColumnDecoder) -> Piece:
    assert header.names is not None
    buffer.depth += 1
    made = [decode(buffer, name, cells) for name, cells in zip(header.names, found.columns, strict=True)]
    buffer.depth -= 1
    kind = pa.struct([item.field for item in made])
    array = build(kind, len(rows), [None], [item.array for item in made])
    return Piece(array, field(header.word, kind, header.word), rows)
