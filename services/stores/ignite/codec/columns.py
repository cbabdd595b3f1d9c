"""Turning the cells of a column into Arrow, one type tag at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from services.stores.ignite.codec import column_enums, column_scalars, tags
from services.stores.ignite.codec.arrow import Ints, Mask
from services.stores.ignite.codec.cells import Cells, null_mask
from services.stores.ignite.codec.column_arrays import ARRAY_DECODERS
from services.stores.ignite.codec.column_objects import objects, wrapped_objects
from services.stores.ignite.codec.generic import type_word
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.pieces import MAX_PIECES, Column, Piece, assemble, wire_piece

PieceDecoder = Callable[[PageBuffer, Cells, Mask | None], list[Piece]]
"""Decodes cells of one tag; where the mask is false stands a null. Pieces that leave cells out say their rows."""


def column(buffer: PageBuffer, name: str, cells: Cells) -> Column:
    """The cells as an Arrow column: plain, nullable, or a dense union where types mix."""
    count = len(cells)
    valid = null_mask(cells)
    kinds = _kinds(cells, valid)
    if len(kinds) == 1:
        pieces = _decode(buffer, kinds[0], cells, valid)
    else:
        pieces = []
        for tag in kinds:
            rows = np.flatnonzero(cells.tags == tag)
            pieces += [placed(piece, rows) for piece in _decode(buffer, tag, cells.at(rows), None)]
    if len(pieces) > MAX_PIECES:
        pieces = [wire_piece(buffer, tags.OBJECT_WORD, cells.starts, cells.ends, None, valid)]
    return assemble(name, pieces, count, valid)


def _kinds(cells: Cells, valid: Mask | None) -> list[int]:
    """The tags of the cells, without null."""
    if valid is not None and not valid.any():
        return []
    if cells.only >= 0:
        return [cells.only]
    found = np.flatnonzero(np.bincount(cells.tags, minlength=256)).tolist()
    return [tag for tag in found if tag != tags.NULL]


def placed(piece: Piece, rows: Ints) -> Piece:
    """A piece of some rows, told by their place in the whole column."""
    return Piece(piece.array, piece.field, rows if piece.rows is None else rows[piece.rows])


def _decode(buffer: PageBuffer, tag: int, cells: Cells, valid: Mask | None) -> list[Piece]:
    decoder = DECODERS.get(tag)
    if decoder is not None:
        return decoder(buffer, cells, valid)
    if valid is not None:
        rows = np.flatnonzero(valid)
        return [placed(piece, rows) for piece in _by_kind(buffer, tag, cells.at(rows))]
    return _by_kind(buffer, tag, cells)


def _by_kind(buffer: PageBuffer, tag: int, cells: Cells) -> list[Piece]:
    """Cells that stay bytes; collections and maps apart by their kind."""
    if tag not in (tags.COLLECTION, tags.MAP):
        word = type_word(buffer.data, int(cells.starts[0]), buffer.resolver)
        return [wire_piece(buffer, word, cells.starts, cells.ends, None)]
    words = tags.COLLECTION_WORDS if tag == tags.COLLECTION else tags.MAP_WORDS
    kinds = cells.gather(buffer, "i1", 5)
    pieces = []
    for kind in np.unique(kinds).tolist():
        rows = np.flatnonzero(kinds == kind)
        word = words.get(kind, f"{words[0]}({kind})")
        pieces.append(wire_piece(buffer, word, cells.starts[rows], cells.ends[rows], rows))
    return pieces


DECODERS: Final[dict[int, PieceDecoder]] = {
    **column_scalars.DECODERS,
    **column_enums.DECODERS,
    **ARRAY_DECODERS,
    tags.OBJECT: partial(objects, decode=column),
    tags.WRAPPED: partial(wrapped_objects, decode=column),
}
