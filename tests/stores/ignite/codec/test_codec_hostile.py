"""Broken and hostile bytes: one error with the offset, no crash, no endless loop, no huge allocation."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ignite_values import ANY_VALUE, NULL, int_of, page_of, registry, text_of, wrapped

from services.errors import ProtocolError, ValueRefused
from services.stores.ignite.codec import requests, tags
from services.stores.ignite.codec.cache_config import read_cache_config
from services.stores.ignite.codec.cell_values import cell_value
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.codec.generic import decode_object
from services.stores.ignite.codec.pages import decode_sql_page
from services.stores.ignite.codec.skip import skip
from services.values import Typed

NO_SHRINKING = (Phase.explicit, Phase.generate)


def read_all(page: bytes, columns: int, rows: int) -> str:
    """Decode a page and every cell of it: `ok`, or `refused` for our protocol error; anything else is raised."""
    try:
        batch, end = decode_sql_page(page, 0, ["c"] * columns, rows, registry())
    except ProtocolError:
        return "refused"
    assert end <= len(page)
    batch.validate(full=True)
    for place, field in enumerate(batch.schema):
        for row in range(batch.num_rows):
            cell_value(field, batch.column(place), row, registry())
    return "ok"


@settings(max_examples=60, derandomize=True, deadline=None, phases=NO_SHRINKING)
@given(st.lists(st.tuples(ANY_VALUE, ANY_VALUE), min_size=1, max_size=4), st.data())
def test_a_page_cut_anywhere_is_refused(rows: list[tuple[Typed, ...]], data: st.DataObject) -> None:
    """A page that ends too early is a protocol error, wherever it ends."""
    page = page_of(rows, is_wrapped=True)
    cut = data.draw(st.integers(0, len(page) - 1))
    assert read_all(page[:cut], 2, len(rows)) == "refused"


@settings(max_examples=200, derandomize=True, deadline=None, phases=NO_SHRINKING)
@given(st.lists(st.tuples(ANY_VALUE, ANY_VALUE), min_size=1, max_size=6), st.booleans(), st.data())
def test_a_page_with_changed_bytes_never_crashes(
    rows: list[tuple[Typed, ...]], is_wrapped: bool, data: st.DataObject
) -> None:
    """Whatever bytes are overwritten, the page is decoded or refused."""
    page = bytearray(page_of(rows, is_wrapped=is_wrapped))
    places = st.integers(0, len(page) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4)):
        page[place] = value
    assert read_all(bytes(page), 2, len(rows)) in ("ok", "refused")


@settings(max_examples=100, derandomize=True, deadline=None, phases=NO_SHRINKING)
@given(st.binary(max_size=120))
def test_garbage_never_crashes_any_reader(data: bytes) -> None:
    """Random bytes are read or refused by every reader of answers."""
    readers = (
        decode_object,
        lambda junk: skip(junk, 0),
        requests.read_names,
        requests.read_binary_type,
        read_cache_config,
    )
    for reader in readers:
        with contextlib.suppress(ProtocolError):
            reader(data)


HUGE = struct.pack("<i", 2**31 - 1)


@pytest.mark.parametrize(
    "data",
    [
        bytes((tag,)) + HUGE + bytes(20)
        for tag in (tags.STRING, tags.LONG_ARRAY, tags.STRING_ARRAY, tags.COLLECTION, tags.MAP, tags.JVM, tags.WRAPPED)
    ]
    + [
        bytes((tags.OBJECT_ARRAY,)) + struct.pack("<i", -1) + HUGE + bytes(20),
        bytes((tags.DECIMAL,)) + bytes(4) + HUGE,
        bytes((tags.STRING,)) + struct.pack("<i", -5) + bytes(20),
        bytes((tags.OBJECT, 1)) + bytes(10) + HUGE + bytes(20),
        bytes((tags.OBJECT, 1)) + bytes(40),
        b"\xc8\0\0\0",
        b"",
    ],
)
def test_lengths_are_checked_before_they_are_believed(data: bytes) -> None:
    """A count or length that the bytes left cannot hold is refused at once, alone and inside of a page."""
    with pytest.raises(ProtocolError, match="at byte"):
        decode_object(data)
    assert read_all(encode(int_of(1)) + data, 1, 2) == "refused"
    assert read_all(data, 1, 2**31 - 1) == "refused"


def test_depth_without_end_is_kept_as_bytes() -> None:
    """Lists nested ten thousand deep are measured without recursion and stay bytes."""
    data = struct.pack("<Bib", tags.COLLECTION, 1, 1) * 10_000 + encode(NULL)
    value, end = decode_object(data)
    assert (value.value, end) == (data, len(data))
    assert encode(value) == data
    assert read_all(data, 1, 1) == "ok"


def test_references_in_a_circle_are_kept_as_bytes() -> None:
    """A list that holds itself does not loop, and is written back as it came."""
    data = struct.pack("<BibBi", tags.COLLECTION, 1, 1, tags.HANDLE, 6)
    value, _ = decode_object(data)
    assert value.value == data
    assert encode(value) == data
    assert read_all(data, 1, 1) == "ok"


def test_references_that_multiply_are_kept_as_bytes() -> None:
    """Forty lists, each holding the one before twice, would be a million million values: they stay bytes."""
    levels = [struct.pack("<Bib", tags.COLLECTION, 40, 1), encode(Typed("ArrayList", [int_of(1)]))]
    place, before = sum(map(len, levels)), len(levels[0])
    for _ in range(39):
        head = struct.pack("<Bib", tags.COLLECTION, 2, 1)
        first = struct.pack("<Bi", tags.HANDLE, place + len(head) - before)
        second = struct.pack("<Bi", tags.HANDLE, place + len(head) + 5 - before)
        levels.append(head + first + second)
        before, place = place, place + len(levels[-1])
    data = b"".join(levels)
    assert decode_object(data)[0].value == data


def test_a_reference_out_of_the_answer_is_refused() -> None:
    """A reference to before the first byte, or forward, is a protocol error."""
    for distance in (100, -1, 0):
        with pytest.raises(ProtocolError, match="outside"):
            decode_object(struct.pack("<BibBi", tags.COLLECTION, 1, 1, tags.HANDLE, distance))


def test_fields_that_overlap_do_not_multiply() -> None:
    """An object whose footer points twice to the same field stays bytes."""
    data = bytearray(encode(Typed("City", {"NAME": text_of("x"), "POP": int_of(1)})))
    data[-1] = data[-2]
    assert decode_object(bytes(data), 0, registry())[0] == Typed("City", bytes(data))
    assert read_all(wrapped(bytes(data)), 1, 1) == "ok"


def test_a_broken_field_is_shown_as_malformed_and_fails_nothing_else() -> None:
    """An object that is broken inside its frame does not take the other rows of the page with it."""
    data = bytearray(encode(Typed("City", {"NAME": text_of("x"), "POP": int_of(1)})))
    data[24] = 0xC8
    page = bytes(data) + page_of([[Typed("City", {"NAME": text_of("y"), "POP": int_of(2)})]])
    batch, _ = decode_sql_page(page, 0, ["v"], 2, registry())
    words = [cell_value(batch.schema.field(0), batch.column(0), row, registry()).type for row in range(2)]
    assert words == ["Malformed", "City"]


def test_a_decimal_of_a_million_digits_is_refused() -> None:
    """Reading it would take seconds, so it is an error; in a page it stays bytes."""
    data = struct.pack("<Bii", tags.DECIMAL, 0, 500_000) + bytes([1]) * 500_000
    with pytest.raises(ProtocolError):
        decode_object(data)
    assert read_all(data, 1, 1) == "ok"


def test_values_nested_without_end_are_not_written() -> None:
    """A value nested deeper than can be read back is refused."""
    value = int_of(1)
    for _ in range(100):
        value = Typed("ArrayList", [value])
    with pytest.raises(ValueRefused, match="levels deep"):
        encode(value)


def test_rows_without_columns_are_refused() -> None:
    """An answer of rows that have no columns would never end."""
    with pytest.raises(ProtocolError):
        decode_sql_page(bytes(50), 0, [], 3)
