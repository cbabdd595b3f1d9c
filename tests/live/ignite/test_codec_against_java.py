"""What Java writes, the codec reads; what the codec writes, Java reads as what it was."""

import struct
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pyignite
import pytest
from ignite_clusters import LiveCluster
from java_programs import run_java
from thin_requests import answer_body, cache_request, plain_request, scan_request

from services.stores.ignite.codec.binary_types import BinaryField, BinaryType, TypeRegistry
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.codec.generic import decode_object
from services.stores.ignite.codec.reader import ByteReader
from services.times import Day, Moment, TimeOfDay
from services.values import Typed

ZOO = Path(__file__).parent / "java" / "ValueZoo.java"
FILLED, COPIED = "zoo", "zoo_copy"
PUT, GET_BINARY_TYPE = 1001, 3002
PERSON = "ValueZoo$Person"
NULL = Typed("Null", None)
SEALED = "jvm_"
"""Names of values in the JVM's own marshaller start with it: those stay bytes that nobody edits."""

EXACT = {
    "long": Typed("Long", -(2**63)),
    "float": Typed("Float", 1.100000023841858),
    "char": Typed("Char", "€"),
    "text": Typed("String", "ä世😀"),
    "text_nul": Typed("String", "a\0b\0"),
    "text_empty": Typed("String", ""),
    "text_escape": Typed("String", "\x1b[31mred\u202e\x9b"),
    "decimal": Typed("Decimal", Decimal("-1.50")),
    "decimal_long": Typed("Decimal", Decimal("123456789012345678901234567890123456789012345678.0123456789")),
    "decimal_thousands": Typed("Decimal", Decimal("-12E+5")),
    "date_far": Typed("Date", Moment(253_402_300_800_000_000_000, "UTC")),
    "timestamp": Typed("Timestamp", Moment(1_709_251_199_123_456_789, "UTC")),
    "timestamp_early": Typed("Timestamp", Moment(-1, "UTC")),
    "sql_date": Typed("SqlDate", Day(19_782)),
    "time": Typed("Time", TimeOfDay(3_723_000_000_000)),
    "uuid": Typed("UUID", UUID("01234567-89ab-cdef-fedc-ba9876543210")),
    "bytes": Typed("ByteArray", b"\0\1\xff"),
    "linked_hash_set": Typed("LinkedHashSet", [Typed("Int", 3), Typed("Int", 1), Typed("Int", 2)]),
}
WORDS = {
    "bools": "BoolArray",
    "chars": "CharArray",
    "shorts": "ShortArray",
    "ints": "IntArray",
    "longs": "LongArray",
    "floats": "FloatArray",
    "doubles": "DoubleArray",
    "texts": "StringArray",
    "uuids": "UUIDArray",
    "dates": "DateArray",
    "decimals": "DecimalArray",
    "timestamps": "TimestampArray",
    "times": "TimeArray",
    "objects": "ObjectArray",
    "enums": "ObjectArray",
    "enum": "BinaryEnum",
    "array_list": "ArrayList",
    "array_list_empty": "ArrayList",
    "linked_list": "LinkedList",
    "hash_set": "HashSet",
    "hash_map": "HashMap",
    "linked_hash_map": "LinkedHashMap",
    "raw": "ValueZoo$Raw",
    "circle": "WrappedData",
}


@pytest.fixture(scope="module")
def client(plain_node: LiveCluster) -> Iterator[pyignite.Client]:
    """The SDK's client on a node whose cache holds the zoo."""
    ran = run_java(ZOO, plain_node.addresses, "fill", FILLED)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    connected = plain_node.connect()
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def registry(client: pyignite.Client) -> TypeRegistry:
    """The binary types as the node knows them."""
    return TypeRegistry(lambda type_id: ask_type(client, type_id))


@pytest.fixture(scope="module")
def zoo(client: pyignite.Client, registry: TypeRegistry) -> dict[str, Typed]:
    """Every value of the zoo as the codec reads it, by name."""
    reader = ByteReader(answer_body(client, scan_request(FILLED, page_size=1000)))
    reader.take(8)
    found: dict[str, Typed] = {}
    for _ in range(reader.int32()):
        key, reader.offset = decode_object(reader.data, reader.offset)
        found[key.value], reader.offset = decode_object(reader.data, reader.offset, registry)
    assert reader.flag() is False, "the zoo fits one page"
    return found


def ask_type(client: pyignite.Client, type_id: int) -> BinaryType | None:
    """Ask the node for a binary type."""
    reader = ByteReader(answer_body(client, plain_request(GET_BINARY_TYPE, struct.pack("<i", type_id))))
    if not reader.flag():
        return None
    found_id, name, affinity = reader.int32(), reader.name(), reader.name()
    fields = tuple(BinaryField(reader.name(), reader.int32(), reader.int32()) for _ in range(reader.int32()))
    is_enum = reader.flag()
    literals = {}
    if is_enum:
        for _ in range(reader.int32()):
            literal = reader.name()
            literals[reader.int32()] = literal
    schemas = {}
    for _ in range(reader.int32()):
        schema = reader.int32()
        schemas[schema] = tuple(reader.int32() for _ in range(reader.int32()))
    return BinaryType(found_id, name, fields, schemas, affinity, is_enum, literals)


def test_values_are_read_exactly(zoo: dict[str, Typed]) -> None:
    """Values that lose something in other clients arrive whole."""
    assert {name: zoo[name] for name in EXACT} == EXACT


def test_every_kind_of_value_has_its_word(zoo: dict[str, Typed]) -> None:
    """Arrays, containers and objects carry the word of what Java wrote."""
    assert {name: zoo[name].type for name in WORDS} == WORDS


def test_values_in_the_jvms_own_form_stay_sealed(zoo: dict[str, Typed]) -> None:
    """A value in the JVM's own marshaller is shown as bytes, whatever class it is of."""
    sealed = {name: value.type for name, value in zoo.items() if name.startswith(SEALED)}
    assert len(sealed) == 6
    assert set(sealed.values()) == {"JvmObject"}


def test_objects_are_read_by_field(zoo: dict[str, Typed]) -> None:
    """An object's fields are found by the schema of the node, a shared one twice, a circle not at all."""
    ada = Typed(PERSON, {"name": Typed("String", "Ada"), "age": Typed("Int", 36), "friend": NULL})
    grace = {"name": Typed("String", "Grace"), "age": Typed("Int", 85), "friend": ada}
    assert zoo["person"] == Typed(PERSON, grace)
    assert zoo["pair_of_one"] == Typed("ValueZoo$Pair", {"left": ada, "right": ada})
    assert len(zoo["person_big"].value["name"].value) == 70_000
    assert isinstance(zoo["circle"].value, bytes)
    assert isinstance(zoo["raw"].value, bytes)


def test_java_reads_what_the_codec_wrote(
    plain_node: LiveCluster, client: pyignite.Client, registry: TypeRegistry, zoo: dict[str, Typed]
) -> None:
    """A copy made by decoding and encoding every value equals the original for Java, class by class."""
    client.get_or_create_cache(COPIED)
    copied = {name: value for name, value in zoo.items() if not name.startswith(SEALED)}
    for name, value in copied.items():
        entry = encode(Typed("String", name)) + encode(value, resolver=registry)
        answer_body(client, cache_request(PUT, COPIED, entry))
    ran = run_java(ZOO, plain_node.addresses, "compare", COPIED)
    assert ran.stdout.splitlines() == [f"{len(copied)} equal"], ran.stderr
