"""What the console keeps: history, drafts, one sheet for each profile."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import nullcontext
from pathlib import Path

import pytest
from app_driver import running, screen_text, services_in, until
from console_driver import ConsoleDriver, console_over
from textual.widgets import Input

from services.connections.profile import Profile
from services.queries.history import History
from tui.modals.menu import MenuModal
from tui.modals.statement_history import HistoryList, HistoryModal


async def test_what_ran_is_in_the_history_with_its_end(tmp_path: Path) -> None:
    """Statements that worked, failed and changed rows are kept with time, rows, profile and error."""
    async with console_over(tmp_path) as console:
        await console.run("select id from people where id < 5")
        await console.run("select * from nowhere")
        await console.run("update people set city = 'Rome' where id < 3")
        await until(lambda: all(outcome != "running" for *_, outcome, _ in _entries(tmp_path)), "the outcomes")
    assert _entries(tmp_path) == [
        ("select id from people where id < 5", "mem", 4, "done", ""),
        ("select * from nowhere", "mem", None, "failed", "statement: no such table: nowhere"),
        ("update people set city = 'Rome' where id < 3", "mem", 2, "done", ""),
    ]


def _entries(folder: Path) -> list[tuple[str, str, int | None, str, str]]:
    database = sqlite3.connect(folder / "state" / "history.db")
    try:
        return database.execute("SELECT text, profile, rows, outcome, error FROM history ORDER BY id").fetchall()
    finally:
        database.close()


async def test_a_statement_from_the_history_is_found_and_runs_again(tmp_path: Path) -> None:
    """F8 and a few letters find it; Enter puts it behind what is in the editor, which is kept."""
    async with console_over(tmp_path) as console:
        await console.run("select 'needle' as it")
        await console.run("select 'hay'")
        await console.write("select 'unfinished'")
        await console.pilot.press("f8")
        await until(lambda: isinstance(console.app.screen, HistoryModal), "the history")
        modal = console.app.screen
        modal.query_one(Input).value = "IT needle"
        await until(lambda: [entry.text for entry in modal.query_one(HistoryList).entries] == ["select 'needle' as it"])
        await console.pilot.press("enter")
        await until(lambda: console.is_ready, "the editor")
        assert console.screen.editor.text == "select 'unfinished';\n\nselect 'needle' as it"
        await console.pilot.press("f5")
        await console.finished()
        assert console.grid_lines[1].strip() == "needle"


async def test_hostile_statements_in_the_history_are_drawn_safely(tmp_path: Path) -> None:
    """Escapes and markup of a statement that someone pasted reach neither terminal nor parser."""
    async with console_over(tmp_path) as console:
        await console.run("select '\x1b]52;c;x\x07[/] \u202e' as it")
        await console.pilot.press("f8")
        await until(lambda: isinstance(console.app.screen, HistoryModal), "the history")
        await until(lambda: console.app.screen.query_one(HistoryList).entries, "the entries")
        await console.pilot.pause()
        text = console.text
        assert "[/]" in text
        assert [character for character in text if not character.isprintable() and character != "\n"] == []


async def test_private_mode_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    """With ctrl+t neither the statement nor the draft reaches the file; the title says PRIVATE."""
    async with console_over(tmp_path) as console:
        await console.pilot.press("ctrl+t")
        await until(lambda: "PRIVATE" in console.text, "the word")
        await console.run("select 'my own business'")
        assert console.error == ""
        await console.pilot.press("ctrl+t")
        await console.run("select 'for all to see'")
        await until(lambda: _entries(tmp_path) and _entries(tmp_path)[-1][3] == "done", "the outcome")
    assert [text for text, *_ in _entries(tmp_path)] == ["select 'for all to see'"]


async def test_a_draft_is_kept_as_one_types(tmp_path: Path) -> None:
    """Text that was never run is in the file soon after, and there when the console opens the next time."""
    async with console_over(tmp_path) as console:
        await console.write("select 'half a thou")
        history = History(tmp_path / "state" / "history.db")
        await until(lambda: _draft(tmp_path) == "select 'half a thou", "the draft")
        history.close()
    services = services_in(tmp_path)
    async with running(services) as (app, pilot):
        await app.open_session("mem")
        await pilot.press("3")
        console = ConsoleDriver(app, pilot)
        await until(lambda: console.is_ready, "the console")
        assert console.screen.editor.text == "select 'half a thou"


def _draft(folder: Path) -> str:
    database = sqlite3.connect(folder / "state" / "history.db")
    try:
        row = database.execute("SELECT text FROM drafts WHERE name LIKE 'console:mem:%'").fetchone()
        return str(row[0]) if row else ""
    finally:
        database.close()


async def test_every_profile_has_a_sheet_of_its_own(tmp_path: Path) -> None:
    """Text, result and error of one profile never show under another; going back finds them again."""
    services = services_in(tmp_path, Profile("other", "memory", {}))
    services.profiles.add(Profile("mem", "memory", {}))
    async with running(services) as (app, pilot):
        await app.open_session("other")
        await app.open_session("mem")
        await pilot.press("3")
        console = ConsoleDriver(app, pilot)
        await until(lambda: console.is_ready, "the console")
        await console.run("select 'of mem' as it")
        await console.pilot.press("f3")
        await until(lambda: isinstance(app.screen, MenuModal), "the choice")
        await pilot.press("up", "enter") if "mem" in screen_text(app) else None
        await until(lambda: console.screen.sheet is not None and console.screen.sheet.profile == "other", "the other")
        await pilot.pause()
        assert (console.screen.editor.text, console.screen.grid.result) == ("", None)
        await console.run("select * from nowhere")
        assert console.error != ""
        console.screen.show_profile("mem")
        await until(lambda: console.screen.sheet is not None and console.screen.sheet.profile == "mem", "the first")
        await until(lambda: console.screen.grid.is_settled, "its rows")
        await pilot.pause()
        assert (console.screen.editor.text, console.error) == ("select 'of mem' as it", "")
        assert console.grid_lines[1].strip() == "of mem"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ('sh -c \'printf "select 42 -- é" > "$0"\'', "select 42 -- é"),
        ("false", "mine"),
        ("no-such-editor-here", "mine"),
    ],
)
async def test_the_text_can_be_edited_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, text: str
) -> None:
    """F4 gives the text to $EDITOR and takes what it left; an editor that fails changes nothing."""
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", command)
    async with console_over(tmp_path, watch=False) as console:
        monkeypatch.setattr(console.app, "suspend", nullcontext)
        await console.write("mine")
        await console.pilot.press("f4")
        await console.pilot.pause()
        assert console.screen.editor.text == text


async def test_without_a_session_the_console_teaches(tmp_path: Path) -> None:
    """No open session: what this is, why it is empty, and the key that helps."""
    async with running(services_in(tmp_path)) as (app, pilot):
        await pilot.press("3")
        await until(lambda: "A console for SQL" in screen_text(app), "the words")
        await pilot.press("f5", "f6", "f9", "f3")
        await pilot.pause()
        assert "no open session runs SQL" in screen_text(app)


async def test_escape_leads_out_of_the_editor_and_back(tmp_path: Path) -> None:
    """In the editor a digit is text; escape goes to the rows, where it is a screen, and escape comes back."""
    async with console_over(tmp_path) as console:
        await console.pilot.press("escape")
        await until(lambda: console.screen.grid.has_focus, "the focus in the rows")
        assert "1 to 6 go to other screens" in console.text
        await console.pilot.press("escape")
        await until(lambda: console.screen.editor.has_focus, "the focus in the editor")
        await console.pilot.press("escape", "1")
        await until(lambda: console.app.current_mode == "connections", "the connections")


async def test_a_long_profile_is_whole_in_the_history(tmp_path: Path) -> None:
    """Where there is room, names of two profiles that begin alike can be told apart."""
    async with console_over(tmp_path) as console:
        await asyncio.to_thread(History(tmp_path / "state" / "history.db").start, "select 1", "demo-tablestore-2")
        await console.pilot.press("f8")
        await until(lambda: "demo-tablestore-2" in console.text, "the profile")
