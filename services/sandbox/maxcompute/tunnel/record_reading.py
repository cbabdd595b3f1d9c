"""Streams of records read to Arrow.

A field is a tag (position of the column, from 1) and a value by the column's type; NULL fields are absent. A record
ends with its CRC32C over the position (int32) and the raw value of each field; nested values add what they hold, but
neither lengths nor null flags. The stream ends with the count of records and a CRC32C over the records' checksums.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
from google_crc32c import value as crc32c

from services.sandbox.maxcompute.tunnel.wire import (
    CHECKSUM,
    COUNT,
    END_RECORD,
    FIXED32,
    FIXED64,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    LENGTH_DELIMITED,
    METRICS,
    VARINT,
    RecordError,
    read_signed,
    read_varint,
)
from services.sandbox.maxcompute.types import OdpsType, arrow_type

Reading = Callable[[bytes, int, bytearray], tuple[Any, int]]
"""Reads a value at a position, adds its raw bytes for the checksum, gives value and position behind it."""
NANOS = 1_000_000_000
_SIGN_BITS = 0xFFFFFFFF_00000000
WIRE_KINDS = {
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INT", "BIGINT", "BOOLEAN", "DATE", "DATETIME", "INTERVAL_YEAR_MONTH"), VARINT
    ),
    "FLOAT": FIXED32,
    "DOUBLE": FIXED64,
}


def read_records(body: bytes, kinds: Sequence[OdpsType]) -> list[pa.Array[Any]]:
    """The columns of a whole stream.

    Raises:
        RecordError: a tag, a value, a count or a checksum is wrong, or the stream ends early.
    """
    try:
        columns = _Stream(kinds).read(body)
    except (IndexError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"The stream of records ends early or holds a damaged value: {error}") from error
    return [_column(values, kind) for values, kind in zip(columns, kinds, strict=True)]


def _column(values: list[Any], kind: OdpsType) -> pa.Array[Any]:
    try:
        return pa.array(values, arrow_type(kind))
    except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
        raise RecordError(f"A value does not fit {kind}: {error}") from error


class _Stream:
    """Reads one stream; a list of values a column."""

    def __init__(self, kinds: Sequence[OdpsType]) -> None:
        self._kinds = [WIRE_KINDS.get(kind.name, LENGTH_DELIMITED) for kind in kinds]
        self._readings = [reading(kind) for kind in kinds]
        self._columns: list[list[Any]] = [[] for _ in kinds]
        self._checksums = bytearray()
        self._count = 0

    def read(self, data: bytes) -> list[list[Any]]:
        at, raw, row = 0, bytearray(), dict[int, Any]()
        while True:
            head, at = read_varint(data, at)
            number, kind = head >> 3, head & 7
            if number == END_RECORD:
                at = self._end_record(data, at, raw, row)
                raw, row = bytearray(), {}
            elif number == COUNT:
                if row:
                    raise RecordError("The stream ends inside of a record.")
                self._end_stream(data, at)
                return self._columns
            else:
                index = number - 1
                if not 0 <= index < len(self._readings) or kind != self._kinds[index]:
                    raise RecordError(f"The tag of field {number} does not fit the table.")
                raw += INT32.pack(number)
                row[index], at = self._readings[index](data, at, raw)

    def _end_record(self, data: bytes, at: int, raw: bytearray, row: dict[int, Any]) -> int:
        said, at = read_varint(data, at)
        checksum = crc32c(bytes(raw))
        if not _is_checksum(said, checksum):
            raise RecordError(f"The checksum of record {self._count} does not match.")
        self._checksums += checksum.to_bytes(4, "little")
        for index, values in enumerate(self._columns):
            values.append(row.get(index))
        self._count += 1
        return at

    def _end_stream(self, data: bytes, at: int) -> None:
        count, at = read_signed(data, at)
        if count != self._count:
            raise RecordError(f"The stream says {count} records and holds {self._count}.")
        head, at = read_varint(data, at)
        if head >> 3 == METRICS:
            raise RecordError("Metrics come from the server only.")
        said, at = read_varint(data, at)
        if head >> 3 != CHECKSUM or not _is_checksum(said, crc32c(bytes(self._checksums))):
            raise RecordError("The checksum of the stream does not match.")


def _is_checksum(said: int, checksum: int) -> bool:
    """Some writers extend the sign of a checksum to 64 bits."""
    return said in (checksum, checksum | _SIGN_BITS if checksum >> 31 else checksum)


def reading(kind: OdpsType) -> Reading:
    """How values of a type are read."""
    if kind.name == "ARRAY":
        return _array(reading(kind.parts[0]))
    if kind.name == "MAP":
        return _map(reading(kind.parts[0]), reading(kind.parts[1]))
    if kind.name == "STRUCT":
        return _struct(kind.names, [reading(part) for part in kind.parts])
    return _READINGS[kind.name]


def _whole(data: bytes, at: int, raw: bytearray) -> tuple[int, int]:
    value, at = read_signed(data, at)
    raw += INT64.pack(value)
    return value, at


def _boolean(data: bytes, at: int, raw: bytearray) -> tuple[bool, int]:
    value, at = read_varint(data, at)
    raw.append(1 if value else 0)
    return bool(value), at


def _float(data: bytes, at: int, raw: bytearray) -> tuple[float, int]:
    raw += data[at : at + 4]
    return FLOAT32.unpack_from(data, at)[0], at + 4


def _double(data: bytes, at: int, raw: bytearray) -> tuple[float, int]:
    raw += data[at : at + 8]
    return FLOAT64.unpack_from(data, at)[0], at + 8


def _binary(data: bytes, at: int, raw: bytearray) -> tuple[bytes, int]:
    size, at = read_varint(data, at)
    end = at + size
    if end > len(data):
        raise RecordError("A value is longer than the stream.")
    value = data[at:end]
    raw += value
    return value, end


def _text(data: bytes, at: int, raw: bytearray) -> tuple[str, int]:
    value, at = _binary(data, at, raw)
    return value.decode(), at


def _json(data: bytes, at: int, raw: bytearray) -> tuple[str, int]:
    value, at = _text(data, at, raw)
    json.loads(value)
    return value, at


def _decimal(data: bytes, at: int, raw: bytearray) -> tuple[Decimal, int]:
    text, at = _text(data, at, raw)
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise RecordError(f"{text!r} is no decimal.") from error
    if not math.isfinite(value):
        raise RecordError(f"{text!r} is no decimal.")
    return value, at


def _timestamp(data: bytes, at: int, raw: bytearray) -> tuple[int, int]:
    parts, at = _interval(data, at, raw)
    return parts["sec"] * NANOS + parts["nano"], at


def _interval(data: bytes, at: int, raw: bytearray) -> tuple[dict[str, int], int]:
    seconds, at = _whole(data, at, raw)
    nanos, at = read_signed(data, at)
    raw += INT32.pack(nanos)
    return {"sec": seconds, "nano": nanos}, at


def _array(item: Reading) -> Reading:
    def read(data: bytes, at: int, raw: bytearray) -> tuple[list[Any], int]:
        size, at = read_varint(data, at)
        if size > len(data) - at:
            raise RecordError("An array is longer than the stream.")
        values: list[Any] = [None] * size
        for index in range(size):
            is_null, at = read_varint(data, at)
            if not is_null:
                values[index], at = item(data, at, raw)
        return values, at

    return read


def _map(key: Reading, item: Reading) -> Reading:
    read_keys, read_items = _array(key), _array(item)

    def read(data: bytes, at: int, raw: bytearray) -> tuple[list[tuple[Any, Any]], int]:
        keys, at = read_keys(data, at, raw)
        items, at = read_items(data, at, raw)
        if len(keys) != len(items) or None in keys:
            raise RecordError("A map's keys do not fit its values.")
        return list(zip(keys, items, strict=True)), at

    return read


def _struct(names: Sequence[str], parts: Sequence[Reading]) -> Reading:
    def read(data: bytes, at: int, raw: bytearray) -> tuple[dict[str, Any], int]:
        values: dict[str, Any] = {}
        for name, part in zip(names, parts, strict=True):
            is_null, at = read_varint(data, at)
            values[name], at = (None, at) if is_null else part(data, at, raw)
        return values, at

    return read


_READINGS: dict[str, Reading] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INT", "BIGINT", "DATE", "DATETIME", "INTERVAL_YEAR_MONTH"), _whole),
    **dict.fromkeys(("STRING", "CHAR", "VARCHAR", "VOID"), _text),
    "BOOLEAN": _boolean,
    "FLOAT": _float,
    "DOUBLE": _double,
    "BINARY": _binary,
    "JSON": _json,
    "DECIMAL": _decimal,
    "TIMESTAMP": _timestamp,
    "TIMESTAMP_NTZ": _timestamp,
    "INTERVAL_DAY_TIME": _interval,
}
