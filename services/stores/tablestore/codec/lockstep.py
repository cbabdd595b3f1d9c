"""The fast decoder: all rows of a page walked side by side with numpy, one cell a step.

Row starts are guessed by the bytes that every row begins with; then each header, size and row end is verified. What
does not fit (a value that holds those bytes, several versions of a cell, garbage) is left to the reference decoder, so
the two give the same page or the same refusal.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

from services.errors import ProtocolError
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.arrow import Array, Ints, build, memory
from services.stores.tablestore.codec.columns import Piece, Pieces, assemble
from services.stores.tablestore.codec.strings import as_text, gather

PADDING: Final = bytes(24)
"""Behind the page, so that a read of fixed width near its end stays inside the buffer."""

_NAME_AT: Final = 6
"""From the start of a cell to its name: two tags and the length."""

_VALUE = np.dtype([("size", "<i4"), ("kind", "u1"), ("integer", "<i8")])
_LENGTH = np.dtype([("size", "<i4"), ("kind", "u1"), ("length", "<i4"), ("rest", "<i4")])
_DOUBLES = np.dtype([("size", "<i4"), ("kind", "u1"), ("double", "<f8")])
_NO_NAME: Final = np.uint64(2**64 - 1)
_MAX_STEPS: Final = 5000


class UnknownShape(Exception):
    """The page is none that can be walked side by side; never leaves this package."""


def decode(data: bytes) -> pa.RecordBatch | None:
    """The page of a buffer with at least one row; None where the reference decoder has to look."""
    try:
        return _Walk(data).page()
    except (UnknownShape, IndexError, ValueError, ProtocolError):
        return None


def _need(holds: Any) -> None:
    if not holds:
        raise UnknownShape


class _Walk:
    def __init__(self, data: bytes) -> None:
        _need(data.startswith(tags.HEADER) and len(data) < 2**31 - 64)
        self._size = len(data)
        self._data = data + PADDING
        self._buffer = memory(self._data)
        self._bytes = np.frombuffer(self._data, np.uint8)
        self._values = self._view(_VALUE.itemsize)
        self._int32 = np.ndarray((len(self._data) - 3,), "<i4", self._data, strides=(1,))
        starts = self._row_starts()
        self._count = len(starts)
        self._ends = np.append(starts[1:], self._size)
        self._at = starts + 1
        self._crc = np.zeros(self._count, np.uint8)

    def _view(self, width: int) -> Any:
        """Every run of `width` bytes of the buffer, by where it starts."""
        return np.ndarray((len(self._data) - width + 1,), f"V{width}", self._data, strides=(1,))

    def _row_starts(self) -> Ints:
        """Where the bytes stand with which the first row starts: the tag of a row and the head of its first cell."""
        head = self._data[4:5] + self._head_at(5)
        found = np.sort(np.concatenate([self._pairs(head[:2], shift) for shift in (0, 1)]))
        _need(len(found))
        is_start = self._view(len(head))[found].view(np.uint8).reshape(-1, len(head)) == np.frombuffer(head, np.uint8)
        starts: Ints = found[is_start.all(axis=1)]
        _need(len(starts) and starts[0] == 4 and head[0] == tags.ROW_KEY)
        return starts

    def _pairs(self, pair: bytes, shift: int) -> Ints:
        """Where two bytes stand, at even places or at odd ones: looking at pairs is twice as fast as at bytes."""
        pairs = np.frombuffer(self._data, "<u2", (self._size - shift) // 2, shift)
        found: Ints = np.flatnonzero(pairs == int.from_bytes(pair, "little")) * 2 + shift
        return found

    def _head_at(self, at: int) -> bytes:
        """The head of the cell at a place: its tags, its name, and the tag of its value."""
        length = int(self._int32[at + 2])
        end = at + _NAME_AT + length + 1
        _need(length >= 0 and end <= self._size)
        head = self._data[at:end]
        _need(head[0] == tags.CELL and head[1] == tags.CELL_NAME and head[-1] == tags.CELL_VALUE)
        return head

    def page(self) -> pa.RecordBatch:
        keys = self._keys()
        attributes = _Attributes(self).read()
        return assemble(keys, attributes, self._count)

    def _keys(self) -> Pieces:
        """The cells of the key, which are the same in every row."""
        keys: Pieces = {}
        while self._bytes[self._at[0]] == tags.CELL:
            head = self._head_at(int(self._at[0]))
            name = head[_NAME_AT:-1].decode("utf-8")
            _need(name not in keys and len(keys) < tags.MAX_KEY_COLUMNS and self.are_at(head, self._at).all())
            keys[name] = self.read_cells(None, len(head))
        return keys

    def are_at(self, head: bytes, at: Ints) -> Any:
        """Which of the places hold a head, as a mask."""
        found = self._view(len(head))[at]
        if found.tobytes() == head * len(at):
            return np.ones(len(at), np.bool_)
        rows: Any = found.view(np.uint8).reshape(-1, len(head)) == np.frombuffer(head, np.uint8)
        return rows.all(axis=1)

    def read_cells(self, rows: Ints | None, head: int) -> list[Piece]:
        """Read the cell at which each of the rows stands, and step behind it.

        Args:
            head: bytes before the value, the same in all of the cells.
        """
        at = (self._at if rows is None else self._at[rows]) + head
        found = self._values[at]
        kinds = found.view(_VALUE)["kind"]
        first = int(kinds[0])
        if (kinds == first).all():
            return [self._read_kind(first, rows, at, found)]
        return [self._read_some(kind, rows, at, found, kinds == kind) for kind in np.unique(kinds).tolist()]

    def _read_some(self, kind: int, rows: Ints | None, at: Ints, found: Any, mask: Any) -> Piece:
        some = np.flatnonzero(mask)
        return self._read_kind(kind, some if rows is None else rows[some], at[some], found[some])

    def _read_kind(self, kind: int, rows: Ints | None, at: Ints, found: Any) -> Piece:
        values = found.view(_VALUE)
        if kind in tags.FIXED_WIDTH:
            width = tags.FIXED_WIDTH[kind]
            _need((values["size"] == width + 1).all())
            array: Any = _fixed(kind, found)
            ends = at + (5 + width)
        else:
            _need(kind in (tags.STRING, tags.BINARY))
            lengths = found.view(_LENGTH)["length"].astype(np.int64)
            ends = at + 9 + lengths
            _need((lengths >= 0).all() and (values["size"] == lengths + 5).all() and (ends <= self._size).all())
            array = gather(self._buffer, at + 9, ends)
            array = as_text(array) if kind == tags.STRING else array
            _need(array is not None)
        self._step(rows, ends)
        return Piece(kind, array, rows)

    def _step(self, rows: Ints | None, ends: Ints) -> None:
        """Go behind the timestamp and the checksum that follow a value."""
        has_time = self._bytes[ends] == tags.CELL_TIMESTAMP
        tails = ends + 9 if has_time.all() else ends + 9 * has_time
        _need((self._bytes[tails] == tags.CELL_CHECKSUM).all())
        stated = self._bytes[tails + 1]
        if rows is None:
            self._crc = tags.CRC_LOOKUP[self._crc ^ stated]
            self._at = tails + 2
        else:
            self._crc[rows] = tags.CRC_LOOKUP[self._crc[rows] ^ stated]
            self._at[rows] = tails + 2

    @property
    def places(self) -> Ints:
        """Where each row stands."""
        return self._at

    @property
    def raw(self) -> Any:
        """The bytes of the page and the padding."""
        return self._bytes

    def names_at(self, at: Ints) -> tuple[Any, Ints]:
        """The first eight bytes of the name of each cell, as numbers in the order of the names, and the lengths."""
        lengths = self._int32[at + 2].astype(np.int64)
        _need((lengths > 0).all() and (lengths < self._size).all() and (self._bytes[at + 1] == tags.CELL_NAME).all())
        first = self._view(8)[at + _NAME_AT].view(">u8").astype(np.uint64)
        unused = (8 * np.maximum(8 - lengths, 0)).astype(np.uint64)
        return first >> unused << unused, lengths

    def head_of(self, row: int) -> bytes:
        """The head of the cell at which a row stands."""
        return self._head_at(int(self._at[row]))

    def end_rows(self) -> None:
        """Verify that every row ends where the next one starts, with the right checksum."""
        at = self._at
        is_deleted = self._bytes[at] == tags.DELETE_MARKER
        at = at + is_deleted
        crc = tags.CRC_LOOKUP[self._crc ^ is_deleted]
        _need((self._bytes[at] == tags.ROW_CHECKSUM).all() and (self._bytes[at + 1] == crc).all())
        _need((at + 2 == self._ends).all())


def _fixed(kind: int, found: Any) -> Array:
    if kind == tags.INTEGER:
        return build(found.view(_VALUE)["integer"].copy())
    if kind == tags.DOUBLE:
        return build(found.view(_DOUBLES)["double"].copy())
    truth = found.view(np.uint8).reshape(-1, _VALUE.itemsize)[:, 5]
    _need((truth <= 1).all())
    return build(truth == 1)


class _Attributes:
    """The attribute cells: rows may lack columns, so a step takes one column in the rows that stand at it."""

    def __init__(self, walk: _Walk) -> None:
        self._walk = walk
        self._found: Pieces = {}
        self._seen: dict[str, Any] = {}

    def read(self) -> Pieces:
        walk = self._walk
        has_data = walk.raw[walk.places] == tags.ROW_DATA
        walk.places[:] += has_data
        if has_data.all():
            self._read_even()
        self._read_ragged()
        walk.end_rows()
        return self._found

    def _read_even(self) -> None:
        """Columns that all rows have, until a step where they differ."""
        walk = self._walk
        while walk.raw[walk.places[0]] == tags.CELL:
            head = walk.head_of(0)
            if not walk.are_at(head, walk.places).all():
                return
            name = head[_NAME_AT:-1].decode("utf-8")
            _need(name not in self._found)
            self._found[name] = walk.read_cells(None, len(head))
            self._seen[name] = None

    def _read_ragged(self) -> None:
        """The first name in order among the cells at which rows stand, in those rows; and so on until all are done."""
        walk = self._walk
        count = len(walk.places)
        names, lengths = np.full(count, _NO_NAME), np.zeros(count, np.int64)
        moved = np.arange(count)
        for _ in range(_MAX_STEPS):
            self._look(moved, names, lengths)
            row = int(names.argmin())
            if names[row] == _NO_NAME:
                return
            head = walk.head_of(row)
            moved = np.flatnonzero((names == names[row]) & (lengths == lengths[row]))
            if len(head) > _NAME_AT + 9:
                moved = moved[walk.are_at(head, walk.places[moved])]
            else:
                _need((walk.raw[walk.places[moved] + len(head) - 1] == tags.CELL_VALUE).all())
            self._take(head, moved)
        raise UnknownShape

    def _look(self, rows: Ints, names: Any, lengths: Ints) -> None:
        """See which cell follows in rows that went a step."""
        at = self._walk.places[rows]
        is_cell = self._walk.raw[at] == tags.CELL
        names[rows[~is_cell]] = _NO_NAME
        rows, at = rows[is_cell], at[is_cell]
        if len(rows):
            names[rows], lengths[rows] = self._walk.names_at(at)

    def _take(self, head: bytes, rows: Ints) -> None:
        name = head[_NAME_AT:-1].decode("utf-8")
        seen = self._seen.setdefault(name, np.zeros(len(self._walk.places), np.bool_))
        _need(seen is not None and not seen[rows].any())
        seen[rows] = True
        self._found.setdefault(name, []).extend(self._walk.read_cells(rows, len(head)))
