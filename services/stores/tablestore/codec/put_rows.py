"""New rows as PlainBuffer: what the SDK writes byte by byte through several calls each, in one pass.

A cell is tag, name, tag, size, type, payload, tag, checksum; all of it before the payload, and the checksum so far,
are the same for all cells of one name and type.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from services.stores.tablestore.codec import tags

Cells = Sequence[tuple[str, Any]]

_TABLE: Final = bytes(tags.CRC_TABLE)
_INT32: Final = struct.Struct("<i").pack
_INT64: Final = struct.Struct("<q").pack
_DOUBLE: Final = struct.Struct("<d").pack
_CELL_END: Final = bytes((tags.CELL_CHECKSUM,))
_HEAD: Final = tags.HEADER + bytes((tags.ROW_KEY,))
_DATA: Final = bytes((tags.ROW_DATA,))
_END: Final = bytes((tags.ROW_CHECKSUM,))


def _crc(crc: int, data: bytes) -> int:
    table = _TABLE
    for byte in data:
        crc = table[crc ^ byte]
    return crc


@lru_cache(maxsize=4096)
def _cell_head(name: str, kind: int) -> tuple[bytes, int]:
    """A cell up to its value's tag, and its checksum after the type."""
    data = name.encode()
    head = bytes((tags.CELL, tags.CELL_NAME)) + _INT32(len(data)) + data + bytes((tags.CELL_VALUE,))
    return head, _crc(_crc(0, data), bytes((kind,)))


def _cell(name: str, value: Any) -> tuple[bytes, int] | None:
    """A cell and its checksum; None for a value that is none of the five types."""
    match value:
        case bool():
            kind, payload = tags.BOOLEAN, b"\x01" if value else b"\x00"
        case int():
            kind, payload = tags.INTEGER, _INT64(value)
        case float():
            kind, payload = tags.DOUBLE, _DOUBLE(value)
        case str():
            data = value.encode()
            kind, payload = tags.STRING, _INT32(len(data)) + data
        case bytearray():
            kind, payload = tags.BINARY, _INT32(len(value)) + bytes(value)
        case _:
            return None
    head, crc = _cell_head(name, kind)
    crc = _crc(crc, payload)
    return b"".join((head, _INT32(1 + len(payload)), bytes((kind,)), payload, _CELL_END, bytes((crc,)))), crc


def put_row(key: Cells, columns: Cells) -> bytes | None:
    """A row to put; None where it holds what only the SDK knows how to write, such as a numbered key."""
    parts = [_HEAD]
    crc = 0
    for place, cells in enumerate((key, columns or ())):
        if place and cells:
            parts.append(_DATA)
        for cell in cells:
            made = _cell(*cell) if len(cell) == 2 else None
            if made is None:
                return None
            parts.append(made[0])
            crc = _TABLE[crc ^ made[1]]
    return b"".join((*parts, _END, bytes((_TABLE[crc],))))
