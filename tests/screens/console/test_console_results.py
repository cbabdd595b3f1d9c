"""Several results of one draft, as tabs over the rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from app_driver import NARROW, until
from console_driver import ConsoleDriver, console_over

from tui.screens.console_sheet import RESULTS_KEPT
from tui.widgets.tabbed_pane import TabbedTitle


def tabs(console: ConsoleDriver) -> list[tuple[int, str]]:
    """Number and statement of each result."""
    assert console.screen.sheet is not None
    return [(tab.number, tab.words) for tab in console.screen.sheet.results]


def title(console: ConsoleDriver) -> str:
    """The rule over the rows."""
    return console.screen.result_pane.query_one(TabbedTitle).render_line(0).text


async def turned(console: ConsoleDriver, key: str) -> str:
    """Turn to another result by a key; its first row."""
    await console.pilot.press(key)
    await console.finished()
    return console.grid_lines[1].strip()


async def test_every_statement_has_a_result_of_its_own(tmp_path: Path) -> None:
    """Of three statements all rows are there, the last in front; keys turn to the others, count and time with them."""
    async with console_over(tmp_path) as console:
        text = "select 1 as one;\nselect id from people where id < 4;\nselect 3 as three"
        await console.run(text, "f6")
        assert tabs(console) == list(enumerate((part.strip() for part in text.split(";")), 1))
        assert console.grid_lines[1].strip() == "3"
        assert console.notes.endswith("3 of 3 statements ran")
        shown = title(console)
        assert "Result 1 (1 row, 0." in shown
        assert "Result 2 (3 rows, 0." in shown
        assert " s) ── 1 of 1 ── 0." in shown
        assert await turned(console, "ctrl+up") == "1"
        assert console.notes.startswith("3 of 3 · ")
        assert "result 2: select id from people where id < 4" in console.text
        assert await turned(console, "ctrl+up") == "1"
        await console.pilot.press("escape")
        assert await turned(console, "left_square_bracket") == "3"
        assert await turned(console, "right_square_bracket") == "1"
        await console.run("select 4 as four where 1 = 0")
        assert " s) ── 0 of 0 ── 0." in title(console)


async def test_a_second_run_keeps_the_first_result_and_its_cursor(tmp_path: Path) -> None:
    """The row on which one stood, and the order one chose, are there again when the earlier result is."""
    async with console_over(tmp_path) as console:
        await console.run("select id, name from people order by id")
        await console.pilot.press("escape", "s")
        await until(lambda: "id ↑" in console.grid_lines[0], "the order")
        console.screen.grid.move_to(40, 1)
        await console.pilot.press("escape")
        await console.run("select 2 as two")
        assert [number for number, _ in tabs(console)] == [1, 2]
        await turned(console, "ctrl+up")
        assert (console.screen.grid.cursor_row, console.screen.grid.cursor_column) == (40, 1)
        assert "id ↑" in console.grid_lines[0]


async def test_the_oldest_result_gives_way_and_its_rows_are_freed(tmp_path: Path) -> None:
    """At most so many are kept; the session holds no rows of those that are gone."""
    async with console_over(tmp_path) as console:
        await console.run("select 0 as it")
        assert console.screen.sheet is not None
        first = console.screen.sheet.results[0].result
        assert first is not None
        await console.run(";".join(f"select {number} as it" for number in range(1, RESULTS_KEPT + 1)), "f6")
        assert [number for number, _ in tabs(console)] == list(range(2, RESULTS_KEPT + 2))
        with pytest.raises(Exception, match="closed"):
            await first.row(0)


async def test_closing_a_result_shows_its_neighbour(tmp_path: Path) -> None:
    """The rows are freed at the session, the earlier result comes in their place, at last the words of an empty one."""
    async with console_over(tmp_path) as console:
        assert console.screen.why_off("close_result") == "no result is here"
        await console.run("select 1 as it; select 2 as it", "f6")
        assert console.screen.sheet is not None
        second = console.screen.sheet.results[1].result
        assert second is not None
        await console.pilot.press("escape", "x")
        await console.finished()
        assert console.grid_lines[1].strip() == "1"
        with pytest.raises(Exception, match="closed"):
            await second.row(0)
        assert console.screen.why_off("turn_result") == "this is the only result"
        await console.pilot.press("x")
        await until(lambda: not tabs(console), "the end of the last")
        await console.pilot.pause()
        assert "The rows of a statement stand here." in console.text
        await console.run("select 3 as it")
        assert tabs(console) == [(1, "select 3 as it")]


async def test_a_running_statement_keeps_its_progress_behind_another_result(tmp_path: Path) -> None:
    """While it runs earlier rows can be read; its tab says that it runs, and how long when one turns back to it."""
    async with console_over(tmp_path) as console:
        await console.run("select 1 as one")
        await console.write("select sleep(3600)")
        await console.pilot.press("f5")
        await until(lambda: console.screen.result_pane.is_busy, "the run")
        assert console.screen.sheet is not None
        pending = console.screen.sheet.results[1]
        assert await turned_while_running(console, "ctrl+up") == "1"
        assert not console.screen.result_pane.is_busy
        assert "Result 2 ◐" in title(console)
        assert console.screen.why_off("stop") == ""
        await console.pilot.press("ctrl+down")
        assert console.screen.result_pane.is_busy
        assert console.screen.result_pane._busy_since == pending.started
        await until(lambda: "The statement runs." in console.text, "the words")
        await console.pilot.press("ctrl+up", "ctrl+g")
        await console.finished()
        assert "stopped" in console.error
        assert (tabs(console), console.grid_lines[1].strip()) == ([(1, "select 1 as one")], "1")


async def turned_while_running(console: ConsoleDriver, key: str) -> str:
    """Turn to another result; its first row."""
    await console.pilot.press(key)
    await until(lambda: console.screen.grid.is_settled, "the rows")
    await console.pilot.pause()
    return console.grid_lines[1].strip()


async def test_a_result_that_comes_late_takes_nothing_from_sight(tmp_path: Path) -> None:
    """Who reads an earlier result meanwhile goes on reading; the new one waits in its tab."""
    gate = tmp_path / "gate"
    faults = json.dumps({"run_sql": {"after": 1, "wait_file": str(gate)}})
    async with console_over(tmp_path, faults=faults) as console:
        await console.run("select 1 as one")
        await console.write("select 2 as two")
        await console.pilot.press("f5")
        await until(lambda: console.screen.result_pane.is_busy, "the run")
        await turned_while_running(console, "ctrl+up")
        gate.touch()
        await console.finished()
        assert [number for number, _ in tabs(console)] == [1, 2]
        assert console.grid_lines[1].strip() == "1"
        assert await turned(console, "ctrl+down") == "2"


async def test_tabs_shorten_on_a_small_terminal(tmp_path: Path) -> None:
    """With eight results and a long name the titles stay one line each, count and time of the current one whole."""
    async with console_over(tmp_path, size=NARROW) as console:
        await console.run(";".join(f"select {number} as it" for number in range(8)), "f6")
        lines = [line for line in console.text.splitlines() if "Result 8" in line]
        assert len(lines) == 1
        assert lines[0].startswith("─ 1  2  3  4  5  6  7  Result 8 ── 1 of 1 ── 0.")
        assert {len(line) <= NARROW[0] for line in console.text.splitlines()} == {True}


async def test_a_click_turns_to_a_tab(tmp_path: Path) -> None:
    """The tab under the pointer comes on show."""
    async with console_over(tmp_path) as console:
        await console.run("select 1 as it; select 2 as it", "f6")
        line = console.screen.result_pane.query_one(TabbedTitle)
        await console.pilot.click(line, offset=(4, 0))
        await console.finished()
        assert console.grid_lines[1].strip() == "1"
