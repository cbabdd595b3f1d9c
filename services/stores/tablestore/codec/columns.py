"""Columns from pieces: cells of one type each. Absent stays absent, mixed types become a dense union."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from services.results.marks import ABSENT_WORD, NULL_METADATA
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.arrow import Array, Field, Ints, build, taken
from services.stores.tablestore.codec.cells import CellRow, broken
from services.stores.types import KEY_METADATA, TYPE_METADATA

ARROW_TYPES: Final = {
    tags.INTEGER: pa.int64(),
    tags.DOUBLE: pa.float64(),
    tags.BOOLEAN: pa.bool_(),
    tags.STRING: pa.string(),
    tags.BINARY: pa.binary(),
}


@dataclass(slots=True)
class Piece:
    """Some cells of a column, all of one kind.

    Attributes:
        rows: which rows of the page they are, each at most once in a column; None for all of them in order.
    """

    kind: int
    array: Array
    rows: Ints | None = None


Pieces = dict[str, list[Piece]]


def marked_field(name: str, kind: Any, word: str, *, is_key: bool, has_absent: bool) -> Field:
    """A field with the marks of the contract."""
    metadata: dict[bytes | str, bytes | str] = {}
    if word:
        metadata[TYPE_METADATA] = word.encode()
    if is_key:
        metadata[KEY_METADATA] = b"1"
    if has_absent:
        metadata[NULL_METADATA] = ABSENT_WORD.encode()
    return pa.field(name, kind, metadata=metadata)


def assemble(keys: Pieces, attributes: Pieces, count: int) -> pa.RecordBatch:
    """A page: the columns of the key in their order, then the others by name.

    Raises:
        ProtocolError: a name is in both parts, or a key is not whole.
    """
    arrays, fields = [], []
    for name, pieces in keys.items():
        field, array = column_of(name, pieces, count, is_key=True)
        if array.null_count or name in attributes:
            broken(f"the key column {name} is not once in every row")
        arrays.append(array)
        fields.append(field)
    for name in sorted(attributes, key=str.encode):
        field, array = column_of(name, attributes[name], count, is_key=False)
        arrays.append(array)
        fields.append(field)
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def column_of(name: str, pieces: list[Piece], count: int, *, is_key: bool) -> tuple[Field, Array]:
    merged = [_merged([piece for piece in pieces if piece.kind == kind], count) for kind in tags.WORDS]
    present = [piece for piece in merged if piece is not None]
    if len(present) > 1:
        return _union(name, present, count, is_key=is_key)
    (piece,) = present
    array = piece.array
    if piece.rows is not None:
        array = taken(array, *_places(piece.rows, count))
    has_absent = len(piece.array) < count
    word = tags.WORDS[piece.kind]
    return marked_field(name, array.type, word, is_key=is_key, has_absent=has_absent), array


def _merged(pieces: list[Piece], count: int) -> Piece | None:
    """The pieces of one kind as one, its rows ascending."""
    if not pieces:
        return None
    if len(pieces) == 1 and pieces[0].rows is None:
        return pieces[0]
    rows = np.concatenate([np.arange(count) if piece.rows is None else piece.rows for piece in pieces])
    array = pieces[0].array if len(pieces) == 1 else pa.concat_arrays([piece.array for piece in pieces])
    if len(rows) > 1 and not (rows[1:] > rows[:-1]).all():
        order = np.argsort(rows, kind="stable")
        rows, array = rows[order], taken(array, order)
    return Piece(pieces[0].kind, array, None if len(rows) == count else rows)


def _places(rows: Ints, count: int) -> tuple[Ints, Any]:
    """Where each row's value is among the present ones, and which rows have none."""
    places = np.zeros(count, np.int64)
    is_absent = np.ones(count, np.bool_)
    places[rows] = np.arange(len(rows))
    is_absent[rows] = False
    return places, is_absent


def _union(name: str, pieces: list[Piece], count: int, *, is_key: bool) -> tuple[Field, Array]:
    """A dense union with a child a kind, and one for the rows without the column."""
    codes = np.full(count, len(pieces), np.int8)
    offsets = np.zeros(count, np.int32)
    for code, piece in enumerate(pieces):
        rows = np.arange(count) if piece.rows is None else piece.rows
        codes[rows] = code
        offsets[rows] = np.arange(len(rows), dtype=np.int32)
    children = [piece.array for piece in pieces]
    names = [tags.WORDS[piece.kind] for piece in pieces]
    absent = np.flatnonzero(codes == len(pieces))
    if len(absent):
        offsets[absent] = np.arange(len(absent), dtype=np.int32)
        children.append(pa.nulls(len(absent)))
        names.append(ABSENT_WORD)
    array = pa.UnionArray.from_dense(build(codes), build(offsets), children, names)
    return marked_field(name, array.type, "", is_key=is_key, has_absent=False), array


def batch_of(rows: Sequence[CellRow]) -> pa.RecordBatch:
    """Decoded rows as a page; of a column with several versions the newest counts.

    Raises:
        ProtocolError: the rows have different keys, or a name is twice in a key.
    """
    names = [cell.name for cell in rows[0].key] if rows else []
    if len(set(names)) != len(names) or any([cell.name for cell in row.key] != names for row in rows):
        broken("its rows have different keys")
    keys = _gathered([[(cell.name, cell.kind, cell.value) for cell in row.key] for row in rows])
    attributes = _gathered([[(cell.name, cell.kind, cell.value) for cell in row.cells] for row in rows])
    return assemble({name: keys[name] for name in names}, attributes, len(rows))


def _gathered(rows: list[list[tuple[str, int, Any]]]) -> Pieces:
    found: dict[str, dict[int, tuple[list[int], list[Any]]]] = {}
    for index, cells in enumerate(rows):
        for name, kind, value in cells:
            kinds = found.setdefault(name, {})
            if any(places and places[-1] == index for places, _ in kinds.values()):
                continue
            places, values = kinds.setdefault(kind, ([], []))
            places.append(index)
            values.append(value)
    return {
        name: [
            Piece(kind, build(values, ARROW_TYPES[kind]), np.array(places, np.int64))
            for kind, (places, values) in kinds.items()
        ]
        for name, kinds in found.items()
    }
