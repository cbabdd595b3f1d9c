"""Single values: what `encode` writes byte by byte, and that `decode_object` reads it back exactly."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from ignite_values import ANY_VALUE, CITY, NULL, city, int_of, registry, text_of

from services.errors import ValueRefused
from services.stores.ignite.codec import tags
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.codec.generic import decode_object
from services.stores.ignite.codec.hashes import bytes_hash, java_hash, name_id, schema_id
from services.stores.ignite.codec.skip import skip
from services.times import Day, Moment, TimeOfDay
from services.values import Typed

VECTORS = {
    "byte": (Typed("Byte", -1), "01ff"),
    "short": (Typed("Short", -2), "02feff"),
    "int": (Typed("Int", 1), "0301000000"),
    "least long": (Typed("Long", -(2**63)), "040000000000000080"),
    "float": (Typed("Float", 1.5), "050000c03f"),
    "minus zero": (Typed("Double", -0.0), "060000000000000080"),
    "char": (Typed("Char", "é"), "07e900"),
    "half surrogate char": (Typed("Char", "\ud800"), "0700d8"),
    "bool": (Typed("Bool", True), "0801"),
    "string with NUL": (Typed("String", "a\0b"), "0903000000610062"),
    "emoji": (Typed("String", "\U0001f600"), "0904000000f09f9880"),
    "uuid": (
        Typed("UUID", UUID("00112233-4455-6677-8899-aabbccddeeff")),
        "0a7766554433221100ffeeddccbbaa9988",
    ),
    "date before 1970": (Typed("Date", Moment(-1_000_000)), "0bffffffffffffffff"),
    "timestamp before 1970": (Typed("Timestamp", Moment(-1)), "21ffffffffffffffff3f420f00"),
    "time": (Typed("Time", TimeOfDay(1_000_000)), "240100000000000000"),
    "sql date": (Typed("SqlDate", Day(1)), "fe0f000000663aded5409766005c260500000000"),
    "decimal 1.50": (Typed("Decimal", Decimal("1.50")), "1e02000000020000000096"),
    "decimal 1.5": (Typed("Decimal", Decimal("1.5")), "1e01000000010000000f"),
    "decimal -1": (Typed("Decimal", Decimal(-1)), "1e000000000100000081"),
    "decimal 1E+3": (Typed("Decimal", Decimal("1E+3")), "1efdffffff0100000001"),
    "byte array": (Typed("ByteArray", b"\0\1"), "0c020000000001"),
    "ints": (Typed("IntArray", [int_of(1)]), "0e0100000001000000"),
    "strings": (Typed("StringArray", [text_of("a"), NULL]), "140200000009010000006165"),
    "objects": (Typed("ObjectArray", [NULL]), "17ffffffff0100000065"),
    "list": (Typed("ArrayList", [NULL]), "18010000000165"),
    "user set": (Typed("Set", []), "1800000000ff"),
    "map": (Typed("LinkedHashMap", [(int_of(1), NULL)]), "1901000000020301000000" + "65"),
    "enum": (Typed("Enum", {"type": int_of(5), "ordinal": int_of(2)}), "1c0500000002000000"),
    "binary enum": (Typed("BinaryEnum", {"type": int_of(5), "ordinal": int_of(2)}), "260500000002000000"),
    "null": (NULL, "65"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_every_type_is_written_as_the_protocol_says(name: str) -> None:
    """The bytes of a value are those derived by hand from the protocol, and read back as the same value."""
    value, expected = VECTORS[name]
    data = encode(value)
    assert expected == data.hex()
    assert repr(value) == repr(decode_object(data)[0])


@settings(max_examples=200, derandomize=True, deadline=None)
@given(ANY_VALUE)
def test_any_value_survives_writing_and_reading(value: Typed) -> None:
    """Reading gives back what was written, with compact and with full footers, and ends where the object ends."""
    for compact_footer in (True, False):
        data = encode(value, compact_footer=compact_footer)
        read, end = decode_object(data + b"\0", 0, registry())
        assert (repr(value), len(data), len(data)) == (repr(read), end, skip(data, 0))


@pytest.mark.parametrize("size", [3, 300, 70_000])
def test_a_binary_object_has_the_header_that_java_writes(size: int) -> None:
    """Type id, hash code, schema id, footer and the size of its offsets follow the fields."""
    data = encode(Typed("City", {"NAME": text_of("x" * size), "POP": int_of(7)}))
    flags, type_id, hash_code, length, schema, footer = struct.unpack_from("<hiiiii", data, 2)
    fields = encode(text_of("x" * size)) + encode(int_of(7))
    small = {3: tags.OFFSET_ONE, 300: tags.OFFSET_TWO, 70_000: 0}[size]
    width = {3: "B", 300: "H", 70_000: "I"}[size]
    assert flags == tags.USER_TYPE | tags.HAS_SCHEMA | tags.COMPACT_FOOTER | small
    assert (type_id, hash_code) == (java_hash("city"), bytes_hash(fields))
    assert (length, schema) == (len(data), schema_id([java_hash("name"), java_hash("pop")]))
    assert data[24:footer] == fields
    assert data[footer:] == struct.pack(f"<2{width}", 24, 24 + 5 + size)


def test_hashes_are_those_of_java() -> None:
    """Hashes of names are over UTF-16 units; ids of types and fields over the name in lower case."""
    assert [java_hash(text) for text in ("", "a", "hello", "\U0001f600")] == [0, 97, 99162322, 1772899]
    assert name_id("İx") == java_hash("ix")
    assert (schema_id([]), bytes_hash(b"\xff")) == (0, 30)


def test_times_are_in_the_zone_of_the_server() -> None:
    """A server in Tokyo sends TIME 01:02:03 as -28677000 and a DATE as its own midnight."""
    data = struct.pack("<Bq", tags.TIME, -28_677_000)
    time = Typed("Time", TimeOfDay(3_723_000_000_000))
    assert (time, data) == (decode_object(data, zone="Asia/Tokyo")[0], encode(time, zone="Asia/Tokyo"))
    day = Typed("SqlDate", Day(20_000))
    data = encode(day, zone="Asia/Tokyo")
    assert struct.unpack("<q", data[-8:])[0] == 20_000 * 86_400_000 - 9 * 3_600_000
    assert day == decode_object(data, zone="Asia/Tokyo")[0]
    assert decode_object(data)[0] == Typed("SqlDate", Moment((20_000 * 24 - 9) * 3_600_000_000_000))


def test_unknown_objects_stay_their_own_bytes() -> None:
    """An object of a type or schema that nobody knows is its bytes, and is written back as they are."""
    data = encode(city("Riga", 1))
    value = decode_object(data)[0]
    assert value == Typed("BinaryObject", data)
    assert encode(value) == data
    unknown_schema = encode(Typed("City", {"other": int_of(1)}))
    value = decode_object(unknown_schema, 0, registry())[0]
    assert (value, encode(value)) == (Typed("City", unknown_schema), unknown_schema)


def test_raw_objects_show_their_type_and_keep_their_bytes() -> None:
    """An object in raw mode is opaque under the name of its type."""
    body = encode(text_of("raw"))
    header = struct.pack("<BBhiiiii", tags.OBJECT, 1, 5, CITY.type_id, 0, 24 + len(body), 0, 24)
    assert decode_object(header + body, 0, registry())[0] == Typed("City", header + body)


def test_a_type_named_like_one_of_ours_is_told_apart() -> None:
    """A binary type called Int is not the number type."""
    from services.stores.ignite.codec.binary_types import TypeRegistry, binary_type

    known = TypeRegistry()
    known.add(binary_type("Int", {"x": tags.INT}))
    value = Typed("BinaryObject Int", {"x": int_of(1)})
    assert decode_object(encode(value), 0, known)[0] == value


REFUSED = {
    "byte": Typed("Byte", 128),
    "int": Typed("Int", 2**31),
    "long": Typed("Long", 2**63),
    "text as int": Typed("Int", "1"),
    "bool as int": Typed("Int", True),
    "int as bool": Typed("Bool", 1),
    "float": Typed("Float", 0.1),
    "float range": Typed("Float", 1e300),
    "char": Typed("Char", "ab"),
    "char beyond UTF-16 unit": Typed("Char", "\U0001f600"),
    "half surrogate": Typed("String", "\ud800"),
    "decimal NaN": Typed("Decimal", Decimal("NaN")),
    "decimal infinity": Typed("Decimal", Decimal("Infinity")),
    "finer than a millisecond": Typed("Date", Moment(1)),
    "date range": Typed("Date", Moment(2**63 * 1_000_000)),
    "uuid": Typed("UUID", "no"),
    "bytes": Typed("ByteArray", "no"),
    "element": Typed("IntArray", [Typed("Long", 1)]),
    "map": Typed("HashMap", [int_of(1)]),
    "enum": Typed("Enum", {"ordinal": int_of(1)}),
    "unknown word": Typed("Nonsense", 5),
    "broken bytes": Typed("City", b"\x67\x01"),
    "same field twice": Typed("City", {"a": NULL, "A": NULL}),
    "no type": Typed("BinaryObject", {"a": NULL}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_before_sending(name: str) -> None:
    """A value out of range or of the wrong kind raises our error, and nothing is rounded or cut."""
    with pytest.raises(ValueRefused):
        encode(REFUSED[name])


def test_nan_and_infinity_are_values() -> None:
    """NaN and infinities of doubles are written and read."""
    assert math.isnan(decode_object(encode(Typed("Double", math.nan)))[0].value)
    assert decode_object(encode(Typed("Float", -math.inf)))[0].value == -math.inf


def test_a_wrong_name_of_an_enumeration_is_refused() -> None:
    """Number and name of an enumeration must agree with what the cluster knows."""
    from ignite_values import COLOR

    value = Typed("Enum", {"type": int_of(COLOR.type_id), "ordinal": int_of(0), "name": text_of("BLUE")})
    with pytest.raises(ValueRefused, match="not the name of number 0 of Color"):
        encode(value, resolver=registry())
