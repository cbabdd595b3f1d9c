"""PlainBuffer: the wire form of rows, with its checksums.

Little endian. A 4-byte header 0x75 once, then rows back to back. A row: tag 1 and the key's cells, tag 2 and the other
cells, tag 8 when it is a deletion, tag 9 and a crc. A cell: tags 3, 4 (name), 5 (value), 6 (operation), 7 (timestamp),
10 (crc). The crc8 has polynomial 7; a cell's covers name, value with its type byte, timestamp and operation in this
order, a row's the cells' checksums and one byte for the deletion mark.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from services.sandbox.tablestore.errors import invalid
from services.sandbox.tablestore.values import AUTO_INCREMENT, INF_MAX, INF_MIN, Bound, Value

HEADER = b"\x75\0\0\0"
ROW_KEY, ROW_DATA, CELL, NAME, VALUE, OPERATION, TIMESTAMP, DELETION, ROW_CRC, CELL_CRC = range(1, 11)
INTEGER, DOUBLE, BOOLEAN, STRING, NULL, BLOB = 0, 1, 2, 3, 6, 7
DELETE_ALL, DELETE_ONE, INCREMENT = 1, 3, 4
_BOUNDS: dict[int, Bound] = {9: INF_MIN, 10: INF_MAX, 11: AUTO_INCREMENT}
_BOUND_TYPES = {id(bound): number for number, bound in _BOUNDS.items()}
_INT32, _INT64, _FLOAT = struct.Struct("<i"), struct.Struct("<q"), struct.Struct("<d")
_FIXED = {INTEGER: 8, DOUBLE: 8, BOOLEAN: 1}


def _make_table() -> bytes:
    table = bytearray()
    for number in range(256):
        crc = number
        for _ in range(8):
            crc = (crc << 1 ^ 7) & 0xFF if crc & 0x80 else crc << 1
        table.append(crc)
    return bytes(table)


CRC_TABLE = _make_table()


def crc8(crc: int, data: bytes) -> int:
    """Goes on with a checksum over more bytes."""
    table = CRC_TABLE
    for byte in data:
        crc = table[crc ^ byte]
    return crc


@dataclass(slots=True)
class Cell:
    """A cell of a request; without a value it is a deletion."""

    name: str
    value: Value | Bound | None = None
    operation: int = 0
    timestamp: int | None = None


@dataclass(slots=True)
class WireRow:
    """A row of a request."""

    key: list[Cell]
    cells: list[Cell]
    is_deletion: bool = False


def write_value(value: Value | Bound) -> bytes:
    """The bare form of a value: its type and payload."""
    if isinstance(value, bool):
        return b"\x02\x01" if value else b"\x02\x00"
    if isinstance(value, int):
        return b"\x00" + _INT64.pack(value)
    if isinstance(value, str):
        data = value.encode()
        return b"\x03" + _INT32.pack(len(data)) + data
    if isinstance(value, float):
        return b"\x01" + _FLOAT.pack(value)
    if isinstance(value, bytes):
        return b"\x07" + _INT32.pack(len(value)) + value
    return bytes((_BOUND_TYPES[id(value)],))


@lru_cache(maxsize=4096)
def _write_name(name: str) -> tuple[bytes, int]:
    data = name.encode()
    return b"\x03\x04" + _INT32.pack(len(data)) + data + b"\x05", crc8(0, data)


def write_cell(name: str, value: Value | Bound, timestamp: int | None = None) -> bytes:
    """A cell of an answer; its last byte is its checksum."""
    head, crc = _write_name(name)
    payload = write_value(value)
    crc = crc8(crc, payload)
    if timestamp is None:
        return b"%b%b%b\x0a%c" % (head, _INT32.pack(len(payload)), payload, crc)
    time = _INT64.pack(timestamp)
    return b"%b%b%b\x07%b\x0a%c" % (head, _INT32.pack(len(payload)), payload, time, crc8(crc, time))


def join_row(key: Iterable[bytes], cells: Iterable[bytes] = ()) -> bytes:
    """A row of written cells, without the header."""
    crc = 0
    parts = [b"\x01"]
    for cell in key:
        parts.append(cell)
        crc = CRC_TABLE[crc ^ cell[-1]]
    is_first = True
    for cell in cells:
        if is_first:
            parts.append(b"\x02")
            is_first = False
        parts.append(cell)
        crc = CRC_TABLE[crc ^ cell[-1]]
    parts.append(bytes((ROW_CRC, CRC_TABLE[crc])))
    return b"".join(parts)


def read_row(data: bytes) -> WireRow:
    """The one row of a buffer with a header."""
    rows = read_rows(data)
    if len(rows) != 1:
        raise invalid(f"The PlainBuffer holds {len(rows)} rows where one is expected.")
    return rows[0]


def read_rows(data: bytes) -> list[WireRow]:
    """All rows of a buffer with a header.

    Raises:
        OtsError: the bytes are no PlainBuffer, or a checksum is wrong.
    """
    if data[:4] != HEADER:
        raise invalid("The PlainBuffer has no header.")
    return list(_walk(data, 4))


def unpack_row(data: bytes) -> tuple[list[Any], list[tuple[str, int, Any]]]:
    """The key and the cells (name, timestamp, value) of a row without a header that we wrote: fast, unchecked."""
    at, key, cells = 1, [], []
    while data[at] != ROW_CRC:
        if data[at] == ROW_DATA:
            at += 1
        begin = at + 6
        at = begin + _INT32.unpack_from(data, at + 2)[0]
        name = data[begin:at]
        kind = data[at + 5]
        end = at + 5 + _INT32.unpack_from(data, at + 1)[0]
        if kind == INTEGER:
            value: Any = _INT64.unpack_from(data, at + 6)[0]
        elif kind == STRING:
            value = data[at + 10 : end].decode()
        elif kind == DOUBLE:
            value = _FLOAT.unpack_from(data, at + 6)[0]
        else:
            value = data[at + 6] == 1 if kind == BOOLEAN else data[at + 10 : end]
        if data[end] == TIMESTAMP:
            cells.append((name.decode(), _INT64.unpack_from(data, end + 1)[0], value))
            end += 9
        else:
            key.append(value)
        at = end + 2
    return key, cells


def read_value(data: bytes) -> Value:
    """A value in its bare form, as filters and queries carry it."""
    value = read_bound(data)
    if isinstance(value, Bound):
        raise invalid("A value is expected where there is none.")
    return value


def read_bound(data: bytes) -> Value | Bound:
    """A bare key value or bound."""
    try:
        value = _Reader(data, 0).value(len(data))
    except (struct.error, UnicodeDecodeError) as error:
        raise invalid("A value ends early or is no text.") from error
    if value is None:
        raise invalid("A value cannot be null here.")
    return value


def _walk(data: bytes, start: int) -> Iterable[WireRow]:
    reader = _Reader(data, start)
    try:
        while reader.at < len(data):
            yield reader.row()
    except (IndexError, struct.error, UnicodeDecodeError, KeyError) as error:
        raise invalid("The PlainBuffer ends early or holds what is no row.") from error


class _Reader:
    """A place in a buffer, moving on."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def _expect(self, tag: int) -> None:
        if self.data[self.at] != tag:
            raise invalid(f"The PlainBuffer has tag {self.data[self.at]} where {tag} is expected.")
        self.at += 1

    def _is_next(self, tag: int) -> bool:
        if self.at < len(self.data) and self.data[self.at] == tag:
            self.at += 1
            return True
        return False

    def _take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.data):
            raise invalid("The PlainBuffer ends early.")
        self.at += size
        return self.data[self.at - size : self.at]

    def row(self) -> WireRow:
        key: list[Cell] = []
        cells: list[Cell] = []
        crc = 0
        self._expect(ROW_KEY)
        while self._is_next(CELL):
            cell, cell_crc = self.cell()
            key.append(cell)
            crc = CRC_TABLE[crc ^ cell_crc]
        if self._is_next(ROW_DATA):
            while self._is_next(CELL):
                cell, cell_crc = self.cell()
                cells.append(cell)
                crc = CRC_TABLE[crc ^ cell_crc]
        is_deletion = self._is_next(DELETION)
        self._expect(ROW_CRC)
        if self._take(1)[0] != CRC_TABLE[crc ^ is_deletion]:
            raise invalid("The checksum of a PlainBuffer row is wrong.")
        return WireRow(key, cells, is_deletion)

    def cell(self) -> tuple[Cell, int]:
        self._expect(NAME)
        name = self._take(_INT32.unpack(self._take(4))[0])
        cell = Cell(name.decode())
        crc = crc8(0, name)
        if self._is_next(VALUE):
            size = _INT32.unpack(self._take(4))[0]
            begin = self.at
            cell.value = self.value(size)
            crc = crc8(crc, self.data[begin : self.at])
        if self._is_next(OPERATION):
            cell.operation = self._take(1)[0]
        if self._is_next(TIMESTAMP):
            time = self._take(8)
            cell.timestamp = _INT64.unpack(time)[0]
            crc = crc8(crc, time)
        if cell.operation:
            crc = CRC_TABLE[crc ^ cell.operation]
        self._expect(CELL_CRC)
        if self._take(1)[0] != crc:
            raise invalid(f"The checksum of PlainBuffer cell {cell.name!r} is wrong.")
        return cell, crc

    def value(self, size: int) -> Value | Bound | None:
        """A value of that many bytes with its type."""
        if size < 1:
            raise invalid("The PlainBuffer has an empty value.")
        kind = self._take(1)[0]
        if kind in _BOUNDS:
            return _BOUNDS[kind]
        if kind == NULL:
            return None
        if kind in _FIXED:
            payload = self._take(_FIXED[kind])
            if kind == INTEGER:
                return int(_INT64.unpack(payload)[0])
            return float(_FLOAT.unpack(payload)[0]) if kind == DOUBLE else payload != b"\0"
        if kind not in (STRING, BLOB):
            raise invalid(f"The PlainBuffer has a value of type {kind}.")
        payload = self._take(_INT32.unpack(self._take(4))[0])
        return payload.decode() if kind == STRING else payload
