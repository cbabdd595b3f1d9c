"""Prepared pages of the Ignite protocol for measuring decoders."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.binary_types import BinaryType, Resolver, binary_type, nothing_known
from services.stores.ignite.codec.encode import encode
from services.times import Moment
from services.values import Typed

NULL = Typed("Null", None)


@dataclass(frozen=True)
class Shape:
    """A kind of page: how a row is made, and whether it is a scan (pairs) or a statement's answer."""

    name: str
    columns: tuple[str, ...]
    row: Callable[[random.Random, int], list[Typed]]
    is_scan: bool = False
    resolver: Resolver = nothing_known


@dataclass(frozen=True)
class PreparedPage:
    """A page as it lies in an answer, and where its rows start."""

    shape: Shape
    rows: int
    body: bytes
    offset: int


def _int(value: int) -> Typed:
    return Typed("Int", value)


def _text(chance: random.Random, least: int, most: int) -> Typed:
    return Typed("String", "".join(chance.choices("abcdefghijklmnopqrstuvwxyz ", k=chance.randint(least, most))))


def _moment(chance: random.Random) -> Typed:
    return Typed("Timestamp", Moment(chance.randrange(10**18)))


def _decimal(chance: random.Random) -> Typed:
    return Typed("Decimal", Decimal(chance.randrange(-(10**10), 10**10)).scaleb(-2))


def _scan(chance: random.Random, index: int) -> list[Typed]:
    return [_int(index), _text(chance, 21, 21)]


def _scan_varied(chance: random.Random, index: int) -> list[Typed]:
    return [_int(index), _text(chance, 5, 40)]


def _sql(chance: random.Random, index: int) -> list[Typed]:
    double = Typed("Double", chance.random())
    return [_int(index), _text(chance, 5, 30), double, _moment(chance), _decimal(chance)]


def _sql_bool(chance: random.Random, index: int) -> list[Typed]:
    return [*_sql(chance, index)[:4], Typed("Bool", chance.random() < 0.5)]


def _fixed(chance: random.Random, index: int) -> list[Typed]:
    return [_int(index), Typed("Long", chance.getrandbits(60)), Typed("Double", chance.random()), _moment(chance)]


def _holey(row: Callable[[random.Random, int], list[Typed]]) -> Callable[[random.Random, int], list[Typed]]:
    def make(chance: random.Random, index: int) -> list[Typed]:
        return [NULL if chance.random() < 0.1 else value for value in row(chance, index)]

    return make


def _wide(chance: random.Random, index: int) -> list[Typed]:
    return [value for _ in range(10) for value in (_int(index), _text(chance, 3, 12), Typed("Double", 1.5))]


CITY = binary_type("City", {"NAME": tags.STRING, "COUNTRY": tags.STRING, "POPULATION": tags.INT})


def _knows_city(type_id: int, schema_id: int) -> BinaryType | None:
    return CITY if type_id == CITY.type_id else None


def _object(chance: random.Random, index: int) -> list[Typed]:
    fields = {"NAME": _text(chance, 4, 20), "COUNTRY": _text(chance, 3, 3), "POPULATION": _int(index)}
    return [_int(index), Typed("City", fields)]


SHAPES = (
    Shape("scan: int, text of 21", ("key", "value"), _scan, is_scan=True),
    Shape("scan: int, text of 5 to 40", ("key", "value"), _scan_varied, is_scan=True),
    Shape("scan: int, object of 3 fields (SDK: bytes)", ("key", "value"), _object, is_scan=True, resolver=_knows_city),
    Shape("sql: int text double timestamp decimal", ("a", "b", "c", "d", "e"), _sql),
    Shape("sql: int text double timestamp bool", ("a", "b", "c", "d", "e"), _sql_bool),
    Shape("sql with bool, 10 % null", ("a", "b", "c", "d", "e"), _holey(_sql_bool)),
    Shape("fixed: int long double timestamp", ("a", "b", "c", "d"), _fixed),
    Shape("fixed, 10 % null", ("a", "b", "c", "d"), _holey(_fixed)),
    Shape("wide: 10 times int text double", tuple(f"c{index}" for index in range(30)), _wide),
)


def _written(value: Typed) -> bytes:
    """A value as a cache answers it: binary objects are wrapped."""
    data = encode(value)
    if data[0] != tags.OBJECT:
        return data
    return struct.pack("<Bi", tags.WRAPPED, len(data)) + data + struct.pack("<i", 0)


def prepare(shape: Shape, rows: int, seed: int = 1) -> PreparedPage:
    """A page of so many rows as the first answer of a cursor: cursor, columns, rows, more."""
    chance = random.Random(seed)
    data = b"".join(_written(value) for index in range(rows) for value in shape.row(chance, index))
    columns = b"" if shape.is_scan else struct.pack("<i", len(shape.columns))
    head = struct.pack("<q", 7) + columns + struct.pack("<i", rows)
    return PreparedPage(shape, rows, head + data + b"\x00", len(head))
