"""Documents of a snapshot as pages of Arrow columns, and single ones as exact values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from services.cancel import CancelToken
from services.errors import NotFound
from services.stores.ikv.columns import Cells, column
from services.stores.ikv.index.arrays import Bytes, Ints, gather, joined
from services.stores.ikv.index.mounted import Snapshot
from services.stores.ikv.index.segment import Segment
from services.stores.ikv.index.values import BY_LENGTH, TOMBSTONE, WIDTHS, Places
from services.stores.ikv.types import NAMES, NUMBERS, STRING, decode, guessed
from services.stores.types import Count, Page, RowQuery
from services.values import Typed

PAGE_ROWS: Final = 1024
PAGE_BYTES: Final = 16 << 20
KEY_FIELD: Final = 0


@dataclass(frozen=True, slots=True)
class Entries:
    """The fields of some documents of one segment.

    Attributes:
        rows: which of the documents, counted from 0.
        field_ids: which field.
    """

    rows: Ints
    field_ids: Ints
    places: Places


def entries_of(segment: Segment, first: int, rows: int) -> Entries:
    """The fields of the documents from `first` on; tombstones are left out."""
    bounds = segment.bounds[first : first + rows + 1]
    which = slice(int(bounds[0]), int(bounds[-1]))
    places = segment.values.places(segment.offsets[which].astype(np.int64))
    owners = np.repeat(np.arange(rows), np.diff(bounds))
    field_ids = segment.field_ids[which].astype(np.int64)
    is_there = places.types != TOMBSTONE
    if is_there.all():
        return Entries(owners, field_ids, places)
    return Entries(owners[is_there], field_ids[is_there], places.chosen(is_there))


@dataclass(frozen=True, slots=True)
class Piece:
    """Documents of one segment that belong to a page: their keys, and their fields with the bytes at hand."""

    keys: pa.BinaryArray
    entries: Entries
    data: Bytes


def piece_of(segment: Segment, first: int, rows: int, wanted: Ints) -> Piece:
    """As many of the documents from `first` on as a page holds: at least one.

    Args:
        wanted: ids of the fields that are read.
    """
    entries = entries_of(segment, first, rows)
    chosen = np.isin(entries.field_ids, wanted)
    kept = Entries(entries.rows[chosen], entries.field_ids[chosen], entries.places.chosen(chosen))
    sizes = np.cumsum(np.bincount(kept.rows, kept.places.lengths, rows)) if len(kept.rows) else np.zeros(rows)
    fitting = max(1, int(np.searchsorted(sizes, PAGE_BYTES, side="right")))
    if fitting < rows:
        end = int(np.searchsorted(kept.rows, fitting))
        kept = Entries(kept.rows[:end], kept.field_ids[:end], kept.places.chosen(slice(0, end)))
    keys: Any = segment.keys.slice(first, min(fitting, rows))
    return Piece(keys, kept, segment.values.bytes_at(kept.places))


def read_pages(snapshot: Snapshot, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
    """The documents in the order of the segments, at least one page.

    Raises:
        NotFound: a column is asked for that no field is called.
    """
    columns = chosen_fields(snapshot, query.columns)
    page_rows = query.page_rows or PAGE_ROWS
    left = snapshot.rows if query.limit is None else min(query.limit, snapshot.rows)
    count = Count.exact(snapshot.rows)
    pieces: list[Piece] = []
    held = size = 0
    for segment in snapshot.segments:
        first = 0
        while first < segment.rows and left:
            cancel.check()
            piece = piece_of(segment, first, min(segment.rows - first, page_rows - held, left), wanted_ids(columns))
            pieces.append(piece)
            first += len(piece.keys)
            left -= len(piece.keys)
            held += len(piece.keys)
            size += len(piece.data)
            if held == page_rows or size >= PAGE_BYTES:
                yield Page(batch_of(snapshot, pieces, columns), count)
                pieces, held, size = [], 0, 0
    if pieces or not snapshot.rows or query.limit == 0:
        yield Page(batch_of(snapshot, pieces, columns), count)


def chosen_fields(snapshot: Snapshot, names: Sequence[str]) -> list[tuple[int, str]]:
    """Ids and names of the columns: those asked for in that order, or the key and all fields."""
    fields = snapshot.schema.fields
    if not names:
        return list(fields.items())
    ids = {name: identifier for identifier, name in fields.items()}
    missing = [name for name in names if name not in ids]
    if missing:
        raise NotFound(
            f"{missing[0]}: no field of that name in the index", hint=f"Its fields are {', '.join(list(ids)[:20])}."
        )
    return [(ids[name], name) for name in names]


def wanted_ids(columns: list[tuple[int, str]]) -> Ints:
    """The ids to read: those of the columns, and the key's for the type of the keys."""
    return np.array(sorted({KEY_FIELD, *(identifier for identifier, _ in columns)}), np.int64)


def batch_of(snapshot: Snapshot, pieces: list[Piece], columns: list[tuple[int, str]]) -> pa.RecordBatch:
    """The documents of some pieces as one batch."""
    rows = sum(len(piece.keys) for piece in pieces)
    built = []
    for identifier, name in columns:
        if identifier == KEY_FIELD:
            built.append(column(name, _key_cells(pieces), rows, is_key=True))
        else:
            cells = _cells(pieces, identifier)
            built.append(column(name, cells, rows, usual="" if len(cells.rows) else usual_type(snapshot, identifier)))
    return pa.RecordBatch.from_arrays([array for _, array in built], schema=pa.schema([field for field, _ in built]))


def _cells(pieces: list[Piece], identifier: int) -> Cells:
    """The values of one field in all pieces."""
    parts, before = [], 0
    for piece in pieces:
        entries = piece.entries
        which = np.nonzero(entries.field_ids == identifier)[0]
        lengths = entries.places.lengths
        starts = (np.cumsum(lengths) - lengths)[which]
        data = gather(piece.data, starts, lengths[which])
        parts.append(Cells(entries.rows[which] + before, entries.places.types[which], lengths[which], data))
        before += len(piece.keys)
    if not parts:
        return Cells(np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.uint8))
    return Cells(
        joined([part.rows for part in parts]),
        joined([part.types for part in parts]),
        joined([part.lengths for part in parts]),
        joined([part.data for part in parts]),
    )


def _key_cells(pieces: list[Piece]) -> Cells:
    """The keys of all pieces, of the type that the key's own field has where it is still there."""
    keys = [key.as_py() for piece in pieces for key in piece.keys]
    found = _cells(pieces, KEY_FIELD)
    types = np.zeros(len(keys), np.uint8)
    types[found.rows] = found.types
    lengths = np.array([len(key) for key in keys], np.int64)
    is_odd = (WIDTHS[types] != BY_LENGTH) & (WIDTHS[types] != lengths)
    for row in np.nonzero(is_odd | (types == TOMBSTONE))[0].tolist():
        types[row] = NUMBERS[guessed(keys[row])]
    return Cells(np.arange(len(keys)), types, lengths, np.frombuffer(b"".join(keys), np.uint8))


def usual_type(snapshot: Snapshot, identifier: int) -> str:
    """The type of the first value of a field that is found, STRING without any."""
    for segment in snapshot.segments:
        at = np.nonzero(segment.field_ids == identifier)[0][:1]
        if len(at):
            number = int(segment.values.places(segment.offsets[at].astype(np.int64)).types[0])
            if number != TOMBSTONE:
                return NAMES[number]
    return STRING


def read_document(snapshot: Snapshot, number: int, row: int) -> dict[str, Typed]:
    """One document whole, the key first; fields that it lacks are left out."""
    segment = snapshot.segments[number]
    entries = entries_of(segment, row, 1)
    data = segment.values.bytes_at(entries.places).tobytes()
    key = segment.keys[row].as_py()
    ends = np.cumsum(entries.places.lengths).tolist()
    found: dict[str, Typed] = {snapshot.schema.primary_key: _key_value(key, entries)}
    start = 0
    for identifier, kind, end in zip(entries.field_ids.tolist(), entries.places.types.tolist(), ends, strict=True):
        name = snapshot.schema.fields.get(identifier)
        if name is not None and identifier != KEY_FIELD:
            found[name] = Typed(NAMES[kind], decode(NAMES[kind], data[start:end]))
        start = end
    return found


def _key_value(key: bytes, entries: Entries) -> Typed:
    at = np.nonzero(entries.field_ids == KEY_FIELD)[0]
    word = NAMES[int(entries.places.types[at[0]])] if len(at) else guessed(key)
    return Typed(word, decode(word, key))
