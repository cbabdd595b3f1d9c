"""Reading scalars: numbers, texts, times, decimals and untagged arrays."""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from services.stores.ignite.codec import tags, times
from services.stores.ignite.codec.reader import ByteReader, malformed
from services.values import Typed

MAX_DECIMAL_BYTES: Final = 1 << 16
"""A decimal of more bytes (about 150,000 digits) is refused: turning it into digits would take seconds."""

_FORMATS: Final = {
    tags.BYTE: "b",
    tags.SHORT: "h",
    tags.INT: "i",
    tags.LONG: "q",
    tags.FLOAT: "f",
    tags.DOUBLE: "d",
    tags.CHAR: "H",
    tags.BOOL: "?",
}
_STRUCTS: Final = {tag: struct.Struct("<" + code) for tag, code in _FORMATS.items()}
_TIMESTAMP: Final = struct.Struct("<qi")
_DATE: Final = struct.Struct("<q")

ScalarReader = Callable[[ByteReader, str], Typed]


def _number(tag: int) -> ScalarReader:
    layout, word = _STRUCTS[tag], tags.SCALAR_WORDS[tag]

    def read(reader: ByteReader, zone: str) -> Typed:
        return Typed(word, layout.unpack_from(reader.data, reader.take(layout.size))[0])

    return read


def _char(reader: ByteReader, zone: str) -> Typed:
    return Typed("Char", chr(_STRUCTS[tags.CHAR].unpack_from(reader.data, reader.take(2))[0]))


def text_value(data: bytes) -> Typed:
    """A string of UTF-8 bytes; bytes that are not UTF-8 stay bytes, so that nothing is lost."""
    try:
        return Typed("String", data.decode("utf-8"))
    except UnicodeDecodeError:
        return Typed(tags.STRING_BYTES_WORD, data)


def _string(reader: ByteReader, zone: str) -> Typed:
    return text_value(reader.raw(reader.count()))


def _uuid(reader: ByteReader, zone: str) -> Typed:
    data = reader.raw(16)
    return Typed("UUID", UUID(bytes=data[7::-1] + data[:7:-1]))


def _date(reader: ByteReader, zone: str) -> Typed:
    return Typed("Date", times.moment(reader.int64(), 0, zone))


def _timestamp(reader: ByteReader, zone: str) -> Typed:
    epoch_ms, nanos = _TIMESTAMP.unpack_from(reader.data, reader.take(12))
    return Typed("Timestamp", times.moment(epoch_ms, nanos, zone))


def _time(reader: ByteReader, zone: str) -> Typed:
    return Typed("Time", times.time_of_day(reader.int64(), zone))


def _decimal(reader: ByteReader, zone: str) -> Typed:
    start = reader.offset
    scale = reader.int32()
    size = reader.count()
    if size > MAX_DECIMAL_BYTES:
        raise malformed(start, f"a decimal of {size} bytes")
    return Typed("Decimal", decimal_value(scale, reader.raw(size)))


def decimal_value(scale: int, magnitude: bytes) -> Decimal:
    """A decimal of any precision: big-endian magnitude, the top bit is the sign, the scale may be negative."""
    negative = bool(magnitude) and magnitude[0] >= 0x80
    size = int.from_bytes(magnitude, "big")
    if negative:
        size -= 0x80 << 8 * (len(magnitude) - 1)
    return Decimal((int(negative), Decimal(size).as_tuple().digits, -scale))


def jvm_value(data: bytes, zone: str) -> Typed:
    """A value of the JVM's own marshaller: a SQL DATE is read, all else stays bytes."""
    if data.startswith(tags.SQL_DATE_MARK) and len(data) == 15:
        return Typed(tags.SQL_DATE_WORD, times.day_or_moment(_DATE.unpack_from(data, 7)[0], zone))
    return Typed(tags.JVM_WORD, data)


def unpack_array(reader: ByteReader, element: int) -> list[Any]:
    """The elements of an array of untagged numbers, chars or bools."""
    size = _STRUCTS[element].size
    count = reader.count(size)
    values = struct.unpack_from(f"<{count}{_FORMATS[element]}", reader.data, reader.take(count * size))
    return [chr(value) for value in values] if element == tags.CHAR else list(values)


READERS: Final[dict[int, ScalarReader]] = {
    **{tag: _number(tag) for tag in _STRUCTS},
    tags.CHAR: _char,
    tags.STRING: _string,
    tags.UUID: _uuid,
    tags.DATE: _date,
    tags.TIMESTAMP: _timestamp,
    tags.TIME: _time,
    tags.DECIMAL: _decimal,
}
