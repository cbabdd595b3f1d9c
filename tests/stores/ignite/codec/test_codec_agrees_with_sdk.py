"""The codec and the SDK write the same bytes for the types that the SDK handles rightly."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from ignite_values import int_of, text_of
from pyignite import GenericObjectMeta
from pyignite import datatypes as sdk
from pyignite.stream import BinaryStream

from services.stores.ignite.codec.encode import encode
from services.times import Moment, TimeOfDay
from services.values import Typed

NODE = UUID("00112233-4455-6677-8899-aabbccddeeff")
INSTANT = datetime(2024, 5, 6, 7, 8, 9, 123_000, tzinfo=UTC)
NANOS = 1_714_979_289_123_000_000

SAME: dict[str, tuple[Typed, Any, Any]] = {
    "Byte": (Typed("Byte", -5), sdk.ByteObject, -5),
    "Short": (Typed("Short", -500), sdk.ShortObject, -500),
    "Int": (int_of(70_000), sdk.IntObject, 70_000),
    "Long": (Typed("Long", -(2**40)), sdk.LongObject, -(2**40)),
    "Float": (Typed("Float", 0.5), sdk.FloatObject, 0.5),
    "Double": (Typed("Double", 0.1), sdk.DoubleObject, 0.1),
    "Char": (Typed("Char", "ж"), sdk.CharObject, "ж"),
    "Bool": (Typed("Bool", True), sdk.BoolObject, True),
    "String": (text_of("żółw \U0001f600"), sdk.String, "żółw \U0001f600"),
    "UUID": (Typed("UUID", NODE), sdk.UUIDObject, NODE),
    "Date": (Typed("Date", Moment(NANOS)), sdk.DateObject, INSTANT),
    "Timestamp": (Typed("Timestamp", Moment(NANOS + 456)), sdk.TimestampObject, (INSTANT, 456)),
    "Time": (Typed("Time", TimeOfDay(3_723_000_000_000)), sdk.TimeObject, timedelta(seconds=3723)),
    "Decimal": (Typed("Decimal", Decimal("-12345.678")), sdk.DecimalObject, Decimal("-12345.678")),
    "Enum": (Typed("Enum", {"type": int_of(9), "ordinal": int_of(3)}), sdk.EnumObject, (9, 3)),
    "BinaryEnum": (Typed("BinaryEnum", {"type": int_of(9), "ordinal": int_of(3)}), sdk.BinaryEnumObject, (9, 3)),
    "ByteArray": (Typed("ByteArray", b"\0\xff"), sdk.ByteArrayObject, b"\0\xff"),
    "ShortArray": (Typed("ShortArray", [Typed("Short", -1)]), sdk.ShortArrayObject, [-1]),
    "IntArray": (Typed("IntArray", [int_of(1), int_of(-2)]), sdk.IntArrayObject, [1, -2]),
    "LongArray": (Typed("LongArray", [Typed("Long", 1)]), sdk.LongArrayObject, [1]),
    "DoubleArray": (Typed("DoubleArray", [Typed("Double", 1.5)]), sdk.DoubleArrayObject, [1.5]),
    "BoolArray": (Typed("BoolArray", [Typed("Bool", True)]), sdk.BoolArrayObject, [True]),
    "StringArray": (Typed("StringArray", [text_of("a"), Typed("Null", None)]), sdk.StringArrayObject, ["a", None]),
    "UUIDArray": (Typed("UUIDArray", [Typed("UUID", NODE)]), sdk.UUIDArrayObject, [NODE]),
    "DecimalArray": (
        Typed("DecimalArray", [Typed("Decimal", Decimal("1.5"))]),
        sdk.DecimalArrayObject,
        [Decimal("1.5")],
    ),
    "ArrayList": (
        Typed("ArrayList", [int_of(1), text_of("a")]),
        sdk.CollectionObject,
        (1, [(1, sdk.IntObject), "a"]),
    ),
    "Set": (Typed("Set", [text_of("a")]), sdk.CollectionObject, (-1, ["a"])),
    "LinkedHashMap": (
        Typed("LinkedHashMap", [(text_of("k"), text_of("v"))]),
        sdk.MapObject,
        (2, OrderedDict([("k", "v")])),
    ),
    "Null": (Typed("Null", None), sdk.String, None),
}


def sdk_bytes(kind: Any, value: Any, *, compact_footer: bool = True) -> bytes:
    """What the SDK writes for a value."""
    client = SimpleNamespace(compact_footer=compact_footer, register_binary_type=lambda *found: None)
    with BinaryStream(client) as stream:
        kind.from_python(stream, value)
        return bytes(stream.getvalue())


@pytest.mark.parametrize("name", SAME)
def test_values_are_written_as_the_sdk_writes_them(name: str) -> None:
    """Byte for byte the same, for every type hint that the SDK gets right."""
    value, kind, python_value = SAME[name]
    assert sdk_bytes(kind, python_value) == encode(value)


@pytest.mark.parametrize("compact_footer", [True, False])
@pytest.mark.parametrize("size", [1, 300, 70_000])
def test_binary_objects_are_written_as_the_sdk_writes_them(size: int, compact_footer: bool) -> None:
    """Header, hash code, fields and footer of a binary object are the SDK's."""
    schema = OrderedDict([("NAME", sdk.String), ("POP", sdk.IntObject)])

    class City(metaclass=GenericObjectMeta, type_name="City", schema=schema):
        """The SDK's form of the type."""

    value = Typed("City", {"NAME": text_of("x" * size), "POP": int_of(5)})
    expected = sdk_bytes(sdk.BinaryObject, City(NAME="x" * size, POP=5), compact_footer=compact_footer)
    assert expected == encode(value, compact_footer=compact_footer)
