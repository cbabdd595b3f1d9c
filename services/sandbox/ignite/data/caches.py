"""Caches that show the range of types and the values that are hard to show."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from decimal import Decimal
from uuid import UUID

from services.sandbox.ignite import config, values, wire
from services.sandbox.ignite.binary_types import BinaryTypes
from services.sandbox.ignite.caches import BytesCache
from services.sandbox.ignite.config import CacheConfig
from services.sandbox.ignite.sql.engine import Engine
from services.sandbox.ignite.values import Timestamp

Entries = Iterable[tuple[bytes, bytes]]
text = values.text


def int_(number: int) -> bytes:
    return values.number(3, number)


def long_(number: int) -> bytes:
    return values.number(4, number)


def load_caches(engine: Engine) -> None:
    """The sample caches; `Accounts` is transactional, the others atomic."""
    binary = engine.cluster.binary
    makers: dict[str, Callable[[BinaryTypes], Entries]] = {
        "Orders": orders,
        "MixedKeys": mixed_keys,
        "Types": all_types,
        "Exact": exact_values,
        "Hostile": hostile_values,
        "Accounts": accounts,
        "Empty": lambda binary: (),
    }
    with engine.cluster.lock:
        for name, make in makers.items():
            settings = CacheConfig(name, backups=1)
            if name == "Accounts":
                settings.atomicity = config.TRANSACTIONAL
            cache = BytesCache(settings)
            for key, value in make(binary):
                cache.put(key, value)
            engine.cluster.add_cache(cache)


def accounts(binary: BinaryTypes) -> Entries:
    """Account number to balance."""
    for number in range(1, 101):
        yield text(f"ACC-{number:05d}"), values.decimal(Decimal(number * 997) / 100)


def mixed_keys(binary: BinaryTypes) -> Entries:
    """Keys that a careless reader takes for one another."""
    yield int_(1), text("Int 1")
    yield long_(1), text("Long 1")
    yield values.number(6, 1.0), text("Double 1.0")
    yield values.number(5, 1.0), text("Float 1.0")
    yield values.number(2, 1), text("Short 1")
    yield values.number(1, 1), text("Byte 1")
    yield values.boolean(True), text("Bool true")
    yield text("1"), text("String 1")
    yield values.decimal(Decimal("1")), text("Decimal 1")
    yield values.decimal(Decimal("1.0")), text("Decimal 1.0")
    yield values.uuid(UUID(int=1)), text("UUID")


def exact_values(binary: BinaryTypes) -> Entries:
    """Numbers and times that survive only where nothing is rounded."""
    samples = {
        "int64 max": long_((1 << 63) - 1),
        "int64 min": long_(-(1 << 63)),
        "2^53 + 1": long_((1 << 53) + 1),
        "decimal 1.50": values.decimal(Decimal("1.50")),
        "decimal 40 digits": values.decimal(Decimal("1234567890123456789012345678901234567890.0123456789")),
        "decimal negative scale": values.decimal_of(12, -3),
        "decimal zero, scale 5": values.decimal_of(0, 5),
        "double NaN": values.number(6, float("nan")),
        "double -0.0": values.number(6, -0.0),
        "double infinity": values.number(6, float("inf")),
        "double smallest": values.number(6, 5e-324),
        "float 0.1": values.number(5, 0.1),
        "timestamp nanoseconds": values.timestamp(Timestamp(1577934245123, 456789)),
        "timestamp before 1970": values.timestamp(Timestamp(-1, 999_999)),
        "timestamp year 9999": values.timestamp(Timestamp(253402300799999, 999_999)),
        "date": values.number(11, 1577836800000),
        "sql date": values.sql_date(1577923200000),
        "time": values.number(36, 3723000),
        "time of a zone east": values.number(36, -28677000),
    }
    return ((text(name), value) for name, value in samples.items())


def hostile_values(binary: BinaryTypes) -> Entries:
    """Strings that attack a terminal, a parser or an eye."""
    samples = (
        "", " ", "  two spaces  ", "tab\there", "line\nbreak", "return\rback", "nul\0inside", "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07", "\x1b]52;c;aGk=\x07", "\x9b2J", "bell\x07", "back\x08space", "\u202egnp.exe", "a\u200bb",
        "[red]markup[/red]", "x[/]y", "[@click=app.bell]press[/]", "'; DROP TABLE City; --",
        "<script>alert(1)</script>",
        "NULL", "null", "\u65e5\u672c\u8a9e", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "e" + "\u0301" * 30,
        "\ufeffbom", "\u2028separator", "A" * 100_000, "\u0000\u0001\u0002", "../../etc/passwd", "%s%n{0}${x}",
    )  # fmt: skip
    for number, sample in enumerate(samples, 1):
        yield int_(number), text(sample)
    yield text("key \x1b[2J\u202e[/]"), text("a hostile key")


def all_types(binary: BinaryTypes) -> Entries:
    """One entry a type code, simple and composite."""
    binary.register_enum("demo.Color", {"RED": 0, "GREEN": 1, "BLUE": 2})
    color = next(k.type_id for k in binary.by_id.values() if k.name == "demo.Color")
    enum = b"\x1c" + wire.int32(color) + wire.int32(1)
    moment = values.timestamp(Timestamp(1577934245123, 456789))
    identity = values.uuid(UUID("12345678-1234-5678-9abc-def012345678"))
    samples = {
        "byte": values.number(1, -7), "short": values.number(2, 1000), "int": int_(42), "long": long_(1 << 40),
        "float": values.number(5, 1.5), "double": values.number(6, 2.5), "char": b"\x07" + "Ж".encode("utf-16-le"),
        "boolean": values.boolean(True), "string": text("text"), "uuid": identity,
        "date": values.number(11, 1577836800000), "timestamp": moment, "time": values.number(36, 3723000),
        "decimal": values.decimal(Decimal("-12.340")), "enum": enum, "binary enum": b"\x26" + enum[1:],
        "byte[]": values.byte_array(bytes(range(16))), "short[]": _array(13, "h", (1, -2)),
        "int[]": _array(14, "i", (1, 2, 3)), "long[]": _array(15, "q", (1 << 40,)),
        "float[]": _array(16, "f", (1.5,)), "double[]": _array(17, "d", (2.5, float("nan"))),
        "char[]": _array(18, "H", (65, 66)), "boolean[]": _array(19, "?", (True, False)),
        "string[]": values.string_array(["a", "", "c"]), "uuid[]": _objects(21, [identity]),
        "date[]": _objects(22, [values.number(11, 0)]), "decimal[]": _objects(31, [values.decimal(Decimal("1.50"))]),
        "timestamp[]": _objects(34, [moment]), "time[]": _objects(37, [values.number(36, 0)]),
        "enum[]": b"\x1d" + wire.int32(color) + wire.int32(1) + enum,
        "object[]": b"\x17" + wire.int32(-1) + wire.int32(2) + int_(1) + text("two"),
        "array list": values.collection([int_(1), text("two"), values.encode(None)]),
        "linked list": values.collection([int_(1)], 2), "hash set": values.collection([int_(1)], 3),
        "linked hash set": values.collection([int_(1)], 4), "singleton list": values.collection([int_(1)], 5),
        "empty list": values.collection([]), "hash map": values.mapping({text("k"): int_(1)}, 1),
        "linked hash map": values.mapping({int_(1): values.collection([text("v")])}, 2),
        "object": binary.build("demo.Point", {"x": int_(3), "y": int_(4)}),
    }  # fmt: skip
    return ((text(name), value) for name, value in samples.items())


def _array(tag: int, form: str, items: tuple[float, ...]) -> bytes:
    return bytes((tag,)) + wire.int32(len(items)) + struct.pack(f"<{len(items)}{form}", *items)


def _objects(tag: int, items: list[bytes]) -> bytes:
    return bytes((tag,)) + wire.int32(len(items)) + b"".join(items)


def orders(binary: BinaryTypes) -> Entries:
    """Complex objects: a customer inside, a list, a map, an enum, and the same customer again by reference."""
    binary.register_enum("demo.Status", {"NEW": 0, "PAID": 1, "SHIPPED": 2})
    status = next(k.type_id for k in binary.by_id.values() if k.name == "demo.Status")
    for number in range(1, 26):
        customer = binary.build(
            "demo.Customer",
            {"name": text(f"Customer {number}"), "city": text("Amsterdam"), "vip": values.boolean(number % 5 == 0)}
        )  # fmt: skip
        items = [
            binary.build("demo.Item", {"sku": text(f"SKU-{number}-{line}"), "count": int_(line), "price": _price(line)})
            for line in range(1, number % 4 + 1)
        ]
        fields = {
            "id": int_(number),
            "customer": customer,
            "items": values.collection(items),
            "labels": values.mapping({text("priority"): int_(number % 3), text("note"): values.encode(None)}, 2),
            "status": b"\x26" + wire.int32(status) + wire.int32(number % 3),
            "placed": values.timestamp(Timestamp(1_600_000_000_000 + number * 86_400_000)),
            "total": _price(number),
        }
        yield long_(number), _with_reference(binary, fields, "billTo", "customer")


def _price(number: int) -> bytes:
    return values.decimal_of(number * 1995, 2)


def _with_reference(binary: BinaryTypes, fields: dict[str, bytes], name: str, target: str) -> bytes:
    """An object whose last field refers back to an earlier one, as Java writes a repeated object."""
    names = list(fields)
    start = 24 + sum(len(fields[earlier]) for earlier in names[: names.index(target)])
    place = 24 + sum(map(len, fields.values()))
    reference = b"\x66" + wire.int32(place - start)
    codes = {key: data[0] for key, data in fields.items()} | {name: fields[target][0]}
    return binary.build("demo.Order", {**fields, name: reference}, codes)
