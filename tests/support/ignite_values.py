"""Ignite values for tests: hypothesis strategies, binary types, and pages put together from values."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.binary_types import TypeRegistry, binary_type
from services.stores.ignite.codec.encode import encode
from services.times import Day, Moment, TimeOfDay
from services.values import Typed

NULL = Typed("Null", None)
CITY = binary_type("City", {"NAME": tags.STRING, "POP": tags.INT})
CITY_FULL = binary_type("City", {"NAME": tags.STRING, "POP": tags.INT, "AREA": tags.DECIMAL})
PERSON = binary_type("org.demo.Person", {"id": tags.LONG, "home": tags.OBJECT, "notes": tags.COLLECTION})
COLOR = binary_type("Color", {}, literals={0: "RED", 1: "BLUE"})


def registry() -> TypeRegistry:
    """A resolver that knows the types above; City has two schemas."""
    known = TypeRegistry()
    merged = replace(CITY_FULL, schemas={**CITY.schemas, **CITY_FULL.schemas})
    for item in (merged, PERSON, COLOR):
        known.add(item)
    return known


def int_of(value: int) -> Typed:
    """An Int."""
    return Typed("Int", value)


def text_of(value: str) -> Typed:
    """A String."""
    return Typed("String", value)


def city(name: str, people: int | None) -> Typed:
    """An object of the older schema of City."""
    return Typed("City", {"NAME": text_of(name), "POP": NULL if people is None else int_of(people)})


def _of(word: str, values: st.SearchStrategy[object]) -> st.SearchStrategy[Typed]:
    return values.map(lambda value: Typed(word, value))


def _integers(word: str, bits: int) -> st.SearchStrategy[Typed]:
    return _of(word, st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))


_DIGITS = st.one_of(st.integers(0, 3), st.integers(0, 10**20), st.integers(0, 10**85))
DECIMALS = st.builds(
    lambda sign, size, scale: Decimal((sign, Decimal(size).as_tuple().digits, -scale)),
    st.integers(0, 1),
    _DIGITS,
    st.one_of(st.integers(0, 3), st.integers(-60, 60)),
)
MOMENTS = st.one_of(st.integers(-(10**18), 10**18), st.integers(-(10**24), 10**24)).map(Moment)
TEXTS = st.one_of(st.text(max_size=8), st.text("abé\0\U0001f600", min_size=250, max_size=300))

SCALARS = {
    "Byte": _integers("Byte", 8),
    "Short": _integers("Short", 16),
    "Int": _integers("Int", 32),
    "Long": _integers("Long", 64),
    "Float": _of("Float", st.floats(width=32)),
    "Double": _of("Double", st.floats()),
    "Char": _of("Char", st.integers(0, 0xFFFF).map(chr)),
    "Bool": _of("Bool", st.booleans()),
    "String": _of("String", TEXTS),
    "StringBytes": _of("StringBytes", st.binary(max_size=5).map(lambda data: data + b"\xff")),
    "UUID": _of("UUID", st.uuids()),
    "Date": _of("Date", st.integers(-(2**63), 2**63 - 1).map(lambda ms: Moment(ms * 1_000_000))),
    "Timestamp": _of("Timestamp", MOMENTS),
    "Time": _of("Time", st.integers(-(10**9), 10**9).map(lambda ms: TimeOfDay(ms * 1_000_000))),
    "SqlDate": _of("SqlDate", st.integers(-800_000, 3_000_000).map(Day)),
    "Decimal": _of("Decimal", DECIMALS),
    "ByteArray": _of("ByteArray", st.binary(max_size=9)),
    "JvmObject": _of("JvmObject", st.binary(max_size=20)),
    "Enum": st.sampled_from(
        [
            Typed("Enum", {"type": int_of(COLOR.type_id), "ordinal": int_of(1), "name": text_of("BLUE")}),
            Typed("Enum", {"type": int_of(COLOR.type_id), "ordinal": int_of(7)}),
            Typed("Enum", {"type": text_of("org.demo.Shape"), "ordinal": int_of(0)}),
        ]
    ),
}
ANY_SCALAR = st.one_of(*SCALARS.values())
_ITEMS = st.lists(st.one_of(ANY_SCALAR, st.just(NULL)), max_size=3)
CITIES = st.one_of(
    st.builds(city, st.text(max_size=9), st.one_of(st.none(), st.integers(0, 99))),
    st.builds(
        lambda name, area: Typed("City", {"NAME": text_of(name), "POP": int_of(1), "AREA": area}),
        st.text(max_size=300),
        st.one_of(SCALARS["Decimal"], st.just(NULL)),
    ),
)
NESTED = {
    "IntArray": _of("IntArray", st.lists(SCALARS["Int"], max_size=3)),
    "DoubleArray": _of("DoubleArray", st.lists(SCALARS["Double"], max_size=3)),
    "CharArray": _of("CharArray", st.lists(SCALARS["Char"], max_size=3)),
    "BoolArray": _of("BoolArray", st.lists(SCALARS["Bool"], max_size=3)),
    "StringArray": _of("StringArray", st.lists(st.one_of(SCALARS["String"], st.just(NULL)), max_size=3)),
    "DecimalArray": _of("DecimalArray", st.lists(SCALARS["Decimal"], max_size=2)),
    "EnumArray(5)": _of("EnumArray(5)", st.lists(SCALARS["Enum"], max_size=2)),
    "ObjectArray": _of("ObjectArray", _ITEMS),
    "ObjectArray(org.demo.Shape)": _of("ObjectArray(org.demo.Shape)", _ITEMS),
    "ArrayList": _of("ArrayList", _ITEMS),
    "HashSet": _of("HashSet", st.lists(CITIES, max_size=2)),
    "LinkedHashMap": _of("LinkedHashMap", st.lists(st.tuples(ANY_SCALAR, CITIES), max_size=2)),
    "City": CITIES,
    "Person": st.builds(
        lambda home, notes: Typed(
            "org.demo.Person", {"id": Typed("Long", 1), "home": home, "notes": Typed("ArrayList", notes)}
        ),
        st.one_of(CITIES, st.just(NULL)),
        _ITEMS,
    ),
}
ANY_VALUE = st.one_of(ANY_SCALAR, *NESTED.values(), st.just(NULL))


def wrapped(data: bytes, root: int = 0) -> bytes:
    """An object in the wrapping in which caches answer binary objects."""
    return struct.pack("<Bi", tags.WRAPPED, len(data)) + data + struct.pack("<i", root)


def page_of(rows: Sequence[Sequence[Typed]], *, compact_footer: bool = True, is_wrapped: bool = False) -> bytes:
    """Rows as they lie in an answer: objects row by row, and nothing around them."""
    parts = []
    for row in rows:
        for value in row:
            data = encode(value, compact_footer=compact_footer)
            parts.append(wrapped(data) if is_wrapped and data[0] == tags.OBJECT else data)
    return b"".join(parts)
