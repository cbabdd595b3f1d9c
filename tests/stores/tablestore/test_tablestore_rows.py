"""Rows of a table without a schema: absent, mixed, numbered by the service, conditional writes, indexes, cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tablestore_harness import opened

from services.errors import NotFound, Refused, UnsupportedOperation, UsageError, ValueRefused
from services.results.marks import locked_reason
from services.results.typed import typed_cell
from services.sandbox.tablestore.limits import Limits
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.changes import Delete, Existence, Insert, Outcome, Path, Result, Update
from services.stores.tablestore.conditions import MAX_COMPARED
from services.stores.tablestore.store import TablestoreStore
from services.stores.types import RowQuery
from services.values import ABSENT, Key, Typed, Value

ORDERS: Path = ("orders",)
KEY: Key = {"region": Typed("String", "emea"), "id": Typed("Integer", 7)}


@pytest.fixture
def store(fresh_tablestore: Callable[..., TablestoreSandbox]) -> Iterator[TablestoreStore]:
    """A store of its own sandbox."""
    made = opened(fresh_tablestore().profile)
    yield made
    made.close()


def read(store: TablestoreStore, path: Path = ORDERS, **query: Any) -> list[dict[str, Value]]:
    """All rows, ABSENT where a row lacks a column."""
    rows = []
    for page in store.read_rows(path, RowQuery(**query)):
        for index in range(page.batch.num_rows):
            fields = enumerate(page.batch.schema)
            rows.append({field.name: typed_cell(page.batch.column(at), index, field) for at, field in fields})
    return rows


def one(store: TablestoreStore, change: Insert | Update | Delete) -> Outcome:
    """The outcome of one change."""
    (outcome,) = store.apply([change])
    return outcome


def current(store: TablestoreStore, key: Key = KEY, path: Path = ORDERS) -> dict[str, Typed]:
    """The row as it is, without its key."""
    (row,) = store.read_keys(path, [key])
    assert row is not None
    return {name: value for name, value in row.items() if name not in key}


def test_absent_empty_and_mixed_stay_apart(store: TablestoreStore) -> None:
    """A row without a note, one with an empty note, amounts that are numbers and texts: each as it is."""
    rows = read(store)
    notes = {type(row["note"]) if row["note"] is ABSENT else row["note"].value == "" for row in rows}  # type: ignore[union-attr]
    assert {type(ABSENT), True, False} == notes
    assert {"Integer", "Double", "String"} == {row["amount"].type for row in rows}  # type: ignore[union-attr]
    extras = {row["extra"].type for row in rows if row["extra"] is not ABSENT}  # type: ignore[union-attr]
    assert {"Integer", "String", "Double", "Boolean", "Binary"} == extras


def test_keys_and_ranges_read_the_same(store: TablestoreStore) -> None:
    """Reading by key gives what the range gives, for more rows than one request takes."""
    rows = read(store)
    keys = [{name: row[name] for name in KEY} for row in rows]
    found = store.read_keys(ORDERS, keys)  # type: ignore[arg-type]
    assert [{name: value for name, value in row.items() if value is not ABSENT} for row in rows] == found


def test_pages_without_rows_are_followed(fresh_tablestore: Callable[..., TablestoreSandbox]) -> None:
    """A page may hold no row that passes the filter and still say where to go on: all rows are found."""
    made = opened(fresh_tablestore(limits=Limits(page_rows=10)).profile)
    wanted = [row for row in read(made) if row.get("note", ABSENT) is not ABSENT]
    found = read(made, where="region = 'apac' and note != ''")
    pages = [page.batch.num_rows for page in made.read_rows(ORDERS, RowQuery(where="note = 'no such note'"))]
    assert [row["note"] for row in wanted if row["note"].value] == [row["note"] for row in found]  # type: ignore[union-attr]
    assert pages == [0]
    made.close()


def test_columns_beyond_the_services_limit_are_chosen_here(store: TablestoreStore) -> None:
    """More columns than a request may name come all the same, in their order."""
    columns = ("quantity", *(f"nothing_{number}" for number in range(130)), "id")
    (page,) = store.read_rows(ORDERS, RowQuery(columns=columns, limit=3))
    assert (list(columns), 3) == (page.batch.schema.names, page.batch.num_rows)


def test_an_update_removes_a_column(store: TablestoreStore) -> None:
    """A column set to absent is gone, one set to empty is there, and the condition covers both."""
    before = current(store)
    set_empty = one(store, Update(ORDERS, KEY, before, {"note": Typed("String", ""), "paid": ABSENT}))
    assert set_empty.result is Result.APPLIED
    after = current(store)
    assert "paid" not in after
    assert after["note"] == Typed("String", "")
    again = one(store, Update(ORDERS, KEY, {**after, "paid": ABSENT}, {"paid": Typed("Boolean", True)}))
    assert again.result is Result.APPLIED


def test_a_column_that_appeared_meanwhile_is_a_conflict(store: TablestoreStore) -> None:
    """Who read a row without a column and writes it does not overwrite another's."""
    before = current(store)
    assert "memo" not in before
    theirs = one(store, Update(ORDERS, KEY, before, {"memo": Typed("String", "theirs")}))
    ours = one(store, Update(ORDERS, KEY, before, {"memo": Typed("String", "ours")}))
    assert [Result.APPLIED, Result.CONFLICT] == [theirs.result, ours.result]
    assert current(store)["memo"].value == "theirs"


def test_the_type_is_part_of_the_condition(store: TablestoreStore) -> None:
    """A row that was read with the text "7" is not the one that now has the Integer 7."""
    row = {**current(store), "quantity": Typed("String", str(current(store)["quantity"].value))}
    assert one(store, Delete(ORDERS, KEY, row)).result is Result.CONFLICT


def test_rows_of_many_columns_say_what_is_not_compared(store: TablestoreStore) -> None:
    """The service combines a bounded number of conditions: changed columns come first, the rest is told."""
    key: Key = {"region": Typed("String", "wide"), "id": Typed("Integer", 1)}
    wide = {f"c{number:02d}": Typed("Integer", number) for number in range(40)}
    assert one(store, Insert(ORDERS, key, wide)).result is Result.APPLIED
    change = Update(ORDERS, key, wide, {"c39": Typed("Integer", 0)})
    (call,) = store.plan([change])
    assert "c39 = 39" in call.text
    assert f"{40 - MAX_COMPARED} more columns" in call.text
    assert one(store, change).result is Result.APPLIED
    stale = one(store, change)
    assert stale.result is Result.CONFLICT


def test_nan_and_bytes_can_be_edited(store: TablestoreStore) -> None:
    """A row with NaN, which equals nothing, and with bytes is updated and deleted all the same."""
    key: Key = {"region": Typed("String", "odd"), "id": Typed("Integer", 1)}
    values = {"x": Typed("Double", float("nan")), "raw": Typed("Binary", b"\x00\xff"), "n": Typed("Integer", 2**63 - 1)}
    assert one(store, Insert(ORDERS, key, values)).result is Result.APPLIED
    before = current(store, key)
    assert before["raw"] == values["raw"]
    assert one(store, Update(ORDERS, key, before, {"raw": Typed("Binary", b"")})).result is Result.APPLIED
    assert one(store, Delete(ORDERS, key, current(store, key))).result is Result.APPLIED


@pytest.mark.parametrize(
    ("after", "why"),
    [
        ({"id": Typed("Integer", 8)}, "key"),
        ({"näme": Typed("String", "x")}, "no name"),
        ({"note": Typed("String", None)}, "NULL"),
        ({"n": Typed("Integer", 2**63)}, "Integer"),
        ({"t": Typed("String", "\udc80")}, "String"),
        ({}, "nothing"),
    ],
)
def test_what_cannot_be_sent_is_refused_before(store: TablestoreStore, after: dict[str, Value], why: str) -> None:
    """The plan says why, and applying refuses it without a request."""
    before = current(store)
    change = Update(ORDERS, KEY, before, after)
    (call,) = store.plan([change])
    assert why in call.reason
    requests = store._link.requests
    assert one(store, change).result is Result.REFUSED
    assert requests == store._link.requests


def test_a_plan_is_read_like_a_sentence(store: TablestoreStore) -> None:
    """The call, its values and its condition are all there."""
    before: dict[str, Value] = {"quantity": Typed("Integer", 3), "note": ABSENT}
    changes = [
        Insert(ORDERS, KEY, {"note": Typed("String", "it's")}),
        Update(ORDERS, KEY, before, {"quantity": Typed("Integer", 4), "paid": ABSENT}),
        Delete(ORDERS, KEY, before),
    ]
    texts = [call.text for call in store.plan(changes)]
    where = "orders where region = 'emea' and id = 7"
    assert [
        f"PutRow {where}\ncolumns note = 'it''s'\nif no such row is there",
        f"UpdateRow {where}\nput quantity = 4\nremove paid\n"
        "if the row is there and quantity = 3 and note is absent and paid is absent",
        f"DeleteRow {where}\nif the row is there and quantity = 3 and note is absent",
    ] == texts


def test_puts_and_removes_obey_their_conditions(store: TablestoreStore) -> None:
    """Absent, exists and expected values; a put with a condition keeps the columns that it does not name."""
    new = {"region": Typed("String", "put"), "id": Typed("Integer", 1)}
    row = {**new, "a": Typed("Integer", 1), "b": Typed("Integer", 2)}
    assert store.put(ORDERS, row, Existence.EXISTS).result is Result.CONFLICT
    assert store.put(ORDERS, row, Existence.ABSENT).result is Result.APPLIED
    assert store.put(ORDERS, row, Existence.ABSENT).result is Result.CONFLICT
    assert store.put(ORDERS, {**new, "a": Typed("Integer", 5)}, {"b": Typed("Integer", 9)}).result is Result.CONFLICT
    assert store.put(ORDERS, {**new, "a": Typed("Integer", 5)}, {"b": Typed("Integer", 2)}).result is Result.APPLIED
    assert {"a": Typed("Integer", 5), "b": Typed("Integer", 2)} == current(store, new)
    assert store.put(ORDERS, {**new, "a": Typed("Integer", 6)}).result is Result.APPLIED
    assert {"a": Typed("Integer", 6)} == current(store, new)
    assert store.remove(ORDERS, new, {"a": Typed("Integer", 5)}).result is Result.CONFLICT
    assert store.remove(ORDERS, new, Existence.EXISTS).result is Result.APPLIED
    assert store.remove(ORDERS, new, Existence.EXISTS).result is Result.CONFLICT
    assert store.remove(ORDERS, new).result is Result.APPLIED
    assert store.remove(ORDERS, new, Existence.ABSENT).result is Result.APPLIED


def test_the_service_numbers_rows(store: TablestoreStore) -> None:
    """A key column that the service numbers may be left out of a put, and the outcome tells its number."""
    row = {"team": Typed("String", "core"), "badge": Typed("Binary", b"\x01"), "name": Typed("String", "new")}
    first, second = store.put(("users",), row), store.put(("users",), row)
    assert [Result.APPLIED] * 2 == [first.result, second.result]
    assert "seq = " in first.message
    numbers = [int(outcome.message.rpartition("=")[2]) for outcome in (first, second)]
    key = {"team": row["team"], "badge": row["badge"], "seq": Typed("Integer", numbers[0])}
    assert current(store, key, ("users",))["name"] == row["name"]
    assert numbers[0] != numbers[1]


def test_versions_show_the_newest(store: TablestoreStore) -> None:
    """A table that keeps three versions gives the newest of each column."""
    rows = read(store, ("users",))
    assert len(rows) == 24
    assert all(row["logins"].value % 10 == 0 for row in rows)  # type: ignore[union-attr]


def test_all_versions_are_read_with_their_times(store: TablestoreStore) -> None:
    """Below a table that keeps several versions: a row for each, newest first, the time exact, nothing to edit."""
    path = store.parse_address("users/#versions")
    assert path in [node.path for node in store.list_children(("users",)).nodes]
    assert ("orders", "#versions") not in [node.path for node in store.list_children(ORDERS).nodes]
    rows = read(store, path, where="team = 'ops'")
    assert {"ops"} == {row["team"].value for row in rows}  # type: ignore[union-attr]
    logins = [row for row in rows if row["(column)"] == Typed("String", "logins")]
    first = [row for row in logins if row["seq"] == logins[0]["seq"]]
    values = [row["(value)"] for row in first]
    assert [Typed("Integer", 20), Typed("Integer", 19), Typed("Integer", 18)] == values
    times = [row["(timestamp)"].value.epoch_nanos for row in first]  # type: ignore[union-attr]
    assert [60_000 * 10**6] * 2 == [times[0] - times[1], times[1] - times[2]]
    assert [column.name for column in store.describe(path).columns] == list(rows[0])
    assert store.describe(path).locked
    assert len(read(store, path, limit=5)) == 5
    assert [["(value)"]] == [
        page.batch.schema.names for page in store.read_rows(path, RowQuery("", ("(value)",), (), 2))
    ]
    (call,) = store.plan([Delete(path, KEY, {})])
    assert call.reason
    for refused in (lambda: store.drop(path), lambda: store.create(path, {})):
        with pytest.raises(UnsupportedOperation):
            refused()
    assert read(store, ("users",))


def test_an_index_is_read_and_not_edited(store: TablestoreStore) -> None:
    """Its key comes first, its rows are as many as the table's with that column, and edits are refused."""
    path = store.parse_address("orders/@orders_by_customer")
    description = store.describe(path)
    assert ["customer", "region", "id"] == [column.name for column in description.columns if column.is_key]
    assert description.locked
    assert len(read(store, path)) == 240
    assert {"chen"} == {row["customer"].value for row in read(store, path, where="customer = 'chen'")}  # type: ignore[union-attr]
    assert all(locked_reason(page.batch.schema) for page in store.read_rows(path, RowQuery(limit=3)))
    (call,) = store.plan([Delete(path, KEY, {})])
    assert "index" in call.reason


def test_indexes_come_and_go(store: TablestoreStore) -> None:
    """An index is created from its description, listed below its table, and dropped."""
    path = store.parse_address("orders/@by_quantity")
    store.create(path, {"options": {"key": ["quantity"], "columns": ["paid"]}})
    assert path in [node.path for node in store.list_children(ORDERS).nodes]
    assert len(read(store, path)) == 240
    store.drop(path)
    assert path not in [node.path for node in store.list_children(ORDERS).nodes]
    with pytest.raises(NotFound):
        store.describe(path)


def test_a_description_tells_what_create_takes(store: TablestoreStore) -> None:
    """Keys of each type, numbering, options, indexes and defined columns survive a round through a definition."""
    definition = {
        "columns": [
            {"name": "a", "type": "Binary", "key": True},
            {"name": "b", "type": "String", "key": True},
            {"name": "c", "type": "Integer", "key": True},
            {"name": "v", "type": "Integer", "key": False},
            {"name": "w", "type": "Boolean", "key": False},
        ],
        "options": {
            "time_to_live": -1,
            "max_versions": 1,
            "auto_increment": "c",
            "indexes": [{"name": "by_v", "key": ["v"], "columns": ["w"], "local": False}],
        },
    }
    store.create(("first",), definition)
    told = store.describe(("first",))
    again = {"columns": [{"name": c.name, "type": c.type, "key": c.is_key} for c in told.columns]}
    renamed = [{**index, "name": "by_v2"} for index in told.options["indexes"]]
    store.create(("second",), {**again, "options": {**told.options, "indexes": renamed}})
    copy = store.describe(("second",))
    assert told.columns == copy.columns
    assert {**told.options, "indexes": []} == {**copy.options, "indexes": []}
    assert copy.options["indexes"] == renamed


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"columns": [{"name": "a", "type": "Double", "key": True}]},
        {"columns": [{"name": "a", "type": "String", "key": True}], "options": {"colour": "red"}},
        {"columns": [{"name": "a", "type": "Integer", "key": True}], "options": {"auto_increment": "a"}},
        {"columns": [{"name": "a", "type": "String", "key": True}], "options": {"max_versions": "two"}},
        {"columns": [{"name": f"k{n}", "type": "String", "key": True} for n in range(5)]},
    ],
)
def test_a_definition_without_sense_is_refused(store: TablestoreStore, definition: dict[str, Any]) -> None:
    """What no table can be is refused with the reason, before any request."""
    requests = store._link.requests
    with pytest.raises(UsageError):
        store.create(("never",), definition)
    assert requests == store._link.requests


def test_cost_is_counted(store: TablestoreStore) -> None:
    """Capacity units of a session grow with what it reads and writes, and the description shows them."""
    before = store._link.cost
    read(store)
    one(store, Update(ORDERS, KEY, current(store), {"note": Typed("String", "x")}))
    after = store._link.cost
    assert after.read > before.read
    assert after.write > before.write
    facts = dict(store.describe(ORDERS).groups[-1].facts)
    assert facts["this session, written"] == f"{after.write:,} capacity units"
    assert facts["rows decoded by"] == "Storedeck"


@pytest.mark.parametrize(
    ("column", "data", "value"),
    [
        ("quantity", 5, Typed("Integer", 5)),
        ("quantity", "5", Typed("String", "5")),
        ("quantity", "9007199254740993", Typed("String", "9007199254740993")),
        ("quantity", {"$type": "Integer", "value": "9007199254740993"}, Typed("Integer", 9007199254740993)),
        ("amount", 5.5, Typed("Double", 5.5)),
        ("amount", {"$float": "inf"}, Typed("Double", float("inf"))),
        ("raw", {"$bytes": "AP8="}, Typed("Binary", b"\x00\xff")),
        ("id", "7", Typed("Integer", 7)),
        ("region", "x", Typed("String", "x")),
        ("paid", True, Typed("Boolean", True)),
        ("paid", {"$type": "Double", "value": 1}, Typed("Double", 1.0)),
    ],
)
def test_json_stands_for_exact_values(store: TablestoreStore, column: str, data: Any, value: Typed) -> None:
    """Types come from the data, of key columns from the table."""
    assert value == store.from_json(ORDERS, column, data)


@pytest.mark.parametrize(
    ("column", "data"),
    [
        ("region", 5),
        ("id", "x"),
        ("id", 2**63),
        ("note", None),
        ("note", [1]),
        ("note", {"a": 1}),
        ("note", {"$type": "Int", "value": 1}),
        ("note", {"$type": "Integer", "value": "5"}),
        ("note", {"$bytes": "no base64"}),
        ("no name", 5),
    ],
)
def test_json_that_fits_no_type_is_refused(store: TablestoreStore, column: str, data: Any) -> None:
    """Refused before any request."""
    with pytest.raises(ValueRefused):
        store.from_json(ORDERS, column, data)


@pytest.mark.parametrize(
    ("word", "text", "value"),
    [
        ("Integer", " 1_000 ", 1000),
        ("Integer", "-9223372036854775808", -(2**63)),
        ("Double", "1e3", 1000.0),
        ("Boolean", "yes", True),
        ("String", " x ", " x "),
        ("Binary", "0x00 ff", b"\x00\xff"),
    ],
)
def test_texts_stand_for_exact_values(store: TablestoreStore, word: str, text: str, value: object) -> None:
    """What an editor's text means in each type."""
    assert Typed(word, value) == store.parse(ORDERS, "anything", text, word)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("Integer", "9223372036854775808"),
        ("Integer", "1.5"),
        ("Double", "1e999"),
        ("Double", "x"),
        ("Boolean", "maybe"),
        ("Binary", "0xf"),
        ("String", "\udc80"),
        ("Int", "1"),
    ],
)
def test_texts_that_fit_no_type_are_refused(store: TablestoreStore, word: str, text: str) -> None:
    """Refused with the reason."""
    with pytest.raises(ValueRefused):
        store.parse(ORDERS, "anything", text, word)


def test_addresses(store: TablestoreStore) -> None:
    """A table, an index of it, nothing else."""
    assert ((), ("orders",), ("orders", "@i")) == tuple(map(store.parse_address, ("", "orders", "orders/@i")))
    for text in ("orders/", "orders/x", "/@x"):
        with pytest.raises(UsageError):
            store.parse_address(text)
    with pytest.raises(Refused):
        store.describe(("orders", "x"))
