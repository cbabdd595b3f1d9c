"""Sorting, filtering and finding among loaded rows."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from marked_batches import batch, marked, result_of, shown, union

from services.cancel import CancelToken
from services.errors import Cancelled
from services.stores.memory.generated import numbers


def test_sort_keeps_nulls_last() -> None:
    """Numbers sort by size, NULL last whatever the direction, equal rows in the order they came."""
    result = result_of(
        batch((marked("n", pa.int64()), [3, None, 1, 3]), (marked("tag", pa.string()), ["a", "b", "c", "d"]))
    )
    result.arrange(0)
    assert [text for text, _ in shown(result)["tag"]] == ["c", "a", "d", "b"]
    result.arrange(0, is_descending=True)
    assert [text for text, _ in shown(result)["tag"]] == ["a", "d", "c", "b"]


def test_sort_over_batches_of_different_types() -> None:
    """Integers, decimals and floats of different batches sort as numbers; texts come after them, absent last."""
    result = result_of(
        batch((marked("v", pa.int64()), [10, 2**53 + 1])),
        batch((marked("v", pa.float64()), [9.5])),
        batch((marked("v", pa.decimal128(10, 2)), [Decimal("9.75")])),
        batch((marked("v", pa.string()), ["9"])),
        batch((marked("w", pa.string()), ["no v"])),
    )
    result.arrange(0)
    assert [text for text, _ in shown(result)["v"]] == ["9.5", "9.75", "10", "9007199254740993", "9", ""]


def test_sort_of_mixed_types() -> None:
    """In a column of mixed types numbers sort by size, then texts, then NULL."""
    column = union(
        "v",
        [
            (marked("Int", pa.int32()), [10, 9]),
            (marked("String", pa.string()), ["b", "a"]),
            (marked("Null", pa.null()), [None]),
        ],
        [(2, 0), (1, 0), (0, 0), (1, 1), (0, 1)],
    )
    result = result_of(batch(column))
    result.arrange(0)
    assert [text for text, _ in shown(result)["v"]] == ["9", "10", "a", "b", "∅"]


def test_sort_by_a_field_of_an_object() -> None:
    """The fields of objects sort like columns."""
    kind = pa.struct([pa.field("a", pa.int32())])
    result = result_of(batch((marked("v", kind), [{"a": 2}, None, {"a": 1}])))
    result.arrange(0)
    assert [text for text, _ in shown(result)["v.a"]] == ["1", "2", "∅"]


def test_filter_looks_at_every_column_whatever_the_case() -> None:
    """A row stays if any cell holds the text; what a number cannot hold is not looked for in numbers."""
    result = result_of(
        batch((marked("a", pa.int64()), [12, 21, 3]), (marked("b", pa.string()), ["x", "Große 12", None]))
    )
    result.arrange(contains="12")
    assert shown(result)["a"] == [("12", "n"), ("21", "n")]
    result.arrange(contains="GROSSE")
    assert result.shown_rows == 0
    result.arrange(contains="große")
    assert result.shown_rows == 1
    assert result.note == "filtered: loaded rows only (3)"
    result.arrange()
    assert (result.shown_rows, result.note) == (3, "")


def test_filter_finds_beyond_what_a_cell_shows() -> None:
    """Text far inside of a long cell is found."""
    result = result_of(batch((marked("a", pa.string()), ["x" * 5000 + "needle", "y"])))
    result.arrange(contains="needle")
    assert result.shown_rows == 1


def test_find_goes_both_ways_over_many_blocks() -> None:
    """Finding crosses batches and blocks, start row included, in the order shown."""
    result = result_of(*(numbers(first, 1000) for first in range(0, 20_000, 1000)))
    assert result.find("row number 12345", 0) == 12_345
    assert result.find("row number 12345", 12_345) == 12_345
    assert result.find("row number 12345", 12_346) is None
    assert result.find("ROW NUMBER 777", 19_999, is_backward=True) == 7_779
    assert result.find("", 0) is None
    result.arrange(0, is_descending=True)
    assert result.find("row number 12345", 0) == 19_999 - 12_345


def test_long_work_can_be_stopped() -> None:
    """A cancelled sort or search ends, and what was shown stays."""
    result = result_of(numbers(0, 1000))
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        result.arrange(0, cancel=cancel)
    with pytest.raises(Cancelled):
        result.find("nothing", 0, cancel=cancel)
    assert not result.is_arranged
