"""Rows brought to the target's types: exact or rejected, never rounded, cut or wrapped."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.transfers.casting import Caster, cast_array, cast_word


def cast(values, source, target):
    """Cast a list; the values and the offsets of those that do not fit."""
    array, errors = cast_array(pa.array(values, source), target)
    assert target == array.type
    return array.to_pylist(), [row for row, _ in errors]


@pytest.mark.parametrize(
    ("values", "source", "target", "expected", "bad"),
    [
        ([1, None, 300], pa.int64(), pa.int8(), [1, None, None], [2]),
        (["1", "x", None, ""], pa.string(), pa.int32(), [1, None, None, None], [1, 3]),
        ([1.5, 2.0], pa.float64(), pa.int64(), [None, 2], [0]),
        ([2**53 + 1, 2**53], pa.int64(), pa.float64(), [None, float(2**53)], [0]),
        ([5, 123_456], pa.int64(), pa.decimal128(6, 2), [Decimal("5.00"), None], [1]),
        (["1.25", "1.255"], pa.string(), pa.decimal128(6, 2), [Decimal("1.25"), None], [1]),
        ([True, False, None], pa.bool_(), pa.string(), ["true", "false", None], []),
        ([b"ok", b"\xff"], pa.binary(), pa.string(), ["ok", None], [1]),
        (["né"], pa.string(), pa.binary(), ["né".encode()], []),
        ([1, 2, 3], pa.int32(), pa.int64(), [1, 2, 3], []),
        ([], pa.string(), pa.int64(), [], []),
    ],
)
def test_values_fit_or_are_told(values, source, target, expected, bad):
    """What fits is exact; each row that does not is named."""
    assert (expected, bad) == cast(values, source, target)


def test_nanoseconds_are_not_dropped():
    """A time that the target cannot hold exactly is rejected."""
    array = pa.array([1_000, 1_001], pa.timestamp("ns"))
    found, errors = cast_array(array, pa.timestamp("us"))
    assert ([False, True], [1]) == ([value.as_py() is None for value in found], [row for row, _ in errors])


def test_every_bad_row_has_a_reason():
    """Of many rows the bad ones are found one by one, each with its own words."""
    values = [str(number) if number % 97 else f"bad {number}" for number in range(5000)]
    found, errors = cast_array(pa.array(values), pa.int64())
    assert [number for number in range(5000) if number % 97 == 0] == [row for row, _ in errors]
    assert all(f"bad {row}" in reason for row, reason in errors)
    assert [number for number in range(5000) if number % 97] == found.drop_null().to_pylist()


def test_mixed_columns_become_plain():
    """Each member of a union is cast by itself; NULL and absent become NULL; slices count from their own start."""
    children = [pa.array([1, 3]), pa.array(["2", "x"]), pa.nulls(1)]
    fields = [pa.field("Int", pa.int64()), pa.field("String", pa.string()), pa.field("absent", pa.null())]
    codes, places = pa.array([0, 1, 2, 0, 1], pa.int8()), pa.array([0, 0, 0, 1, 1], pa.int32())
    buffers = [None, codes.buffers()[1], places.buffers()[1]]
    union = pa.Array.from_buffers(pa.dense_union(fields), 5, buffers, children=children)
    found, errors = cast_array(union, pa.int64())
    assert ([1, 2, None, 3, None], [4]) == (found.to_pylist(), [row for row, _ in errors])
    found, errors = cast_array(union.slice(3), pa.int64())
    assert ([3, None], [1]) == (found.to_pylist(), [row for row, _ in errors])


def test_a_row_is_rejected_once_and_whole():
    """Two bad cells of a row are one reject; the row is gone from every column; the others keep their order."""
    source = pa.schema([("a", pa.string()), ("b", pa.string())])
    target = pa.schema([pa.field("x", pa.int64()), pa.field("y", pa.int64(), nullable=False)])
    caster = Caster(source, target, [("a", "x"), ("b", "y")])
    batch = pa.RecordBatch.from_pydict({"a": ["1", "n", "3", "4"], "b": ["1", "n", None, "4"]}, schema=source)
    good, misfits = caster.cast(batch)
    assert {"x": [1, 4], "y": [1, 4]} == good.to_pydict()
    assert [(1, "x"), (2, "y")] == [(misfit.row, misfit.column) for misfit in misfits]
    assert "NULL" in misfits[1].reason


def test_columns_without_a_source_are_null():
    """A column of the target that nothing fills is NULL."""
    source, target = pa.schema([("a", pa.int64())]), pa.schema([("b", pa.string()), ("a", pa.int64())])
    good, misfits = Caster(source, target, [("a", "a")]).cast(pa.RecordBatch.from_pydict({"a": [1]}, schema=source))
    assert ({"b": [None], "a": [1]}, []) == (good.to_pydict(), misfits)


@pytest.mark.parametrize(
    ("source", "target", "word"),
    [
        (pa.int32(), pa.int32(), "same"),
        (pa.int32(), pa.int64(), "lossless"),
        (pa.uint32(), pa.int64(), "lossless"),
        (pa.int64(), pa.uint64(), "checked"),
        (pa.int32(), pa.float64(), "lossless"),
        (pa.int64(), pa.float64(), "checked"),
        (pa.int64(), pa.string(), "lossless"),
        (pa.string(), pa.int64(), "checked"),
        (pa.binary(), pa.string(), "checked"),
    ],
)
def test_the_plan_says_how_a_column_fares(source, target, word):
    """Lossless is said only where every value fits."""
    assert word == cast_word(source, target)


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))))
def test_lossless_means_that_all_come_back(values):
    """What is called lossless rejects nothing and keeps each value."""
    texts, bad = cast(values, pa.int64(), pa.string())
    assert ([], values) == (bad, [None if text is None else int(text) for text in texts])


@given(st.lists(st.one_of(st.none(), st.floats())))
def test_what_is_kept_is_exact(values):
    """Floats to integers: kept ones are equal, all others are named."""
    found, bad = cast(values, pa.float64(), pa.int64())
    for row, (value, kept) in enumerate(zip(values, found, strict=True)):
        assert (row in bad) == (kept is None and value is not None)
        assert kept is None or kept == value
