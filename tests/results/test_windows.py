"""Windows over batches that differ, that were spilled, that are sorted and filtered; and what they cost."""

from __future__ import annotations

import threading
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_batches import batch, marked, result_of, shown, union

from services.results.budget import Budget, Usage
from services.results.layout import Reader
from services.results.result_set import ResultSet
from services.results.types import Window
from services.stores.memory.generated import numbers
from services.value_json import key_token
from services.values import ABSENT, Typed

ID = marked("id", pa.int64(), "Long", key="1")


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.integers(0, 500), st.integers(1, 60))
def test_window_is_a_slice_of_all_rows(sizes: list[int], first: int, count: int) -> None:
    """Whatever the batches and the window, its rows are those of the whole, in order."""
    result, total = ResultSet(), 0
    for size in sizes:
        result.append(numbers(total, size))
        total += size
    window = result.window(first, count, [0, 1])
    wanted = range(first, min(first + count, total))
    assert window.cells == (tuple(map(str, wanted)), tuple(f"row number {number}" for number in wanted))
    assert window.row_count == len(wanted)
    assert window.loaded == total


def test_columns_grow_with_the_batches() -> None:
    """A later column is added at the end, rows without it are absent there, a new type widens the word."""
    result = result_of(
        batch((ID, [1]), (marked("a", pa.string(), "String"), ["x"])),
        batch((ID, [2]), (marked("a", pa.int32(), "Int"), [5]), (marked("b", pa.bool_(), "Bool"), [True])),
    )
    assert [(column.name, column.type, column.is_right) for column in result.columns] == [
        ("id", "Long", True),
        ("a", "String | Int", False),
        ("b", "Bool", False),
    ]
    assert shown(result)["a"] == [("x", "t"), ("5", "n")]
    assert shown(result)["b"] == [("", "a"), ("true", "t")]
    assert result.row(0).values["b"] is ABSENT


def test_version_grows_with_the_columns() -> None:
    """A batch of known columns leaves the version alone; new columns and sorting raise it."""
    result = result_of(batch((ID, [1])))
    before = result.version
    result.append(batch((ID, [2])))
    assert result.version == before
    result.append(batch((ID, [3]), (marked("b", pa.string()), ["long enough to be wide"])))
    assert result.version > before
    sorted_from = result.version
    result.arrange(0)
    assert result.version > sorted_from


def test_batch_without_rows_brings_columns() -> None:
    """An empty answer still has its columns."""
    result = result_of(batch((ID, [])))
    assert [column.name for column in result.columns] == ["id"]
    assert result.window(0, 10, [0]).row_count == 0


def test_columns_of_one_name_stay_apart() -> None:
    """SQL may answer two columns of one name; each has its values."""
    result = result_of(batch((marked("a", pa.int64(), "Long"), [1]), (marked("a", pa.int64(), "Long"), [2])))
    assert shown(result) == {"a": [("1", "n")], "a (2)": [("2", "n")]}
    assert result.row(0).values == {"a": Typed("Long", 1), "a (2)": Typed("Long", 2)}


def test_names_from_outside_are_displayable() -> None:
    """Column names and type words are data, too."""
    (column,) = result_of(batch((marked("a\x1b[1m\n", pa.int64(), "T\u202e"), [1]))).columns
    assert (column.name, column.type) == ("a␛[1m⏎", "T◌")
    assert column.source == ("a\x1b[1m\n", "")


def test_widths_come_from_the_first_rows() -> None:
    """A column is as wide as its name or its widest sampled cell, wide characters counted double."""
    result = result_of(
        batch(
            (marked("a", pa.string()), ["漢字漢字", "x"]),
            (marked("a long name", pa.int64()), [1, 2]),
            (marked("big", pa.string()), ["y" * 1000, ""]),
        )
    )
    assert [column.width for column in result.columns] == [8, 11, 60]


KEYS = st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1))


@given(st.lists(st.tuples(st.text(alphabet=st.characters(codec="utf-8")), st.integers(-(2**63), 2**63 - 1))))
def test_tokens_are_those_of_the_key(keys: list[tuple[str, int]]) -> None:
    """The fast way to a row's token gives the same text as the canonical one."""
    name = marked('na"me', pa.string(), "Str", key="1")
    result = result_of(batch((name, [text for text, _ in keys]), (ID, [number for _, number in keys])))
    window = result.window(0, len(keys), [])
    wanted = [key_token({'na"me': Typed("Str", text), "id": Typed("Long", number)}) for text, number in keys]
    assert list(window.keys) == wanted
    assert [result.row(row).token for row in range(len(keys))] == wanted


def test_rows_without_a_key_have_no_token() -> None:
    """A result without key columns, and a row that lacks part of its key, have an empty token."""
    assert result_of(batch((marked("a", pa.int64()), [1]))).window(0, 1, []).keys == ("",)
    absent = union("k", [(marked("Int", pa.int32()), [1]), (marked("absent", pa.null()), [None])], [(0, 0), (1, 0)])
    field = absent[0].with_metadata({"storedeck.key": "1"})
    keys = result_of(batch((field, absent[1]))).window(0, 2, []).keys
    assert keys == (key_token({"k": Typed("Int", 1)}), "")


def test_spilled_rows_read_the_same(tmp_path: Path) -> None:
    """With a budget of 1 MB of memory, 8 MB of rows are mapped from files that leave no name, and all read right."""
    spilled = ResultSet(usage=Usage(Budget(memory_mb=1)), spill_folder=tmp_path / "spill")
    kept = ResultSet()
    for first in range(0, 100_000, 1000):
        spilled.append(numbers(first, 1000))
        kept.append(numbers(first, 1000))
        assert spilled.memory_bytes <= 1_000_000
    assert spilled.spilled_bytes > 6 << 20
    assert list((tmp_path / "spill").iterdir()) == []
    for first in (0, 499, 50_000, 99_960):
        assert _plain(spilled.window(first, 48, range(10))) == _plain(kept.window(first, 48, range(10)))
    spilled.arrange(0, is_descending=True)
    assert spilled.window(0, 1, [0]).cells == (("99999",),)
    spilled.close()
    assert (spilled.memory_bytes, spilled.spilled_bytes, spilled.shown_rows) == (0, 0, 0)


def _plain(window: Window) -> tuple[object, ...]:
    return window.cells, window.kinds, window.keys


def test_spilled_schemas_may_differ(tmp_path: Path) -> None:
    """Batches of different schemas are spilled to different files and stay in order."""
    result = ResultSet(usage=Usage(Budget(memory_mb=0.01)), spill_folder=tmp_path)
    for number in range(60):
        kind = pa.int64() if number % 2 else pa.string()
        values = [number] * 200 if number % 2 else [str(number)] * 200
        result.append(batch((marked("v", kind), values)))
    assert result.spilled_bytes > 0
    cells = [result.window(number * 200, 1, [0]).cells[0][0] for number in range(60)]
    assert cells == [str(number) for number in range(60)]


def test_results_share_the_budget_of_a_session(tmp_path: Path) -> None:
    """Two results, each within its own budget, together hold no more in memory than the session may; closing frees."""
    usage = Usage(Budget(memory_mb=30, session_mb=20))
    results = [ResultSet(usage=usage, spill_folder=tmp_path) for _ in range(2)]
    for first in range(0, 200_000, 2000):
        for result in results:
            result.append(numbers(first, 2000))
    assert usage.memory_bytes <= 21_000_000
    assert usage.memory_bytes + usage.spilled_bytes > 30_000_000
    for result in results:
        assert result.window(150_000, 1, [0]).cells == (("150000",),)
        result.close()
    assert (usage.memory_bytes, usage.spilled_bytes) == (0, 0)


def test_window_reads_no_more_rows_than_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 100,000 rows, only those of the window become Python objects, column by column."""
    result = result_of(*(numbers(first, 1000) for first in range(0, 100_000, 1000)))
    read: list[int] = []
    cells = Reader.cells
    monkeypatch.setattr(Reader, "cells", lambda self, rows: read.append(rows.num_rows) or cells(self, rows))
    result.window(50_990, 48, range(10))
    assert sum(read) == 48 * 10
    result.arrange(0, is_descending=True)
    read.clear()
    result.window(50_990, 48, range(10))
    assert sum(read) == 48 * 10


def test_small_pages_are_put_together() -> None:
    """Ten thousand pages of ten rows do not stay ten thousand batches."""
    result = result_of(*(numbers(first, 10) for first in range(0, 100_000, 10)))
    assert len(result._batches.all()) < 1000
    assert result.window(54_321, 1, [0]).cells == (("54321",),)


def test_windows_while_rows_are_added() -> None:
    """One thread adds and compacts batches, another reads: every window is right."""
    result = ResultSet()
    pages = [numbers(first, 500) for first in range(0, 200_000, 500)]
    adding = threading.Thread(target=lambda: [result.append(page) for page in pages])
    adding.start()
    wrong = []
    while adding.is_alive() or not wrong:
        rows = result.rows
        if rows:
            window = result.window(rows - 1, 1, [0])
            if window.cells != ((str(rows - 1),),):
                wrong.append(window.cells)
        if not adding.is_alive():
            break
    adding.join()
    assert wrong == []
    assert result.rows == 200_000
