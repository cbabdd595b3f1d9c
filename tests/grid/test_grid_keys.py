"""What the grid's keys do, and what they cost in lines, windows and bytes: no clock needed."""

from __future__ import annotations

import pytest
from fake_result import FakeResult, plain_columns
from grid_app import GridApp, press_all, settled, told

from services.results.types import ResultColumn
from tui.widgets.data_grid import DataGrid

SIZE = (100, 24)
PAGE = 23


@pytest.mark.parametrize(
    ("keys", "row", "column"),
    [
        (["down"], 1, 0),
        (["j", "j", "k"], 1, 0),
        (["up"], 0, 0),
        (["l", "right", "h"], 0, 1),
        (["left"], 0, 0),
        (["pagedown"], PAGE, 0),
        (["pagedown", "pageup"], 0, 0),
        (["ctrl+d"], PAGE // 2, 0),
        (["ctrl+d", "ctrl+u"], 0, 0),
        (["G"], 999, 0),
        (["G", "pagedown"], 999, 0),
        (["G", "g"], 0, 0),
        (["dollar_sign"], 0, 9),
        (["end", "right", "0"], 0, 0),
        (["end", "home"], 0, 0),
    ],
    ids=str,
)
async def test_keys_move_the_cursor(keys: list[str], row: int, column: int) -> None:
    """Each key of the table does what it says and stops at the edges."""
    app = GridApp(FakeResult(1000))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, keys)
        await settled(pilot, app)
        assert (app.grid.cursor_row, app.grid.cursor_column) == (row, column)


@pytest.mark.parametrize("key", ["down", "right"])
async def test_a_move_of_the_cursor_paints_two_lines_and_asks_nothing(key: str) -> None:
    """Down paints the row left and the row reached; right paints the row and the header."""
    result = FakeResult(1000)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        painted, asked = app.grid.lines_painted, len(result.asked)
        await press_all(pilot, [key])
        assert (app.grid.lines_painted - painted, len(result.asked) - asked) == (2, 0)


@pytest.mark.parametrize("rows", [10_000, 10_000_000])
async def test_a_page_costs_one_screen_of_lines_and_at_most_one_window(rows: int) -> None:
    """PageDown paints each line once and asks for at most one window, however many rows there are."""
    result = FakeResult(rows)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        costs = []
        for _ in range(8):
            painted, asked = app.grid.lines_painted, len(result.asked)
            await press_all(pilot, ["pagedown"])
            await settled(pilot, app)
            costs.append((app.grid.lines_painted - painted, len(result.asked) - asked <= 1))
        assert costs == [(24, True)] * 8
        assert max(count for _, count, _ in result.asked) <= 128


async def test_a_jump_over_ten_million_rows_is_one_window_and_one_paint() -> None:
    """G and g ask for the rows they show and no others between."""
    result = FakeResult(10_000_000)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        painted, asked = app.grid.lines_painted, len(result.asked)
        await press_all(pilot, ["G"])
        await settled(pilot, app)
        assert app.grid.lines_painted - painted == 24
        assert sum(count for _, count, _ in result.asked[asked:]) <= 192
        assert "9999999▕│" in app.lines()[-1]


async def test_old_lines_stay_until_a_window_comes() -> None:
    """A jump whose rows are late leaves the screen as it is, then turns it at once; the cursor is there already."""
    result = FakeResult(100_000)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        before = app.lines()
        result.gate.clear()
        await pilot.press("G")
        assert app.lines() == before
        assert app.grid.cursor_row == 99_999
        result.gate.set()
        await settled(pilot, app)
        assert "99999▕│" in app.lines()[-1]


async def test_placeholders_stand_where_a_window_is_very_late() -> None:
    """When the wait gets long the new place shows, its cells as `…`, and fills without a jump."""
    result = FakeResult(100_000)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        result.gate.clear()
        await pilot.press("G")
        await app.until(lambda: "… " in app.lines()[5])
        assert set(app.lines()[-1].replace("▐", " ").split()) == {"…▕│", "…"}
        result.gate.set()
        await settled(pilot, app)
        assert "99999▕│" in app.lines()[-1]


async def test_keys_typed_while_waiting_add_up() -> None:
    """Three pages pressed before the first answer end three pages on."""
    result = FakeResult(100_000)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["G"])
        await settled(pilot, app)
        result.gate.clear()
        for key in ("g", "pagedown", "pagedown", "pagedown"):
            await pilot.press(key)
        result.gate.set()
        await settled(pilot, app)
        assert app.grid.cursor_row == 3 * PAGE


async def test_the_screen_hears_of_moves_and_wishes() -> None:
    """Cursor moves, opening, viewing and marking are told, each with its row, column and key."""
    app = GridApp(FakeResult(100))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["down", "right", "enter", "v", "space", "space"])
        await settled(pilot, app)
        moved = told(app, DataGrid.CursorMoved)
        assert [(message.row, message.column) for message in moved][:2] == [(1, 0), (1, 1)]
        opened = told(app, DataGrid.RowActivated)[0]
        assert (opened.row, opened.key) == (1, '[["id",{"$type":"BIGINT","value":1}]]')
        viewed = told(app, DataGrid.ValueRequested)[0]
        assert (viewed.row, viewed.column) == (1, 1)
        assert [message.count for message in told(app, DataGrid.SelectionChanged)] == [1, 2]
        assert len(app.grid.marked_keys) == 2
        assert [line[0] for line in app.lines()[1:5]] == [" ", "▪", "▪", " "]


async def test_find_goes_on_around_the_end() -> None:
    """/ finds the next loaded row, n the one after, N the one before; from the end it starts again."""
    app = GridApp(FakeResult(30))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["slash", *"7 C2", "enter"])
        places = []
        for key in (None, "n", "n", "N"):
            await press_all(pilot, [key] if key else [])
            await settled(pilot, app)
            places.append(app.grid.cursor_row)
        assert places == [7, 17, 27, 17]
        await press_all(pilot, ["n", "n"])
        await settled(pilot, app)
        assert app.grid.cursor_row == 7


async def test_finding_nothing_says_so() -> None:
    """The cursor stays and the words are told; nothing asked for is a markup."""
    app = GridApp(FakeResult(30))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["slash", "left_square_bracket", "slash", "right_square_bracket", "enter"])
        await settled(pilot, app)
        assert app.grid.cursor_row == 0
        assert told(app, DataGrid.Noted)[-1].text == 'no loaded row with "[/]"'


async def test_the_column_finder_reaches_one_of_300_and_the_key_stays() -> None:
    """f and a name jump to the column; the key column is still at the left; escape goes back."""
    app = GridApp(FakeResult(50, plain_columns(300)))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["f", *"c271"])
        assert app.grid.cursor_column == 271
        assert app.lines()[0].startswith("       id▕│‹")
        assert "c271" in app.lines()[0]
        await press_all(pilot, ["escape"])
        await settled(pilot, app)
        assert app.grid.cursor_column == 0
        await press_all(pilot, ["f", *"c27", "tab", "enter"])
        await settled(pilot, app)
        assert app.grid.cursor_column == 270
        assert app.grid.has_focus
        assert "r49 c270" in " ".join(app.lines()) or "r0 c270" in " ".join(app.lines())


async def test_sorting_says_where_it_was_done() -> None:
    """s sorts up, s again down, S clears; the header has an arrow, the words say `loaded rows only`."""
    result = FakeResult(100)
    app = GridApp(result)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["s"])
        await settled(pilot, app)
        assert "id ↑" in app.lines()[0]
        await press_all(pilot, ["s"])
        await settled(pilot, app)
        assert "id ↓" in app.lines()[0]
        assert " 99▕│" in app.lines()[1]
        assert told(app, DataGrid.Noted)[-1].text == "sorted by id, descending, loaded rows only"
        await press_all(pilot, ["S"])
        await settled(pilot, app)
        assert result.arranged == [("id", False, ""), ("id", True, ""), ("", False, "")]
        assert " 0▕│" in app.lines()[1]


async def test_columns_can_be_widened_hidden_moved_and_shown_again() -> None:
    """Widths, hiding, order and all back: the header tells."""
    app = GridApp(FakeResult(10, plain_columns(4)))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["right", "greater_than_sign"])
        assert app.lines()[0].index("c2") - app.lines()[0].index("c1") == 20
        await press_all(pilot, ["less_than_sign", "underscore"])
        assert app.lines()[0].index("c2") - app.lines()[0].index("c1") == len("r0 c1") + 2
        await press_all(pilot, ["L"])
        assert app.lines()[0].split() == ["id▕│", "c2", "c1", "c3"]
        await press_all(pilot, ["minus"])
        assert app.lines()[0].split() == ["id▕│", "c2", "c3"]
        await press_all(pilot, ["plus"])
        assert app.lines()[0].split() == ["id▕│", "c2", "c3", "c1"]
        assert app.grid.cursor_column == 3


async def test_copies_are_exact() -> None:
    """y c copies the raw value, not the cut text on screen; y r the row as JSON; NULL copies as nothing."""
    long = "x" * 500 + "'\"end"
    app = GridApp(FakeResult(10, plain_columns(4), lambda row, column: (long, "t") if column == 1 else ("∅", "0")))
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, app)
        await press_all(pilot, ["right", "y", "c"])
        await settled(pilot, app)
        assert app.clipboard == long
        await press_all(pilot, ["right", "y", "c"])
        await settled(pilot, app)
        assert app.clipboard == ""
        await press_all(pilot, ["y", "r"])
        await settled(pilot, app)
        assert app.clipboard.startswith('{"id":"∅","c1":"xxx')
        await press_all(pilot, ["y", "escape", "down"])
        assert app.grid.cursor_row == 1


async def test_the_title_of_a_sorted_column_is_whole() -> None:
    """The arrow takes no letter of the name: the column gets the room for it."""
    columns = (ResultColumn("POPULATION", ("POPULATION", ""), "INT", is_right=True, width=8),)
    app = GridApp(FakeResult(rows=5, columns=columns))
    async with app.run_test(size=(40, 10)) as pilot:
        await settled(pilot, app)
        await pilot.press("s")
        await app.until(lambda: "POPULATION ↑" in app.lines()[0])
