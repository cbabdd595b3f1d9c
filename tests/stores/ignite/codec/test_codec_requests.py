"""Requests and plain answers, byte by byte those of the SDK where the SDK has them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ignite_values import CITY_FULL, COLOR, NULL, int_of, registry, text_of
from pyignite import api
from pyignite.connection.protocol_context import ProtocolContext
from pyignite.datatypes import DecimalObject, ExpiryPolicy, IntObject, String
from pyignite.datatypes import prop_codes as codes
from pyignite.queries.cache_info import CacheInfo
from pyignite.utils import cache_id

from services.errors import UsageError, ValueRefused
from services.stores.ignite.affinity import partitions_request
from services.stores.ignite.codec import requests, tags
from services.stores.ignite.codec.binary_types import BinaryType, TypeRegistry, binary_type
from services.stores.ignite.codec.cache_config import PROPERTIES, create_cache, read_cache_config
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.codec.new_types import unregistered_types
from services.values import Typed

CONTEXT = ProtocolContext((1, 7, 0), None)
KEY, VALUE = encode(int_of(1)), encode(text_of("a"))


class SentError(Exception):
    """Carries what the SDK would have sent."""


class Recorder:
    """A connection of the SDK that only tells what would be sent."""

    protocol_context = CONTEXT
    client = SimpleNamespace(_event_listeners=None, protocol_context=CONTEXT, compact_footer=True)
    uuid = host = port = None

    def request(self, data: bytes) -> bytes:
        """Instead of sending."""
        raise SentError(bytes(data))


def sent(call: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[int, bytes]:
    """Operation and body that the SDK builds."""
    with pytest.raises(SentError) as caught:
        call(Recorder(), *arguments, **options)
    data = caught.value.args[0]
    length, op = struct.unpack_from("<ih", data)
    assert length == len(data) - 4
    return op, data[14:]


INFO = CacheInfo(cache_id=cache_id("Perſons"), protocol_context=CONTEXT)
HINTED = (1, IntObject)
SAME_AS_SDK = {
    "get": (requests.OP_GET, requests.get("Perſons", KEY), api.cache_get, (INFO, 1, IntObject)),
    "put": (requests.OP_PUT, requests.put("Perſons", KEY, VALUE), api.cache_put, (INFO, 1, "a", IntObject)),
    "put if absent": (
        requests.OP_PUT_IF_ABSENT,
        requests.put("Perſons", KEY, VALUE),
        api.cache_put_if_absent,
        (INFO, 1, "a", IntObject),
    ),
    "replace": (
        requests.OP_REPLACE,
        requests.put("Perſons", KEY, VALUE),
        api.cache_replace,
        (INFO, 1, "a", IntObject),
    ),
    "replace if equals": (
        requests.OP_REPLACE_IF_EQUALS,
        requests.replace_if_equals("Perſons", KEY, VALUE, KEY),
        api.cache_replace_if_equals,
        (INFO, 1, "a", 1, IntObject, String, IntObject),
    ),
    "remove if equals": (
        requests.OP_REMOVE_IF_EQUALS,
        requests.remove_if_equals("Perſons", KEY, VALUE),
        api.cache_remove_if_equals,
        (INFO, 1, "a", IntObject),
    ),
    "remove": (requests.OP_REMOVE_KEY, requests.get("Perſons", KEY), api.cache_remove_key, (INFO, 1, IntObject)),
    "contains": (
        requests.OP_CONTAINS_KEY,
        requests.get("Perſons", KEY),
        api.cache_contains_key,
        (INFO, 1, IntObject),
    ),
    "get all": (requests.OP_GET_ALL, requests.get_all("Perſons", [KEY]), api.cache_get_all, (INFO, [HINTED])),
    "clear": (requests.OP_CLEAR, requests.clear("Perſons"), api.cache_clear, (INFO,)),
    "size": (requests.OP_CACHE_SIZE, requests.cache_size("Perſons"), api.cache_get_size, (INFO, [])),
    "names": (requests.OP_CACHE_NAMES, b"", api.cache_get_names, ()),
    "configuration": (
        requests.OP_CACHE_CONFIG,
        requests.clear("Perſons"),
        api.cache_get_configuration,
        (INFO,),
    ),
    "destroy": (
        requests.OP_DESTROY_CACHE,
        requests.destroy_cache("Perſons"),
        api.cache_destroy,
        ("Perſons",),
    ),
    "scan": (requests.OP_SCAN, requests.scan("Perſons", 64, 3, is_local=True), api.scan, (INFO, 64, 3, True)),
    "scan page": (requests.OP_SCAN_NEXT, requests.next_page(7), api.scan_cursor_get_page, (7,)),
    "statement page": (requests.OP_SQL_FIELDS_NEXT, requests.next_page(7), api.sql_fields_cursor_get_page, (7, 2)),
    "close": (requests.OP_CLOSE, requests.close_resource(7), api.resource_close, (7,)),
    "binary type": (
        requests.OP_GET_BINARY_TYPE,
        requests.get_binary_type(CITY_FULL.type_id),
        api.get_binary_type,
        ("City",),
    ),
}


@pytest.mark.parametrize("name", SAME_AS_SDK)
def test_requests_are_those_of_the_sdk(name: str) -> None:
    """Operation and body are the bytes that the SDK would send for the same call."""
    op, body, call, arguments = SAME_AS_SDK[name]
    assert (op, body) == sent(call, *arguments)


def test_a_statement_is_that_of_the_sdk_when_no_feature_changes_it() -> None:
    """Without features 6 and 7 the bytes are the SDK's."""
    expected = sent(
        api.sql_fields,
        CacheInfo(protocol_context=CONTEXT),
        "select ?",
        512,
        [(1, IntObject)],
        "PUBLIC",
        timeout=250,
        lazy=True,
        include_field_names=True,
    )
    body = requests.sql_fields("select ?", arguments=[KEY], page_rows=512, timeout_ms=250, is_lazy=True)
    assert expected == (requests.OP_SQL_FIELDS, body)


def test_features_lengthen_statements_as_agreed() -> None:
    """Feature 6 makes the default timeout -1, feature 7 appends partitions and a batch size."""
    plain = requests.sql_fields("x")
    assert requests.sql_fields("x", features={7}) == plain + struct.pack("<ii", -1, 1)
    default = requests.sql_fields("x", features={6})
    assert (len(default), default[:-9], default[-9:-1]) == (len(plain), plain[:-9], b"\xff" * 8)


def test_a_whole_message_has_its_length_in_front() -> None:
    """Int length, short operation, long request id, body."""
    assert requests.message(1000, 5, b"ab") == struct.pack("<ihq", 12, 1000, 5) + b"ab"


def test_a_page_of_no_rows_is_refused() -> None:
    """A server closes the connection for it, so it is never sent."""
    for build in (lambda: requests.scan("c", 0), lambda: requests.sql_fields("x", page_rows=0)):
        with pytest.raises(UsageError):
            build()


@pytest.mark.parametrize("kind", [CITY_FULL, COLOR, binary_type("Empty", {})], ids=lambda kind: kind.name)
def test_a_binary_type_is_registered_and_read_back(kind: BinaryType) -> None:
    """What is registered is what an answer of the server holds after its bool."""
    body = requests.put_binary_type(kind)
    assert requests.read_binary_type(b"\1" + body) == kind
    assert requests.read_binary_type(b"\0") is None


def test_a_type_is_registered_as_the_sdk_does() -> None:
    """The body of a registration is the SDK's."""
    schema = {"NAME": String, "POP": IntObject, "AREA": DecimalObject}
    expected = sent(api.put_binary_type, "City", schema=schema)
    assert expected == (requests.OP_PUT_BINARY_TYPE, requests.put_binary_type(CITY_FULL))


def test_only_types_and_schemas_that_the_cluster_lacks_are_registered() -> None:
    """Inner types come first; a known field keeps the type it has; known schemas are left alone."""
    inner = Typed("City", {"NAME": NULL, "COUNTRY": text_of("LV")})
    outer = Typed("Trip", {"to": inner, "days": Typed("IntArray", [])})
    found = unregistered_types(Typed("ArrayList", [outer]), registry())
    assert [kind.name for kind in found] == ["City", "Trip"]
    assert [(item.name, item.tag) for item in found[0].fields] == [("NAME", tags.STRING), ("COUNTRY", tags.STRING)]
    assert [(item.name, item.tag) for item in found[1].fields] == [("to", tags.OBJECT), ("days", tags.INT_ARRAY)]
    assert unregistered_types(Typed("City", {"NAME": NULL, "POP": NULL}), registry()) == []


def test_a_registry_asks_again_for_a_schema_it_does_not_know() -> None:
    """Types are loaded once; a new schema, or forgetting, loads them again."""
    asked: list[int] = []

    def load(type_id: int) -> BinaryType | None:
        asked.append(type_id)
        return CITY_FULL if type_id == CITY_FULL.type_id else None

    known = TypeRegistry(load)
    for type_id, schema_id, expected in (
        (CITY_FULL.type_id, 0, CITY_FULL),
        (CITY_FULL.type_id, 0, CITY_FULL),
        (5, 0, None),
        (5, 1, None),
        (CITY_FULL.type_id, 99, CITY_FULL),
        (CITY_FULL.type_id, 99, CITY_FULL),
    ):
        assert known(type_id, schema_id) == expected
    known.forget(5)
    known(5, 0)
    assert asked == [CITY_FULL.type_id, 5, CITY_FULL.type_id, 5]
    known.forget()
    known(CITY_FULL.type_id, 99)
    assert asked[4:] == [CITY_FULL.type_id]


ENTITY = {
    "key_type": "java.lang.Integer",
    "value_type": "City",
    "table": "CITY",
    "key_field": "ID",
    "value_field": None,
    "fields": [
        {
            "name": "ID",
            "type": "java.lang.Integer",
            "is_key": True,
            "is_not_null": True,
            "default": None,
            "precision": -1,
            "scale": -1,
        },
        {
            "name": "NAME",
            "type": "java.lang.String",
            "is_key": False,
            "is_not_null": False,
            "default": text_of("none"),
            "precision": 20,
            "scale": 0,
        },
    ],
    "aliases": {"NAME": "TITLE"},
    "indexes": [{"name": "BY_NAME", "type": "SORTED", "inline_size": 10, "fields": {"NAME": True}}],
}
CONFIG: dict[str, Any] = {
    "name": "demo",
    "cache_mode": "PARTITIONED",
    "atomicity_mode": "TRANSACTIONAL",
    "backups": 1,
    "write_synchronization_mode": "PRIMARY_SYNC",
    "copy_on_read": True,
    "read_from_backup": False,
    "data_region": None,
    "onheap_cache_enabled": True,
    "query_entities": [ENTITY],
    "query_parallelism": 2,
    "query_detail_metrics_size": 3,
    "sql_schema": "PUBLIC",
    "sql_index_inline_max_size": -1,
    "sql_escape_all": False,
    "max_query_iterators": 1024,
    "rebalance_mode": "ASYNC",
    "rebalance_delay_ms": 0,
    "rebalance_timeout_ms": 10_000,
    "rebalance_batch_size": 524_288,
    "rebalance_batches_prefetch_count": 3,
    "rebalance_order": 0,
    "rebalance_throttle_ms": 0,
    "group_name": "group",
    "key_configuration": [{"type": "CityKey", "affinity_field": "COUNTRY"}],
    "default_lock_timeout_ms": 5,
    "max_concurrent_async_operations": 500,
    "partition_loss_policy": "READ_WRITE_SAFE",
    "eager_ttl": True,
    "statistics_enabled": False,
    "expiry_policy": {"create": 1000, "update": -1, "access": -2},
}
SDK_CONFIG = {
    codes.PROP_NAME: "demo",
    codes.PROP_CACHE_MODE: 2,
    codes.PROP_CACHE_ATOMICITY_MODE: 0,
    codes.PROP_BACKUPS_NUMBER: 1,
    codes.PROP_WRITE_SYNCHRONIZATION_MODE: 2,
    codes.PROP_COPY_ON_READ: True,
    codes.PROP_READ_FROM_BACKUP: False,
    codes.PROP_DATA_REGION_NAME: None,
    codes.PROP_IS_ONHEAP_CACHE_ENABLED: True,
    codes.PROP_QUERY_ENTITIES: [
        {
            "key_type_name": "java.lang.Integer",
            "value_type_name": "City",
            "table_name": "CITY",
            "key_field_name": "ID",
            "value_field_name": None,
            "query_fields": [
                {
                    "name": "ID",
                    "type_name": "java.lang.Integer",
                    "is_key_field": True,
                    "is_notnull_constraint_field": True,
                },
                {"name": "NAME", "type_name": "java.lang.String", "default_value": "none", "precision": 20, "scale": 0},
            ],
            "field_name_aliases": [{"field_name": "NAME", "alias": "TITLE"}],
            "query_indexes": [
                {
                    "index_name": "BY_NAME",
                    "index_type": 0,
                    "inline_size": 10,
                    "fields": [{"name": "NAME", "is_descending": True}],
                }
            ],
        }
    ],
    codes.PROP_QUERY_PARALLELISM: 2,
    codes.PROP_QUERY_DETAIL_METRIC_SIZE: 3,
    codes.PROP_SQL_SCHEMA: "PUBLIC",
    codes.PROP_SQL_INDEX_INLINE_MAX_SIZE: -1,
    codes.PROP_SQL_ESCAPE_ALL: False,
    codes.PROP_MAX_QUERY_ITERATORS: 1024,
    codes.PROP_REBALANCE_MODE: 1,
    codes.PROP_REBALANCE_DELAY: 0,
    codes.PROP_REBALANCE_TIMEOUT: 10_000,
    codes.PROP_REBALANCE_BATCH_SIZE: 524_288,
    codes.PROP_REBALANCE_BATCHES_PREFETCH_COUNT: 3,
    codes.PROP_REBALANCE_ORDER: 0,
    codes.PROP_REBALANCE_THROTTLE: 0,
    codes.PROP_GROUP_NAME: "group",
    codes.PROP_CACHE_KEY_CONFIGURATION: [{"type_name": "CityKey", "affinity_key_field_name": "COUNTRY"}],
    codes.PROP_DEFAULT_LOCK_TIMEOUT: 5,
    codes.PROP_MAX_CONCURRENT_ASYNC_OPERATIONS: 500,
    codes.PROP_PARTITION_LOSS_POLICY: 2,
    codes.PROP_EAGER_TTL: True,
    codes.PROP_STATISTICS_ENABLED: False,
    codes.PROP_EXPIRY_POLICY: ExpiryPolicy(create=1000, update=-1, access=-2),
}


def test_all_properties_of_a_cache_are_written_as_the_sdk_does() -> None:
    """The body of a creation with all 31 properties is the SDK's, query entities and expiry included."""
    assert len(CONFIG) == len(PROPERTIES) == 31
    op, body = sent(api.cache_create_with_config, SDK_CONFIG)
    ours = create_cache(CONFIG)
    # The SDK writes a wrong length in front, which servers do not look at.
    assert (op, body[4:], len(body) - 4) == (requests.OP_CREATE_CACHE, ours[4:], struct.unpack_from("<i", ours)[0])


@pytest.mark.parametrize("has_expiry", [True, False])
def test_a_configuration_is_read_back(has_expiry: bool) -> None:
    """What a server tells of a cache is read into the shape that creates one."""
    expected = {name: CONFIG[name] for name in PROPERTIES if has_expiry or name != "expiry_policy"}
    body = b"".join(PROPERTIES[name].write(value) for name, value in expected.items())
    assert read_cache_config(struct.pack("<i", len(body)) + body, has_expiry=has_expiry) == expected


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"name": ""},
        {"name": "a", "nonsense": 1},
        {"name": "a", "cache_mode": "LOCAL"},
        {"name": "a", "backups": "1"},
    ],
)
def test_a_configuration_that_no_server_takes_is_refused(properties: dict[str, Any]) -> None:
    """Unknown properties, modes and values of a wrong type never reach a server."""
    with pytest.raises(ValueRefused):
        create_cache(properties)


def test_partitions_are_asked_for_as_the_server_reads_them() -> None:
    """Feature 13 adds a byte to the request."""
    plain = struct.pack("<ii", 1, requests.cache_id("a"))
    assert plain == partitions_request("a", frozenset())
    assert b"\0" + plain == partitions_request("a", {13})
