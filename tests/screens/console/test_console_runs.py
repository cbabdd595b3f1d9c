"""Running statements in the console, over a store in a real session process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest
from app_driver import NARROW, WIDE, until
from console_driver import console_over
from textual.widgets import Input
from textual.widgets.text_area import Selection

from tui.modals.arguments import ArgumentsModal


async def test_the_statement_at_the_cursor_runs(tmp_path: Path) -> None:
    """Only the statement under the cursor runs; rows, count and time are shown, the cursor's place in words."""
    async with console_over(tmp_path) as console:
        await console.run("select nonsense;\nselect id, name from people where id < 3 order by id")
        assert console.error == ""
        assert console.notes.startswith("2 of 2 · 0.")
        assert console.notes.endswith(" s")
        assert [line.split() for line in console.grid_lines[:3]] == [
            ["id", "name"],
            ["1", "Béla", "1"],
            ["2", "Chloé", "2"],
        ]
        assert "line 2, column 53 · statement 2 of 2" in console.text


@pytest.mark.parametrize("key", ["f5", "ctrl+j", "ctrl+enter"])
async def test_a_semicolon_in_quotes_and_comments_does_not_part(tmp_path: Path, key: str) -> None:
    """`select ';' -- ;` runs as one statement, by each of the three keys."""
    async with console_over(tmp_path) as console:
        await console.run("select ';' as it -- ;", key)
        assert (console.error, console.grid_lines[1].strip()) == ("", ";")


async def test_the_selection_runs_alone(tmp_path: Path) -> None:
    """What is selected runs, whatever stands around it."""
    async with console_over(tmp_path) as console:
        await console.write("garbage select 7 as seven garbage")
        console.screen.editor.selection = Selection((0, 8), (0, 25))
        await console.pilot.press("f5")
        await console.finished()
        assert [line.strip() for line in console.grid_lines[:2]] == ["seven", "7"]


async def test_all_statements_run_in_order_up_to_the_first_that_fails(tmp_path: Path) -> None:
    """The rows of the last that worked stay, the error is told, the rest is not sent."""
    log = tmp_path / "requests"
    async with console_over(tmp_path, log=str(log)) as console:
        await console.run("select 1 as one;\nselect 2 as two;\nselect * from nowhere;\nselect 4", "f6")
        assert "no such table: nowhere" in console.error
        assert [line.strip() for line in console.grid_lines[:2]] == ["two", "2"]
        assert console.notes.endswith("2 of 4 statements ran")
        assert log.read_text().split().count("run_sql") == 2


async def test_arguments_are_asked_once_and_bound(tmp_path: Path) -> None:
    """A name used twice is asked once; what is typed is a value and never part of the statement."""
    async with console_over(tmp_path) as console:
        await console.write("select :it as a, :it as b, typeof(?) as c")
        await console.pilot.press("f5")
        await until(lambda: isinstance(console.app.screen, ArgumentsModal), "the form")
        first, second = console.app.screen.query(Input)
        first.value = "x'); drop table people; --"
        second.value = "42"
        await console.pilot.pause()
        assert "whole number" in console.text
        await console.pilot.press("f5")
        await console.finished()
        assert console.error == ""
        shown = "x'); drop table people; --"
        assert console.grid_lines[1].strip() == f"{shown}  {shown}  integer"


async def test_closing_the_form_runs_nothing(tmp_path: Path) -> None:
    """Escape in the arguments leaves everything as it was."""
    log = tmp_path / "requests"
    async with console_over(tmp_path, log=str(log)) as console:
        await console.write("select :it")
        await console.pilot.press("f5")
        await until(lambda: isinstance(console.app.screen, ArgumentsModal), "the form")
        await console.pilot.press("escape")
        await console.finished()
        assert "run_sql" not in log.read_text()
        assert console.error == ""


async def test_the_first_page_shows_while_the_rest_loads_and_stopping_keeps_it(tmp_path: Path) -> None:
    """Rows of the first page can be read while the second waits; ctrl+g ends the loading on the server."""
    faults = json.dumps({"run_sql": {"after": 1, "wait_file": str(tmp_path / "never")}})
    async with console_over(tmp_path, rows="300", faults=faults) as console:
        await console.write("select id, name from people order by id")
        await console.pilot.press("f5")
        await until(lambda: "at least" in console.notes, "the first page")
        await until(lambda: console.screen.grid.is_settled, "its rows")
        await console.pilot.pause()
        assert console.notes.endswith("loading, ctrl+g stops it")
        assert console.grid_lines[1].split() == ["1", "Béla", "1"]
        await console.pilot.press("ctrl+g")
        await console.finished()
        assert "100 of at least 100" in console.notes
        assert "loading" not in console.notes
        assert console.grid_lines[1].split() == ["1", "Béla", "1"]


@pytest.mark.parametrize("key", ["ctrl+g", "f9"])
async def test_cancel_stops_a_statement_on_the_server(tmp_path: Path, key: str) -> None:
    """A statement that would take an hour is gone from the server's list after the key, and the console says so."""
    async with console_over(tmp_path) as console:
        session = console.app.session("mem")
        assert session is not None
        await console.write("select sleep(3600)")
        await console.pilot.press("f5")
        await until(lambda: console.screen.result_pane.is_busy, "the run")
        assert console.screen.why_off("run") == "a statement runs, ctrl+g stops it"
        queries = await session.open_cluster("queries")
        assert queries.state.loaded == 1
        await console.pilot.press(key)
        await console.finished()
        queries = await session.open_cluster("queries")
        assert queries.state.loaded == 0
        assert "stopped" in console.error
        assert console.screen.why_off("stop") == "nothing runs"
        await console.run("select 1 as fine")
        assert (console.error, console.grid_lines[1].strip()) == ("", "1")


async def test_an_error_stands_below_the_editor_with_hint_and_request_id(tmp_path: Path) -> None:
    """The server's words, the advice and the request id are readable where the statement is; old rows stay."""
    faults = json.dumps({"run_sql": {"after": 1, "error": "the disk is on fire\x1b[31m [/] \u202e"}})
    async with console_over(tmp_path, faults=faults) as console:
        await console.run("select 1 as one")
        await console.run("select 2")
        assert console.error.splitlines() == [
            "✗ run_sql: the disk is on fire␛[31m [/] ◌",
            "This fault was asked for.",
            "request id fault-1",
        ]
        assert console.grid_lines[1].strip() == "1"
        assert "\x1b" not in console.text
        await console.run("select 3")
        assert "the disk is on fire" in console.error


async def test_a_failed_first_statement_is_not_forgotten(tmp_path: Path) -> None:
    """Where no rows stand after a failure, the empty place says that a statement ran."""
    async with console_over(tmp_path) as console:
        assert "None ran yet." in console.text
        await console.run("select * from nowhere")
        assert "The last one ended without any." in console.text


async def test_changed_rows_are_counted(tmp_path: Path) -> None:
    """A statement without rows says how many it changed."""
    async with console_over(tmp_path) as console:
        await console.run("update people set city = 'Rome' where id < 3")
        assert console.notes.startswith("2 rows changed · ")
        assert "2 rows changed" in console.text


async def test_a_read_only_profile_reads_and_refuses_to_write(tmp_path: Path) -> None:
    """The refusal comes before any request and says what to do; reads go on."""
    log = tmp_path / "requests"
    async with console_over(tmp_path, is_read_only=True, log=str(log)) as console:
        await console.run("update people set city = 'Rome'")
        assert "statement refused" in console.error
        assert "The profile is read-only" in console.error
        assert "run_sql" not in log.read_text()
        await console.run("select 'update' as word")
        assert console.error == ""


async def test_a_session_that_died_is_opened_again_by_the_next_run(tmp_path: Path) -> None:
    """Killing the session's process shows an error at once; the next statement opens a new one and runs."""
    async with console_over(tmp_path) as console:
        await console.run("select 1 as one")
        session = console.app.session("mem")
        os.kill(session.pid, signal.SIGKILL)  # type: ignore[union-attr]
        await until(lambda: console.error, "the error")
        await console.run("select 2 as two")
        assert (console.error, console.grid_lines[1].strip()) == ("", "2")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_hostile_values_and_names_stay_in_their_cells(tmp_path: Path, size: tuple[int, int]) -> None:
    """Escapes, controls, bidi, markup and a megabyte in cells and column names harm nothing at either size."""
    async with console_over(tmp_path, size=size) as console:
        await console.run('select "va\nlue" as "x[/]\x1b[31my", * from "hostile\x1b[1m" order by 1')
        assert console.error == ""
        for key in ("end", "pagedown", "G", "v"):
            console.screen.grid.focus()
            await console.pilot.press(key)
            await console.pilot.pause()
        written = console.text
        assert [character for character in written if character < " " and character != "\n"] == []
        assert {len(line) <= size[0] for line in written.splitlines()} == {True}


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_both_sizes_are_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    """Header, screens, editor, result, status line and footer are all there."""
    async with console_over(tmp_path, size=size) as console:
        await console.run("select id, name, city from people")
        lines = console.text.splitlines()
        assert len(lines) == size[1]
        assert "Storedeck" in lines[0]
        assert any(line.startswith("▸ 1 select id, name, city f…* ── mem") for line in lines)
        assert any("Result 1 ── 100 of 100" in line for line in lines)
        assert "f5 Run" in lines[-1]
        assert lines[-1].rstrip().endswith("more")


async def test_leaving_while_a_statement_runs_is_quiet(tmp_path: Path) -> None:
    """The console ends at once with a statement under way; nothing fails, and the history says how it ended."""
    async with console_over(tmp_path) as console:
        await console.write("select sleep(3600)")
        await console.pilot.press("f5")
        await until(lambda: console.screen.result_pane.is_busy, "the run")
        history = console.app.services.history
    entries = await asyncio.to_thread(history.search)
    assert [(entry.text, entry.outcome in ("cancelled", "failed")) for entry in entries] == [
        ("select sleep(3600)", True)
    ]
