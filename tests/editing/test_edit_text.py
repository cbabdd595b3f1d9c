"""The text that an editor starts with, and why a cell is locked."""

from __future__ import annotations

import json
from decimal import Decimal
from uuid import UUID

import pytest

from services.editing.edit_text import edit_text
from services.editing.locks import RowsAccess
from services.results.types import ResultColumn
from services.stores.features import Feature
from services.times import Day, Moment, TimeOfDay
from services.values import ABSENT, Typed, Value

NAME = ResultColumn("Name", ("Name", ""), "String")
ID = ResultColumn("ID", ("ID", ""), "Int", is_key=True)
OPEN = RowsAccess("grid", features=(Feature.WRITES_ROWS,))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ABSENT, ""),
        (Typed("String", None), ""),
        (Typed("String", " a\tb\n\x00"), " a\tb\n\x00"),
        (Typed("Bool", True), "true"),
        (Typed("Long", -(2**63)), "-9223372036854775808"),
        (Typed("Double", 0.1), "0.1"),
        (Typed("Decimal", Decimal("1.500")), "1.500"),
        (Typed("Decimal", Decimal("1E+5")), "1E+5"),
        (Typed("ByteArray", b"\x00\xff"), "0x00ff"),
        (Typed("UUID", UUID(int=1)), "00000000-0000-0000-0000-000000000001"),
        (Typed("Date", Day(0)), "1970-01-01"),
        (Typed("Time", TimeOfDay(1)), "00:00:00.000000001"),
        (Typed("Timestamp", Moment(1, "UTC")), "1970-01-01 00:00:00.000000001Z"),
    ],
)
def test_edit_text_is_exact(value: Value, text: str) -> None:
    """Nothing is grouped, rounded, quoted or made displayable."""
    assert edit_text(value) == text


def test_nested_values_keep_their_types() -> None:
    """Inside JSON everything but text and truth values names its type."""
    inner = {"Name": Typed("String", "x"), "N": Typed("Short", 1), "L": Typed("ArrayList", [Typed("Int", 2)])}
    assert json.loads(edit_text(Typed("Place", inner))) == {
        "Name": "x",
        "N": {"$type": "Short", "value": 1},
        "L": {"$type": "ArrayList", "value": [{"$type": "Int", "value": 2}]},
    }


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (RowsAccess("p\x1b", is_read_only=True), "the profile p␛ is read-only"),
        (RowsAccess("p"), "this store takes no changes of rows"),
        (RowsAccess("p", False, (Feature.WRITES_ROWS,), "a view\nis not edited"), "a view is not edited"),
        (RowsAccess("p", False, (Feature.WRITES_ROWS,), "", "a query's answer"), "a query's answer"),
        (
            RowsAccess("p", False, (Feature.WRITES_ROWS,), has_key=False),
            "these rows show no full key, so a change could hit another row",
        ),
    ],
)
def test_locked_rows_say_why(access: RowsAccess, words: str) -> None:
    """Each reason is told, the first that holds."""
    assert (access.lock, access.cell_lock(NAME)) == (words, words)


def test_key_columns_are_locked_but_in_new_rows() -> None:
    """A key can be given to a new row only."""
    assert (OPEN.lock, OPEN.cell_lock(NAME), OPEN.cell_lock(ID, is_new=True)) == ("", "", "")
    assert OPEN.cell_lock(ID).startswith("a key column names the row")
