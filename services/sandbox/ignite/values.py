"""Typed objects from and to plain Python values."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from uuid import UUID

from services.sandbox.ignite import wire
from services.sandbox.ignite.errors import BadRequest
from services.sandbox.ignite.objects import NULL, read_object
from services.sandbox.ignite.wire import Reader

NUMBER_FORMATS = {1: "<Bb", 2: "<Bh", 3: "<Bi", 4: "<Bq", 5: "<Bf", 6: "<Bd", 11: "<Bq", 36: "<Bq"}
PACKERS: dict[int, Callable[..., bytes]] = {tag: struct.Struct(form).pack for tag, form in NUMBER_FORMATS.items()}
UNPACKERS = {tag: struct.Struct(form) for tag, form in NUMBER_FORMATS.items()}
_UNLIMITED = Context(prec=100_000, Emin=-999_999_999, Emax=999_999_999)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A point in time: milliseconds since the epoch and nanoseconds (0 to 999 999) beside them."""

    millis: int
    nanos: int = 0


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that is only carried: its bytes, tag included."""

    data: bytes


def number(tag: int, value: float) -> bytes:
    """A byte, short, int, long, float, double, date or time object by its type code."""
    return PACKERS[tag](tag, value)


def text(value: str) -> bytes:
    return wire.string(value)


def boolean(value: bool) -> bytes:
    return b"\x08\1" if value else b"\x08\0"


def uuid(value: UUID) -> bytes:
    return b"\x0a" + wire.bare_uuid(value)


def byte_array(value: bytes) -> bytes:
    return b"\x0c" + wire.int32(len(value)) + value


def timestamp(value: Timestamp) -> bytes:
    return struct.pack("<Bqi", 33, value.millis, value.nanos)


def decimal(value: Decimal) -> bytes:
    """Scale, then the unscaled magnitude big endian with the sign in its top bit."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise BadRequest(f"A decimal cannot be {value}")
    return decimal_of(int("".join(map(str, digits))) * (-1 if sign else 1), -exponent)


def decimal_of(unscaled: int, scale: int) -> bytes:
    magnitude = abs(unscaled)
    data = magnitude.to_bytes(magnitude.bit_length() // 8 + 1, "big")
    if unscaled < 0:
        data = bytes((data[0] | 0x80,)) + data[1:]
    return struct.pack("<Bii", 30, scale, len(data)) + data


def collection(items: Iterable[bytes], kind: int = 1) -> bytes:
    parts = list(items)
    return b"\x18" + wire.int32(len(parts)) + wire.byte(kind) + b"".join(parts)


def mapping(items: Mapping[bytes, bytes], kind: int = 1) -> bytes:
    body = b"".join(key + value for key, value in items.items())
    return b"\x19" + wire.int32(len(items)) + wire.byte(kind) + body


def string_array(items: Iterable[str]) -> bytes:
    parts = [wire.string(item) for item in items]
    return b"\x14" + wire.int32(len(parts)) + b"".join(parts)


def sql_date(millis: int) -> bytes:
    """A java.sql.Date as the JVM's own marshaller writes it (type code 254)."""
    body = b"\x66\x3a\xde\xd5\x40\x97\x66" + wire.int64(millis)
    return b"\xfe" + wire.int32(len(body)) + body


def encode(value: object) -> bytes:
    """A Python value by its natural type: int Long, float Double, str, bytes, bool, Decimal, UUID."""
    if value is None:
        return NULL
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        raise TypeError(f"no Ignite type for {type(value).__name__}")
    return encoder(value)


_ENCODERS: dict[type, Callable[..., bytes]] = {
    bool: boolean,
    int: lambda value: number(4, value),
    float: lambda value: number(6, value),
    str: text,
    bytes: byte_array,
    UUID: uuid,
    Decimal: decimal,
    Timestamp: timestamp,
    Opaque: lambda value: value.data,
    list: lambda value: collection(encode(item) for item in value),
    dict: lambda value: mapping({encode(key): encode(item) for key, item in value.items()}),
}


def decode(data: bytes) -> object:
    """The Python value of a simple object; anything built of others stays `Opaque`."""
    tag = data[0]
    if tag == 101:
        return None
    if tag in UNPACKERS:
        return UNPACKERS[tag].unpack(data)[1]
    decoder = _DECODERS.get(tag)
    return Opaque(data) if decoder is None else decoder(data)


def decode_decimal(data: bytes) -> Decimal:
    scale, length = struct.unpack_from("<ii", data, 1)
    magnitude = int.from_bytes(bytes((data[9] & 0x7F,)) + data[10 : 9 + length], "big") if length else 0
    sign = "-" if length and data[9] & 0x80 else ""
    return _UNLIMITED.create_decimal(f"{sign}{magnitude}E{-scale}")


_DECODERS: dict[int, Callable[[bytes], object]] = {
    7: lambda data: data[1:3].decode("utf-16-le", "surrogatepass"),
    8: lambda data: data[1] != 0,
    9: lambda data: data[5:].decode("utf-8", "surrogatepass"),
    10: lambda data: Reader(data, 1).bare_uuid(),
    12: lambda data: data[5:],
    30: decode_decimal,
    33: lambda data: Timestamp(*struct.unpack_from("<qi", data, 1)),
}


def read_value(reader: Reader) -> object:
    """The next object as a Python value."""
    return decode(read_object(reader))
