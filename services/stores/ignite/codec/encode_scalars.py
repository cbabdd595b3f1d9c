"""Writing scalars; every value is checked against the range of its type first."""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from services.errors import ValueRefused
from services.stores.ignite.codec import tags, times
from services.stores.ignite.codec.scalars import MAX_DECIMAL_BYTES
from services.times import Day, Moment, TimeOfDay

ScalarWriter = Callable[[Any, str], bytes]

_INT32: Final = range(-(2**31), 2**31)
_INT64: Final = range(-(2**63), 2**63)
_RANGES: Final = {"Byte": (1, "b"), "Short": (2, "h"), "Int": (4, "i"), "Long": (8, "q")}


def refused(word: str, value: Any, why: str, hint: str = "") -> ValueRefused:
    """The error for a value that does not fit its type."""
    return ValueRefused(f"{word} {value!r:.60}: {why}", hint=hint)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def integer(word: str, value: Any) -> bytes:
    """An integer in the width of its type, without the tag."""
    size, code = _RANGES[word]
    if not _is_int(value):
        raise refused(word, value, "is not an integer")
    limit = 1 << (8 * size - 1)
    if not -limit <= value < limit:
        raise refused(word, value, "is out of range", f"{word} holds {-limit} to {limit - 1}.")
    return struct.pack("<" + code, value)


def floating(word: str, value: Any) -> bytes:
    """A Float or Double, without the tag; a Float must be exact in 32 bits."""
    if not isinstance(value, float) and not _is_int(value):
        raise refused(word, value, "is not a number")
    code = "<f" if word == "Float" else "<d"
    try:
        data = struct.pack(code, value)
    except OverflowError as error:
        raise refused(word, value, "is out of range") from error
    back = struct.unpack(code, data)[0]
    if back != value and value == value:
        raise refused(word, value, f"would become {back!r}", "Write the rounded number, or choose Double.")
    return data


def char(value: Any) -> bytes:
    """One UTF-16 unit, without the tag."""
    if not isinstance(value, str) or len(value) != 1 or ord(value) > 0xFFFF:
        raise refused("Char", value, "is not one UTF-16 unit")
    return struct.pack("<H", ord(value))


def boolean(value: Any) -> bytes:
    """A bool, without the tag."""
    if not isinstance(value, bool):
        raise refused("Bool", value, "is not true or false")
    return b"\x01" if value else b"\x00"


def string(value: Any) -> bytes:
    """A tagged string; a half surrogate is refused because the server would replace it."""
    if not isinstance(value, str):
        raise refused("String", value, "is not text")
    try:
        data = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise refused("String", value, "holds half of a surrogate pair, which UTF-8 cannot carry") from error
    return _sized(tags.STRING, data)


def _sized(tag: int, data: bytes) -> bytes:
    return struct.pack("<Bi", tag, len(data)) + data


def decimal(value: Any, zone: str = "") -> bytes:
    """A tagged decimal of any precision and scale, trailing zeros kept."""
    if _is_int(value):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise refused("Decimal", value, "is not a finite decimal number")
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if -exponent not in _INT32:
        raise refused("Decimal", value, "has an exponent beyond 32 bits")
    size = int(Decimal((0, digits, 0)))
    magnitude = bytearray(size.to_bytes(size.bit_length() // 8 + 1, "big"))
    if len(magnitude) > MAX_DECIMAL_BYTES:
        raise ValueRefused(f"Decimal: {len(digits)} digits are too many")
    if sign:
        magnitude[0] |= 0x80
    return struct.pack("<Bii", tags.DECIMAL, -exponent, len(magnitude)) + bytes(magnitude)


def uuid(value: Any, zone: str = "") -> bytes:
    """A tagged UUID: two little-endian longs."""
    if not isinstance(value, UUID):
        raise refused("UUID", value, "is not a UUID")
    return bytes((tags.UUID,)) + value.bytes[7::-1] + value.bytes[:7:-1]


def _milliseconds(word: str, epoch_ms: int, rest: int, value: Any) -> bytes:
    if rest:
        raise refused(word, value, "is finer than a millisecond", "Choose Timestamp to keep nanoseconds.")
    if epoch_ms not in _INT64:
        raise refused(word, value, "is out of range")
    return struct.pack("<q", epoch_ms)


def date(value: Any, zone: str = "") -> bytes:
    """A tagged Date: milliseconds since 1970."""
    if not isinstance(value, Moment):
        raise refused("Date", value, "is not a date and time")
    return bytes((tags.DATE,)) + _milliseconds("Date", *divmod(value.epoch_nanos, times.MS), value)


def timestamp(value: Any, zone: str = "") -> bytes:
    """A tagged Timestamp: milliseconds since 1970 and the nanoseconds within the millisecond."""
    if not isinstance(value, Moment):
        raise refused("Timestamp", value, "is not a date and time")
    epoch_ms, nanos = divmod(value.epoch_nanos, times.MS)
    return bytes((tags.TIMESTAMP,)) + _milliseconds("Timestamp", epoch_ms, 0, value) + struct.pack("<i", nanos)


def time(value: Any, zone: str) -> bytes:
    """A tagged Time: milliseconds since midnight in the server's zone."""
    if not isinstance(value, TimeOfDay):
        raise refused("Time", value, "is not a time of day")
    wall_ms, rest = divmod(value.nanos, times.MS)
    return bytes((tags.TIME,)) + _milliseconds("Time", wall_ms - times.time_offset_ms(zone), rest, value)


def sql_date(value: Any, zone: str) -> bytes:
    """A java.sql.Date as the JVM itself marshals it."""
    if isinstance(value, Day):
        data = _milliseconds(tags.SQL_DATE_WORD, times.day_ms(value, zone), 0, value)
    elif isinstance(value, Moment):
        data = _milliseconds(tags.SQL_DATE_WORD, *divmod(value.epoch_nanos, times.MS), value)
    else:
        raise refused(tags.SQL_DATE_WORD, value, "is not a day")
    return _sized(tags.JVM, tags.SQL_DATE_MARK + data)


def raw(tag: int, word: str) -> ScalarWriter:
    """The writer for a type whose value is bytes after a length."""

    def write(value: Any, zone: str) -> bytes:
        if not isinstance(value, bytes | bytearray | memoryview):
            raise refused(word, value, "is not bytes")
        return _sized(tag, bytes(value))

    return write


UNTAGGED: Final[dict[int, Callable[[Any], bytes]]] = {
    tags.SHORT: lambda value: integer("Short", value),
    tags.INT: lambda value: integer("Int", value),
    tags.LONG: lambda value: integer("Long", value),
    tags.FLOAT: lambda value: floating("Float", value),
    tags.DOUBLE: lambda value: floating("Double", value),
    tags.CHAR: char,
    tags.BOOL: boolean,
}
"""Scalars as they stand in an array of primitives."""


def _tagged(tag: int) -> ScalarWriter:
    prefix, write = bytes((tag,)), UNTAGGED[tag]
    return lambda value, zone: prefix + write(value)


WRITERS: Final[dict[str, ScalarWriter]] = {
    **{tags.SCALAR_WORDS[tag]: _tagged(tag) for tag in UNTAGGED},
    "Byte": lambda value, zone: bytes((tags.BYTE,)) + integer("Byte", value),
    "String": lambda value, zone: string(value),
    "UUID": uuid,
    "Decimal": decimal,
    "Date": date,
    "Timestamp": timestamp,
    "Time": time,
    tags.SQL_DATE_WORD: sql_date,
    tags.BYTE_ARRAY_WORD: raw(tags.BYTE_ARRAY, tags.BYTE_ARRAY_WORD),
    tags.STRING_BYTES_WORD: raw(tags.STRING, tags.STRING_BYTES_WORD),
    tags.JVM_WORD: raw(tags.JVM, tags.JVM_WORD),
}
"""The writer of each scalar type word: value and the server's zone to a tagged object."""
