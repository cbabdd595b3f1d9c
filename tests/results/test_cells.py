"""Every kind of value becomes an exact displayable cell with the right kind letter."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_batches import batch, marked, result_of, shown, union

from services.results.presenting import Presentation
from services.text import is_safe
from services.values import Typed

CASES: list[tuple[Any, Any, tuple[str, str]]] = [
    (pa.int64(), 2**63 - 1, ("9223372036854775807", "n")),
    (pa.int64(), -(2**63), ("-9223372036854775808", "n")),
    (pa.uint64(), 2**64 - 1, ("18446744073709551615", "n")),
    (pa.int8(), -128, ("-128", "n")),
    (pa.float64(), 0.1, ("0.1", "n")),
    (pa.float64(), -0.0, ("-0.0", "n")),
    (pa.float64(), 5e-324, ("5e-324", "n")),
    (pa.float64(), math.nan, ("NaN", "n")),
    (pa.float64(), math.inf, ("inf", "n")),
    (pa.float64(), -math.inf, ("-inf", "n")),
    (pa.float32(), 0.1, ("0.1", "n")),
    (pa.float32(), 3.0, ("3.0", "n")),
    (pa.float32(), math.nan, ("NaN", "n")),
    (pa.decimal128(38, 2), Decimal("99999999999999999999.10"), ("99999999999999999999.10", "n")),
    (pa.decimal128(38, 10), Decimal("1E-10"), ("0.0000000001", "n")),
    (pa.decimal256(76, 0), Decimal(10**75), (str(10**75), "n")),
    (pa.bool_(), True, ("true", "t")),
    (pa.null(), None, ("∅", "0")),
    (pa.int64(), None, ("∅", "0")),
    (pa.string(), "", ('""', "e")),
    (pa.string(), "plain", ("plain", "t")),
    (pa.string(), " \t\n", ("␣⇥⏎", "w")),
    (pa.string(), "\xa0", ("␣", "w")),
    (pa.string(), "a\x1b[31mb\nc", ("a␛[31mb⏎c", "t")),
    (pa.string(), "x[/]y", ("x[/]y", "t")),
    (pa.large_string(), "large", ("large", "t")),
    (pa.string_view(), "view", ("view", "t")),
    (pa.string(), "é" * 300, ("é" * 255 + "…", "c")),
    (pa.string(), " " * 300, ("␣" * 255 + "…", "c")),
    (pa.binary(), b"", ("0x 0 B", "b")),
    (pa.binary(), bytes(range(20)), ("0x000102030405060708090a0b0c0d0e0f… 20 B", "b")),
    (pa.binary(3), b"abc", ("0x616263 3 B", "b")),
    (pa.timestamp("ns", "UTC"), 1, ("1970-01-01 00:00:00.000000001Z", "t")),
    (pa.timestamp("ns"), 1, ("1970-01-01 00:00:00.000000001", "t")),
    (pa.timestamp("s", "UTC"), 253_402_300_800, ("+10000-01-01 00:00:00Z", "t")),
    (pa.timestamp("ms", "Asia/Tokyo"), 1_500, ("1970-01-01 09:00:01.500+09:00", "t")),
    (pa.date32(), -719_163, ("0000-12-31", "t")),
    (pa.time64("ns"), 86_399_999_999_999, ("23:59:59.999999999", "t")),
    (pa.time32("s"), 61, ("00:01:01", "t")),
    (pa.duration("us"), 1500, ("1500 us", "t")),
    (pa.list_(pa.int32()), [1, None, 3], ("[1, ∅, 3]", "o")),
    (pa.list_(pa.int32()), [], ("[]", "o")),
    (pa.list_(pa.int64()), list(range(1000)), (str(list(range(67)))[:255] + "…", "c")),
    (pa.map_(pa.string(), pa.int32()), [("k", 1)], ('{"k": 1}', "o")),
    (pa.dictionary(pa.int8(), pa.string()), "word", ("word", "t")),
    (pa.struct([]), {}, ("{}", "o")),
]


@pytest.mark.parametrize(("kind", "value", "cell"), CASES, ids=lambda case: str(case)[:40])
def test_cell(kind: Any, value: Any, cell: tuple[str, str]) -> None:
    """One value, alone and as the middle of a slice, is shown the same."""
    one = batch((marked("c", kind), [value]))
    assert shown(result_of(one)) == {"c": [cell]}
    three = batch((marked("c", kind), [None, value, None]))
    window = result_of(three).window(1, 1, [0])
    assert (window.cells, window.kinds) == (((cell[0],),), (cell[1],))


def test_five_empty_cells_differ() -> None:
    """NULL, absent, empty, white space and no bytes print five different texts."""
    column = union(
        "c",
        [
            (marked("String", pa.string()), ["", " "]),
            (marked("Null", pa.null()), [None]),
            (marked("absent", pa.null()), [None]),
            (marked("Bytes", pa.binary()), [b""]),
        ],
        [(1, 0), (2, 0), (0, 0), (0, 1), (3, 0)],
    )
    cells = shown(result_of(batch(column)))["c"]
    assert cells == [("∅", "0"), ("", "a"), ('""', "e"), ("␣", "w"), ("0x 0 B", "b")]


def test_null_that_means_absent() -> None:
    """Where a column has no NULL, its nulls are shown as absent, and not as NULL."""
    column = marked("c", pa.int64(), null="absent")
    assert shown(result_of(batch((column, [1, None]))))["c"] == [("1", "n"), ("", "a")]


def test_mixed_types_stay_apart() -> None:
    """Number 1 and text 1 in one column have different kinds, in any slice of it."""
    column = union(
        "c",
        [(marked("Int", pa.int32()), [1, 2]), (marked("String", pa.string()), ["1", "2"])],
        [(0, 0), (1, 0), (1, 1), (0, 1)],
    )
    result = result_of(batch(column))
    assert result.columns[0].type == "Int | String"
    assert result.window(1, 3, [0]).cells == (("1", "2", "2"),)
    assert result.window(1, 3, [0]).kinds == ("ttn",)


def test_objects_are_shown_by_field() -> None:
    """Fields of an object are columns; a NULL object is NULL in each; deeper objects are one cell."""
    inner = pa.struct([pa.field("x", pa.int32())])
    kind = pa.struct([marked("name", pa.string(), "String"), marked("at", inner, "Point")])
    value = marked("value", kind, "City")
    result = result_of(batch((value, [{"name": "Ulm", "at": {"x": 1}}, None])))
    assert [column.source for column in result.columns] == [("value", "name"), ("value", "at")]
    assert shown(result) == {
        "value.name": [("Ulm", "t"), ("∅", "0")],
        "value.at": [("{x: 1}", "o"), ("∅", "0")],
    }


def test_objects_among_other_values() -> None:
    """A column of objects and numbers shows itself whole and the fields beside it."""
    kind = pa.struct([pa.field("a", pa.int32())])
    column = union("v", [(marked("T", kind), [{"a": 5}]), (marked("Int", pa.int32()), [7])], [(1, 0), (0, 0)])
    assert shown(result_of(batch(column))) == {"v": [("7", "n"), ("{a: 5}", "o")], "v.a": [("", "a"), ("5", "n")]}


def test_wire_values_are_decoded_when_seen() -> None:
    """A column of the system's own bytes is decoded by the store, for the rows of the window only."""
    decoded: list[bytes] = []

    def decode(data: bytes) -> Typed:
        decoded.append(data)
        return Typed("Text", data.decode())

    column = marked("v", pa.binary(), "Wire", wire="1")
    rows = batch((column, [b"row %d" % number for number in range(1000)]))
    result = result_of(rows, presentation=Presentation(decode_wire=decode))
    decoded.clear()
    assert result.window(500, 2, [0]).cells == (("row 500", "row 501"),)
    assert decoded == [b"row 500", b"row 501"]


def test_wire_objects_show_their_fields() -> None:
    """Objects kept as bytes are shown whole and by field, each row decoded once for all its columns."""
    decoded: list[bytes] = []

    def decode(data: bytes) -> Typed:
        decoded.append(data)
        number = int(data)
        fields = {"id": Typed("Int", number), "name": Typed("String", f"n{number}")}
        return Typed("Order", fields) if number % 2 else Typed("Int", number)

    column = marked("v", pa.binary(), "Order", wire="1")
    rows = batch((column, [b"1", b"2", None]))
    result = result_of(rows, presentation=Presentation(decode_wire=decode))
    assert shown(result) == {
        "v": [('{id: 1, name: "n1"}', "o"), ("2", "n"), ("∅", "0")],
        "v.id": [("1", "n"), ("", "a"), ("∅", "0")],
        "v.name": [("n1", "t"), ("", "a"), ("∅", "0")],
    }
    assert sorted(decoded) == [b"1", b"2"]
    assert result.value(0, 2) == Typed("String", "n1")


def test_uuid_by_its_word() -> None:
    """Sixteen bytes called UUID are shown as one."""
    value = UUID(int=2**127)
    assert shown(result_of(batch((marked("u", pa.binary(16), "UUID"), [value.bytes]))))["u"] == [(str(value), "t")]


def test_text_that_is_no_utf8_is_shown() -> None:
    """A lone surrogate, and bytes that are no UTF-8 at all, neither fail nor reach the terminal."""
    raw = pa.array([b"ok", b"\xed\xa0\x80", b"\xff\xfe"], pa.binary())
    column = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    cells = shown(result_of(batch((marked("c", pa.string()), column))))["c"]
    assert cells[0] == ("ok", "t")
    assert all(is_safe(text) and kind == "t" for text, kind in cells)


@given(st.lists(st.one_of(st.none(), st.text()), min_size=1))
def test_no_text_leaves_a_control_character(texts: list[str | None]) -> None:
    """Whatever the texts, cells hold nothing that a terminal acts on, and plain printable text is unchanged."""
    encoded = [None if text is None else text.encode("utf-8", "surrogatepass") for text in texts]
    column = pa.Array.from_buffers(pa.string(), len(texts), pa.array(encoded, pa.binary()).buffers())
    for text, (cell, kind) in zip(texts, shown(result_of(batch((marked("c", pa.string()), column))))["c"], strict=True):
        assert is_safe(cell)
        if text is not None and text.isascii() and text.isprintable() and text.strip() and len(text) <= 256:
            assert (cell, kind) == (text, "t")


@given(st.lists(st.floats(), min_size=1), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_numbers_read_back(floats: list[float], integers: list[int]) -> None:
    """The text of a number reads back as the same number, bit by bit."""
    cells = shown(result_of(batch((marked("c", pa.float64()), floats))))["c"]
    assert [(float(text).hex(), math.copysign(1, float(text))) for text, _ in cells if text != "NaN"] == [
        (value.hex(), math.copysign(1, value)) for value in floats if not math.isnan(value)
    ]
    assert [int(text) for text, _ in shown(result_of(batch((marked("c", pa.int64()), integers))))["c"]] == integers


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**20), max_value=10**20)))
def test_decimals_keep_every_digit(values: list[Decimal]) -> None:
    """The text of a decimal has all digits and the scale of its column."""
    cells = shown(result_of(batch((marked("c", pa.decimal128(38, 9)), values))))["c"]
    assert [Decimal(text).as_tuple() for text, _ in cells] == [Decimal(f"{value:.9f}").as_tuple() for value in values]


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_are_those_of_python(moment: datetime) -> None:
    """Times that Python can hold are the same in Python's words, in a zone with summer time, too."""
    for zone in ("UTC", "Europe/Berlin"):
        kind = pa.timestamp("us", zone)
        ((text, _),) = shown(result_of(batch((marked("c", kind), [moment]))))["c"]
        assert datetime.fromisoformat(text) == moment


def test_objects_kept_as_bytes_show_their_fields_beside_others() -> None:
    """Where some objects of a column are the system's own bytes and others are not, each field shows both."""
    kind = pa.struct([marked("a", pa.int32(), "Int")])
    members = [(marked("T", kind, "T"), [{"a": 5}]), (marked("T wire", pa.binary(), "T", wire="1"), [b"6"])]
    column = union("v", members, [(0, 0), (1, 0)])

    def decode(data: bytes) -> Typed:
        return Typed("T", {"a": Typed("Int", int(data)), "b": Typed("String", "x")})

    cells = shown(result_of(batch(column), presentation=Presentation(decode_wire=decode)))
    assert cells["v.a"] == [("5", "n"), ("6", "n")]
    assert cells["v.b"] == [("", "a"), ("x", "t")]
