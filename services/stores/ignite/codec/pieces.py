"""Putting a column together from pieces: cells of one type each, and nulls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.arrow import Array, Field, Ints, Mask, build, field, memory
from services.stores.ignite.codec.page_buffer import PageBuffer

WIRE: tuple[bytes, str] = (b"storedeck.wire", "1")
MAX_PIECES = 120


@dataclass(slots=True)
class Piece:
    """Some cells of a column as an Arrow array of one type.

    Attributes:
        rows: which rows of the column these are; None for all of them, nulls included.
        field: type and metadata; its name is the type word.
    """

    array: Array
    field: Field
    rows: Ints | None = None


@dataclass(slots=True)
class Column:
    """A finished column.

    Attributes:
        bad: rows of which this column cannot stand on its own (a reference leads out of it); None if there are none.
    """

    array: Array
    field: Field
    bad: Mask | None = None


def assemble(name: str, pieces: list[Piece], count: int, valid: Mask | None) -> Column:
    """The column of all pieces: plain where there is one type, a dense union where types mix."""
    pieces = [piece for piece in pieces if piece.rows is None or len(piece.rows)]
    if not pieces:
        kind = pa.null()
        return Column(pa.nulls(count), field(name, kind, tags.NULL_WORD))
    if len(pieces) == 1:
        array = pieces[0].array
        rows = pieces[0].rows
        if rows is not None and len(rows) < count:
            array = _spread(array, rows, count)
        return Column(array, pieces[0].field.with_name(name))
    return _union(name, pieces, count, valid)


def _spread(array: Array, rows: Ints, count: int) -> Array:
    """The array with nulls between its elements."""
    where = np.zeros(count, np.int64)
    where[rows] = np.arange(len(rows))
    missing = np.ones(count, np.bool_)
    missing[rows] = False
    taken: Array = array.take(pa.array(where, pa.int64(), mask=missing))
    return taken


def _union(name: str, pieces: list[Piece], count: int, valid: Mask | None) -> Column:
    if valid is not None:
        nulls = np.flatnonzero(~valid)
        pieces = [
            *pieces,
            Piece(pa.nulls(len(nulls)), field(tags.NULL_WORD, pa.null(), tags.NULL_WORD), nulls),
        ]
    which = np.zeros(count, np.int8)
    where = np.zeros(count, np.int32)
    for index, piece in enumerate(pieces):
        rows = np.arange(count) if piece.rows is None else piece.rows
        which[rows] = index
        where[rows] = np.arange(len(rows), dtype=np.int32)
    kind = pa.dense_union(_distinct_names([piece.field for piece in pieces]))
    buffers = [None, memory(which), memory(where)]
    array = build(kind, count, buffers, children=[piece.array for piece in pieces])
    return Column(array, field(name, kind, "Mixed"))


def _distinct_names(fields: list[Field]) -> list[Field]:
    seen: dict[str, int] = {}
    named = []
    for item in fields:
        seen[item.name] = seen.get(item.name, 0) + 1
        again = seen[item.name]
        named.append(item if again == 1 else item.with_name(f"{item.name} {again}"))
    return named


def wire_piece(
    buffer: PageBuffer, word: str, starts: Ints, ends: Ints, rows: Ints | None, valid: Mask | None = None
) -> Piece:
    """Cells kept as the bytes of their objects, read on demand."""
    array = buffer.slices(starts, ends, valid)
    zone = (b"storedeck.zone", buffer.zone)
    return Piece(array, field(word, pa.binary(), word, (WIRE, zone)), rows)
