"""Changes done all or none by a local transaction, and why some cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tablestore_harness import opened

from services.errors import UnsupportedOperation
from services.sandbox.faults import parse_faults
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.changes import Change, Delete, Insert, Path, Result, Update
from services.stores.features import Feature
from services.stores.tablestore.store import TablestoreStore
from services.values import Key, Typed

ORDERS: Path = ("orders",)
NEW = {"note": Typed("String", "together")}


@pytest.fixture
def sandbox(fresh_tablestore: Callable[..., TablestoreSandbox]) -> TablestoreSandbox:
    """An instance of the test's own."""
    return fresh_tablestore()


@pytest.fixture
def store(sandbox: TablestoreSandbox) -> Iterator[TablestoreStore]:
    """A store of that instance, with a short retry budget."""
    made = opened({**sandbox.profile, "retry_seconds": "0.3"})
    yield made
    made.close()


def key_of(number: int, region: str = "emea") -> Key:
    """The key of an order; those from 61 on are free."""
    return {"region": Typed("String", region), "id": Typed("Integer", number)}


def three() -> list[Change]:
    """An insert, an update and a delete of one partition key."""
    return [
        Insert(ORDERS, key_of(500), NEW),
        Update(ORDERS, key_of(1), {}, NEW),
        Delete(ORDERS, key_of(2), {}),
    ]


def state(store: TablestoreStore) -> list[bool]:
    """Of the three rows: is the first there, has the second the note, is the third there?"""
    first, second, third = store.read_keys(ORDERS, [key_of(500), key_of(1), key_of(2)])
    return [first is not None, second is not None and second.get("note") == NEW["note"], third is not None]


def test_changes_of_one_partition_key_are_done_together(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """All are applied by one transaction; the plan names it, and nothing of it is left open."""
    assert Feature.COMMITS_TOGETHER in store.features
    calls = store.plan_together(three())
    words = "in one local transaction of orders on region = 'emea', 3 changes"
    assert [words] * 3 == [call.text.splitlines()[-1] for call in calls]
    assert [Result.APPLIED] * 3 == [one.result for one in store.apply_together(three())]
    assert [True, True, False] == state(store)
    assert {} == sandbox.data.transactions


def test_one_conflict_undoes_all(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """The change that conflicts says so, the others that they were not done; nothing was changed."""
    before = state(store)
    stale = Update(ORDERS, key_of(3), {"quantity": Typed("Integer", -1)}, NEW)
    outcomes = list(store.apply_together([*three(), stale]))
    assert [Result.REFUSED] * 3 + [Result.CONFLICT] == [one.result for one in outcomes]
    assert "not done, since all are done or none and another one failed" == outcomes[0].message
    assert outcomes[3].request_id
    assert before == state(store)
    assert {} == sandbox.data.transactions


def test_more_rows_than_a_batch_are_still_one_transaction(store: TablestoreStore) -> None:
    """A conflict in the second batch undoes the first one."""
    changes: list[Change] = [Insert(ORDERS, key_of(number), NEW) for number in range(600, 900)]
    conflict = Insert(ORDERS, key_of(5), NEW)
    outcomes = list(store.apply_together([*changes, conflict]))
    assert {Result.REFUSED} == {one.result for one in outcomes[:300]}
    assert outcomes[300].result is Result.CONFLICT
    assert [None] == store.read_keys(ORDERS, [key_of(600)])
    assert {Result.APPLIED} == {one.result for one in store.apply_together(changes)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Insert(ORDERS, key_of(500, "apac"), NEW), "one partition key; here are region = 'apac' and region = 'emea'"),
        (Insert(("events",), {"id": Typed("Integer", 9_999_999)}, NEW), "one table, not events and orders"),
        (Insert(ORDERS, key_of(501), {"note": Typed("String", "x" * 4_200_000)}), "holds 4 MB"),
        (Insert(ORDERS, key_of(502), {"note": Typed("String", None)}), "another change"),
    ],
    ids=["partition", "table", "size", "unsendable"],
)
def test_what_cannot_be_together_is_refused_with_the_reason(store: TablestoreStore, change: Change, words: str) -> None:
    """Nothing is sent, and plan and outcome say why."""
    before, requests = state(store), store.requests
    changes = [*three(), change]
    reasons = [call.reason for call in store.plan_together(changes)]
    assert words in reasons[0]
    outcomes = list(store.apply_together(changes))
    assert {Result.REFUSED} == {one.result for one in outcomes}
    assert all(reasons)
    assert before == state(store)
    assert store.requests - requests <= 4


def test_a_table_without_transactions_says_so(store: TablestoreStore) -> None:
    """Only the service knows: its refusal is told in words, and nothing was sent."""
    changes: list[Change] = [Insert(("events",), {"id": Typed("Integer", 9_999_999)}, NEW)]
    (outcome,) = store.apply_together(changes)
    assert outcome.result is Result.REFUSED
    assert "events: the table has no local transactions; nothing was sent" == outcome.message
    assert "when a table is created" in getattr(outcome.error, "hint", "")
    assert outcome.request_id
    assert [None] == store.read_keys(("events",), [changes[0].key])


def test_a_partition_held_by_others_is_told(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """While somebody else's transaction holds the key nothing is sent."""
    with sandbox.data.lock:
        sandbox.data.start(sandbox.data.table("orders"), "emea")
    outcomes = list(store.apply_together(three()))
    assert {Result.REFUSED} == {one.result for one in outcomes}
    assert "OTSRowOperationConflict" in outcomes[0].message


def test_a_lost_answer_to_the_commit_says_so(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """Nobody knows then whether all were applied or none, and every change says it."""
    sandbox.plan.add(*parse_faults("tablestore:reset,op=CommitTransaction,times=1"))
    outcomes = list(store.apply_together(three()))
    assert [Result.REFUSED] * 3 == [one.result for one in outcomes]
    assert all("all may have been applied, or none" in one.message for one in outcomes)


def test_a_table_is_created_with_transactions(store: TablestoreStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option asks for them, and they work there; an SDK without a place for it is refused before sending."""
    columns = [{"name": "shop", "type": "String", "key": True}, {"name": "n", "type": "Integer", "key": True}]
    store.create(("till",), {"columns": columns, "options": {"local_transactions": True}})
    store.create(("plain",), {"columns": columns})
    for table, wanted in (("till", Result.APPLIED), ("plain", Result.REFUSED)):
        keys = [{"shop": Typed("String", "ost"), "n": Typed("Integer", number)} for number in range(3)]
        outcomes = list(store.apply_together([Insert((table,), key, NEW) for key in keys]))
        assert [wanted] * 3 == [one.result for one in outcomes]
    monkeypatch.setattr(store._link, "is_extended", False)
    with pytest.raises(UnsupportedOperation, match="cannot ask for local transactions"):
        store.create(("third",), {"columns": columns, "options": {"local_transactions": True}})
