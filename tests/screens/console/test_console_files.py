"""Drafts and the files they come from."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from app_driver import notices, until
from console_driver import ConsoleDriver, console_over
from textual.widgets import Input

from tui.modals.confirm import ConfirmModal
from tui.modals.text_prompt import TextPrompt
from tui.screens.console_files import file_word


async def answer(console: ConsoleDriver, key: str, path: Path | str) -> str:
    """Press a key that asks for a file, and name one; what the field held at first."""
    await console.pilot.press(key)
    await until(lambda: isinstance(console.app.screen, TextPrompt), "the prompt")
    field = console.app.screen.query_one(Input)
    start = field.value
    field.value = str(path)
    await console.pilot.press("enter")
    return start


async def test_a_draft_is_saved_and_marked_when_it_differs(tmp_path: Path) -> None:
    """The first ctrl+s asks for a name, later ones do not; the tab has the file's name, and * while they differ."""
    file = tmp_path / "top.sql"
    async with console_over(tmp_path) as console:
        await console.write("-- top cities\nselect 1")
        assert await answer(console, "ctrl+s", file) == "top_cities.sql"
        await until(lambda: "saved in" in console.text, "the words")
        assert file.read_text() == "-- top cities\nselect 1"
        assert "1 top.sql ── mem" in console.text
        await console.write("select 2")
        assert "1 top.sql* ── mem" in console.text
        await console.pilot.press("ctrl+s")
        await until(lambda: "1 top.sql ── mem" in console.text, "the mark's end")
        assert file.read_text() == "select 2"


async def test_a_file_is_opened_as_a_draft(tmp_path: Path) -> None:
    """In the blank draft or a new one; one that is open already is gone to; its path and mark outlast the console."""
    first, second = tmp_path / "a.sql", tmp_path / "b.sql"
    first.write_bytes(b"select 'a'\r\nfrom people")
    second.write_text("select 'b'")
    async with console_over(tmp_path) as console:
        await answer(console, "alt+o", first)
        await until(lambda: "1 a.sql ── mem" in console.text, "the first")
        assert await answer(console, "alt+o", second) == f"{tmp_path}/"
        await until(lambda: "2 b.sql ── mem" in console.text, "the second")
        await answer(console, "alt+o", first)
        await until(lambda: console.screen.sheet is console.screen.sheets[0], "the first again")
        assert len(console.screen.sheets) == 2
        await console.pilot.pause()
        await console.pilot.press("down", "end", "s")
        await until(lambda: [text[-7:] for text in kept(tmp_path)] == ["peoples", "ect 'b'"], "the draft")
    async with console_over_again(tmp_path) as console:
        assert "1 a.sql*  2 b.sql" in console.text
        assert [sheet.path for sheet in console.screen.sheets] == [str(first), str(second)]
        assert first.read_bytes() == b"select 'a'\r\nfrom people"


def kept(folder: Path) -> list[str]:
    """The texts of the drafts in the file."""
    with closing(sqlite3.connect(folder / "state" / "history.db")) as database:
        return [row[0] for row in database.execute("SELECT text FROM drafts ORDER BY rowid")]


def console_over_again(folder: Path):  # type: ignore[no-untyped-def]
    """Another console over the same home."""
    (folder / "config" / "profiles.toml").unlink()
    return console_over(folder)


async def test_another_file_is_replaced_only_after_a_question(tmp_path: Path) -> None:
    """So is its own when others changed it since; no leaves both as they are."""
    taken, own = tmp_path / "taken.sql", tmp_path / "own.sql"
    taken.write_text("precious")
    async with console_over(tmp_path) as console:
        await console.write("select 1")
        for key, text in (("n", "precious"), ("y", "select 1")):
            await answer(console, "alt+s", taken)
            await until(lambda: isinstance(console.app.screen, ConfirmModal), "the question")
            await until(lambda: "is there already" in console.text, "its words")
            await console.pilot.press(key)
            await until(lambda: console.app.screen is console.screen, "the answer")
            await until(lambda expected=text: taken.read_text() == expected, "its effect")
        await answer(console, "alt+s", own)
        await until(own.exists, "the file")
        await until(lambda: console.screen.sheet is not None and console.screen.sheet.path == str(own), "its name")
        own.write_text("of another")
        await console.pilot.press("ctrl+s")
        await until(lambda: isinstance(console.app.screen, ConfirmModal), "the question")
        await until(lambda: "was changed by others since it was read" in console.text, "its words")
        await console.pilot.press("escape")
        assert own.read_text() == "of another"


async def test_a_file_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    """The console goes on with the draft it had."""
    async with console_over(tmp_path) as console:
        await console.write("mine")
        await answer(console, "alt+o", tmp_path / "none.sql")
        await until(lambda: any("none.sql: No such file" in text for text in notices(console.app)), "the error")
        await answer(console, "ctrl+s", tmp_path / "no" / "folder.sql")
        await until(lambda: any("folder.sql: No such file" in text for text in notices(console.app)), "the error")
        assert (console.screen.editor.text, len(console.screen.sheets)) == ("mine", 1)


def test_a_title_becomes_the_name_of_a_file() -> None:
    """Letters and digits stay; nothing of it leads elsewhere."""
    assert [file_word(title) for title in ("Top cities, 2024", "../../etc", "∅", "select * from a")] == [
        "Top_cities_2024",
        "etc",
        "query",
        "select_from_a",
    ]
