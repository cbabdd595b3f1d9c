"""The store on a cache that Java filled with a value of every kind: read in pages, edited, put back, read by Java."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ignite_clusters import LiveCluster
from java_programs import run_java
from live_stores import open_store

from services.stores.changes import Result, Update
from services.stores.ignite.store import IgniteStore
from services.stores.types import RowQuery
from services.values import Typed

ZOO = Path(__file__).parent / "java" / "ValueZoo.java"
NAME = "zoo_of_the_store"
PATH = ("caches", NAME)
OTHER = Typed("String", "something else")


@pytest.fixture(scope="module")
def store(plain_node: LiveCluster) -> Iterator[IgniteStore]:
    """A store on the node whose cache Java has filled."""
    ran = run_java(ZOO, plain_node.addresses, "fill", NAME)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    opened = open_store(plain_node)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def in_pages(store: IgniteStore) -> dict[str, Typed]:
    """Every value by its name, from pages that mix all types."""
    found: dict[str, Typed] = {}
    for page in store.read_rows(PATH, RowQuery(page_rows=10)):
        for row in range(page.batch.num_rows):
            key, value = (store.typed_cell(field, page.batch.column(field.name), row) for field in page.batch.schema)
            assert isinstance(key, Typed)
            assert isinstance(value, Typed)
            found[key.value] = value
    return found


def test_pages_and_keys_give_the_same_values(store: IgniteStore, in_pages: dict[str, Typed]) -> None:
    """A value in a page, decoded column by column, equals the value read by its key."""
    keys = [{"key": Typed("String", name)} for name in in_pages]
    by_key = dict(zip(in_pages, store.read_keys(PATH, keys), strict=True))
    assert len(in_pages) == 67
    different = [
        name
        for name, row in by_key.items()
        if row is None or repr(row["value"]) != repr(in_pages[name])  # a NaN equals itself by its text
    ]
    assert different == []


def test_edited_there_and_back_java_sees_no_difference(
    plain_node: LiveCluster, store: IgniteStore, in_pages: dict[str, Typed]
) -> None:
    """Every value can be replaced while it is what was read, and put back so that Java finds the very same."""
    refused = {}
    for name, value in in_pages.items():
        key = {"key": Typed("String", name)}
        there = Update(PATH, key, {"value": value}, {"value": OTHER})
        back = Update(PATH, key, {"value": OTHER}, {"value": value})
        outcomes = [outcome for outcome in store.apply([there, back]) if outcome.result is not Result.APPLIED]
        if outcomes:
            refused[name] = outcomes[0].message
            store.put(PATH, key | {"value": value})
    assert refused == {}
    compared = run_java(ZOO, plain_node.addresses, "compare", NAME)
    assert compared.stdout.splitlines() == [f"{len(in_pages)} equal"], compared.stderr
