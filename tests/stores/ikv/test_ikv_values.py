"""What users write becomes exact values of the seven types, and back; batches keep their bounds."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import ValueRefused
from services.stores.ikv import inputs
from services.stores.ikv.bulk import BATCH_BYTES, batches
from services.stores.ikv.gateway import wire_document
from services.stores.ikv.types import NUMBERS, WORDS, decode, encode
from services.stores.ikv.writes import wire_bytes
from services.value_json import plain_json
from services.values import Typed

VALUES = {
    "INT32": st.integers(-(2**31), 2**31 - 1),
    "INT64": st.integers(-(2**63), 2**63 - 1),
    "FLOAT32": st.floats(width=32, allow_nan=False),
    "FLOAT64": st.floats(allow_nan=False),
    "STRING": st.text(min_size=1),
    "BYTES": st.binary(min_size=1),
    "BOOLEAN": st.booleans(),
}
TYPED = st.one_of(*(values.map(lambda value, word=word: Typed(word, value)) for word, values in VALUES.items()))


@given(TYPED)
def test_bytes_and_back(value):
    """What is written is what is read, in every type."""
    assert decode(value.type, encode("field", value)) == value.value


@given(TYPED)
def test_json_and_back(value):
    """What the command line prints, it takes, with the type's name at hand or as the field's usual type."""
    data = plain_json(value)
    assert inputs.from_json({"$type": value.type, "value": data}) == value
    if value.type in ("STRING", "BYTES", "BOOLEAN", "FLOAT64"):
        assert inputs.from_json(data, value.type) == value


@given(TYPED)
def test_text_and_back(value):
    """What a cell's editor starts with stands for the value it showed."""
    text = f"0x{value.value.hex()}" if value.type == "BYTES" else str(value.value)
    assert inputs.parse(value.type, text) == value


def test_numbers_are_little_endian():
    """The bytes that the vendor's Java client writes."""
    assert encode("n", Typed("INT32", 1)) == b"\x01\x00\x00\x00"
    assert encode("n", Typed("INT64", -2)) == b"\xfe" + b"\xff" * 7
    assert encode("n", Typed("FLOAT64", 1.5)) == struct.pack("<d", 1.5)
    assert encode("n", Typed("BOOLEAN", True)) == b"\x01"


@pytest.mark.parametrize(
    ("data", "usual", "expected"),
    [
        (1, "", Typed("INT64", 1)),
        (1, "INT32", Typed("INT32", 1)),
        (1, "FLOAT32", Typed("FLOAT32", 1.0)),
        (1.5, "INT32", Typed("FLOAT64", 1.5)),
        ("x", "INT32", Typed("STRING", "x")),
        (True, "INT32", Typed("BOOLEAN", True)),
        ({"$bytes": "AAE="}, "STRING", Typed("BYTES", b"\x00\x01")),
        ({"$type": "BYTES", "value": "0x0001"}, "", Typed("BYTES", b"\x00\x01")),
        ({"$type": "INT64", "value": "9223372036854775807"}, "", Typed("INT64", 2**63 - 1)),
        (None, "INT32", Typed("INT32", None)),
    ],
)
def test_json_takes_the_fields_type_where_it_fits(data, usual, expected):
    """And the type that the data itself looks like elsewhere."""
    assert inputs.from_json(data, usual) == expected


@pytest.mark.parametrize(
    ("data", "usual"),
    [
        (2**63, ""),
        (2**31, "INT32"),
        ([1], ""),
        ({"a": 1}, ""),
        ({"$bytes": "?"}, ""),
        ({"$type": "DATE", "value": "2020-01-01"}, ""),
        ({"$type": "INT32", "value": "x"}, ""),
        ({"$type": "BYTES", "value": "no hex"}, ""),
    ],
)
def test_data_of_no_type_is_refused(data, usual):
    """Nothing is rounded, cut or written as text instead."""
    with pytest.raises(ValueRefused):
        inputs.from_json(data, usual)


@pytest.mark.parametrize(
    ("word", "text"),
    [("INT32", "2147483648"), ("INT64", "1.0"), ("FLOAT32", "1e39"), ("BOOLEAN", "2"), ("BYTES", "0xf")],
)
def test_texts_of_no_type_are_refused(word, text):
    """With the type's name."""
    with pytest.raises(ValueRefused):
        inputs.parse(word, text)


def test_a_float32_is_what_its_bytes_hold():
    """A text is rounded once, when it is read, so that review and index show the same."""
    value = inputs.parse("FLOAT32", "0.1").value
    assert value == struct.unpack("<f", struct.pack("<f", 0.1))[0]
    assert math.isnan(inputs.parse("FLOAT64", "nan").value)


def test_the_words_are_the_services_own():
    """All seven, and no more."""
    assert set(WORDS) == set(NUMBERS)
    assert sorted(NUMBERS.values()) == list(range(1, 8))


@given(st.lists(st.dictionaries(st.sampled_from(["id", "a", "b"]), TYPED, min_size=1), max_size=30), st.integers(1, 9))
def test_batches_keep_order_and_bounds(documents, rows):
    """Every document once; below the bytes asked for, unless one alone is larger; never more than counted."""
    found = list(batches(documents, rows=rows, size_bytes=200))
    assert [document for batch in found for document in batch.documents] == documents
    assert all(len(batch.documents) <= rows for batch in found)
    assert all(batch.size_bytes <= 200 or len(batch.documents) == 1 for batch in found)
    assert [batch.first for batch in found] == [sum(len(b.documents) for b in found[:n]) for n in range(len(found))]


@given(st.dictionaries(st.text(min_size=1, max_size=40), TYPED, min_size=1, max_size=8))
def test_a_documents_size_is_never_told_too_small(document):
    """So that no batch is larger than it says."""
    assert wire_document(document).ByteSize() <= wire_bytes(document)
    assert BATCH_BYTES < 4 << 20
