"""Steps of cells: adding to an Integer, deleting single versions or all; versions of a row with their times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from tablestore_harness import opened

from services.errors import ValueRefused
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.changes import Change, Existence, Insert, Outcome, Path, Result, Update
from services.stores.features import Feature
from services.stores.tablestore.store import TablestoreStore
from services.stores.types import RowQuery
from services.values import ABSENT, Key, Typed

ORDERS: Path = ("orders",)
USERS: Path = ("users",)
KEY: Key = {"region": Typed("String", "emea"), "id": Typed("Integer", 7)}


@pytest.fixture
def store(fresh_tablestore: Callable[..., TablestoreSandbox]) -> Iterator[TablestoreStore]:
    """A store of its own sandbox."""
    made = opened(fresh_tablestore().profile)
    yield made
    made.close()


def row(store: TablestoreStore, key: Key = KEY, path: Path = ORDERS) -> dict[str, Typed]:
    """A row without its key."""
    (found,) = store.read_keys(path, [key])
    assert found is not None
    return {name: value for name, value in found.items() if name not in key}


def one(store: TablestoreStore, change: Change) -> Outcome:
    """What became of a change."""
    (outcome,) = store.apply([change])
    return outcome


def versioned(store: TablestoreStore) -> Key:
    """The key of a user of whose logins three versions are kept."""
    for page in store.read_rows(USERS, RowQuery()):
        for found in page.batch.to_pylist():
            key = {
                "team": Typed("String", found["team"]),
                "badge": Typed("Binary", found["badge"]),
                "seq": Typed("Integer", found["seq"]),
            }
            if len(store.read_versions(USERS, key)["logins"]) == 3:
                return key
    raise AssertionError("no user has three versions")


def step(word: str, argument: Any) -> Typed:
    """A step of a cell."""
    return Typed(word, argument)


def test_an_increment_adds_at_the_service(store: TablestoreStore) -> None:
    """The service adds, also to a column that the row lacks; the condition over the row as read goes with it."""
    before = row(store)
    change = Update(ORDERS, KEY, before, {"quantity": step("increment", 5), "visits": step("increment", -2)})
    (call,) = store.plan([change])
    assert "increment quantity by 5, visits by -2" in call.text
    assert f"quantity = {before['quantity'].value}" in call.text
    assert one(store, change).result is Result.APPLIED
    now = row(store)
    assert Typed("Integer", before["quantity"].value + 5) == now["quantity"]
    assert Typed("Integer", -2) == now["visits"]
    assert one(store, change).result is Result.CONFLICT
    assert now == row(store)


def test_only_integers_are_incremented(store: TablestoreStore) -> None:
    """A text is refused before sending, a step in a new row too, and a fraction is no increment."""
    before = row(store)
    (call,) = store.plan([Update(ORDERS, KEY, before, {"customer": step("increment", 1)})])
    assert "String cannot be incremented" in call.reason
    (call,) = store.plan([Insert(ORDERS, {**KEY, "id": Typed("Integer", 999)}, {"quantity": step("increment", 1)})])
    assert "a new row takes values only" in call.reason
    with pytest.raises(ValueRefused, match="not a whole number"):
        store.parse(ORDERS, "quantity", "1.5", "increment")
    assert step("increment", 3) == store.parse(ORDERS, "quantity", "3", "increment")


def test_steps_are_written_as_json(store: TablestoreStore) -> None:
    """An increment, one version, several, as milliseconds or as a time."""
    read = store.from_json
    assert step("increment", 5) == read(ORDERS, "quantity", {"$type": "increment", "value": 5})
    times = [Typed("Integer", 1_700_000_000_123)]
    for data in (1_700_000_000_123, [1_700_000_000_123], "2023-11-14T22:13:20.123Z"):
        assert step("delete versions", times) == read(USERS, "logins", {"$type": "delete versions", "value": data})
    for data in ([], "yesterday", None):
        with pytest.raises(ValueRefused):
            read(USERS, "logins", {"$type": "delete versions", "value": data})


def test_versions_of_a_row_have_their_times(store: TablestoreStore) -> None:
    """Every kept version, the newest first; of a row that is not there none."""
    versions = store.read_versions(USERS, versioned(store))
    times = [version.timestamp for version in versions["logins"]]
    assert sorted(times, reverse=True) == times
    assert {60_000} == {newer - older for newer, older in pairwise(times)}
    assert {"Integer"} == {version.value.type for version in versions["logins"]}
    assert len(versions["name"]) == 1
    assert {} == store.read_versions(ORDERS, {**KEY, "id": Typed("Integer", 123_456)})
    assert {Feature.KEEPS_VERSIONS, Feature.INCREMENTS_CELLS} <= store.features


def test_single_versions_are_deleted(store: TablestoreStore) -> None:
    """The versions named go, the others stay; the row's newest value is the next older one then."""
    key = versioned(store)
    newest, middle, oldest = store.read_versions(USERS, key)["logins"]
    before = row(store, key, USERS)
    times = [Typed("Integer", newest.timestamp), Typed("Integer", oldest.timestamp)]
    change = Update(USERS, key, before, {"logins": step("delete versions", times)})
    (call,) = store.plan([change])
    assert "delete of logins the version of " in call.text
    assert one(store, change).result is Result.APPLIED
    assert (middle,) == store.read_versions(USERS, key)["logins"]
    assert middle.value == row(store, key, USERS)["logins"]


def test_all_versions_are_deleted_and_the_column_is_absent(store: TablestoreStore) -> None:
    """Absent is no empty text: the column is gone with all its versions, and an empty one is there."""
    key = versioned(store)
    before = row(store, key, USERS)
    change = Update(USERS, key, before, {"logins": ABSENT, "mail": Typed("String", "")})
    (call,) = store.plan([change])
    assert "put mail = ''" in call.text
    assert "remove logins" in call.text
    assert one(store, change).result is Result.APPLIED
    versions = store.read_versions(USERS, key)
    assert "logins" not in versions
    assert Typed("String", "") == versions["mail"][0].value


def test_a_put_of_a_row_that_is_there_takes_steps(store: TablestoreStore) -> None:
    """On a row that must exist; without that a put writes the row whole, which no step can."""
    wanted = {**KEY, "quantity": step("increment", 10)}
    before = row(store)["quantity"].value
    assert store.put(ORDERS, wanted, Existence.EXISTS).result is Result.APPLIED
    assert before + 10 == row(store)["quantity"].value
    with pytest.raises(ValueRefused, match="values only"):
        store.put(ORDERS, wanted, None)
