"""Complex objects, binary types and the sample caches."""

from __future__ import annotations

import struct
from collections import OrderedDict
from decimal import Decimal

import pytest
from ignite_raw import RawClient, head, number, string
from pyignite import Client, GenericObjectMeta
from pyignite.datatypes import BinaryObject, CollectionObject, DecimalObject, IntObject, MapObject, String

from services.sandbox.ignite.binary_types import BinaryTypes
from services.sandbox.ignite.data.caches import all_types, hostile_values
from services.sandbox.ignite.errors import BadRequest
from services.sandbox.ignite.hashes import bytes_hash, partition_of, schema_id, string_hash
from services.sandbox.ignite.objects import object_end, sent, stored
from services.sandbox.ignite.values import decimal, decode, encode


class Address(
    metaclass=GenericObjectMeta,
    type_name="test.Address",
    schema=OrderedDict([("street", String), ("number", IntObject)]),
):
    """An object inside another."""


class Person(
    metaclass=GenericObjectMeta,
    type_name="test.Person",
    schema=OrderedDict(
        [("name", String), ("address", BinaryObject), ("balance", DecimalObject), ("tags", CollectionObject)]
    ),
):
    """An object with another, a decimal and a list."""


def test_a_complex_object_survives_the_round_trip(client: Client) -> None:
    """Nested object, decimal and list come back; the type is discovered by a second client's registry."""
    cache = client.create_cache("people")
    person = Person(name="Ada", address=Address(street="Main", number=7), balance=Decimal("1.25"), tags=(1, ["a", "b"]))
    cache.put(1, person)
    found = cache.get(1)
    assert (found.name, found.address.street, found.address.number) == ("Ada", "Main", 7)
    assert (found.balance, found.tags) == (Decimal("1.25"), (1, ["a", "b"]))
    cache.destroy()


def test_a_registered_type_reports_its_fields_and_schemas(client: Client) -> None:
    """query_binary_type finds by name what a put has registered."""
    client.register_binary_type(Address)
    info = client.get_binary_type("test.Address")
    assert (info["type_exists"], info["type_name"], info["is_enum"]) == (True, "test.Address", False)
    assert info["schemas"] == [OrderedDict([("street", String), ("number", IntObject)])]


def test_an_unknown_type_does_not_exist(client: Client) -> None:
    """A type nobody registered is reported as missing."""
    assert client.get_binary_type("test.Nobody")["type_exists"] is False


def test_class_names_are_registered_once(raw: RawClient) -> None:
    """A class name is accepted, found by its id, and not replaced by another."""
    body = struct.pack("<bi", 0, 4242)
    answers = [raw.request(3001, body + string("a.B")), raw.request(3001, body + string("a.C"))]
    assert (answers, raw.request(3000, body)) == ([b"\1", b"\0"], string("a.B"))


def test_binary_configuration_says_compact_footers(raw: RawClient) -> None:
    """Compact footer, full names."""
    assert raw.request(3004) == b"\1\0"


def test_hashes_are_those_of_java() -> None:
    """Strings, byte arrays and schemas hash as on the JVM."""
    assert [string_hash("SQL_PUBLIC_CITY"), string_hash(""), string_hash("\U0001f600")] == [-2066691984, 0, 1772899]
    assert [bytes_hash(b""), bytes_hash(b"\x01\xff")] == [1, 991]
    ids = [string_hash(name) for name in ("name", "district", "population")]
    assert schema_id(ids) == 275495165
    assert [partition_of(-1, 1024), partition_of(65536, 1024), partition_of(-7, 1000)] == [0, 1, 7]


def test_elements_of_containers_are_sent_wrapped() -> None:
    """A stored list of objects leaves with each object in a wrapper, and comes back to the same bytes."""
    point = BinaryTypes().build("p", {"x": encode(1)})
    wrapped = sent(b"\x18\1\0\0\0\1" + point)
    assert wrapped == b"\x18\1\0\0\0\1\x1b" + struct.pack("<i", len(point)) + point + b"\0\0\0\0"
    assert stored(sent(point)) == point


def test_every_sample_value_measures_to_its_end() -> None:
    """Measuring finds exactly the end of each sample of each type."""
    samples = [value for _, value in (*all_types(BinaryTypes()), *hostile_values(BinaryTypes()))]
    assert [object_end(value + b"rest", 0) for value in samples] == [len(value) for value in samples]


@pytest.mark.parametrize(
    "data", [b"", b"\x09\xff\xff\xff\x7f", b"\x09\x05\0\0\0abc", b"\x63", b"\x18\xff\xff\xff\xff\1"]
)
def test_broken_objects_are_refused(data: bytes) -> None:
    """An object that ends early, is too long or of no known type is a bad request."""
    with pytest.raises(BadRequest):
        object_end(data, 0)


@pytest.mark.parametrize("text", ["0", "-0.05", "1.50", "-128", "255", "1E+3", "123456789012345678901234567890.123"])
def test_decimals_keep_value_and_scale(text: str) -> None:
    """A decimal comes back digit for digit."""
    assert decode(decimal(Decimal(text))).as_tuple() == Decimal(text).as_tuple()


def test_sample_caches_hold_what_their_names_say(client: Client, raw: RawClient) -> None:
    """The mixed keys are eleven, also on the wire."""
    assert client.get_cache("MixedKeys").get_size() == 11
    body = raw.request(2000, head("MixedKeys") + b"\x65" + struct.pack("<ii?", 100, -1, False))
    assert struct.unpack_from("<i", body, 8)[0] == 11
    assert number(4, 1) + string("Long 1") in body


def test_maps_and_collections_are_readable_by_the_sdk(client: Client) -> None:
    """The SDK reads the sample containers by its own types."""
    cache = client.get_cache("Types")
    found = [cache.get(name) for name in ("array list", "hash map", "int[]", "uuid", "object")]
    assert found[:3] == [(CollectionObject.ARR_LIST, [1, "two", None]), (MapObject.HASH_MAP, {"k": 1}), [1, 2, 3]]
    assert (str(found[3]), found[4].x, found[4].y) == ("12345678-1234-5678-9abc-def012345678", 3, 4)
