"""Indexes are made from the shape in which a description shows them, and dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tablestore_harness import opened

from services.errors import NotFound, Refused, UsageError, ValueRefused
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.tablestore.store import TablestoreStore
from services.stores.types import RowQuery

FIELDS = [
    {"name": "customer", "type": "KEYWORD"},
    {"name": "amount", "type": "DOUBLE", "sort": True},
    {"name": "note", "type": "TEXT", "analyzer": "split", "analyzer_options": {"delimiter": "-"}, "store": True},
    {"name": "tags", "type": "KEYWORD", "array": True},
    {"name": "who", "type": "TEXT", "sources": ["customer"]},
    {"name": "lines", "type": "NESTED", "fields": [{"name": "sku", "type": "KEYWORD"}]},
    {"name": "at", "type": "DATE", "date_formats": ["yyyy-MM-dd"]},
]
SEARCH: dict[str, Any] = {
    "options": {
        "fields": FIELDS,
        "routing": ["region"],
        "sort": [{"field": "amount", "order": "desc"}, {"key": "asc"}],
    }
}


@pytest.fixture
def store(fresh_tablestore: Callable[..., TablestoreSandbox]) -> Iterator[TablestoreStore]:
    """A store of its own sandbox."""
    made = opened(fresh_tablestore().profile)
    yield made
    made.close()


def names_below(store: TablestoreStore) -> dict[str, str]:
    """The indexes of the orders and their kinds."""
    return {node.name: node.kind for node in store.list_children(("orders",)).nodes}


def test_a_search_index_is_made_described_and_dropped(store: TablestoreStore) -> None:
    """Its description has the same options, from which the same index can be made again."""
    store.create(("orders", "@mine"), SEARCH)
    assert "search index" == names_below(store)["@mine"]
    found = store.describe(("orders", "@mine"))
    fields = {field["name"]: field for field in found.options["fields"]}
    for wanted in FIELDS:
        told = fields[str(wanted["name"])]
        inner = {"fields"} & set(wanted)
        assert {name: value for name, value in wanted.items() if name not in inner} == {
            name: told[name] for name in wanted if name not in inner
        }
    assert ["sku"] == [inner["name"] for inner in fields["lines"]["fields"]]
    assert SEARCH["options"]["routing"] == found.options["routing"]
    assert SEARCH["options"]["sort"] == found.options["sort"]
    store.create(("orders", "@again"), {"columns": [], "options": dict(found.options)})
    assert found.options == store.describe(("orders", "@again")).options
    assert sum(page.batch.num_rows for page in store.read_rows(("orders", "@again"), RowQuery())) == 240
    store.drop(("orders", "@mine"))
    assert "@mine" not in names_below(store)
    with pytest.raises(NotFound):
        store.describe(("orders", "@mine"))


def test_the_sample_index_is_made_again_from_its_description(store: TablestoreStore) -> None:
    """What was made by somebody else's program is taken back as described."""
    options = dict(store.describe(("orders", "@orders_search")).options)
    store.create(("orders", "@copy"), {"options": options})
    assert options == store.describe(("orders", "@copy")).options


def test_columns_alone_make_a_search_index(store: TablestoreStore) -> None:
    """With its kind said, the columns become fields of the type that is theirs; what has none is left out."""
    columns = [
        {"name": "quantity", "type": "Integer"},
        {"name": "customer", "type": "String"},
        {"name": "paid", "type": "Boolean"},
        {"name": "receipt", "type": "Binary"},
    ]
    store.create(("orders", "@plain"), {"kind": "search index", "columns": columns})
    options = store.describe(("orders", "@plain")).options
    types = {field["name"]: field["type"] for field in options["fields"]}
    assert {"quantity": "LONG", "customer": "KEYWORD", "paid": "BOOLEAN"} == types
    pages = store.read_rows(("orders", "@plain"), RowQuery(where="quantity = 3", order=("customer",)))
    assert sum(page.batch.num_rows for page in pages) > 0


def test_a_secondary_index_is_made_from_its_description(store: TablestoreStore) -> None:
    """Global and local ones, with the rows that are there."""
    options = dict(store.describe(("orders", "@orders_by_customer")).options)
    store.create(("orders", "@copy"), {"options": options})
    assert options == store.describe(("orders", "@copy")).options
    assert sum(page.batch.num_rows for page in store.read_rows(("orders", "@copy"), RowQuery())) == 240
    local = {"key": ["region", "quantity"], "columns": ["paid"], "local": True}
    store.create(("orders", "@local"), {"options": local})
    assert local == store.describe(("orders", "@local")).options
    store.drop(("orders", "@local"))
    assert {"@copy": "index"} == {
        name: kind for name, kind in names_below(store).items() if name in ("@copy", "@local")
    }


@pytest.mark.parametrize(
    ("definition", "word"),
    [
        ({"options": {"fields": [{"name": "a", "type": "SHEEP"}]}}, "SHEEP"),
        ({"options": {"fields": [{"name": "a"}]}}, "type of a field"),
        ({"options": {"fields": [{"name": "a", "type": "LONG", "wool": 1}]}}, "wool"),
        ({"options": {"fields": [{"name": "a", "type": "LONG"}], "shards": 2}}, "shards"),
        ({"options": {"fields": [{"name": "a", "type": "LONG"}], "time_to_live": "x"}}, "time_to_live"),
        ({"options": {"fields": [{"name": "a", "type": "LONG"}], "sort": [{"field": "a", "order": "up"}]}}, "UP"),
        ({"options": {"fields": [{"name": "a", "type": "TEXT", "analyzer_options": {"x": 1}}]}}, "analyzer"),
        ({"kind": "search index", "columns": []}, "needs fields"),
        ({"options": {"local": True}}, "needs a key"),
    ],
)
def test_a_wrong_definition_is_refused_before_sending(
    store: TablestoreStore, definition: dict[str, Any], word: str
) -> None:
    """The word that is wrong is named."""
    with pytest.raises(UsageError, match=word):
        store.create(("orders", "@wrong"), definition)


def test_wrong_names_and_the_services_refusals(store: TablestoreStore) -> None:
    """A name that cannot be, an index that is there, a table that keeps versions."""
    with pytest.raises(ValueRefused):
        store.create(("orders", "@nä"), SEARCH)
    with pytest.raises(Refused, match="exist"):
        store.create(("orders", "@orders_search"), SEARCH)
    with pytest.raises(Refused, match="one version") as caught:
        store.create(("users", "@mine"), {"options": {"fields": [{"name": "name", "type": "KEYWORD"}]}})
    assert caught.value.request_id
