"""Options of a table are changed by one request, with what they were and the service's limits told before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tablestore_harness import opened

from services.errors import NotFound, Refused, UnsupportedOperation, UsageError
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.changes import Insert, Path, Result, Update
from services.stores.features import Feature
from services.stores.tablestore.store import TablestoreStore
from services.values import Typed

EVENTS: Path = ("events",)
DAY = 86_400


@pytest.fixture
def store(fresh_tablestore: Callable[..., TablestoreSandbox]) -> Iterator[TablestoreStore]:
    """A store of its own sandbox."""
    made = opened(fresh_tablestore().profile)
    yield made
    made.close()


def options(**given: Any) -> dict[str, Any]:
    """A definition of options alone."""
    return {"options": given}


def test_the_plan_tells_was_and_will_and_sends_nothing(store: TablestoreStore) -> None:
    """Only what differs is in it, with the request's words; the table stays as it is."""
    before = store.alterable(EVENTS)
    plan = store.plan_alter(EVENTS, options(time_to_live=7 * DAY, max_versions=1, allow_update=False))
    told = [(change.name, change.was, change.will) for change in plan.changes]
    assert [("time_to_live", -1, 7 * DAY), ("allow_update", True, False)] == told
    assert "UpdateTable events\ntime_to_live = 604800\nallow_update = false" == plan.call.text
    assert any("cannot be undone" in note for note in plan.notes)
    assert before == store.alterable(EVENTS)


def test_one_request_changes_all_of_them(store: TablestoreStore) -> None:
    """Options and throughput go together; what was not given stays."""
    store.plan_alter(EVENTS, options(time_to_live=DAY))
    before = store.requests
    wanted = {"time_to_live": 2 * DAY, "max_versions": 3, "max_time_deviation": 60, "reserved_read": 5}
    store.alter(EVENTS, options(**wanted))
    assert store.requests - before == 3  # DescribeTable, ListSearchIndex, UpdateTable
    now = store.alterable(EVENTS)
    assert wanted | {"allow_update": True, "reserved_write": 0} == now
    assert Feature.ALTERS_CONTAINERS in store.features


def test_the_change_holds_for_writes(store: TablestoreStore) -> None:
    """A table that allows no updates any more refuses them at once, before sending."""
    key = {"id": Typed("Integer", 1)}
    store.alter(EVENTS, options(allow_update=False))
    (call,) = store.plan([Update(EVENTS, key, {}, {"n": Typed("Integer", 1)})])
    assert "does not allow updates" in call.reason
    (outcome,) = store.apply([Insert(EVENTS, {"id": Typed("Integer", -5)}, {"n": Typed("Integer", 1)})])
    assert outcome.result is Result.APPLIED


def test_what_describe_prints_is_taken_back(store: TablestoreStore) -> None:
    """A whole description with one option edited changes that one; as it is it changes nothing."""
    described = dict(store.describe(("orders",)).options)
    plan = store.alter(("orders",), {"columns": [], "options": described})
    assert () == plan.changes
    assert "as it is already" in plan.call.reason
    plan = store.alter(("orders",), {"options": {**described, "max_time_deviation": 99}})
    assert [("max_time_deviation", 86_400, 99)] == [(one.name, one.was, one.will) for one in plan.changes]


@pytest.mark.parametrize(
    ("table", "given", "words"),
    [
        ("events", {"time_to_live": 3600}, "at least 86,400 seconds"),
        ("events", {"max_versions": 0}, "at least 1"),
        ("events", {"max_time_deviation": 0}, "at least 1 second"),
        ("events", {"reserved_write": -1}, "0 or more"),
        ("orders", {"max_versions": 2}, "keeps one version"),
        ("orders", {"time_to_live": DAY}, "set allow_update to false"),
    ],
)
def test_limits_of_the_service_are_told_before(
    store: TablestoreStore, table: str, given: dict[str, Any], words: str
) -> None:
    """The plan has the reason, and nothing is sent; the service would say the same."""
    assert words in store.plan_alter((table,), options(**given)).call.reason
    before = store.alterable((table,))
    with pytest.raises(Refused, match="Nothing was sent|" + words.split(",")[0]):
        store.alter((table,), options(**given))
    assert before == store.alterable((table,))


def test_a_table_with_indexes_takes_a_life_without_updates(store: TablestoreStore) -> None:
    """Both in one request pass."""
    store.alter(("orders",), options(time_to_live=DAY, allow_update=False))
    assert DAY == store.alterable(("orders",))["time_to_live"]


@pytest.mark.parametrize(
    "given",
    [
        {"time_to_live": "long"},
        {"time_to_live": 2**31},
        {"allow_update": 1},
        {"max_versions": True},
        {"defined": []},
        {"sheep": 1},
    ],
)
def test_what_is_no_option_is_refused(store: TablestoreStore, given: dict[str, Any]) -> None:
    """Named, with what can be changed."""
    with pytest.raises(UsageError) as caught:
        store.plan_alter(("orders",), options(**given))
    assert next(iter(given)) in caught.value.message


def test_only_tables_have_options(store: TablestoreStore) -> None:
    """An index has none, a table that is not there is not found, a definition without options is none."""
    with pytest.raises(UnsupportedOperation, match="only options of a table"):
        store.alterable(("orders", "@orders_by_customer"))
    with pytest.raises(NotFound):
        store.plan_alter(("no_such",), options(max_versions=1))
    with pytest.raises(UsageError, match="no options given"):
        store.plan_alter(EVENTS, {"time_to_live": DAY})


def test_the_services_own_refusal_keeps_its_request_id(fresh_tablestore: Callable[..., TablestoreSandbox]) -> None:
    """What only the service knows is told in its words."""
    sandbox = fresh_tablestore(
        faults="tablestore:error=Too frequent table operations.,status=403,code=OTSQuotaExhausted,op=UpdateTable"
    )
    made = opened({**sandbox.profile, "retry_seconds": "0"})
    with pytest.raises(Refused, match="Too frequent") as caught:
        made.alter(EVENTS, options(max_versions=2))
    assert caught.value.request_id
    made.close()
