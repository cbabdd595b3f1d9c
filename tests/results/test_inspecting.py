"""One value whole: the viewer's lines, the row form's exact values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from marked_batches import batch, marked, result_of

from services.stores.memory.arrow import record_batch
from services.stores.memory.samples import boundaries, people
from services.times import Day, Moment, TimeOfDay
from services.value_json import typed_json
from services.values import ABSENT, Typed


def _inspected(kind: Any, value: Any, word: str = "T") -> Any:
    return result_of(batch((marked("c", kind, word), [value]))).inspect(0, 0)


def test_text_keeps_its_lines() -> None:
    """A text is shown by lines, its bytes as a dump, and the editor starts with the raw text."""
    found = _inspected(pa.string(), "one\ntwo\x1b[1m")
    assert found.lines == ("one", "two␛[1m")
    assert found.hex_lines == ("00000000  6f 6e 65 0a 74 77 6f 1b  5b 31 6d                 one.two.[1m",)
    assert (found.size, found.is_cut, found.edit_text) == (11, False, "one\ntwo\x1b[1m")


def test_big_text_is_cut_and_says_so() -> None:
    """Beyond 1 MiB the rest is not shown, the size is that of the whole, and there is nothing to edit."""
    found = _inspected(pa.string(), "é" * 2_000_000)
    assert (found.size, found.is_cut, found.edit_text) == (4_000_000, True, "")
    assert len(found.lines[0]) == 1 << 20


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (pa.int64(), -5, "-5"),
        (pa.float64(), 1e300, "1e+300"),
        (pa.decimal128(10, 3), Decimal("1.500"), "1.500"),
        (pa.bool_(), False, "false"),
        (pa.timestamp("ns", "UTC"), 1, "1970-01-01 00:00:00.000000001Z"),
        (pa.date32(), 0, "1970-01-01"),
        (pa.binary(), b"\x00\xff", "0x00ff"),
    ],
)
def test_editor_starts_with_the_exact_text(kind: Any, value: Any, text: str) -> None:
    """The text to edit is the whole value."""
    assert _inspected(kind, value).edit_text == text


def test_null_absent_and_empty_differ() -> None:
    """The viewer tells NULL, absent and empty text apart."""
    assert _inspected(pa.string(), None).lines == ("∅",)
    assert _inspected(pa.string(), "").lines == ('""',)
    result = result_of(batch((marked("c", pa.string(), null="absent"), [None])))
    assert result.inspect(0, 0).type == "absent"


def test_nested_value_is_a_tree() -> None:
    """A nested value is shown as indented JSON, whole numbers exact."""
    kind = pa.list_(pa.struct([pa.field("n", pa.int64())]))
    assert _inspected(kind, [{"n": 2**53}]).lines == ("[", "  {", '    "n": 9007199254740992', "  }", "]")


def test_field_of_an_object_is_inspected_alone() -> None:
    """A column made of an object's field leads to that field."""
    kind = pa.struct([marked("a", pa.int32(), "Int"), marked("b", pa.string(), "String", null="absent")])
    result = result_of(batch((marked("v", kind, "T"), [{"a": 1, "b": None}])))
    assert result.value(0, 0) == Typed("Int", 1)
    assert result.value(0, 1) is ABSENT


def test_rows_of_every_type_come_back_exact() -> None:
    """What was put into Arrow comes out as the same typed values, absent and NULL apart."""
    for table in (people(20), boundaries()):
        rows = table.rows()
        result = result_of(record_batch(table.columns, rows))
        for number, row in enumerate(rows):
            got = {name: value for name, value in result.row(number).values.items() if value is not ABSENT}
            assert {name: _comparable(value) for name, value in got.items()} == {
                name: _comparable(value) for name, value in row.items()
            }
            assert result.row(number).token == table.token(row)


def _comparable(value: Any) -> Any:
    """Typed JSON tells NaN and -0.0 apart; a NULL among mixed types has no type of its own."""
    return None if value.value is None else typed_json(value)


def test_times_are_exact_values() -> None:
    """Arrow's times become ours to the nanosecond, zone kept."""
    result = result_of(
        batch(
            (marked("m", pa.timestamp("ms", "Asia/Tokyo"), "M"), [1]),
            (marked("d", pa.date64(), "D"), [86_400_000]),
            (marked("t", pa.time32("ms"), "T"), [1]),
        )
    )
    assert result.row(0).values == {
        "m": Typed("M", Moment(1_000_000, "Asia/Tokyo")),
        "d": Typed("D", Day(1)),
        "t": Typed("T", TimeOfDay(1_000_000)),
    }
