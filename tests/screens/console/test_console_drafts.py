"""Several drafts, as tabs over the editor."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from app_driver import NARROW, running, services_in, until
from console_driver import ConsoleDriver, console_over
from textual import events
from textual.widgets import TextArea

from services.connections.profile import Profile
from services.queries.drafts import Draft
from tui.modals.confirm import ConfirmModal
from tui.modals.menu import MenuList, MenuModal
from tui.screens.console_sheet import title_of
from tui.widgets.tabbed_pane import TabbedTitle


def texts(console: ConsoleDriver) -> list[str]:
    """The text of each draft."""
    return [sheet.text for sheet in console.screen.sheets]


def title(console: ConsoleDriver) -> str:
    """The rule over the editor."""
    return console.screen.editor_pane.query_one(TabbedTitle).render_line(0).text


def kept(folder: Path) -> list[str]:
    """The texts of the open drafts in the file."""
    with closing(sqlite3.connect(folder / "state" / "history.db")) as database:
        return [row[0] for row in database.execute("SELECT text FROM drafts WHERE closed IS NULL ORDER BY rowid")]


async def menu(console: ConsoleDriver, *keys: str) -> None:
    """Open the list of drafts and press keys in it."""
    await console.pilot.press("f10")
    await until(lambda: isinstance(console.app.screen, MenuModal), "the list")
    await console.pilot.press(*keys)
    await until(lambda: console.app.screen is console.screen, "the console")
    await console.pilot.pause()


async def test_drafts_are_made_and_gone_through(tmp_path: Path) -> None:
    """Each has its text, cursor, undo and results; keys go round them, digits in the list to one of them."""
    async with console_over(tmp_path) as console:
        assert console.screen.why_off("turn_draft") == "this is the only draft, f10 makes another"
        await console.run("select 1 as one")
        console.screen.editor.move_cursor((0, 3))
        await menu(console, "n")
        assert (console.screen.editor.text, console.screen.grid.result) == ("", None)
        await console.pilot.press("x", "y")
        await menu(console, "n")
        await console.write("-- the third\nselect 3")
        assert texts(console) == ["select 1 as one", "xy", "-- the third\nselect 3"]
        assert title(console).startswith("▸ 1 select 1 as one*  2 xy*  3 the third* ── mem ─")
        await console.pilot.press("ctrl+n")
        await console.finished()
        assert (console.screen.editor.text, console.screen.editor.cursor_location) == ("select 1 as one", (0, 3))
        assert console.grid_lines[1].strip() == "1"
        await console.pilot.press("ctrl+pageup", "ctrl+b", "ctrl+z")
        assert console.screen.editor.text == ""
        await menu(console, "3")
        assert console.screen.editor.text == "-- the third\nselect 3"


async def test_drafts_and_their_profiles_survive(tmp_path: Path) -> None:
    """Nothing but the file of drafts is needed: the next console has all of them, each with its profile."""
    profiles = (Profile("mem", "memory", {}), Profile("other", "memory", {}))
    async with running(services_in(tmp_path, *profiles)) as (app, pilot):
        await app.open_session("mem")
        await app.open_session("other")
        await pilot.press("3")
        console = ConsoleDriver(app, pilot)
        await until(lambda: console.is_ready, "the console")
        await console.write("select 'of other'")
        console.screen.show_profile("mem")
        await until(lambda: console.screen.sheet is not None and console.screen.sheet.profile == "mem", "the other")
        await console.write("select 'first of mem'")
        await menu(console, "n")
        await console.write("select 'second of mem'")
        expected = ["select 'of other'", "select 'first of mem'", "select 'second of mem'"]
        await until(lambda: sorted(kept(tmp_path)) == sorted(expected), "the drafts")
        order = kept(tmp_path)
    async with running(services_in(tmp_path)) as (app, pilot):
        await app.open_session("mem")
        await pilot.press("3")
        console = ConsoleDriver(app, pilot)
        await until(lambda: console.is_ready, "the console")
        assert texts(console) == order
        assert {sheet.text: sheet.profile for sheet in console.screen.sheets} == {
            "select 'of other'": "other",
            "select 'first of mem'": "mem",
            "select 'second of mem'": "mem",
        }
        assert console.screen.editor.text == "select 'second of mem'"
        await menu(console, str(order.index("select 'of other'") + 1))
        await console.pilot.press("f5")
        await console.finished()
        assert (console.error, console.grid_lines[1].strip()) == ("", "of other")
        assert app.session("other") is not None


async def test_typing_without_a_pause_is_kept_all_the_same(tmp_path: Path) -> None:
    """A text is kept a moment after its first change, though the next key comes within that moment."""
    async with console_over(tmp_path) as console:
        number = 0

        def is_kept_meanwhile() -> bool:
            nonlocal number
            number += 1
            console.screen.editor.text = f"select {number}"
            return bool(kept(tmp_path))

        await until(is_kept_meanwhile, "the draft")


async def test_the_last_words_before_leaving_are_kept(tmp_path: Path) -> None:
    """Who types and leaves at once loses nothing."""
    async with console_over(tmp_path) as console:
        await console.write("select 'in a hurry'")
    assert kept(tmp_path) == ["select 'in a hurry'"]


async def test_a_draft_of_a_profile_that_is_gone_is_still_there(tmp_path: Path) -> None:
    """Its text can be read and taken elsewhere; running it tells what is missing."""
    services = services_in(tmp_path, Profile("mem", "memory", {}))
    services.history.drafts.keep(Draft("console:gone", "select 1"))
    async with running(services) as (app, pilot):
        await app.open_session("mem")
        await pilot.press("3")
        console = ConsoleDriver(app, pilot)
        await until(lambda: console.is_ready, "the console")
        await console.pilot.press("ctrl+n")
        assert console.screen.editor.text == "select 1"
        assert " gone ─" in title(console)
        await console.pilot.press("f5")
        await until(lambda: console.error, "the error")
        assert "gone" in console.error


async def test_a_closed_draft_asks_nothing_and_comes_back(tmp_path: Path) -> None:
    """Its text stays in the file: the list opens it again, in its profile; its results are freed."""
    async with console_over(tmp_path) as console:
        await console.run("select 'gone' as it")
        assert console.screen.sheet is not None
        result = console.screen.sheet.result
        assert result is not None
        await console.pilot.press("alt+w")
        await until(lambda: "closed: select 'gone' as it" in console.text, "the words")
        assert (texts(console), kept(tmp_path)) == ([""], [])
        with pytest.raises(Exception, match="closed"):
            await result.row(0)
        await console.pilot.press("f10")
        await until(lambda: isinstance(console.app.screen, MenuModal), "the list")
        assert [choice.label for choice in console.app.screen.query_one(MenuList).choices] == [
            "new",
            "New draft",
            "Open a file",
            "Save as a file",
            "Close this draft",
            "select 'gone' as it",
        ]
        await console.pilot.press("end", "enter")
        await until(lambda: console.screen.editor.text == "select 'gone' as it", "the draft")
        assert kept(tmp_path) == ["select 'gone' as it"]
        assert console.screen.sheet.profile == "mem"


async def test_in_private_mode_closing_asks_first(tmp_path: Path) -> None:
    """A text that is kept nowhere is given up only after a question; a draft without text goes at once."""
    async with console_over(tmp_path) as console:
        await console.pilot.press("ctrl+t")
        await until(lambda: "PRIVATE" in console.text, "private mode")
        await console.write("select 'mine'")
        for answer, left in (("n", ["select 'mine'"]), ("y", [""])):
            await console.pilot.press("alt+w")
            await until(lambda: isinstance(console.app.screen, ConfirmModal), "the question")
            await console.pilot.press(answer)
            await until(lambda expected=left: texts(console) == expected, "the answer")
        await console.pilot.press("alt+n", "alt+w")
        await until(lambda: texts(console) == [""], "the end of the empty one")


async def test_a_draft_whose_statement_runs_is_not_closed(tmp_path: Path) -> None:
    """The reason is told; another draft of the same profile can run meanwhile, and shows no progress of the first."""
    async with console_over(tmp_path) as console:
        await console.write("select sleep(3600)")
        await console.pilot.press("f5")
        await until(lambda: console.screen.result_pane.is_busy, "the run")
        assert console.screen.why_off("close_draft") == "a statement runs, ctrl+g stops it"
        await console.pilot.press("alt+n")
        assert not console.screen.result_pane.is_busy
        assert console.screen.why_off("run") == ""
        assert "1 select sleep(3600)* ◐" in title(console)
        await console.pilot.press("ctrl+n", "ctrl+g")
        await console.finished()
        assert "stopped" in console.error


async def test_many_drafts_fit_a_small_terminal(tmp_path: Path) -> None:
    """Tabs become numbers, then those far off are left out; the current one is always there with its name."""
    async with console_over(tmp_path, size=NARROW) as console:
        for number in range(1, 6):
            await console.write(f"-- draft number {number}")
            await console.pilot.press("alt+n")
        await console.write("-- of them all the last")
        assert title(console).startswith("▸ 1 draft…*  2 draft…*  3 draft…*  ") or " 6 of them" in title(console)
        for _ in range(20):
            await console.pilot.press("alt+n")
        await console.pilot.press("ctrl+n", "ctrl+n")
        shown = title(console)
        assert len(shown) == NARROW[0]
        assert "2 draft num…*" in shown
        assert "…" in shown
        assert "mem" in shown


async def test_hostile_names_stay_in_their_tab(tmp_path: Path) -> None:
    """Escapes and markup in a text's first words are drawn as signs."""
    async with console_over(tmp_path) as console:
        await console.write("-- \x1b]0;x\x07 [/] \u202eabc")
        text = console.text.splitlines()[2]
        assert "[/]" in text
        assert [character for character in console.text if character < " " and character != "\n"] == []


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("", "", "new"),
        ("\n\n  select  1\nfrom a", "", "select 1 from a"),
        ("-- Top cities --\nselect 1", "", "Top cities"),
        ("/* of the day */\nselect 1", "", "of the day"),
        ("--", "", "new"),
        ("select 1", "/home/me/top_cities.sql", "top_cities.sql"),
    ],
)
def test_a_draft_is_named_by_file_comment_or_first_words(text: str, path: str, expected: str) -> None:
    """In this order."""
    assert title_of(text, path) == expected


@pytest.mark.parametrize(("key", "count"), [("n", 2), ("w", 1)])
async def test_alt_and_a_letter_is_no_text(tmp_path: Path, key: str, count: int) -> None:
    """Terminals that send escape and the letter reach the action, too; nothing is typed."""
    async with console_over(tmp_path) as console:
        console.app.post_message(events.Key(f"alt+{key}", key))
        await console.pilot.pause()
        await until(lambda: len(console.screen.sheets) == count, "the drafts")
        assert set(texts(console)) == {""}


async def test_the_editor_is_one_text_area(tmp_path: Path) -> None:
    """However many drafts there are, one editor draws them."""
    async with console_over(tmp_path) as console:
        await console.pilot.press("alt+n", "alt+n", "alt+n")
        assert len(console.screen.query(TextArea)) == 1
