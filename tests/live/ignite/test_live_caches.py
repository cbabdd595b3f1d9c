"""Caches on a real node: entries compared by their exact bytes, and all 31 properties created and read back."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from ignite_clusters import LiveCluster
from ignite_load import fill_cache
from live_stores import open_store

from services.errors import NotFound
from services.stores.changes import Delete, Existence, Insert, Path, Result, Update
from services.stores.ignite.store import IgniteStore
from services.stores.types import Count, RowQuery
from services.times import parse_moment
from services.values import Typed

PATH = ("caches", "live_entries")
KEY = {"key": Typed("Int", 1)}
EVERY_PROPERTY: dict[str, Any] = {
    "atomicity_mode": "TRANSACTIONAL",
    "backups": 1,
    "cache_mode": "PARTITIONED",
    "copy_on_read": False,
    "data_region": "default",
    "eager_ttl": False,
    "statistics_enabled": True,
    "group_name": "live_group",
    "default_lock_timeout_ms": 5_000,
    "max_concurrent_async_operations": 100,
    "max_query_iterators": 512,
    "onheap_cache_enabled": True,
    "partition_loss_policy": "READ_WRITE_SAFE",
    "query_detail_metrics_size": 10,
    "query_parallelism": 2,
    "read_from_backup": False,
    "rebalance_batch_size": 262_144,
    "rebalance_batches_prefetch_count": 3,
    "rebalance_delay_ms": 1,
    "rebalance_mode": "ASYNC",
    "rebalance_order": 1,
    "rebalance_throttle_ms": 2,
    "rebalance_timeout_ms": 20_000,
    "sql_escape_all": True,
    "sql_index_inline_max_size": 64,
    "sql_schema": "LIVE",
    "write_synchronization_mode": "FULL_SYNC",
    "key_configuration": [{"type": "LiveKey", "affinity_field": "town"}],
    "expiry_policy": {"create": 3_600_000, "update": -2, "access": -1},
    "query_entities": [
        {
            "key_type": "java.lang.Long",
            "value_type": "LiveValue",
            "table": "LIVE_TABLE",
            "key_field": "ID",
            "value_field": None,
            "fields": [
                {"name": "ID", "type": "java.lang.Long", "is_key": True, "is_not_null": True},
                {"name": "name", "type": "java.lang.String", "default": Typed("String", "x"), "precision": 20},
                {"name": "price", "type": "java.math.BigDecimal", "precision": 10, "scale": 2},
            ],
            "aliases": {"name": "SHOWN"},
            "indexes": [{"name": "BY_NAME", "type": "SORTED", "inline_size": 10, "fields": {"name": True}}],
        }
    ],
}
FIELD_DEFAULTS = {"is_key": False, "is_not_null": False, "default": None, "precision": -1, "scale": -1}

VALUES = [
    Typed("Int", 2),
    Typed("Long", 2),
    Typed("Decimal", Decimal("1.50")),
    Typed("Decimal", Decimal("1.5")),
    Typed("String", "nul\0 and ä世😀"),
    Typed("Double", float("-inf")),
    Typed("Char", "€"),
    Typed("ByteArray", b"\0\xff"),
    Typed("Timestamp", parse_moment("1969-12-31 23:59:59.999999999", "Asia/Tokyo")),
    Typed("ArrayList", [Typed("Int", 1), Typed("String", "a"), Typed("Null", None)]),
    Typed("LinkedHashMap", [(Typed("String", "b"), Typed("Int", 1)), (Typed("Int", 2), Typed("Null", None))]),
    Typed("StringArray", [Typed("String", "a"), Typed("Null", None)]),
    Typed("LiveThing", {"name": Typed("String", "x"), "inner": Typed("LiveInner", {"size": Typed("Long", 5)})}),
]


@pytest.fixture(scope="module")
def store(secure_node: LiveCluster) -> Iterator[IgniteStore]:
    """A store over TLS, with an empty cache."""
    opened = open_store(secure_node)
    opened.create(PATH, {"options": {}})
    yield opened
    opened.drop(PATH)
    opened.close()


@pytest.mark.parametrize("value", VALUES, ids=[f"{value.type}-{n}" for n, value in enumerate(VALUES)])
def test_an_entry_is_written_read_replaced_and_removed(store: IgniteStore, value: Typed) -> None:
    """A value of any type is stored as it is and replaced or removed only while it still is that value."""
    before, after = {"value": value}, {"value": Typed("String", "after")}
    insert, update, delete = Insert(PATH, KEY, before), Update(PATH, KEY, before, after), Delete(PATH, KEY, after)
    assert [outcome.result for outcome in store.apply([insert])] == [Result.APPLIED]
    assert store.read_keys(PATH, [KEY]) == [KEY | before]
    assert [outcome.result for outcome in store.apply([update, update])] == [Result.APPLIED, Result.CONFLICT]
    assert [outcome.result for outcome in store.apply([delete, delete])] == [Result.APPLIED, Result.CONFLICT]


@pytest.mark.parametrize(
    ("held", "taken_for"),
    [
        (Typed("Int", 2), Typed("Long", 2)),
        (Typed("Decimal", Decimal("1.50")), Typed("Decimal", Decimal("1.5"))),
        (Typed("String", "a"), Typed("String", "b")),
    ],
)
def test_a_value_that_only_looks_alike_conflicts(store: IgniteStore, held: Typed, taken_for: Typed) -> None:
    """Type and scale count: an update that takes the value for another one is a conflict that tells both."""
    store.put(PATH, KEY | {"value": held})
    (outcome,) = store.apply([Update(PATH, KEY, {"value": taken_for}, {"value": Typed("Int", 3)})])
    assert (outcome.result, outcome.current) == (Result.CONFLICT, KEY | {"value": held})
    store.remove(PATH, KEY)


def test_keys_of_several_types_are_several_entries(store: IgniteStore) -> None:
    """Keys that Python takes for equal are read as the separate entries they are."""
    keys = [Typed("Int", 1), Typed("Long", 1), Typed("Double", 1.0), Typed("Bool", True)]
    for number, key in enumerate(keys):
        assert store.put(PATH, {"key": key, "value": Typed("Int", number)}, Existence.ABSENT).result is Result.APPLIED
    (page,) = [page for page in store.read_rows(PATH, RowQuery()) if page.batch.num_rows]
    rows: list[tuple[Any, ...]] = [
        tuple(store.typed_cell(field, page.batch.column(field.name), row) for field in page.batch.schema)
        for row in range(page.batch.num_rows)
    ]
    for key in keys:
        store.remove(PATH, {"key": key})
    assert sorted(rows, key=lambda row: row[1].value) == [(key, Typed("Int", n)) for n, key in enumerate(keys)]


def test_a_scan_in_pages_gives_every_entry_once(secure_node: LiveCluster, store: IgniteStore) -> None:
    """All pages together hold every key once, and the count is exact."""
    client = secure_node.connect()
    fill_cache(client, PATH[1], 5_000)
    pages = list(store.read_rows(PATH, RowQuery(page_rows=700)))
    client.get_cache(PATH[1]).clear()
    client.close()
    keys: list[Any] = [key for page in pages for key in page.batch.column("key").to_pylist()]
    assert sorted(keys) == list(range(1, 5_001))
    assert {page.count for page in pages} == {Count.exact(5_000)}


def test_every_property_is_created_and_read_back(store: IgniteStore) -> None:
    """A cache with all 31 properties, its name among them, is described with each of them."""
    path: Path = ("caches", "live_properties")
    assert len(EVERY_PROPERTY) == 30
    store.create(path, {"options": EVERY_PROPERTY})
    described = store.describe(path)
    store.drop(path)
    assert described.options == EVERY_PROPERTY | {"query_entities": [entity_as_told()]}
    with pytest.raises(NotFound):
        store.describe(path)


def entity_as_told() -> dict[str, Any]:
    """The query entity as a node tells it: every field with all of its facts and an alias."""
    entity = EVERY_PROPERTY["query_entities"][0]
    names = [field["name"] for field in entity["fields"]]
    aliases = dict(zip(names, names, strict=True)) | entity["aliases"]
    told: dict[str, Any] = entity | {
        "fields": [FIELD_DEFAULTS | field for field in entity["fields"]],
        "aliases": aliases,
    }
    return told


def test_a_description_creates_the_same_cache_again(store: IgniteStore) -> None:
    """What a description gives as options creates a cache that is described alike."""
    first: Path = ("caches", "live_first")
    store.create(first, {"options": EVERY_PROPERTY})
    options = store.describe(first).options
    store.drop(first)
    store.create(first, {"options": options})
    again = store.describe(first).options
    store.drop(first)
    assert again == options
