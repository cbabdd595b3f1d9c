"""Rows that come as records, for where a service gives no Arrow: the same columns, and not a value changed.

Times come as seconds and nanoseconds, as records have them, so that those beyond Arrow's range are had too.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import google_crc32c
import pyarrow as pa

from services.errors import ProtocolError
from services.stores.maxcompute.tunnel.frames import Fill
from services.stores.maxcompute.tunnel.records import CHECKSUM, COUNT, DELIMITED, END_RECORD, VARINTS, plain_type
from services.stores.maxcompute.types import TIMESTAMPS, OdpsType, parse_type, wire_schema

END_METRICS: Final = 33_554_176
READ_BYTES: Final = 1 << 20
BATCH_ROWS: Final = 4096
BATCH_BYTES: Final = 8 << 20
MOST_FIELD_BYTES: Final = 1 << 30
_INT: Final = struct.Struct("<i")
_WORD: Final = struct.Struct("<I")
_LONG: Final = struct.Struct("<q")
_SECONDS: Final = struct.Struct("<qi")
_SINGLE: Final = struct.Struct("<f")
_TWICE: Final = struct.Struct("<d")

Decoded = tuple[Any, int, bytes]
"""A value, where the next one begins, and the bytes that its checksum sees."""

Decoder = Callable[[bytes, int], Decoded]


class _Short(Exception):
    """The bytes at hand end in the middle of something."""


def _damaged(what: str) -> ProtocolError:
    return ProtocolError(f"records of the tunnel: {what}", hint="Read again.")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = data[at]
    at += 1
    if value < 0x80:
        return value, at
    value, shift = value & 0x7F, 7
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
        if shift > 63:
            raise _damaged("a number that has no end")


def _signed(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at


def _long(data: bytes, at: int) -> Decoded:
    value = data[at]
    value, at = (value, at + 1) if value < 0x80 else _varint(data, at)
    value = (value >> 1) ^ -(value & 1)
    return value, at, _LONG.pack(value)


def _flag(data: bytes, at: int) -> Decoded:
    value, at = _varint(data, at)
    return bool(value), at, b"\x01" if value else b"\x00"


def _fixed(form: struct.Struct) -> Decoder:
    def decode(data: bytes, at: int) -> Decoded:
        end = at + form.size
        return form.unpack_from(data, at)[0], end, data[at:end]

    return decode


def _bytes(data: bytes, at: int) -> Decoded:
    size, at = _varint(data, at)
    if size > MOST_FIELD_BYTES:
        raise _damaged(f"a value of {size:,} bytes makes no sense")
    end = at + size
    if end > len(data):
        raise _Short
    value = data[at:end]
    return value, end, value


def _decimal(data: bytes, at: int) -> Decoded:
    value, at, summed = _bytes(data, at)
    try:
        return Decimal(value.decode("ascii")), at, summed
    except (InvalidOperation, UnicodeDecodeError) as error:
        raise _damaged(f"{value[:60]!r} is no number") from error


def _pair(data: bytes, at: int) -> Decoded:
    seconds, at = _signed(data, at)
    nanos, at = _signed(data, at)
    try:
        return {"sec": seconds, "nano": nanos}, at, _SECONDS.pack(seconds, nanos)
    except struct.error as error:
        raise _damaged("a time that is none") from error


_DECODERS: Final[dict[str, Decoder]] = {
    **dict.fromkeys(VARINTS, _long),
    **dict.fromkeys(("STRING", "CHAR", "VARCHAR", "JSON", "BINARY", "BLOB", "VOID"), _bytes),
    **dict.fromkeys(TIMESTAMPS, _pair),
    "BOOLEAN": _flag,
    "FLOAT": _fixed(_SINGLE),
    "DOUBLE": _fixed(_TWICE),
    "DECIMAL": _decimal,
    "INTERVAL_DAY_TIME": _pair,
}


def _decoder(kind: OdpsType) -> Decoder:
    parts = [_decoder(part) for part in kind.parts]
    if kind.name == "STRUCT":
        return _struct(parts, kind.labels)
    if kind.name == "MAP":
        return _map(_items(parts[0]), _items(parts[1]))
    if kind.parts:
        return _items(parts[0], has_flags=kind.name != "VECTOR")
    return _DECODERS[kind.name]


def _struct(parts: Sequence[Decoder], labels: Sequence[str]) -> Decoder:
    def decode(data: bytes, at: int) -> Decoded:
        value: dict[str, Any] = {}
        summed = []
        for label, part in zip(labels, parts, strict=True):
            is_null, at = _varint(data, at)
            value[label] = None
            if not is_null:
                value[label], at, more = part(data, at)
                summed.append(more)
        return value, at, b"".join(summed)

    return decode


def _items(item: Decoder, *, has_flags: bool = True) -> Decoder:
    def decode(data: bytes, at: int) -> Decoded:
        count, at = _varint(data, at)
        values: list[Any] = []
        summed = []
        for _ in range(count):
            is_null = False
            if has_flags:
                is_null, at = bool(data[at]), at + 1
            if is_null:
                values.append(None)
                continue
            value, at, more = item(data, at)
            values.append(value)
            summed.append(more)
        return values, at, b"".join(summed)

    return decode


def _map(keys: Decoder, items: Decoder) -> Decoder:
    def decode(data: bytes, at: int) -> Decoded:
        names, at, first = keys(data, at)
        values, at, second = items(data, at)
        if len(names) != len(values):
            raise _damaged("a map with more keys than values, or fewer")
        return list(zip(names, values, strict=True)), at, first + second

    return decode


class RecordRows:
    """Reads a body of records.

    Args:
        columns: names and type texts, in the order asked for.
    """

    def __init__(self, fill: Fill, columns: tuple[tuple[str, str], ...]) -> None:
        self._fill = fill
        self._decoders = [_decoder(parse_type(text)) for _, text in columns]
        self._numbers = [_INT.pack(place + 1) for place in range(len(columns))]
        self._schema = wire_schema(columns, struct_times=True)
        self._data = b""
        self._at = 0
        self._rows: list[list[Any]] = []
        self._count = 0
        self._total = 0
        self._is_done = False

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows; an answer that ends early is told, whatever came before it.

        Raises:
            ProtocolError: a checksum differs, the body ends early, or its bytes are no records.
        """
        size = 0
        while not self._is_done:
            begun = self._at
            try:
                self._next()
            except (IndexError, struct.error, _Short):
                self._more(begun)
                continue
            size += self._at - begun
            if len(self._rows) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield self._batch()
                size = 0
        if self._rows:
            yield self._batch()

    def _more(self, begun: int) -> None:
        """Take more of the answer; what was begun is read anew then. Values of many bytes take much at once."""
        rest = self._data[begun:]
        view = bytearray(max(READ_BYTES, len(rest)))
        count = self._fill(memoryview(view))
        if not count:
            raise _damaged("the answer ends early")
        self._data, self._at = rest + bytes(memoryview(view)[:count]), 0

    def _next(self) -> None:
        """One record, or the end."""
        data, at = self._data, self._at
        row: list[Any] = [None] * len(self._decoders)
        summed: list[bytes] = []
        while True:
            tag = data[at]
            tag, at = (tag, at + 1) if tag < 0x80 else _varint(data, at)
            number = tag >> 3
            if number == END_RECORD:
                at = self._checked(data, at, b"".join(summed))
                self._rows.append(row)
                self._count += 1
                break
            if number == COUNT and not summed:
                at = self._end(data, at)
                break
            if not 0 < number <= len(row):
                raise _damaged("a column that was not asked for")
            value, at, more = self._decoders[number - 1](data, at)
            row[number - 1] = value
            summed += (self._numbers[number - 1], more)
        self._at = at

    def _checked(self, data: bytes, at: int, summed: bytes) -> int:
        said, at = _varint(data, at)
        crc = google_crc32c.value(summed)
        if said != crc:
            raise _damaged("damaged on their way, a checksum differs")
        self._total = google_crc32c.extend(self._total, _WORD.pack(crc))
        return at

    def _end(self, data: bytes, at: int) -> int:
        """The number of records, figures of the service that may follow, and the sum of all sums."""
        count, at = _signed(data, at)
        tag, at = _varint(data, at)
        if tag >> 3 != CHECKSUM and tag & 7 == DELIMITED:
            _, at, _ = _bytes(data, at)
            tag, at = _varint(data, at)
            if tag >> 3 == END_METRICS:
                _, at = _varint(data, at)
                tag, at = _varint(data, at)
        total, at = _varint(data, at)
        if tag >> 3 != CHECKSUM or (count, total) != (self._count, self._total):
            raise _damaged("cut short or damaged, the last checksum differs")
        self._is_done = True
        return at

    def _batch(self) -> pa.RecordBatch:
        rows, self._rows = self._rows, []
        try:
            arrays = [
                pa.array(values, plain_type(field.type, text=pa.binary())).view(field.type)
                for values, field in zip(zip(*rows, strict=True), self._schema, strict=True)
            ]
        except (pa.ArrowException, OverflowError, ValueError) as error:
            raise _damaged(f"values that are none of their types: {error}") from error
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)
