"""The reference decoder: PlainBuffer rows one cell after the other.

The checksum of each row is compared with those of its cells. The values themselves are guarded by the MD5 of the whole
answer, which the SDK has compared before.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, NoReturn

from services.errors import ProtocolError
from services.stores.tablestore.codec import tags

_INT32: Final = struct.Struct("<i")
_INT64: Final = struct.Struct("<q")
_DOUBLE: Final = struct.Struct("<d")


class Cell(NamedTuple):
    """One cell: `kind` of `tags`, the value as int, float, bool, str or bytes, milliseconds or None."""

    name: str
    kind: int
    value: Any
    timestamp: int | None = None


@dataclass(frozen=True, slots=True)
class CellRow:
    """One row; a column of several versions comes several times among the cells, the newest first."""

    key: list[Cell]
    cells: list[Cell]


def broken(what: str) -> NoReturn:
    """Refuse the bytes.

    Raises:
        ProtocolError: always.
    """
    raise ProtocolError(
        f"rows of the server cannot be read: {what}", hint="Try again; if it stays, report it with the request id."
    )


def read_rows(data: bytes) -> list[CellRow]:
    """All rows of a buffer; an empty buffer has none.

    Raises:
        ProtocolError: the bytes are not PlainBuffer.
    """
    if not data:
        return []
    try:
        return _Reader(data).rows()
    except (IndexError, struct.error) as error:
        raise ProtocolError("rows of the server cannot be read: they are cut short") from error


def read_row(data: bytes) -> CellRow | None:
    """The row of a buffer that holds one, None of an empty one."""
    rows = read_rows(data)
    if len(rows) > 1:
        broken(f"one row was expected, {len(rows)} came")
    return rows[0] if rows else None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = len(tags.HEADER)
        self._crc = 0

    def rows(self) -> list[CellRow]:
        if not self._data.startswith(tags.HEADER):
            broken("the header is missing")
        rows = []
        while self._at < len(self._data):
            rows.append(self._row())
        return rows

    def _row(self) -> CellRow:
        self._crc = 0
        self._expect(tags.ROW_KEY, "a row")
        key = self._cells()
        if not 1 <= len(key) <= tags.MAX_KEY_COLUMNS:
            broken(f"a key of {len(key)} columns")
        cells: list[Cell] = []
        if self._data[self._at] == tags.ROW_DATA:
            self._at += 1
            cells = self._cells()
        is_deleted = self._data[self._at] == tags.DELETE_MARKER
        self._at += is_deleted
        self._expect(tags.ROW_CHECKSUM, "the checksum of a row")
        if self._data[self._at] != tags.CRC_TABLE[self._crc ^ is_deleted]:
            broken("the checksum of a row is wrong")
        self._at += 1
        return CellRow(key, cells)

    def _expect(self, tag: int, what: str) -> None:
        if self._data[self._at] != tag:
            broken(f"{what} was expected at byte {self._at}")
        self._at += 1

    def _cells(self) -> list[Cell]:
        cells = []
        while self._data[self._at] == tags.CELL:
            self._at += 1
            cells.append(self._cell())
        return cells

    def _cell(self) -> Cell:
        self._expect(tags.CELL_NAME, "a name")
        name = self._text(self._sized(self._int32()), "a name")
        self._expect(tags.CELL_VALUE, f"the value of {name}")
        size = self._int32()
        kind = self._data[self._at]
        self._at += 1
        start = self._at
        value = self._value(kind, name)
        if self._at - start != size - 1:
            broken(f"the size of {name} is wrong")
        timestamp = None
        if self._data[self._at] == tags.CELL_TIMESTAMP:
            (timestamp,) = _INT64.unpack_from(self._data, self._at + 1)
            self._at += 9
        self._expect(tags.CELL_CHECKSUM, f"the checksum of {name}")
        self._crc = tags.CRC_TABLE[self._crc ^ self._data[self._at]]
        self._at += 1
        return Cell(name, kind, value, timestamp)

    def _value(self, kind: int, name: str) -> Any:
        data, at = self._data, self._at
        if kind == tags.STRING:
            return self._text(self._sized(self._int32()), name)
        if kind == tags.BINARY:
            return self._sized(self._int32())
        if kind not in tags.FIXED_WIDTH:
            broken(f"{name} has the unknown type {kind}")
        self._at += tags.FIXED_WIDTH[kind]
        if kind == tags.INTEGER:
            return _INT64.unpack_from(data, at)[0]
        if kind == tags.DOUBLE:
            return _DOUBLE.unpack_from(data, at)[0]
        if data[at] > 1:
            broken(f"{name} is neither true nor false")
        return data[at] == 1

    def _int32(self) -> int:
        (value,) = _INT32.unpack_from(self._data, self._at)
        self._at += 4
        return int(value)

    def _sized(self, length: int) -> bytes:
        end = self._at + length
        if length < 0 or end > len(self._data):
            broken("a length leads out of the answer")
        found = self._data[self._at : end]
        self._at = end
        return found

    @staticmethod
    def _text(data: bytes, what: str) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            broken(f"{what} is not UTF-8")
