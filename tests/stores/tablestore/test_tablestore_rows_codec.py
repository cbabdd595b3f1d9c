"""Rows of PlainBuffer to Arrow: the fast decoder equals the reference, and broken bytes are only ever refused."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plainbuffer_rows import WireRow, pages, written

from services.errors import ProtocolError
from services.results.typed import typed_cell
from services.stores.tablestore.codec import lockstep, tags
from services.stores.tablestore.codec.cells import read_row, read_rows
from services.stores.tablestore.codec.columns import batch_of
from services.stores.tablestore.codec.pages import MIN_FAST_BYTES, decode_page
from services.stores.types import KEY_METADATA
from services.values import ABSENT, Typed, Value

WORDS = {bool: "Boolean", int: "Integer", float: "Double", str: "String", bytes: "Binary"}


def expected(rows: list[WireRow]) -> list[dict[str, Typed]]:
    """The rows as exact values; of a column that comes twice the first, which is the newest."""
    found = []
    for key, cells in rows:
        row: dict[str, Typed] = {}
        for name, value, *_ in (*key, *cells):
            row.setdefault(name, Typed(WORDS[type(value)], value))
        found.append(row)
    return found


def decoded(batch: Any) -> list[dict[str, Value]]:
    """The present values of each row of a page."""
    rows: list[dict[str, Value]] = []
    for index in range(batch.num_rows):
        cells = {field.name: typed_cell(batch.column(place), index, field) for place, field in enumerate(batch.schema)}
        rows.append({name: value for name, value in cells.items() if value is not ABSENT})
    return rows


def outcome(decode: Any, data: bytes) -> Any:
    """The page, or that it was refused."""
    try:
        return decode(data)
    except ProtocolError:
        return "refused"


@given(pages())
def test_the_reference_reads_what_the_vendor_writes(rows: list[WireRow]) -> None:
    """Every value comes back exact, of its own type, and absent stays absent."""
    batch = batch_of(read_rows(written(rows)))
    assert expected(rows) == decoded(batch)
    keys = [field.name for field in batch.schema if (field.metadata or {}).get(KEY_METADATA) == b"1"]
    assert [name for name, _ in rows[0][0]] == keys
    batch.validate(full=True)


@given(pages())
def test_the_fast_decoder_equals_the_reference(rows: list[WireRow]) -> None:
    """Where the fast decoder gives a page it is the reference's, columns, types and marks included."""
    data = written(rows)
    fast = lockstep.decode(data)
    if fast is not None:
        assert fast.schema.equals(batch_of(read_rows(data)).schema, check_metadata=True)
        assert expected(rows) == decoded(fast)
        fast.validate(full=True)


def even(count: int) -> list[WireRow]:
    """Rows that all have the same columns."""
    return [
        ([("pk", number)], [("flag", number % 2 == 0, 7), ("text", f"row {number}", 7), ("x", number / 3, 7)])
        for number in range(count)
    ]


def sparse(count: int) -> list[WireRow]:
    """Rows with some of twelve columns each, in the order of their names as the service sends them."""
    rows: list[WireRow] = []
    for number in range(count):
        cells: list[Any] = []
        for column in range(12):
            if number * 7 % (column + 2) == 0:
                value = (number, f"v{number}", b"\x00", number / 2, True)[(number + column) % 5]
                cells.append((f"column_number_{column:02d}", value, 1_700_000_000_000))
        rows.append(([("region", f"r{number % 3}"), ("id", number)], cells))
    return rows


@pytest.mark.parametrize("make", [even, sparse])
@pytest.mark.parametrize("count", [1, 2, 500])
def test_usual_pages_take_the_fast_way(make: Any, count: int) -> None:
    """Even and sparse pages are walked side by side, and equal the reference."""
    rows = make(count)
    fast = lockstep.decode(written(rows))
    assert fast is not None
    assert expected(rows) == decoded(fast)


def test_no_column_at_all_is_fine() -> None:
    """Rows may have a key only; a page may be empty."""
    rows: list[WireRow] = [([("pk", number)], []) for number in range(3)]
    fast = lockstep.decode(written(rows))
    assert fast is not None
    assert expected(rows) == decoded(fast)
    assert decode_page(b"").num_rows == 0
    assert read_row(b"") is None


def test_a_value_that_looks_like_a_row_misleads_nobody() -> None:
    """A text that holds the bytes with which rows begin sends the page to the reference decoder."""
    plain = written([([("pk", 1)], [])])
    hostile = plain[4 : 4 + 10].decode("latin-1")
    rows: list[WireRow] = [([("pk", number)], [("text", hostile * 3, 1)]) for number in range(200)]
    data = written(rows)
    assert len(data) > MIN_FAST_BYTES
    assert lockstep.decode(data) is None
    assert expected(rows) == decoded(decode_page(data))


def test_versions_give_the_newest() -> None:
    """A column that comes several times counts once, and the reference keeps all of them with their times."""
    rows: list[WireRow] = [([("pk", 1)], [("a", "new", 30), ("a", 20, 20), ("a", "old", 10), ("b", 1, 5)])]
    data = written(rows)
    assert expected(rows) == decoded(decode_page(data))
    (row,) = read_rows(data)
    assert [("new", 30), (20, 20), ("old", 10)] == [(c.value, c.timestamp) for c in row.cells if c.name == "a"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324])
def test_doubles_keep_their_bits(value: float) -> None:
    """NaN, infinities, negative zero and the smallest number come back bit by bit, both ways."""
    rows: list[WireRow] = [([("pk", number)], [("x", value, 1)]) for number in range(3)]
    for batch in (batch_of(read_rows(written(rows))), lockstep.decode(written(rows))):
        assert batch is not None
        assert [struct.pack("<d", value)] * 3 == [struct.pack("<d", x) for x in batch.column("x").to_pylist()]


@given(pages(max_rows=6), st.data())
def test_truncated_pages_are_refused(rows: list[WireRow], data: st.DataObject) -> None:
    """A page cut anywhere is refused or, cut between two rows, is the rows before; both decoders agree."""
    whole = written(rows)
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    found = outcome(lambda bytes_: batch_of(read_rows(bytes_)), cut)
    if isinstance(found, str):
        assert lockstep.decode(cut) is None
    else:
        assert expected(rows)[: found.num_rows] == decoded(found)


@given(pages(max_rows=8), st.data())
def test_mutated_pages_never_do_worse_than_be_refused(rows: list[WireRow], data: st.DataObject) -> None:
    """Any bytes changed: the reference refuses or reads, the fast way reads the same or leaves it to the reference."""
    whole = bytearray(written(rows))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    changed = bytes(whole)
    slow = outcome(lambda bytes_: batch_of(read_rows(bytes_)), changed)
    fast = lockstep.decode(changed)
    if fast is not None:
        assert not isinstance(slow, str)
        assert repr(decoded(slow)) == repr(decoded(fast))
        assert slow.schema.equals(fast.schema, check_metadata=True)


@given(st.binary(max_size=200))
@example(b"\x75\x00\x00\x00")
@example(tags.HEADER + b"\x01\x03\x04\xff\xff\xff\x7f")
@example(tags.HEADER + b"\x01\x03\x04\x02\x00\x00\x80ab\x05")
def test_garbage_is_refused(data: bytes) -> None:
    """Bytes of any kind end in a page or in a refusal, never in another error."""
    for decode in (lambda bytes_: batch_of(read_rows(bytes_)), decode_page, lockstep.decode):
        outcome(decode, data)
        outcome(decode, tags.HEADER + data)


@pytest.mark.parametrize("place", [-1, -3])
def test_a_wrong_checksum_is_refused(place: int) -> None:
    """The checksum of a row, or of one of its cells, makes the page be refused by both."""
    data = bytearray(written(even(100)))
    data[place] ^= 0xFF
    assert lockstep.decode(bytes(data)) is None
    with pytest.raises(ProtocolError, match="checksum"):
        decode_page(bytes(data))
