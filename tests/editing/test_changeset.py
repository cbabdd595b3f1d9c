"""Change sets as files: what is written is read back to the last bit, and what is written wrong is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ignite_values import ANY_VALUE

from services.editing.cells import exact_text
from services.editing.changeset import change_line, change_of, read_record
from services.editing.changeset_values import value_form, value_from
from services.editing.encoding import change_json
from services.errors import UsageError, ValueRefused
from services.stores.changes import Change, Delete, Existence, Insert, Update
from services.times import Day, Moment, TimeOfDay
from services.values import ABSENT, Typed, Value

PATH = ("PUBLIC", "City")
KEY = {"ID": Typed("Int", 3)}


def never(column: str, data: Any) -> Typed:
    """No store is asked."""
    raise AssertionError(f"{column}: {data} is not exact")


def reread(change: Change) -> Change:
    """The change after a way through a file."""
    return change_of(read_record(json.loads(change_line("grid:x", change)), "f: line 1"), PATH, never)


def through(value: Value) -> Value:
    """The value after a way through a file."""
    return value_from(json.loads(json.dumps(value_form(value))), lambda data: never("value", data))


def _typed(words: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Typed]:
    return st.builds(Typed, st.sampled_from(words.split()), values)


TEXTS = st.text(max_size=20)
IKV = st.one_of(
    _typed("STRING", TEXTS),
    _typed("INT32 INT64", st.integers(-(2**63), 2**63 - 1)),
    _typed("FLOAT32", st.floats(width=32)),
    _typed("FLOAT64", st.floats()),
    _typed("BOOLEAN", st.booleans()),
    _typed("BYTES", st.binary(max_size=9)),
)
TABLESTORE = st.one_of(
    st.just(ABSENT),
    _typed("Integer", st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))),
    _typed("String", TEXTS),
    _typed("Binary", st.binary(max_size=9)),
    _typed("Double", st.floats()),
    _typed("Boolean", st.booleans()),
)
TIMES = st.one_of(
    st.builds(Moment, st.integers(-(10**24), 10**24), st.sampled_from(["UTC", "Asia/Seoul", ""])),
    st.builds(Day, st.integers(-(10**7), 10**7)),
    st.builds(TimeOfDay, st.integers(0, 86_399_999_999_999)),
)
ODD = st.builds(
    Typed,
    st.one_of(TEXTS, st.sampled_from(["Int", "String", "Float", "Bool", "Decimal(38,10)"])),
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS, st.floats(), st.decimals(), st.uuids(), TIMES),
)
NESTED = st.recursive(
    st.one_of(ODD, IKV),
    lambda inner: st.one_of(
        st.builds(Typed, TEXTS, st.dictionaries(TEXTS, inner, max_size=3)),
        st.builds(Typed, TEXTS, st.lists(inner, max_size=3)),
        st.builds(Typed, TEXTS, st.lists(st.tuples(inner, inner), max_size=3)),
    ),
    max_leaves=8,
)


@given(st.one_of(ANY_VALUE, IKV, TABLESTORE, NESTED))
def test_a_value_is_restored_to_the_last_bit(value: Value) -> None:
    """Objects, arrays and maps of a cache, absent and binary cells, fields of a document; the type word may be any."""
    assert exact_text(through(value)) == exact_text(value)


@given(
    st.dictionaries(TEXTS, st.one_of(IKV, ANY_VALUE), min_size=1, max_size=3),
    st.dictionaries(TEXTS, st.one_of(TABLESTORE, NESTED), max_size=3),
    st.dictionaries(TEXTS, st.one_of(TABLESTORE, NESTED), min_size=1, max_size=3),
)
def test_a_change_is_restored_with_its_order(key: Any, before: Any, after: Any) -> None:
    """Insert, update and delete come back with key, before-image and new values, columns in their order."""
    before = {name: value for name, value in before.items() if name not in key}
    after = {name: value for name, value in after.items() if name not in key} or {"other": ABSENT}
    for change in (Insert(PATH, key, after), Update(PATH, key, before, after), Delete(PATH, key, before)):
        assert change_json(reread(change)) == change_json(change)


def test_the_format_of_an_update() -> None:
    """Op, address, key, new values and the row as it was read, each value with its type word."""
    before = {"Name": Typed("String", "Seoul"), "Area": Typed("Decimal", Decimal("6.50"))}
    line = change_line(
        "grid:sql:PUBLIC/City", Update(PATH, KEY, before, {"Name": Typed("String", "京城"), "Area": ABSENT})
    )
    assert json.loads(line) == {
        "op": "update",
        "address": "grid:sql:PUBLIC/City",
        "key": {"ID": {"$type": "Int", "value": 3}},
        "set": {"Name": {"$type": "String", "value": "京城"}, "Area": {"$absent": True}},
        "if": {
            "Name": {"$type": "String", "value": "Seoul"},
            "Area": {"$type": "Decimal", "value": {"$decimal": "6.50"}},
        },
    }
    assert "京城" in line


def test_inserts_expect_absence_and_deletes_set_nothing() -> None:
    """The `if` of an insert is the word `absent`; a delete has no `set`."""
    assert json.loads(change_line("a:b", Insert(PATH, KEY, {})))["if"] == "absent"
    assert set(json.loads(change_line("a:b", Delete(PATH, KEY, {})))) == {"op", "address", "key", "if"}


def test_a_long_is_a_text_where_a_double_would_round_it() -> None:
    """As on the command line: numbers up to 2**53, texts beyond."""
    assert [value_form(Typed("Long", number))["value"] for number in (2**53, 2**53 + 1)] == [2**53, str(2**53 + 1)]


def test_hostile_texts_are_escaped() -> None:
    """A line shows nothing that a terminal acts on, and is one line; it reads back the same."""
    text = "\x1b[2J\x9b31m\u202e\u2028\x85\n\ud800[/x]"
    change = Insert(PATH, KEY, {"a\x1b": Typed("String", text)})
    line = change_line("a:b", change)
    assert line.isprintable()
    assert change_json(reread(change)) == change_json(change)


@pytest.mark.parametrize(
    "data",
    [
        7,
        "text",
        None,
        [1],
        {"$bytes": "AA=="},
        {"$type": "Decimal", "value": "9.50"},
        {"$type": "Double", "value": 1},
        {"$type": "Float", "value": 0.1},
        {"$type": "Int", "value": "many"},
        {"$type": "Int", "value": True},
        {"$type": "Double", "value": {"$float": "1.5"}},
        {"$type": "ByteArray", "value": {"$bytes": "!"}},
        {"$type": "ByteArray", "value": {"$bytes": 3}},
        {"$type": "Decimal", "value": {"$decimal": "nine"}},
        {"$type": "UUID", "value": {"$uuid": "x"}},
        {"$type": "Timestamp", "value": {"$moment": "now", "zone": "UTC"}},
        {"$type": "SqlDate", "value": {"$day": "1"}},
        {"$type": "City", "value": {"NAME": "Seoul"}},
        {"$type": "City", "value": {"$fields": [["NAME", "Seoul"]]}},
        {"$type": "Map", "value": {"$pairs": [1]}},
        {"$type": "ArrayList", "value": [1, 2]},
        {"$type": "Int", "value": 1, "more": 2},
    ],
)
def test_what_people_write_is_read_by_the_store(data: Any) -> None:
    """Data that names no exact value goes to the store as it is."""
    asked: list[Any] = []

    def read(inner: Any) -> Typed:
        asked.append(inner)
        return Typed("String", "read")

    assert (value_from(data, read), asked) == (Typed("String", "read"), [data])


LINE: dict[str, Any] = {"op": "update", "address": "a:b", "key": {"ID": 1}, "set": {"Name": "x"}, "if": {"Name": "y"}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"op": "upsert"}, "op is none of insert, update, delete"),
        ({"address": 7}, "the address is missing"),
        ({"key": {}}, "the key is missing"),
        ({"key": 1}, "key is no object of columns and values"),
        ({"set": {}}, "an update sets at least one column"),
        ({"op": "delete"}, "a delete sets nothing"),
        ({"op": "insert"}, "the `if` of an insert is `absent`"),
        ({"if": "absent"}, "the `if` of this update is no object of columns as they were read, nor `exists`"),
        ({"where": "1=1"}, "unknown field where"),
    ],
)
def test_a_wrong_line_is_named(change: dict[str, Any], words: str) -> None:
    """The error says which line and why."""
    with pytest.raises(UsageError) as caught:
        read_record({**LINE, **change}, "f: line 4")
    assert caught.value.message == f"f: line 4: {words}"


@pytest.mark.parametrize("data", [None, [], "update", 3])
def test_a_line_is_an_object(data: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(UsageError, match="not an object"):
        read_record(data, "f: line 1")


def of_store(column: str, data: Any) -> Typed:
    """Whole numbers and texts; nothing else."""
    if isinstance(data, int):
        return Typed("Int", data)
    if isinstance(data, str):
        return Typed("String", data)
    raise ValueRefused("no value", hint="Write a number or a text.")


def test_plain_values_are_of_the_columns_types() -> None:
    """A line by hand needs no type words."""
    before, after = {"Name": Typed("String", "y")}, {"Name": Typed("String", "x")}
    found = change_of(read_record(LINE, "f: line 1"), PATH, of_store)
    assert found == Update(PATH, {"ID": Typed("Int", 1)}, before, after)


def test_the_key_may_stand_in_the_row_again() -> None:
    """As `get` prints a row; another value is refused, since a key cannot be changed."""
    record = read_record({**LINE, "if": {"ID": 1, "Name": "y"}}, "f: line 1")
    assert change_of(record, PATH, of_store) == change_of(read_record(LINE, "f: line 1"), PATH, of_store)
    with pytest.raises(UsageError, match="line 1: set: ID is not as in the key"):
        change_of(read_record({**LINE, "set": {"ID": 2}}, "f: line 1"), PATH, of_store)


def test_exists_compares_no_column() -> None:
    """`exists` is the row alone."""
    record = read_record({**LINE, "if": "exists"}, "f: line 1")
    assert record.expected is Existence.EXISTS
    assert change_of(record, PATH, of_store) == Update(
        PATH, {"ID": Typed("Int", 1)}, {}, {"Name": Typed("String", "x")}
    )


def test_an_absent_key_and_a_wrong_value_are_named() -> None:
    """With line and column."""
    with pytest.raises(UsageError, match="line 1: key: ID has no value"):
        change_of(read_record({**LINE, "key": {"ID": {"$absent": True}}}, "f: line 1"), PATH, of_store)
    with pytest.raises(ValueRefused, match="line 1: Name: no value"):
        change_of(read_record({**LINE, "set": {"Name": [1]}}, "f: line 1"), PATH, of_store)


def test_shapes_of_every_kind_come_back() -> None:
    """One of each kind, so that no kind depends on luck."""
    values = [1, -(2**80), 0.1, -0.0, float("nan"), Decimal("1E+3"), True, None, "", b"", b"\0", UUID(int=1)]
    values += [Moment(-1, "UTC"), Day(-5), TimeOfDay(1), {}, [], {"a": Typed("Int", 1)}, [Typed("Int", 1)]]
    values += [[(Typed("Int", 1), Typed("City", {"b": Typed("Char", "c")}))]]
    for word in ("Int", "Float", "City"):
        assert [exact_text(through(Typed(word, value))) for value in values] == [
            exact_text(Typed(word, value)) for value in values
        ]
