"""What the grid paints: exact widths, true glyphs, staged work, words where there is nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_result import FakeResult, plain_columns
from grid_app import GridApp, press_all, settled, told
from hostile import corpus
from rich.cells import cell_len

from services.errors import SessionLost
from services.results.types import ABSENT_CELL, BINARY, BLANK, EMPTY, NULL, TEXT, ResultColumn, ResultState
from services.stores.types import Count
from services.text import displayable
from tui.widgets.data_grid import DataGrid, InsertedRow, RowMark

SIZE = (80, 12)


def key(row: int) -> str:
    """The fake's key of a row."""
    return f'[["id",{{"$type":"BIGINT","value":{row}}}]]'


@pytest.mark.parametrize("width", [40, 80, 160])
async def test_every_line_is_as_wide_as_the_screen_whatever_the_cells_hold(width: int) -> None:
    """Hostile, wide and combining texts in cells and names leave each line exactly as wide, with no control byte."""
    texts = [displayable(text, 200) for text in corpus(200)]
    columns = [ResultColumn(displayable(f"{texts[i]}", 50), (f"c{i}", ""), "x", width=10 + i) for i in range(12)]
    app = GridApp(FakeResult(200, columns, lambda row, column: (texts[(row + column) % len(texts)], TEXT)))
    async with app.run_test(size=(width, 20)) as pilot:
        await settled(pilot, app)
        for keys in ([], ["pagedown"], ["end"], ["G"], ["underscore"]):
            await press_all(pilot, keys)
            await settled(pilot, app)
            lines = app.lines()
            assert {cell_len(line) for line in lines} == {width}
            assert [character for line in lines for character in line if not character.isprintable()] == []


@pytest.mark.parametrize(
    "text",
    ["👍🏽 ok", "👩\u200d👩\u200d👧 x", "🇰🇷 flag", "❤\ufe0f heart", "漢字漢字漢字漢字漢", "e\u0301a\u0301", "한국어"],
)
async def test_columns_after_a_wide_text_stay_where_they_are(text: str) -> None:
    """No sequence that terminals measure differently reaches the line, so the next column starts where it should."""
    cells = {1: (text, TEXT), 2: ("next", TEXT)}
    app = GridApp(FakeResult(3, plain_columns(3), lambda row, column: cells.get(column, ("1", "n"))))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        header, line = app.lines()[:2]
        assert cell_len(line[: line.index("next")]) == header.index("c2")
        assert not set(line) & {"\u200d", "\ufe0f", "\U0001f3fd", "\U0001f1f0"}


async def test_the_five_kinds_of_nothing_are_five_different_texts() -> None:
    """NULL, absent, empty, white space and no bytes differ without any colour, and stand dim."""
    cells = [("∅", NULL), ("", ABSENT_CELL), ('""', EMPTY), ("␣␣", BLANK), ("0x 0 B", BINARY)]
    app = GridApp(FakeResult(2, plain_columns(6), lambda row, column: cells[column - 1] if column else ("1", "n")))
    async with app.run_test(size=(120, 5)) as pilot:
        await settled(pilot, app)
        line = app.lines()[2]
        assert line.split()[1:] == ["∅", "·", '""', "␣␣", "0x", "0", "B"]
        strip = app.grid.render_line(2)
        dim = [segment.text.strip() for segment in strip if segment.style.color != strip._segments[0].style.color]
        assert dim == ["∅", "·", '""', "␣␣", "0x 0 B"]


async def test_a_plain_row_is_one_segment() -> None:
    """A row on which nothing stands out is written as one piece; the cursor's row is not."""
    app = GridApp(FakeResult(6, plain_columns(3)))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        assert [len(list(app.grid.render_line(line))) for line in (2, 3, 4)] == [1, 1, 1]
        assert len(list(app.grid.render_line(1))) > 1


async def test_staged_work_is_marked_by_signs() -> None:
    """Changed cells have `~` and the new text, deleted rows `-`, new rows stand on top with `+`."""
    app = GridApp(FakeResult(5, plain_columns(3)))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        before = app.lines()
        app.grid.set_marks({key(1): RowMark("~", {"c2": "Seoul City"}), key(3): RowMark("-")})
        app.grid.set_inserts([InsertedRow("new", {"id": "77", "c1": "fresh"})])
        await settled(pilot, app)
        lines = app.lines()
        assert lines[1].startswith("+      77▕│ fresh")
        assert lines[3] == before[2].replace(" r1 c2     ", "~Seoul City").replace(" ", "~", 1)
        assert lines[5] == "-" + before[4][1:]
        assert app.grid.cursor_row == 0
        await press_all(pilot, ["g"])
        assert (app.grid.cursor_row, app.grid.cursor_key) == (None, "new")
        app.grid.set_inserts([])
        app.grid.set_marks({})
        await settled(pilot, app)
        assert app.lines() == before


async def test_new_rows_do_not_move_what_is_on_screen() -> None:
    """Rows added above while one reads further down leave the screen as it is."""
    app = GridApp(FakeResult(1000, plain_columns(3)))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["pagedown", "pagedown"])
        await settled(pilot, app)
        before = app.lines()
        app.grid.set_inserts([InsertedRow(f"new{i}", {"id": str(i)}) for i in range(3)])
        await settled(pilot, app)
        assert [line[:-1] for line in app.lines()] == [line[:-1] for line in before]


async def test_rows_that_load_below_the_screen_paint_nothing_but_the_scrollbar() -> None:
    """A table never jumps while someone reads it."""
    state = ResultState(plain_columns(3), loaded=1000, count=Count.at_least(1000), is_loading=True)
    result = FakeResult(100_000, state=state)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        before, painted = app.lines(), app.grid.lines_painted
        result.become(replace(state, loaded=1003, count=Count.at_least(1003)))
        await app.until(lambda: app.grid.state.loaded == 1003)
        await settled(pilot, app)
        assert (app.lines(), app.grid.lines_painted) == (before, painted)
        assert told(app, DataGrid.StateChanged)[-1].state.loaded == 1003


async def test_near_the_end_of_the_loaded_rows_more_are_asked_for_once() -> None:
    """Coming near the end loads on; standing there does not ask again and again."""
    state = ResultState(plain_columns(3), loaded=100, count=Count.at_least(100))
    result = FakeResult(150, state=state)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        assert result.more_asked == []
        await press_all(pilot, ["G"])
        await settled(pilot, app)
        await app.until(lambda: app.grid.state.loaded > 100)
        await press_all(pilot, ["G", "G"])
        await settled(pilot, app)
        await app.until(lambda: app.grid.state.is_complete)
        assert app.grid.state.loaded == 150
        assert len(result.more_asked) <= 3


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ResultState(is_loading=True), "Loading…"),
        (ResultState(plain_columns(2), is_complete=True, count=Count.exact(0)), "No rows"),
        (ResultState(plain_columns(2), is_complete=True, note="loaded rows only"), "loaded rows only"),
        (ResultState(is_complete=True, affected=1), "1 row changed"),
        (ResultState(error="the node [/] is down", hint="Start it."), "the node [/] is down"),
    ],
)
async def test_where_there_are_no_rows_words_say_why(state: ResultState, words: str) -> None:
    """Each kind of emptiness has its own words, in the middle, never parsed as markup."""
    app = GridApp(FakeResult(0, state=state))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        assert any(words in line for line in app.lines())
        await press_all(pilot, ["down", "G", "pagedown", "enter", "v", "space", "s", "f", "slash", "right", "y", "c"])
        assert any(words in line for line in app.lines())


async def test_a_lost_session_leaves_the_rows_and_says_so() -> None:
    """After a failure the rows that are here stay; the error is told."""
    result = FakeResult(1000)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        result.failure = SessionLost("grid: the session ended", hint="Open it again.")
        await press_all(pilot, ["G"])
        await app.until(lambda: told(app, DataGrid.Failed))
        assert told(app, DataGrid.Failed)[0].error.message == "grid: the session ended"
        await press_all(pilot, ["g"])
        await app.until(lambda: "0▕│" in app.lines()[1])


async def test_a_click_moves_the_cursor_and_the_wheel_and_the_bar_scroll() -> None:
    """Mouse and keys do the same."""
    app = GridApp(FakeResult(1000, plain_columns(4)))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await pilot.click(DataGrid, offset=(30, 4))
        await settled(pilot, app)
        assert (app.grid.cursor_row, app.grid.cursor_column) == (3, 2)
        await pilot._post_mouse_events([_wheel()], DataGrid, offset=(5, 5))
        await settled(pilot, app)
        assert " 3▕│" in app.lines()[1]
        await pilot.mouse_down(DataGrid, offset=(79, 11))
        await pilot.mouse_up(DataGrid, offset=(79, 11))
        await settled(pilot, app)
        assert "999▕│" in app.lines()[-1]
        await pilot.click(DataGrid, offset=(30, 0), times=2)
        await settled(pilot, app)
        assert "c2 ↑" in app.lines()[0]


def _wheel() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown


async def test_another_result_starts_at_its_top_without_marks() -> None:
    """Showing another result forgets cursor, marks and widths; showing none empties the grid."""
    app = GridApp(FakeResult(1000))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["G", "space"])
        app.grid.show(FakeResult(20, plain_columns(2)))
        await settled(pilot, app)
        assert (app.grid.cursor_row, app.grid.marked_keys) == (0, frozenset())
        assert app.lines()[0].split() == ["id▕│", "c1"]
        app.grid.show(None)
        await settled(pilot, app)
        assert any("Nothing is open" in line for line in app.lines())


async def test_resizing_keeps_the_cursor_in_view() -> None:
    """From large to small and back: the cursor's row stays on screen, each line exactly as wide."""
    app = GridApp(FakeResult(1000))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["pagedown", "end"])
        for size in ((60, 18), (20, 5), (160, 48), (8, 3), (80, 24)):
            await pilot.resize_terminal(*size)
            await settled(pilot, app)
            assert {cell_len(line) for line in app.lines()} == {size[0]}
        assert app.grid.cursor_row == 39
        assert any(" 39▕│" in line for line in app.lines())


async def test_keys_and_numbers_are_not_cut_further_down() -> None:
    """A key that gets longer with the rows widens its column when it comes on screen; a width one chose stays."""
    columns = (replace(plain_columns(1)[0], width=3), *plain_columns(3)[1:])
    app = GridApp(FakeResult(1_234_567, columns))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        assert app.lines()[1].startswith("   0▕│")
        await press_all(pilot, ["G"])
        await settled(pilot, app)
        assert app.lines()[-1].startswith(" 1234566▕│")
        await press_all(pilot, ["less_than_sign", "g", "G"])
        await settled(pilot, app)
        assert app.lines()[-1].startswith(" 12…▕│")
