"""Writes whose answer is lost or cut: nothing is sent twice, and the row, read again, says what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest

from services.errors import SessionLost, UnsupportedOperation
from services.sandbox.faults import parse_faults
from services.sandbox.tablestore.server import TablestoreSandbox
from services.secrets import Secret
from services.stores.bulk import WriteMode, WriteWish
from services.stores.changes import Change, Delete, Existence, Insert, Outcome, Result, Update
from services.stores.tablestore import steps
from services.stores.tablestore.store import TablestoreStore
from services.stores.types import RowQuery
from services.values import ABSENT, Typed

ORDER = {"region": Typed("String", "emea"), "id": Typed("Integer", 1)}
NEW = {"region": Typed("String", "emea"), "id": Typed("Integer", 9_999)}
ONE, TWO = {"quantity": Typed("Integer", 1)}, {"quantity": Typed("Integer", 2)}
LOST, CUT, NOT_SENT = "lost", "cut", "reset"


@pytest.fixture
def sandbox(fresh_tablestore: Callable[..., TablestoreSandbox]) -> TablestoreSandbox:
    """An instance of the test's own."""
    return fresh_tablestore()


@pytest.fixture
def store(sandbox: TablestoreSandbox) -> Iterator[TablestoreStore]:
    """A store on it, which asks again for ten seconds."""
    profile: dict[str, Any] = {**sandbox.profile, "timeout_seconds": "5", "retry_seconds": "10"}
    secrets = profile.pop("secrets")
    opened = TablestoreStore(profile, {name: Secret(text) for name, text in secrets.items()})
    opened.connect()
    yield opened
    opened.close()


def meet(sandbox: TablestoreSandbox, fault: str, operation: str) -> None:
    """The next request of that kind meets a fault."""
    sandbox.plan.add(*parse_faults(f"tablestore:{fault},op={operation},times=1"))


def count(sandbox: TablestoreSandbox, table: str = "orders") -> int:
    """The rows of a table."""
    return len(sandbox.data.tables[table].rows)


def row_now(store: TablestoreStore, key: Any = ORDER) -> dict[str, Typed] | None:
    """A row without its key, None where there is none."""
    (found,) = store.read_keys(("orders",), [key])
    return None if found is None else {name: value for name, value in found.items() if name not in key}


def applied(store: TablestoreStore, change: Change) -> Outcome:
    """The outcome of one change."""
    (outcome,) = store.apply([change])
    return outcome


@pytest.mark.parametrize("fault", [LOST, CUT])
def test_a_read_is_asked_again(store: TablestoreStore, sandbox: TablestoreSandbox, fault: str) -> None:
    """A page whose answer breaks off is asked for once more: every row comes, each once."""
    sandbox.plan.add(*parse_faults(f"tablestore:{fault},op=GetRange,after=1,times=1"))
    rows = [row for page in store.read_rows(("orders",), RowQuery(page_rows=50)) for row in page.batch.to_pylist()]
    assert count(sandbox) == len(rows) == len({(row["region"], row["id"]) for row in rows})


@pytest.mark.parametrize("fault", [LOST, CUT])
def test_what_was_done_is_told_as_applied(store: TablestoreStore, sandbox: TablestoreSandbox, fault: str) -> None:
    """Put, updated and deleted: the row is as it was to be, and the words say how that is known."""
    before = row_now(store)
    assert before is not None
    for operation, change in (
        ("PutRow", Insert(("orders",), NEW, ONE)),
        ("UpdateRow", Update(("orders",), ORDER, before, {**TWO, "customer": ABSENT})),
        ("DeleteRow", Delete(("orders",), NEW, ONE)),
    ):
        meet(sandbox, fault, operation)
        outcome = applied(store, change)
        assert (Result.APPLIED, None) == (outcome.result, outcome.error), operation
        assert "the answer was lost" in outcome.message
        assert "read again" in outcome.message
    after = row_now(store)
    assert after is not None
    assert (TWO["quantity"], False) == (after["quantity"], "customer" in after)
    assert None is row_now(store, NEW)


def test_what_was_not_done_is_told_with_the_row_as_it_was(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """The connection ends before anything is done; the change can be sent again, since its condition still holds."""
    before = row_now(store)
    assert before is not None
    change = Update(("orders",), ORDER, before, TWO)
    meet(sandbox, NOT_SENT, "UpdateRow")
    outcome = applied(store, change)
    assert (Result.REFUSED, SessionLost) == (outcome.result, type(outcome.error))
    assert "may have been applied" in outcome.message
    assert "still as it was" in outcome.message
    assert outcome.current == {**ORDER, **before}
    assert Result.APPLIED is applied(store, change).result


def test_an_increment_is_never_added_twice(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """Of a sum nobody can tell who made it: it is told as unsure with the row; sent again it is a conflict."""
    before = row_now(store)
    assert before is not None
    start = before["quantity"].value
    change = Update(("orders",), ORDER, before, {"quantity": steps.increment(Typed("Integer", 5))})
    meet(sandbox, LOST, "UpdateRow")
    outcome = applied(store, change)
    assert Result.REFUSED is outcome.result
    assert "may have been applied" in outcome.message
    assert "as it is shown now" in outcome.message
    assert outcome.current is not None
    assert Typed("Integer", start + 5) == outcome.current["quantity"]
    assert Result.CONFLICT is applied(store, change).result
    assert {**before, "quantity": Typed("Integer", start + 5)} == row_now(store)


def test_a_row_numbered_by_the_service_is_not_made_twice(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """Its key went with the answer: unsure, and there is one row."""
    key = [{"name": "id", "type": "Integer", "key": True}, {"name": "n", "type": "Integer", "key": True}]
    store.create(("numbered",), {"columns": key, "options": {"auto_increment": "n"}})
    meet(sandbox, LOST, "PutRow")
    numbered = {"id": Typed("Integer", 1), "n": Typed("Integer", None)}
    outcome = applied(store, Insert(("numbered",), numbered, ONE))
    assert (Result.REFUSED, True) == (outcome.result, "may have been applied" in outcome.message)
    assert 1 == count(sandbox, "numbered")


def test_a_lost_batch_tells_each_row(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """Rows that are as they were to be are applied, what the service refused of the batch is not."""
    taken = Insert(("orders",), ORDER, ONE)
    fresh = [Insert(("orders",), {**NEW, "id": Typed("Integer", 9_000 + number)}, ONE) for number in range(3)]
    before = count(sandbox)
    meet(sandbox, LOST, "BatchWriteRow")
    outcomes = list(store.apply([*fresh, taken]))
    assert [Result.APPLIED] * 3 + [Result.REFUSED] == [outcome.result for outcome in outcomes]
    assert "as it is shown now" in outcomes[3].message
    assert before + 3 == count(sandbox)


def test_single_puts_say_that_they_may_have_been_done(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """As the command line puts and removes rows: applied where the row shows it, else an error that advises."""
    meet(sandbox, LOST, "PutRow")
    assert Result.APPLIED is store.put(("orders",), {**NEW, **ONE}, None).result
    meet(sandbox, NOT_SENT, "DeleteRow")
    with pytest.raises(SessionLost, match=r"may have been applied.*still as it was") as told:
        store.remove(("orders",), NEW, Existence.EXISTS)
    assert "send it again only if it is still wanted" in told.value.hint
    meet(sandbox, LOST, "DeleteRow")
    assert Result.APPLIED is store.remove(("orders",), NEW, Existence.EXISTS).result


def test_a_lost_answer_about_a_table_says_so(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """Created, and not told: the error says to look, and nothing is asked twice."""
    meet(sandbox, LOST, "CreateTable")
    with pytest.raises(SessionLost) as told:
        store.create(("made",), {"columns": [{"name": "id", "type": "Integer", "key": True}]})
    assert "may have been done" in told.value.hint
    assert "made" in sandbox.data.tables


def test_when_not_even_the_row_can_be_read_it_is_unsure(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """The service is gone: what is known is told, and nothing more is claimed."""
    meet(sandbox, LOST, "PutRow")
    sandbox.plan.add(
        *parse_faults("tablestore:error=Gone,status=400,op=BatchGetRow;tablestore:error=Gone,status=400,op=GetRow")
    )
    outcome = applied(store, Insert(("orders",), NEW, ONE))
    assert Result.REFUSED is outcome.result
    assert outcome.message.endswith("it may have been applied: read the row again")


def test_a_table_numbered_by_the_service_takes_no_bulk_mode(store: TablestoreStore) -> None:
    """No mode can be kept exactly; it is told as none, and why when the write is planned."""
    key = [{"name": "id", "type": "Integer", "key": True}, {"name": "n", "type": "Integer", "key": True}]
    store.create(("numbered",), {"columns": key, "options": {"auto_increment": "n"}})
    assert frozenset() == store.write_modes(("numbered",))
    assert frozenset(WriteMode) == store.write_modes(("orders",)) == store.write_modes(("not made yet",))
    schema = pa.schema([("id", pa.int64())])
    with pytest.raises(UnsupportedOperation, match="n is auto-increment"):
        store.plan_write(("numbered",), schema, WriteWish(WriteMode.APPEND))
