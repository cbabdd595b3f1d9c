"""Search indexes: listed, described with their count, queried by the same filter language, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tablestore_harness import opened

from services.errors import NotFound, UsageError
from services.results.marks import locked_reason
from services.results.typed import typed_cell
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.tablestore.store import TablestoreStore
from services.stores.types import CountKind, RowQuery
from services.values import ABSENT

PATH = ("orders", "@orders_search")


@pytest.fixture(scope="module")
def store(tablestore_sandbox: TablestoreSandbox) -> Iterator[TablestoreStore]:
    """A store on the sample data."""
    made = opened(tablestore_sandbox.profile)
    yield made
    made.close()


def rows_of(store: TablestoreStore, path: Any, **query: Any) -> list[dict[str, Any]]:
    """The present values of each row."""
    rows = []
    for page in store.read_rows(path, RowQuery(**query)):
        for index in range(page.batch.num_rows):
            fields = enumerate(page.batch.schema)
            cells = {field.name: typed_cell(page.batch.column(at), index, field) for at, field in fields}
            rows.append({name: cell.value for name, cell in cells.items() if cell is not ABSENT})  # type: ignore[union-attr]
    return rows


def test_it_is_listed_and_described(store: TablestoreStore) -> None:
    """Below its table, with its fields, the table's key and the number of its rows."""
    nodes = {node.path: node.kind for node in store.list_children(("orders",)).nodes}
    assert nodes[PATH] == "search index"
    told = store.describe(PATH)
    assert ["region", "id"] == [column.name for column in told.columns if column.is_key]
    assert told.locked
    assert (CountKind.EXACT, 240) == (told.count.kind, told.count.rows) if told.count else None


def test_it_reads_what_the_table_has(store: TablestoreStore) -> None:
    """Without a filter all rows come once, page after page, with the total known from the first."""
    pages = list(store.read_rows(PATH, RowQuery()))
    assert {240} == {page.count.rows for page in pages}
    assert len(pages) > 1
    assert all(locked_reason(page.batch.schema) for page in pages)
    assert rows_of(store, ("orders",)) == sorted(
        rows_of(store, PATH), key=lambda row: (row["region"].encode(), row["id"])
    )


CASES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "customer = 'chen'": lambda row: row["customer"] == "chen",
    "customer != 'chen'": lambda row: row["customer"] != "chen",
    "id > 5": lambda row: row["id"] > 5,
    "id between 2 and 3 and paid = false": lambda row: 2 <= row["id"] <= 3 and not row["paid"],
    "customer in ('ada', 'dora') or id = 9": lambda row: row["customer"] in ("ada", "dora") or row["id"] == 9,
    "not customer = 'ada'": lambda row: row["customer"] != "ada",
    "(id, customer) >= (9, 'emil')": lambda row: (row["id"], row["customer"]) >= (9, "emil"),
    "note is absent": lambda row: "note" not in row,
}


@pytest.mark.parametrize("text", CASES)
def test_a_filter_finds_what_checking_by_hand_finds(store: TablestoreStore, text: str) -> None:
    """The same filter language as for ranges."""
    wanted = [row for row in rows_of(store, ("orders",)) if CASES[text](row)]
    found = rows_of(store, PATH, where=text)
    assert wanted == sorted(found, key=lambda row: (row["region"].encode(), row["id"]))


def test_order_limit_and_columns(store: TablestoreStore) -> None:
    """Any field gives an order; limits and columns hold."""
    found = rows_of(store, PATH, order=("-id", "customer"), limit=150)
    pairs = [(-row["id"], row["customer"]) for row in found]
    assert len(found) == 150
    assert sorted(pairs) == pairs
    (page,) = store.read_rows(PATH, RowQuery(columns=("paid", "id"), limit=5))
    assert (["paid", "id"], 5) == (page.batch.schema.names, page.batch.num_rows)
    assert [] == rows_of(store, PATH, where="customer = 'nobody'")


def test_what_cannot_be_searched_is_refused(store: TablestoreStore) -> None:
    """A column that is no field, a value of another type, an index that is not there."""
    for text in ("nothing = 5", "id = 'five'", "customer = 5"):
        with pytest.raises(UsageError):
            rows_of(store, PATH, where=text)
    with pytest.raises(NotFound):
        rows_of(store, ("orders", "@no_such_index"))
