"""The filter language: what a filter finds, forward and backward, equals checking every row by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tablestore_harness import opened

from services.errors import UnsupportedOperation, UsageError
from services.results.typed import typed_cell
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.changes import Insert, Result
from services.stores.tablestore import where
from services.stores.tablestore.ranges import KeyColumn, key_range
from services.stores.tablestore.store import TablestoreStore
from services.stores.types import RowQuery
from services.values import ABSENT, Typed

PATH = ("places",)
REGIONS = ("a", "a\0", "b", "ü")
CODES = (b"", b"\x00", b"\x01\xff")
Plain = dict[str, Any]


def places() -> list[Plain]:
    """Rows in the order of their keys: region, number, code; some columns missing, `amount` of two types."""
    rows = []
    for region in REGIONS:
        for number in (-(2**63), -1, 0, 5, 2**63 - 1):
            for code in CODES:
                row: Plain = {"region": region, "number": number, "code": code}
                place = len(rows)
                if place % 3:
                    row["amount"] = place if place % 2 else float(place)
                if place % 4 == 1:
                    row["note"] = "" if place % 8 == 1 else f"note {place}"
                row["open"] = place % 2 == 0
                rows.append(row)
    return rows


ROWS = places()
WORDS = {bool: "Boolean", int: "Integer", float: "Double", str: "String", bytes: "Binary"}


@pytest.fixture(scope="module")
def store(tablestore_sandbox: TablestoreSandbox) -> Iterator[TablestoreStore]:
    """A table with the rows above, its key of all three types."""
    made = opened(tablestore_sandbox.profile)
    columns = [("region", "String"), ("number", "Integer"), ("code", "Binary")]
    made.create(PATH, {"columns": [{"name": name, "type": word, "key": True} for name, word in columns]})
    changes = []
    for row in ROWS:
        cells = {name: Typed(WORDS[type(value)], value) for name, value in row.items()}
        key = {name: cells.pop(name) for name, _ in columns}
        changes.append(Insert(PATH, key, cells))
    assert {Result.APPLIED} == {outcome.result for outcome in made.apply(changes)}
    yield made
    made.drop(PATH)
    made.close()


def found(store: TablestoreStore, **query: Any) -> list[Plain]:
    """The rows that a query finds."""
    rows = []
    for page in store.read_rows(PATH, RowQuery(**query)):
        for index in range(page.batch.num_rows):
            cells = {
                field.name: typed_cell(page.batch.column(place), index, field)
                for place, field in enumerate(page.batch.schema)
            }
            rows.append({name: cell.value for name, cell in cells.items() if cell is not ABSENT})  # type: ignore[union-attr]
    return rows


def lacks(name: str) -> Callable[[Plain], bool]:
    return lambda row: name not in row


CASES: Mapping[str, Callable[[Plain], Any]] = {
    "": lambda row: True,
    "region = 'a'": lambda row: row["region"] == "a",
    "region = 'a' and number = 5": lambda row: (row["region"], row["number"]) == ("a", 5),
    "region = 'b' and number >= 0 and number < 5": lambda row: row["region"] == "b" and 0 <= row["number"] < 5,
    "region = 'b' and number > 9223372036854775806": lambda row: row["region"] == "b" and row["number"] == 2**63 - 1,
    "region > 'a'": lambda row: row["region"].encode() > b"a",
    "region <= 'a' and number = 0": lambda row: row["region"] == "a" and row["number"] == 0,
    "region between 'a' and 'b' and code = x'00'": lambda row: row["region"] <= "b" and row["code"] == b"\x00",
    "number = 0": lambda row: row["number"] == 0,
    "code = x'01ff' and open = true": lambda row: row["code"] == b"\x01\xff" and row["open"],
    "region = 'ü' and number = 0 and code > x''": lambda row: (
        (row["region"], row["number"]) == ("ü", 0) and row["code"]
    ),
    "region = 'ü' and number = 0 and code >= x'00' and code < x'01ff'": lambda row: (
        (row["region"], row["number"], row["code"]) == ("ü", 0, b"\x00")
    ),
    "(region, number) >= ('a', 5) and (region, number) < ('b', 0)": lambda row: (
        ("a", 5) <= (row["region"], row["number"]) < ("b", 0)
    ),
    "(region, number, code) > ('b', 0, x'00')": lambda row: (
        (row["region"].encode(), row["number"], row["code"]) > (b"b", 0, b"\x00")
    ),
    "(region, number, code) <= ('b', 0, x'00')": lambda row: (
        (row["region"].encode(), row["number"], row["code"]) <= (b"b", 0, b"\x00")
    ),
    "(number, code) = (0, x'00')": lambda row: (row["number"], row["code"]) == (0, b"\x00"),
    "(number, code) > (0, x'00') and region = 'a'": lambda row: (
        row["region"] == "a" and (row["number"], row["code"]) > (0, b"\x00")
    ),
    "amount > 20": lambda row: row.get("amount", 0) > 20,
    "amount = 5 or amount = 8": lambda row: row.get("amount") in (5, 8),
    "amount != 5": lambda row: row.get("amount", 5) != 5,
    "amount in (4, 5, 7.0)": lambda row: row.get("amount") in (4, 5, 7),
    "not amount > 20": lambda row: not row.get("amount", 0) > 20,
    "amount is absent": lacks("amount"),
    "note is not null and open = false": lambda row: "note" in row and not row["open"],
    "note = ''": lambda row: row.get("note") == "",
    "\"note\" = 'note 5' or `note` = 'note 13'": lambda row: row.get("note") in ("note 5", "note 13"),
    "region = 'a' and region = 'b'": lambda row: False,
    "region = 'a' and number > 5 and number < 5": lambda row: False,
    "region = 'a' and (number < 0 or amount > 10) and not (open = true)": lambda row: (
        row["region"] == "a" and (row["number"] < 0 or row.get("amount", 0) > 10) and not row["open"]
    ),
}


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("order", [(), ("-region", "-number", "-code")], ids=["forward", "backward"])
def test_a_filter_finds_what_checking_by_hand_finds(store: TablestoreStore, text: str, order: tuple[str, ...]) -> None:
    """The same rows, in the order of the key or against it."""
    wanted = [row for row in ROWS if CASES[text](row)]
    assert (wanted[::-1] if order else wanted) == found(store, where=text, order=order)


@settings(max_examples=60)
@given(
    st.sampled_from(["=", "<", "<=", ">", ">="]),
    st.sampled_from(["=", "<", "<=", ">", ">="]),
    st.sampled_from(REGIONS),
    st.sampled_from([-(2**63), -1, 0, 4, 5, 2**63 - 1]),
    st.sampled_from([None, *CODES, b"\x00\x00"]),
    st.booleans(),
)
def test_any_two_bounds(
    store: TablestoreStore, first: str, second: str, region: str, number: int, code: bytes | None, is_backward: bool
) -> None:
    """Every pair of comparisons on the key, at values that rows have and between them."""
    text = f"region {first} '{region}' and number {second} {number}"
    checks = [("region", first, region.encode()), ("number", second, number)]
    if code is not None:
        text += f" and code >= x'{code.hex()}'"
        checks.append(("code", ">=", code))
    wanted = [row for row in ROWS if all(holds(row[name], sign, value) for name, sign, value in checks)]
    order = ("-region",) if is_backward else ()
    assert (wanted[::-1] if is_backward else wanted) == found(store, where=text, order=order)


def holds(value: Any, sign: str, other: Any) -> bool:
    """One comparison by hand; texts are compared as UTF-8."""
    value = value.encode() if isinstance(value, str) else value
    return {"=": value == other, "<": value < other, "<=": value <= other, ">": value > other, ">=": value >= other}[
        sign
    ]


def test_a_range_on_the_key_leaves_nothing_to_filter() -> None:
    """Comparisons that begin the key become the range itself, which reads no row in vain."""
    columns = [KeyColumn("region", "String"), KeyColumn("number", "Integer")]
    for text in ("region = 'a' and number > 5", "(region, number) >= ('a', 5)", "region < 'b'"):
        assert [] == key_range(where.parse(text), columns).rest
    assert len(key_range(where.parse("region > 'a' and number = 5"), columns).rest) == 1


def test_columns_that_no_row_has_are_absent_and_rows_stay(store: TablestoreStore) -> None:
    """Choosing columns loses no row, not even those that have none of them."""
    rows = found(store, columns=("note", "nowhere"))
    assert [{"note": row["note"]} if "note" in row else {} for row in ROWS] == rows


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_a_limit_holds_with_a_filter(store: TablestoreStore, rows: int) -> None:
    """No more rows than asked for come, whatever the page."""
    wanted = [row for row in ROWS if row.get("amount", 0) > 20]
    assert wanted[:rows] == found(store, where="amount > 20", limit=rows, page_rows=3)
    assert [] == found(store, where="amount > 20", limit=0)


@pytest.mark.parametrize(
    "text",
    [
        "region",
        "region =",
        "= 5",
        "region = a",
        "region = 'a",
        "region = 'a' and",
        "region = 'a' 5",
        "(region, number) = ('a')",
        "(region, number) != ('a', 5)",
        "region is 5",
        "amount in ()",
        "amount = 99999999999999999999",
        "amount = 5; drop",
        "(" * 60 + "amount = 5" + ")" * 60,
        "number = 'five'",
        "region = 5",
        "number > 1.5",
    ],
)
def test_what_cannot_be_read_is_refused_with_a_pattern(store: TablestoreStore, text: str) -> None:
    """A filter that makes no sense is refused before any row is read, with an example of one that does."""
    with pytest.raises(UsageError) as caught:
        found(store, where=text)
    assert caught.value.hint


@pytest.mark.parametrize("order", [("amount",), ("number",), ("region", "-number"), ("number", "region")])
def test_an_order_that_the_key_lacks_is_refused(store: TablestoreStore, order: tuple[str, ...]) -> None:
    """A range comes in the order of the key or against it; the error says what the key is."""
    with pytest.raises(UnsupportedOperation, match="order") as caught:
        found(store, order=order)
    assert "region, number, code" in caught.value.hint
