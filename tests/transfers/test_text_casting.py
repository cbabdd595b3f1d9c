"""Texts of files in the types that a target declares."""

from decimal import Decimal

import pyarrow as pa
import pytest

from services.transfers.formats.options import file_options
from services.transfers.formats.text_casting import cast_texts, inferred_type

OPTIONS = file_options("some.csv", {})
PRICE = pa.decimal128(12, 2)


@pytest.mark.parametrize(("text", "value"), [("1.5", "1.50"), ("100", "100.00"), ("-3.10", "-3.10"), ("0", "0.00")])
def test_a_decimal_may_be_written_with_fewer_zeros(text, value):
    """`1.5` in a column of two decimal places is 1.50."""
    found = cast_texts(pa.array([text.encode()]), PRICE, OPTIONS)
    assert ([Decimal(value)], {}) == (found.values.to_pylist(), found.reasons)


@pytest.mark.parametrize("text", ["007", "1.234", "+1", "1e3", "x"])
def test_other_texts_are_no_decimals(text):
    """Leading zeros, more places than the column has, and words are told apart, not changed."""
    found = cast_texts(pa.array([text.encode(), b"2.00"]), PRICE, OPTIONS)
    assert ([None, Decimal("2.00")], [0]) == (found.values.to_pylist(), list(found.reasons))


def test_no_type_is_inferred_that_would_add_zeros():
    """A sample with 1.50 and 1.5 is no column of decimals with two places: a copy would change the second."""
    assert pa.float64() == inferred_type(pa.array([b"1.50", b"1.5"]), OPTIONS)
    assert pa.decimal128(38, 2) == inferred_type(pa.array([b"1.50", b"1.25"]), OPTIONS)


def test_bytes_come_back_as_they_were_written():
    """The form in which files of text have bytes is read again; any other text is its own bytes."""
    found = cast_texts(pa.array([b'{"$bytes":"AP8="}', b"abc", None, b'{"$bytes":"!"}']), pa.binary(), OPTIONS)
    assert ([b"\0\xff", b"abc", None, None], [3]) == (found.values.to_pylist(), list(found.reasons))
