"""Single rows through the vendor's SDK: put, get, update, delete, versions, conditions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tablestore import ComparatorType as C
from tablestore import (
    CompositeColumnCondition,
    Condition,
    LogicalOperator,
    OTSClient,
    OTSServiceError,
    Row,
    RowExistenceExpectation,
    SingleColumnCondition,
)
from tablestore_sandbox import make, refusal

from services.sandbox.tablestore.server import TablestoreSandbox

KEY = [("k", 1)]
LARGE = "x" * 2 * 1024 * 1024


def columns(client: OTSClient, key=None, **options):
    """Names and values of a row; None when there is none."""
    row = client.get_row("t", key or KEY, **options)[1]
    return None if row is None else [(name, value) for name, value, _ in row.attribute_columns]


@pytest.fixture
def t(writer: OTSClient) -> OTSClient:
    """A client with a table `t`, keyed by the integer `k`."""
    make(writer, "t", max_version=3, max_time_deviation=10**10)
    return writer


def test_each_type_of_value_comes_back(t: OTSClient) -> None:
    """Extremes of int64, doubles, empty and long text, bytes, non-ASCII."""
    values = [
        ("a", 2**63 - 1), ("b", -(2**63)), ("c", 0.1), ("d", float("-inf")), ("e", True), ("f", False), ("g", ""),
        ("h", "grüße 漢字"), ("i", bytearray(b"\0\xff")), ("j", bytearray()),
    ]  # fmt: skip
    t.put_row("t", Row(KEY, values))
    assert columns(t) == values


def test_a_put_replaces_the_whole_row(t: OTSClient) -> None:
    """Columns of the old row are gone; a row may have a key alone."""
    t.put_row("t", Row(KEY, [("a", 1), ("b", 2)]))
    t.put_row("t", Row(KEY, [("c", 3)]))
    assert columns(t) == [("c", 3)]
    t.put_row("t", Row(KEY, []))
    assert columns(t) == []


def test_an_update_puts_deletes_and_increments(t: OTSClient) -> None:
    """Each part does its own, in one row; an absent column counts as 0."""
    t.put_row("t", Row(KEY, [("gone", 1), ("n", 40), ("kept", "x")]))
    changes = {"put": [("new", 1.5)], "delete_all": ["gone"], "increment": [("n", 2), ("m", -7)]}
    t.update_row("t", Row(KEY, changes), None)
    assert columns(t) == [("kept", "x"), ("m", -7), ("n", 42), ("new", 1.5)]


def test_an_increment_of_text_is_refused(t: OTSClient) -> None:
    """Nothing of that update is done."""
    t.put_row("t", Row(KEY, [("s", "x")]))
    update = Row(KEY, {"put": [("other", 1)], "increment": [("s", 1)]})
    assert refusal(t.update_row, "t", update, None) == ("OTSParameterInvalid", 400)
    assert columns(t) == [("s", "x")]


def test_versions_are_kept_read_and_deleted(t: OTSClient) -> None:
    """Three at most, the newest first; by number, range and moment; one can be deleted."""
    for time in (1000, 2000, 3000, 4000):
        t.update_row("t", Row(KEY, {"put": [("v", time // 1000, time)]}), None)
    row = t.get_row("t", KEY, max_version=5)[1]
    assert row.attribute_columns == [("v", 4, 4000), ("v", 3, 3000), ("v", 2, 2000)]
    assert columns(t, max_version=2) == [("v", 4), ("v", 3)]
    assert columns(t, max_version=5, time_range=(2000, 4000)) == [("v", 3), ("v", 2)]
    assert columns(t, max_version=None, time_range=3000) == [("v", 3)]
    t.update_row("t", Row(KEY, {"delete": [("v", None, 3000)]}), None)
    assert columns(t, max_version=5) == [("v", 4), ("v", 2)]


def test_a_version_out_of_the_deviation_is_refused(writer: OTSClient) -> None:
    """The table takes times within a day of now unless told otherwise."""
    make(writer, "t")
    assert refusal(writer.put_row, "t", Row(KEY, [("v", 1, 1000)])) == ("OTSParameterInvalid", 400)


def test_columns_are_chosen_by_name_and_range(t: OTSClient) -> None:
    """Names alone, a range of names, and names that no column has: no row then."""
    t.put_row("t", Row(KEY, [("a", 1), ("b", 2), ("c", 3)]))
    assert columns(t, columns_to_get=["a", "c", "zz"]) == [("a", 1), ("c", 3)]
    assert columns(t, start_column="b", end_column="c") == [("b", 2)]
    assert columns(t, columns_to_get=["zz"]) is None
    assert t.get_row("t", KEY, columns_to_get=["a"])[1].primary_key == KEY


def test_a_row_expires(fresh_tablestore: Callable[..., TablestoreSandbox], connect: Callable[..., OTSClient]) -> None:
    """After the time to live its columns are gone, and the row with the last of them."""
    sandbox = fresh_tablestore(samples=False)
    client = connect(sandbox)
    make(client, "t", time_to_live=86400)
    client.put_row("t", Row(KEY, [("old", 1)]))
    sandbox.clock.advance(80_000)
    client.update_row("t", Row(KEY, {"put": [("new", 2)]}), None)
    sandbox.clock.advance(10_000)
    assert columns(client) == [("new", 2)]
    sandbox.clock.advance(80_000)
    assert columns(client) is None
    assert client.get_range("t", "FORWARD", [("k", 0)], [("k", 9)])[2] == []


@pytest.mark.parametrize(
    ("expectation", "is_there", "is_done"),
    [
        (RowExistenceExpectation.IGNORE, True, True),
        (RowExistenceExpectation.IGNORE, False, True),
        (RowExistenceExpectation.EXPECT_EXIST, True, True),
        (RowExistenceExpectation.EXPECT_EXIST, False, False),
        (RowExistenceExpectation.EXPECT_NOT_EXIST, True, False),
        (RowExistenceExpectation.EXPECT_NOT_EXIST, False, True),
    ],
)
def test_a_write_expects_a_row_or_none(t: OTSClient, expectation: str, is_there: bool, is_done: bool) -> None:
    """Existence decides; a refused write changes nothing."""
    if is_there:
        t.put_row("t", Row(KEY, [("v", 0)]))
    before = columns(t)
    write = Row(KEY, [("v", 1)])
    if is_done:
        t.put_row("t", write, Condition(expectation))
        assert columns(t) == [("v", 1)]
    else:
        assert refusal(t.put_row, "t", write, Condition(expectation)) == ("OTSConditionCheckFail", 403)
        assert columns(t) == before


def single(name: str, comparator: int, value: object, **options: bool) -> SingleColumnCondition:
    """A condition on one column."""
    return SingleColumnCondition(name, value, comparator, **options)


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        (single("n", C.EQUAL, 5), True),
        (single("n", C.EQUAL, 6), False),
        (single("n", C.NOT_EQUAL, 6), True),
        (single("n", C.GREATER_THAN, 4), True),
        (single("n", C.LESS_EQUAL, 4), False),
        (single("n", C.GREATER_EQUAL, 5), True),
        (single("n", C.LESS_THAN, 5), False),
        (single("n", C.EQUAL, "5"), False),
        (single("b", C.EQUAL, False), True),
        (single("none", C.EQUAL, 1, pass_if_missing=True), True),
        (single("none", C.EQUAL, 1, pass_if_missing=False), False),
        (single("k", C.EQUAL, 1), True),
    ],
)
def test_a_write_depends_on_a_column(t: OTSClient, condition: SingleColumnCondition, is_met: bool) -> None:
    """Every comparison, values of another type, missing columns, key columns."""
    t.put_row("t", Row(KEY, [("n", 5), ("b", False)]))
    update = Row(KEY, {"put": [("done", True)]})
    wanted = Condition(RowExistenceExpectation.EXPECT_EXIST, condition)
    if is_met:
        t.update_row("t", update, wanted)
    else:
        assert refusal(t.update_row, "t", update, wanted) == ("OTSConditionCheckFail", 403)
    assert (("done", True) in columns(t)) is is_met


def test_conditions_combine(t: OTSClient) -> None:
    """AND, OR and NOT over others."""
    t.put_row("t", Row(KEY, [("n", 5), ("s", "x")]))
    both = CompositeColumnCondition(LogicalOperator.AND)
    both.add_sub_condition(single("n", C.EQUAL, 5))
    either = CompositeColumnCondition(LogicalOperator.OR)
    either.add_sub_condition(single("s", C.EQUAL, "no"))
    either.add_sub_condition(single("s", C.EQUAL, "x"))
    both.add_sub_condition(either)
    none = CompositeColumnCondition(LogicalOperator.NOT)
    none.add_sub_condition(both)
    assert columns(t, column_filter=both) == [("n", 5), ("s", "x")]
    assert columns(t, column_filter=none) is None


def test_a_delete_takes_a_condition(t: OTSClient) -> None:
    """The row goes when the condition holds; a row that is not there can go, too."""
    t.put_row("t", Row(KEY, [("n", 5)]))
    wrong = Condition(RowExistenceExpectation.IGNORE, single("n", C.EQUAL, 1))
    assert refusal(t.delete_row, "t", KEY, wrong) == ("OTSConditionCheckFail", 403)
    t.delete_row("t", KEY, Condition(RowExistenceExpectation.IGNORE, single("n", C.EQUAL, 5)))
    assert columns(t) is None
    t.delete_row("t", KEY)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ([("k", "text")], "OTSInvalidPK"),
        ([("other", 1)], "OTSInvalidPK"),
        ([("k", 1), ("l", 1)], "OTSInvalidPK"),
        ([("k", 1.5)], None),
    ],
)
def test_a_key_that_does_not_fit_is_refused(t: OTSClient, key, code) -> None:
    """Type, name and number of key columns."""
    if code is None:
        with pytest.raises(Exception, match=r"primary key type|must be str"):
            t.get_row("t", key)
    else:
        assert refusal(t.get_row, "t", key) == (code, 400)


def test_sizes_are_limited(t: OTSClient) -> None:
    """1,024 columns, a value of 2 MB, a request of 5 MB."""
    t.put_row("t", Row(KEY, [("v", LARGE)]))
    assert len(columns(t)[0][1]) == len(LARGE)
    assert refusal(t.put_row, "t", Row(KEY, [("v", LARGE + "x")])) == ("OTSParameterInvalid", 400)
    many = [(f"c{number}", 1) for number in range(1025)]
    assert refusal(t.put_row, "t", Row(KEY, many)) == ("OTSParameterInvalid", 400)
    huge = [(f"c{number}", LARGE) for number in range(3)]
    assert refusal(t.put_row, "t", Row(KEY, huge)) == ("OTSRequestBodyTooLarge", 413)


def test_a_long_key_is_refused(writer: OTSClient) -> None:
    """1 KB of text is the most."""
    make(writer, "t", [("k", "STRING")])
    writer.put_row("t", Row([("k", "x" * 1024)], []))
    assert refusal(writer.put_row, "t", Row([("k", "x" * 1025)], [])) == ("OTSParameterInvalid", 400)


def test_capacity_units_count_4_kb(t: OTSClient) -> None:
    """A write of 10 KB costs 3, reading it 3, a condition 1 read."""
    written, _ = t.put_row("t", Row(KEY, [("v", "x" * 10_000)]), Condition(RowExistenceExpectation.EXPECT_NOT_EXIST))
    assert (written.read, written.write) == (1, 3)
    read = t.get_row("t", KEY)[0]
    assert (read.read, read.write) == (3, 0)
    assert t.get_row("t", [("k", 9)])[0].read == 1


def test_a_read_says_which_versions(t: OTSClient) -> None:
    """Without a number of versions and a range of times it is refused."""
    with pytest.raises(OTSServiceError, match="No version condition"):
        t.get_row("t", KEY, max_version=None)
