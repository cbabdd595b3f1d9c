"""Tables cut by split points: every row in one range, ranges that can be read again, and whole scans in order."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tablestore_harness import opened

from services.cancel import CancelToken
from services.errors import Cancelled, NotFound, ProtocolError, UnsupportedOperation, UsageError
from services.sandbox.faults import parse_faults
from services.sandbox.tablestore.limits import Limits
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.changes import Path
from services.stores.ranges import KeyRange
from services.stores.tablestore import hooks, splitting
from services.stores.tablestore.store import TablestoreStore
from services.stores.types import CountKind, RowQuery
from services.values import Typed

EVENTS: Path = ("events",)
ORDERS: Path = ("orders",)
ROWS = 20_000
SMALL = 300_000
"""Bytes of a range, so that the table has several."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[TablestoreSandbox]:
    """An instance with a table of many rows and small pages."""
    with TablestoreSandbox(rows=ROWS, limits=Limits(page_rows=700)) as made:
        yield made


@pytest.fixture
def store(sandbox: TablestoreSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[TablestoreStore]:
    """A store whose scans use small ranges."""
    monkeypatch.setattr(splitting, "SCAN_BYTES", SMALL)
    made = opened({**sandbox.profile, "retry_seconds": "0"})
    yield made
    made.close()


def ids(pages: Any) -> list[int]:
    """The ids of all rows of pages."""
    return [number for page in pages for number in page.batch.column("id").to_pylist()]


def test_every_row_is_in_one_range(store: TablestoreStore) -> None:
    """The ranges follow one another from end to end; read in any order they give all rows once."""
    parts = store.splits(EVENTS, SMALL)
    assert len(parts) > 4
    assert ((), ()) == (parts[0].low, parts[-1].high)
    assert [part.high for part in parts[:-1]] == [part.low for part in parts[1:]]
    found = {part: ids(store.read_range(EVENTS, part, RowQuery())) for part in reversed(parts)}
    assert list(range(ROWS)) == [number for part in parts for number in found[part]]


def test_a_range_is_a_small_plain_value(store: TablestoreStore) -> None:
    """Pickled, or kept as JSON, it is the same range, and reading it again gives the same rows."""
    part = store.splits(EVENTS, SMALL)[2]
    again = KeyRange.of_state(json.loads(json.dumps(part.state())))
    assert part == again == pickle.loads(pickle.dumps(part))
    assert ids(store.read_range(EVENTS, part, RowQuery())) == ids(store.read_range(EVENTS, again, RowQuery()))
    binary = KeyRange((Typed("String", "a"), Typed("Binary", b"\x00\xff")), ())
    assert binary == KeyRange.of_state(json.loads(json.dumps(binary.state())))


def test_a_range_takes_filter_columns_and_limit(store: TablestoreStore) -> None:
    """As any read does; its count is of the range, and a key outside of it finds nothing."""
    first, second = store.splits(EVENTS, SMALL)[:2]
    numbers = ids(store.read_range(EVENTS, second, RowQuery()))
    (page,) = store.read_range(EVENTS, second, RowQuery(columns=("id",), limit=3))
    assert [["id"], numbers[:3]] == [page.batch.schema.names, page.batch.column(0).to_pylist()]
    where = f"id >= {numbers[5]} and id < {numbers[8]}"
    pages = list(store.read_range(EVENTS, second, RowQuery(where=where)))
    assert numbers[5:8] == ids(pages)
    assert (CountKind.EXACT, 3) == (pages[-1].count.kind, pages[-1].count.rows)
    assert [] == ids(store.read_range(EVENTS, first, RowQuery(where=where)))


def test_bounds_may_be_the_first_columns_of_a_key(store: TablestoreStore) -> None:
    """Below a region lie all its rows: each row is in the range before it or after it."""
    region = (Typed("String", "emea"),)
    below = ids(store.read_range(ORDERS, KeyRange((), region), RowQuery()))
    above = ids(store.read_range(ORDERS, KeyRange(region, ()), RowQuery()))
    assert (120, 120) == (len(below), len(above))
    assert ids(store.read_rows(ORDERS, RowQuery())) == below + above


def test_a_secondary_index_has_ranges(store: TablestoreStore) -> None:
    """It is read like a table; a search index and the versions have none."""
    path = ("orders", "@orders_by_customer")
    parts = store.splits(path, 2000)
    assert len(parts) > 2
    read = [
        row for part in parts for page in store.read_range(path, part, RowQuery()) for row in page.batch.to_pylist()
    ]
    assert [row for page in store.read_rows(path, RowQuery()) for row in page.batch.to_pylist()] == read
    for other in (("orders", "@orders_search"), ("users", "#versions")):
        with pytest.raises(UnsupportedOperation):
            store.splits(other)
        assert list(store.scan(other, RowQuery()))
    with pytest.raises(NotFound):
        store.splits(("no_such",))


def test_a_range_of_another_table_is_refused(store: TablestoreStore) -> None:
    """Its types are not those of the key."""
    with pytest.raises(UsageError, match="another table"):
        list(store.read_range(ORDERS, KeyRange((Typed("Integer", 1),), ()), RowQuery()))


def test_a_scan_gives_all_rows_in_order(store: TablestoreStore) -> None:
    """By several ranges at once, the count exact at the end and nowhere before."""
    before = store.requests
    pages = list(store.scan(EVENTS, RowQuery()))
    assert list(range(ROWS)) == ids(pages)
    assert (CountKind.EXACT, ROWS) == (pages[-1].count.kind, pages[-1].count.rows)
    assert {CountKind.AT_LEAST} == {page.count.kind for page in pages[:-1]}
    assert store.requests - before > ROWS // 700
    plain = list(store.read_rows(EVENTS, RowQuery()))
    assert plain[0].batch.schema == pages[0].batch.schema


def test_a_scan_with_a_filter_that_nothing_passes(store: TablestoreStore) -> None:
    """One empty page with the table's columns."""
    pages = list(store.scan(EVENTS, RowQuery(where="absent_column = 1")))
    assert [0] == [page.batch.num_rows for page in pages]
    assert (CountKind.EXACT, 0) == (pages[0].count.kind, pages[0].count.rows)
    assert "id" in pages[0].batch.schema.names


def test_a_scan_with_limit_or_order_is_a_plain_read(store: TablestoreStore) -> None:
    """Backward, or a few rows: nobody asks for split points."""
    assert [ROWS - 1, ROWS - 2] == ids(store.scan(EVENTS, RowQuery(order=("-id",), limit=2)))
    assert list(range(ROWS - 1, -1, -1)) == ids(store.scan(EVENTS, RowQuery(order=("-id",))))


def test_an_error_in_a_later_range_comes_out(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """Rows before it came; the error has its request id, and every reader has ended."""
    sandbox.plan.add(*parse_faults("tablestore:corrupt,op=GetRange,after=9,times=1"))
    pages = store.scan(EVENTS, RowQuery())
    assert next(pages).batch.num_rows
    with pytest.raises(ProtocolError) as caught:
        list(pages)
    assert caught.value.request_id
    assert list(range(ROWS)) == ids(store.scan(EVENTS, RowQuery()))


def test_a_scan_can_be_cancelled_and_closed(store: TablestoreStore) -> None:
    """Cancelling ends the wait; closing the pages ends the readers."""
    cancel = CancelToken()
    pages = store.scan(EVENTS, RowQuery(), cancel)
    next(pages)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(pages)
    pages = store.scan(EVENTS, RowQuery())
    next(pages)
    pages.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name == "tablestore-range":
            thread.join(10)
    assert "tablestore-range" not in [thread.name for thread in threading.enumerate()]


def test_without_split_points_there_is_one_range(sandbox: TablestoreSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the SDK has no place for the request, or the service refuses the size, all rows still come."""
    monkeypatch.setattr(hooks, "extend", lambda client: False)
    made = opened(sandbox.profile)
    assert [KeyRange()] == made.splits(EVENTS, SMALL)
    assert ROWS == len(ids(made.scan(EVENTS, RowQuery())))
    made.close()


def test_a_size_that_the_service_refuses_is_left_to_it(store: TablestoreStore, sandbox: TablestoreSandbox) -> None:
    """The service's own size is asked for then."""
    fault = "tablestore:error=No such size.,status=400,op=ComputeSplitPointsBySize,times=1"
    sandbox.plan.add(*parse_faults(fault))
    assert [KeyRange()] == store.splits(EVENTS, SMALL)


def test_a_place_that_has_moved_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is changed in a client of another shape."""
    assert not hooks.extend(object())


def test_the_small_tables_of_the_samples_are_read_whole(
    fresh_tablestore: Callable[..., TablestoreSandbox],
) -> None:
    """A table of one range costs one request more, and its rows are the same."""
    made = opened(fresh_tablestore().profile)
    plain = [page.batch for page in made.read_rows(ORDERS, RowQuery())]
    assert plain == [page.batch for page in made.scan(ORDERS, RowQuery())]
    made.close()
