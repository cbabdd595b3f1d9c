"""Whole pages: the page decoder gives what the one-by-one decoder gives, whatever a page holds."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ignite_values import ANY_VALUE, NESTED, NULL, SCALARS, city, int_of, page_of, registry, text_of, wrapped

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.cell_values import cell_value
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.codec.generic import ObjectDecoder, decode_object
from services.stores.ignite.codec.pages import PageDecoder, decode_scan_page, decode_sql_page
from services.times import Day
from services.values import Typed

NO_SHRINKING = (Phase.explicit, Phase.generate)  # a page of thirty rows takes minutes to shrink
ALL_KINDS = [*SCALARS.values(), *NESTED.values()]


def cells_of(batch: pa.RecordBatch) -> list[list[Typed]]:
    """Every cell of a batch, row by row."""
    resolver = registry()
    fields = list(batch.schema)
    return [
        [cell_value(field, batch.column(place), row, resolver) for place, field in enumerate(fields)]
        for row in range(batch.num_rows)
    ]


def one_by_one(page: bytes, offset: int, columns: int, rows: int, zone: str = "UTC") -> list[list[Typed]]:
    """The same cells by the reference decoder."""
    found, resolver = [], registry()
    for _ in range(rows):
        row = []
        for _ in range(columns):
            value, offset = decode_object(page, offset, resolver, zone)
            row.append(value)
        found.append(row)
    return found


def decoded(rows: Sequence[Sequence[Typed]], **shape: bool) -> pa.RecordBatch:
    """A page of these rows, decoded and checked against the reference."""
    page = b"\7\7\7" + page_of(rows, **shape) + b"\1"
    width = len(rows[0])
    names = [f"c{index}" for index in range(width)]
    batch, end = decode_sql_page(page, 3, names, len(rows), registry())
    batch.validate(full=True)
    assert end == len(page) - 1
    assert repr(cells_of(batch)) == repr(one_by_one(page, 3, width, len(rows)))
    return batch


@st.composite
def mixed_pages(draw: st.DrawFn) -> list[list[Typed]]:
    """Rows whose columns hold one kind of value, or several, or nulls among them."""
    kinds = [
        st.one_of(*draw(st.lists(st.sampled_from(ALL_KINDS), min_size=1, max_size=3)))
        for _ in range(draw(st.integers(1, 4)))
    ]
    holes = draw(st.sampled_from([0, 0, 1, 3]))
    cells = [st.one_of(kind, *[st.just(NULL)] * holes) for kind in kinds]
    return [list(row) for row in draw(st.lists(st.tuples(*cells), min_size=1, max_size=30))]


@settings(max_examples=150, derandomize=True, deadline=None, phases=NO_SHRINKING)
@given(mixed_pages(), st.booleans(), st.booleans())
def test_pages_of_any_values_decode_as_one_by_one(
    rows: list[list[Typed]], compact_footer: bool, is_wrapped: bool
) -> None:
    """Every shape of page gives cell by cell what the reference decoder gives."""
    decoded(rows, compact_footer=compact_footer, is_wrapped=is_wrapped)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from([NULL, int_of(3), Typed("Int", 0x65650365)])] * 4), min_size=1, max_size=60)
)
def test_rows_that_look_alike_at_every_cell_are_not_mixed_up(rows: list[tuple[Typed, ...]]) -> None:
    """Rows of one type in all columns, full of bytes that look like tags, keep their cells apart."""
    decoded([list(row) for row in rows])


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.text("e\3\t\0x", max_size=12)), min_size=1, max_size=80))
def test_texts_full_of_tags_do_not_start_rows(rows: list[tuple[int, str]]) -> None:
    """Bytes inside of texts that look like a row's first tags are not taken for rows."""
    decoded([[int_of(number), text_of(text)] for number, text in rows])


@settings(max_examples=60, derandomize=True, deadline=None, phases=NO_SHRINKING)
@given(st.lists(st.tuples(*[st.sampled_from(["", "a", "e" * 90, "\0" * 256, "x" * 300])] * 4), min_size=1, max_size=40))
def test_long_and_short_texts_in_every_column_are_measured_rightly(rows: list[tuple[str, ...]]) -> None:
    """Texts around the length that one byte tells, in rows whose columns all look alike."""
    decoded([[text_of(text) for text in row] for row in rows])


def test_pages_with_nulls_are_not_read_object_by_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nulls, decimals, objects and long texts in a page never fall back to the one-by-one decoder."""
    rows = [
        [
            int_of(index) if index % 7 else NULL,
            text_of("é" * (index % 300)) if index % 5 else NULL,
            Typed("Decimal", Decimal(index).scaleb(-2)) if index % 3 else NULL,
            city("f" * (index % 9), index) if index % 2 else NULL,
        ]
        for index in range(500)
    ]
    page = page_of(rows, is_wrapped=True)

    def forbidden(*_: object) -> None:
        raise AssertionError("an object was read on its own")

    with monkeypatch.context() as patch:
        patch.setattr(ObjectDecoder, "read", forbidden)
        batch, _ = decode_sql_page(page, 0, ["a", "b", "c", "d"], len(rows), registry())
    assert [str(field.type).partition("<")[0] for field in batch.schema] == [
        "int32",
        "string",
        "decimal128(38, 2)",
        "struct",
    ]
    assert rows == cells_of(batch)


def test_a_null_or_another_type_in_mid_page_changes_only_its_cell() -> None:
    """A column of 2,000 numbers with one null stays numbers; with one Long it becomes a union that keeps both."""
    rows = [[int_of(index), text_of("x" * (index % 40))] for index in range(2000)]
    rows[1000][0] = NULL
    assert decoded(rows).schema.field(0).type == pa.int32()
    rows[1500][0] = Typed("Long", 1500)
    rows[1700][1] = text_of("y" * 1000)
    batch = decoded(rows)
    assert pa.types.is_union(batch.schema.field(0).type)
    assert batch.schema.field(1).type == pa.string()


def test_keys_of_several_types_stay_rows_of_their_own() -> None:
    """Long 1, Int 1, Double 1.0 and Bool true are four keys of a scan."""
    keys = [Typed("Long", 1), int_of(1), Typed("Double", 1.0), Typed("Bool", True)]
    page = page_of([[key, text_of("v")] for key in keys])
    batch, end = decode_scan_page(page, 0, 4, registry())
    assert (end, batch.schema.names) == (len(page), ["key", "value"])
    assert [row[0] for row in cells_of(batch)] == keys


def test_decimals_keep_their_scale() -> None:
    """One scale is a decimal column; 1.5 and 1.50 in one page stay apart; negative zero is kept."""
    same = [[Typed("Decimal", Decimal(text))] for text in ("1.50", "-0.01", "0.00", "99999999999999999999.99")]
    assert decoded(same).schema.field(0).type == pa.decimal128(38, 2)
    mixed = [[Typed("Decimal", Decimal(text))] for text in ("1.5", "1.50", "-0.00", "1E+2", "9" * 80)]
    assert pa.types.is_union(decoded(mixed).schema.field(0).type)
    long = [[Typed("Decimal", Decimal("-" + "8" * 60))]]
    assert decoded(long).schema.field(0).type == pa.decimal256(76, 0)


@pytest.mark.parametrize("digits", [1, 16, 17, 18, 19, 20, 37, 38, 39, 76, 77])
def test_decimals_of_every_length_are_exact(digits: int) -> None:
    """Around every limit of 64, 128 and 256 bits the value is exact, with both signs."""
    for sign in ("", "-"):
        for body in ("9" * digits, "1" + "0" * (digits - 1)):
            decoded([[Typed("Decimal", Decimal(sign + body))], [Typed("Decimal", Decimal(3))]])


def test_objects_of_one_schema_are_a_struct_with_named_fields() -> None:
    """A value column of one binary type shows its fields as columns, wrapped or not, compact footer or full."""
    rows = [[city("Riga", 600), int_of(1)], [city("Ülo" * 200, None), int_of(2)], [NULL, int_of(3)]]
    for is_wrapped in (True, False):
        for compact_footer in (True, False):
            kind = decoded(rows, is_wrapped=is_wrapped, compact_footer=compact_footer).schema.field(0)
            assert [(child.name, child.type) for child in kind.type] == [("NAME", pa.string()), ("POP", pa.int32())]
            assert kind.metadata[b"storedeck.type"] == b"City"


def test_a_field_that_a_schema_lacks_is_absent_and_not_null() -> None:
    """Objects of two schemas of one type stay apart: the older has no AREA at all."""
    newer = Typed("City", {"NAME": text_of("b"), "POP": int_of(2), "AREA": NULL})
    cells = cells_of(decoded([[city("a", 1)], [newer]]))
    assert [list(row[0].value) for row in cells] == [["NAME", "POP"], ["NAME", "POP", "AREA"]]


def test_strings_that_are_no_utf8_stay_bytes() -> None:
    """One broken string in a column turns only its own cell into bytes."""
    rows = [[text_of("good")], [Typed("StringBytes", b"\xed\xa0\x80")], [NULL]]
    assert [row[0].type for row in cells_of(decoded(rows))] == ["String", "StringBytes", "Null"]


def test_sql_dates_and_other_jvm_values_never_fail_a_page() -> None:
    """A DATE in the JVM's marshaller is a date column; unknown JVM values stay bytes beside it."""
    days = [[Typed("SqlDate", Day(day))] for day in (0, 20_000, -1)]
    assert decoded(days).schema.field(0).type == pa.date32()
    decoded([*days, [Typed("JvmObject", b"")], [Typed("JvmObject", b"f:\xde\xd5@\x97f" + bytes(9))], [NULL]])


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_times_of_a_page_are_in_the_zone_of_the_server(zone: str) -> None:
    """Date, Timestamp, Time and SqlDate columns agree with the reference in any zone."""
    stamps = [struct.pack("<Bqi", tags.TIMESTAMP, ms, 999_999) for ms in (-1, 0, 10**15, -(2**63))]
    times = [struct.pack("<Bq", tags.TIME, ms) for ms in (-28_677_000, 0, 86_399_999, 10**12)]
    dates = [encode(Typed("SqlDate", Day(day)), zone=zone) for day in (0, 19_000, 19_200)]
    dates.append(encode(Typed("SqlDate", Day(5))))
    page = b"".join(b"".join(row) for row in zip(stamps, times, dates, strict=True))
    batch, end = decode_sql_page(page, 0, ["a", "b", "c"], 4, registry(), zone)
    assert end == len(page)
    assert repr(cells_of(batch)) == repr(one_by_one(page, 0, 3, 4, zone))


def test_back_references_between_fields_are_followed() -> None:
    """A repeated object, which Java writes as a reference to the first, is shown in full in both places."""
    home = encode(city("Riga", 7))
    notes_at = 24 + 9 + len(home)
    notes = struct.pack("<Bib", tags.COLLECTION, 1, 1)
    handle = struct.pack("<Bi", tags.HANDLE, notes_at + len(notes) - 33)
    body = encode(Typed("Long", 1)) + home + notes + handle
    plain = encode(Typed("org.demo.Person", {"id": Typed("Long", 1), "home": NULL, "notes": NULL}))
    offsets = bytes((24, 33, notes_at))
    header = plain[:8] + struct.pack("<ii", 0, 24 + len(body) + 3) + plain[16:20] + struct.pack("<i", 24 + len(body))
    data = wrapped(header + body + offsets)
    batch, _ = decode_sql_page(data + page_of([[city("a", 1)]]), 0, ["v"], 2, registry())
    person = cells_of(batch)[0][0]
    assert person.value["notes"] == Typed("ArrayList", [city("Riga", 7)])
    assert person == decode_object(data, 0, registry())[0]


def test_the_pages_of_a_cursor_may_differ() -> None:
    """A decoder that learnt one shape of rows decodes pages of other shapes as well, and empty ones."""
    decoder = PageDecoder(["a", "b"], registry())
    shapes = (
        [[int_of(1), text_of("a")]] * 20,
        [[NULL, text_of("b" * 500)]] * 20,
        [[text_of("c"), NULL]] * 5,
        [],
        [[Typed("Decimal", Decimal("1.5")), Typed("Bool", False)]] * 9,
        [[int_of(1), text_of("a")], [city("x", 1), city("y", None)]] * 9,
    )
    for rows in shapes:
        page = page_of(rows)
        batch, end = decoder.decode(page, 0, len(rows))
        assert (len(page), rows) == (end, cells_of(batch))


def test_an_empty_page_keeps_its_columns() -> None:
    """A page of no rows is a batch of no rows with the same column names; memory views are taken too."""
    batch, end = decode_sql_page(memoryview(b"\1"), 0, ["a", "b"], 0)
    assert (batch.num_rows, batch.schema.names, end) == (0, ["a", "b"], 0)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.lists(ANY_VALUE, min_size=2, max_size=12))
def test_cells_of_a_slice_are_those_of_its_rows(values: list[Typed]) -> None:
    """Cells are read rightly from a slice of a batch, as a window of the grid is."""
    batch, _ = decode_sql_page(page_of([[value] for value in values]), 0, ["v"], len(values), registry())
    assert repr(cells_of(batch.slice(1))) == repr([[value] for value in values[1:]])
