"""Changes of several rows travel in batches: within the limits, each with its condition and an outcome of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from tablestore_harness import opened

from services.cancel import CancelToken
from services.errors import Cancelled, TimedOut
from services.sandbox.faults import parse_faults
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.changes import Change, Delete, Insert, Path, Result, Update
from services.stores.tablestore import hooks
from services.stores.tablestore.answers import KeysAnswer, RowResult
from services.stores.tablestore.store import TablestoreStore
from services.values import Key, Typed

ORDERS: Path = ("orders",)


@pytest.fixture
def sandbox(fresh_tablestore: Callable[..., TablestoreSandbox]) -> TablestoreSandbox:
    """An instance of the test's own."""
    return fresh_tablestore()


@pytest.fixture
def store(sandbox: TablestoreSandbox) -> Iterator[TablestoreStore]:
    """A store of that instance, with a short retry budget."""
    made = opened({**sandbox.profile, "retry_seconds": "0.5"})
    yield made
    made.close()


def key_of(number: int, region: str = "emea") -> Key:
    """The key of an order; those from 61 on are free."""
    return {"region": Typed("String", region), "id": Typed("Integer", number)}


def inserts(numbers: range, text: str = "new") -> list[Change]:
    """New orders."""
    return [Insert(ORDERS, key_of(number), {"note": Typed("String", text)}) for number in numbers]


def results(store: TablestoreStore, changes: list[Change]) -> list[Result]:
    """What became of each change."""
    return [outcome.result for outcome in store.apply(changes)]


def test_several_rows_go_by_one_request(store: TablestoreStore) -> None:
    """450 rows take three requests, and the plan says so of every row."""
    changes = inserts(range(1000, 1450))
    last_lines = [call.text.splitlines()[-1] for call in store.plan(changes)]
    assert "in BatchWriteRow 1 of 3, row 1 of 200" == last_lines[0]
    assert "in BatchWriteRow 3 of 3, row 50 of 50" == last_lines[-1]
    before = store.requests
    assert [Result.APPLIED] * 450 == results(store, changes)
    assert store.requests - before == 3
    assert None not in store.read_keys(ORDERS, [change.key for change in changes])


def test_one_row_goes_alone(store: TablestoreStore) -> None:
    """A single change keeps the plain call, and nothing is said of a batch."""
    (call,) = store.plan(inserts(range(2000, 2001)))
    assert call.text.startswith("PutRow orders where region = 'emea' and id = 2000")
    assert "Batch" not in call.text


def test_a_request_holds_four_megabytes(store: TablestoreStore) -> None:
    """Rows of more than a megabyte come three to a request."""
    changes = inserts(range(3000, 3007), "x" * 1_300_000)
    assert store.plan(changes)[6].text
    before = store.requests
    assert [Result.APPLIED] * 7 == results(store, changes)
    assert store.requests - before == 3


def test_each_row_keeps_its_condition(store: TablestoreStore) -> None:
    """In one batch a row that is there, one that changed and one that is gone conflict; the others are written."""
    (row,) = store.read_keys(ORDERS, [key_of(1)])
    assert row is not None
    stale = {"quantity": Typed("Integer", -1)}
    new = {"quantity": Typed("Integer", 77)}
    changes: list[Change] = [
        Insert(ORDERS, key_of(2), new),
        Update(ORDERS, key_of(3), stale, new),
        Delete(ORDERS, key_of(4000), {}),
        Update(ORDERS, key_of(1), {"quantity": row["quantity"]}, new),
        Insert(ORDERS, key_of(4001), new),
    ]
    outcomes = list(store.apply(changes))
    conflict, applied = Result.CONFLICT, Result.APPLIED
    assert [conflict, conflict, conflict, applied, applied] == [one.result for one in outcomes]
    assert "a row with this key is already there" == outcomes[0].message
    assert "the row changed since it was read" == outcomes[1].message
    assert "the row was already deleted" == outcomes[2].message
    (third,) = store.read_keys(ORDERS, [key_of(3)])
    assert third == outcomes[1].current
    assert len({one.request_id for one in outcomes}) == 1
    assert outcomes[0].request_id


def test_a_row_that_cannot_be_sent_does_not_stop_the_others(store: TablestoreStore) -> None:
    """Outcomes stay in order around a refusal of our own and one of the service."""
    long = Insert(ORDERS, {"region": Typed("String", "x" * 1100), "id": Typed("Integer", 1)}, {})
    null = Insert(ORDERS, key_of(5001), {"note": Typed("String", None)})
    changes: list[Change] = [*inserts(range(5000, 5001)), null, long, *inserts(range(5002, 5003))]
    outcomes = list(store.apply(changes))
    assert ["applied", "refused", "refused", "applied"] == [one.result.value for one in outcomes]
    assert "NULL" in outcomes[1].message
    assert not outcomes[1].request_id
    assert "OTSParameterInvalid" in outcomes[2].message
    assert outcomes[2].request_id
    assert store.plan(changes)[1].reason == outcomes[1].message


def test_the_same_row_twice_is_two_requests(store: TablestoreStore) -> None:
    """The second change of a row sees what the first one did."""
    first = Insert(ORDERS, key_of(6000), {"quantity": Typed("Integer", 1)})
    second = Update(ORDERS, key_of(6000), first.after, {"quantity": Typed("Integer", 2)})
    assert [Result.APPLIED, Result.APPLIED] == results(store, [first, second])


def test_the_service_numbers_rows_of_a_batch(store: TablestoreStore) -> None:
    """Rows with a key made by the service tell it, each its own."""
    made = {"team": Typed("String", "core"), "badge": Typed("Binary", b"b"), "seq": Typed("Integer", None)}
    outcomes = list(store.apply([Insert(("users",), made, {"name": Typed("String", f"{n}")}) for n in range(3)]))
    assert all("the service made" in one.message for one in outcomes)
    assert len({one.message for one in outcomes}) == 3


def test_a_batch_whose_answer_is_lost_says_so(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """Every row of it may have been applied; none is sent again, and the rows of the next request are."""
    sandbox.plan.add(*parse_faults("tablestore:reset,op=BatchWriteRow,times=1"))
    outcomes = list(store.apply(inserts(range(7000, 7201))))
    assert [Result.REFUSED] * 200 == [one.result for one in outcomes[:200]]
    assert "may have been applied" in outcomes[0].message
    assert outcomes[200].result is Result.APPLIED


def test_rows_that_met_a_busy_partition_are_sent_again(sandbox: TablestoreSandbox, store: TablestoreStore) -> None:
    """A row of a batch that another's transaction holds is tried again until it is free; the others are not."""
    writer = sandbox.data
    with writer.lock:
        held = writer.start(writer.table("orders"), "apac")
    tries = count()

    class Freeing(CancelToken):
        """Frees the row when the store waits for it the second time."""

        def wait(self, seconds: float) -> bool:
            if next(tries) == 1:
                with writer.lock:
                    writer.end(held, commit=False)
            return super().wait(seconds)

    changes: list[Change] = [*inserts(range(8000, 8002)), Insert(ORDERS, key_of(8003, "apac"), {})]
    outcomes = list(store.apply(changes, Freeing()))
    assert [Result.APPLIED] * 3 == [one.result for one in outcomes]
    assert outcomes[0].request_id != outcomes[2].request_id


def test_a_row_that_stays_busy_is_refused_as_such(sandbox: TablestoreSandbox, store: TablestoreStore) -> None:
    """When the retry budget is spent the row says what it waited for."""
    with sandbox.data.lock:
        sandbox.data.start(sandbox.data.table("orders"), "apac")
    changes: list[Change] = [*inserts(range(8100, 8101)), Insert(ORDERS, key_of(8103, "apac"), {})]
    free, held = store.apply(changes)
    assert free.result is Result.APPLIED
    assert held.result is Result.REFUSED
    assert type(held.error) is TimedOut
    assert "OTSRowOperationConflict" in held.message
    assert held.request_id


def test_cancelling_ends_between_requests(store: TablestoreStore) -> None:
    """What was sent is told, what was not is not sent."""
    cancel = CancelToken()
    outcomes = store.apply(inserts(range(9000, 9300)), cancel)
    assert next(outcomes).result is Result.APPLIED
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(outcomes)
    assert [None] == store.read_keys(ORDERS, [key_of(9250)])


def test_the_sdks_own_decoder_gives_the_same_outcomes(
    fresh_tablestore: Callable[..., TablestoreSandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Applied, conflict, refused and numbered rows of a batch, read by our decoder and by the SDK's."""
    made = {"team": Typed("String", "core"), "badge": Typed("Binary", b"b"), "seq": Typed("Integer", None)}
    changes: list[Change] = [
        *inserts(range(100, 101)),
        Insert(ORDERS, key_of(1), {}),
        Insert(ORDERS, key_of(2, "x" * 1100), {}),
        Insert(("users",), made, {}),
        Insert(("users",), made, {}),
    ]
    told: list[list[tuple[Any, ...]]] = []
    for has_own in (True, False):
        if not has_own:
            monkeypatch.setattr(hooks, "install", lambda client: False)
        store = opened(fresh_tablestore().profile)
        outcomes = list(store.apply(changes))
        told.append([(one.result, one.message.split("=")[0], one.current) for one in outcomes])
        store.close()
    assert told[0] == told[1]
    assert ["applied", "conflict", "refused", "applied", "applied"] == [one[0].value for one in told[0]]


def test_keys_that_were_busy_are_asked_for_again(store: TablestoreStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a batch read only the rows that the service was too busy for go again; one that stays busy is told."""
    keys = [key_of(number) for number in (1, 2, 3)]
    wanted = store.read_keys(ORDERS, keys)
    asked: list[int] = []
    get = store._reading._get

    def busy(path: Path, keys: list[Any], versions: int = 1) -> KeysAnswer:
        answer = get(path, keys, versions)
        asked.append(len(keys))
        is_busy = len(asked) == 1 or is_always
        results = [RowResult(None, "OTSServerBusy", "Server is busy."), *answer.results[1:]]
        return KeysAnswer(answer.request_id, answer.cost, tuple(results)) if is_busy else answer

    is_always = False
    monkeypatch.setattr(store._reading, "_get", busy)
    assert wanted == store.read_keys(ORDERS, keys)
    assert [3, 1] == asked
    is_always = True
    with pytest.raises(TimedOut, match="OTSServerBusy") as caught:
        store.read_keys(ORDERS, keys)
    assert caught.value.request_id
