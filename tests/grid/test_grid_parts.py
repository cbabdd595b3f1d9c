"""The parts of the grid by themselves: widths, moves, scrollbar, layout, counts."""

from __future__ import annotations

import pytest
from fake_result import plain_columns
from hostile import corpus
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from services.results.types import ResultState, Window
from services.stores.types import UNKNOWN, Count
from services.text import displayable
from tui.widgets.data_grid.cells import fit, steady
from tui.widgets.data_grid.counts import counts_text, seconds_text
from tui.widgets.data_grid.cursor import View, moved_to, paged, scrolled
from tui.widgets.data_grid.layout import ColumnLayout
from tui.widgets.data_grid.scrollbar import thumb_of, top_at
from tui.widgets.data_grid.window_cache import Request, WindowCache


def test_ten_thousand_hostile_texts_fit_exactly() -> None:
    """Every text of the corpus takes exactly the cells it is given, with no character a terminal acts on."""
    wrong = []
    for number, text in enumerate(corpus(10_000)):
        width = number % 23
        shown = fit(displayable(text, 1000), width, is_right=bool(number % 2))
        if cell_len(shown) != width or not (shown.isprintable() or not shown):
            wrong.append((text[:50], shown))
    assert wrong == []


@given(st.text(max_size=30), st.integers(0, 20))
def test_any_text_fits_exactly(text: str, width: int) -> None:
    """Whatever is in a cell, it is as wide as its column; a text that fits is not altered."""
    text = displayable(text)
    assert cell_len(fit(text, width)) == width
    if cell_len(steady(text)) <= width:
        assert fit(text, width).rstrip(" ") == steady(text).rstrip(" ")


views = st.builds(View, top=st.integers(0, 300), row=st.integers(0, 300))


@given(views, st.integers(0, 300), st.integers(1, 60), st.integers(-400, 400))
def test_moves_keep_the_cursor_on_screen(view: View, rows: int, lines: int, by: int) -> None:
    """After any move the cursor is a row, on screen, and the screen holds no needless empty lines."""
    for moved in (
        moved_to(view, view.row + by, rows, lines),
        paged(moved_to(view, view.row, rows, lines), by, rows, lines),
        scrolled(view, view.top + by, rows, lines),
    ):
        assert 0 <= moved.row <= max(rows - 1, 0)
        assert 0 <= moved.top <= max(rows - lines, 0)
        if rows:
            assert moved.top <= moved.row < moved.top + lines


@given(st.integers(1, 10_000_000), st.integers(2, 60), st.data())
def test_the_thumb_touches_an_end_only_when_the_view_does(rows: int, lines: int, data: st.DataObject) -> None:
    """The bar never says top or bottom where there is more; dragging to an end reaches it."""
    top = data.draw(st.integers(0, max(rows - lines, 0)))
    thumb = thumb_of(top, rows, lines)
    if rows <= lines:
        assert thumb.start == thumb.end
        return
    assert 0 <= thumb.start < thumb.end <= lines
    if lines - (thumb.end - thumb.start) > 1:
        assert (thumb.start == 0) == (top == 0)
        assert (thumb.end == lines) == (top == rows - lines)
    assert top_at(0, rows, lines) == 0
    assert top_at(lines, rows, lines) == rows - lines


@given(st.integers(1, 40), st.integers(10, 200), st.data())
def test_a_column_one_goes_to_is_on_screen(count: int, width: int, data: st.DataObject) -> None:
    """Wherever one comes from, the column is placed, within the line and, if it can be, whole."""
    layout = ColumnLayout(plain_columns(count))
    position = data.draw(st.integers(0, count - 1))
    first = layout.first_showing(position, data.draw(st.integers(0, count)), width)
    placement = layout.place(first, width)
    placed = [column for column in placement.columns if column.position == position]
    assert len(placed) == 1
    assert placed[0].x + placed[0].width <= width
    ends = [column.x + column.width for column in placement.columns]
    assert ends == sorted(ends)


def test_blocks_ask_only_for_what_is_missing() -> None:
    """A window fills its blocks; what is asked next is the rest, and nothing once all is here."""
    cache = WindowCache()
    assert cache.missing(10, 70, 1000, (0, 1)) == Request(0, 128, (0, 1))
    cache.store(_window(0, 128, (0,)))
    assert cache.missing(10, 70, 1000, (0, 1)) == Request(0, 128, (1,))
    cache.store(_window(0, 128, (1,)))
    assert cache.missing(10, 70, 1000, (0, 1)) is None
    assert (cache.cell(127, 1), cache.key(127), cache.cell(128, 1)) == (("127.1", "t"), "k127", None)


def test_a_block_that_was_not_full_is_asked_again_when_rows_came() -> None:
    """Rows that load behind a half block make it incomplete."""
    cache = WindowCache()
    cache.store(_window(64, 10, (0,)))
    assert cache.missing(64, 128, 74, (0,)) is None
    assert cache.missing(64, 128, 90, (0,)) == Request(64, 26, (0,))


def test_the_cache_is_bounded() -> None:
    """Far blocks go first."""
    cache = WindowCache()
    for row in range(0, 64 * 100, 64):
        cache.store(_window(row, 64, (0,)))
        cache.trim(row)
    assert cache.cell(0, 0) is None
    assert cache.cell(64 * 99, 0) == (f"{64 * 99}.0", "t")
    assert len(list(cache.widest(0))) == 64 * 32


def _window(first: int, count: int, columns: tuple[int, ...]) -> Window:
    rows = range(first, first + count)
    cells = tuple(tuple(f"{row}.{column}" for row in rows) for column in columns)
    return Window(first, columns, cells, ("t" * count,) * len(columns), tuple(f"k{row}" for row in rows), 1000)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ResultState(loaded=4079, count=Count.exact(4079), is_complete=True), "4,079 of 4,079"),
        (ResultState(loaded=500, count=Count.at_least(500)), "500 of at least 500"),
        (ResultState(loaded=1500, count=Count.at_least(500)), "1,500 of at least 1,500"),
        (ResultState(loaded=1000, count=Count.exact(1_000_000)), "1,000 of 1,000,000"),
        (ResultState(loaded=7, count=UNKNOWN), "7 loaded, total unknown"),
        (ResultState(loaded=7, count=UNKNOWN, is_complete=True), "7 of 7"),
        (ResultState(loaded=7, count=Count.at_least(7), is_complete=True, error="lost"), "7 of at least 7"),
        (ResultState(affected=1), "1 row changed"),
        (ResultState(affected=0), "0 rows changed"),
    ],
)
def test_counts_are_honest(state: ResultState, words: str) -> None:
    """What is not known is not said to be known."""
    assert counts_text(state) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (0.84, "0.8 s"), (9.96, "10 s"), (59.4, "59 s"), (125, "2:05 min")]
)
def test_times_are_said_as_people_do(seconds: float, words: str) -> None:
    """Tenths while short, minutes when long."""
    assert seconds_text(seconds) == words
