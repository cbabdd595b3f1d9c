"""Completion in the console: the list, its keys, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import NARROW, WIDE, running, services_in, until
from console_driver import ConsoleDriver, console_over
from textual.geometry import Offset, Region, Size

from services.connections.profile import Profile
from services.queries.history import History
from tui.active_keys import actions
from tui.keys import load_all
from tui.widgets.completion_list import placed

KEYS = {" ": "space", "*": "asterisk", ".": "full_stop", "=": "equals_sign", '"': "quotation_mark", "_": "underscore"}


async def typed(console: ConsoleDriver, text: str) -> None:
    """Type a text key by key."""
    await console.pilot.press(*(KEYS.get(letter, letter) for letter in text))
    await console.pilot.pause()


def offered(console: ConsoleDriver) -> list[str]:
    """What the open list would write."""
    shown = console.screen.editor.listed_names
    return [candidate.text for candidate in shown.candidates] if shown else []


async def names_known(console: ConsoleDriver, count: int = 1) -> None:
    """Wait until so many tables are known."""

    def reading() -> bool:
        source = console.screen.editor.names_source
        return not source.is_reading and len(source.names.tables) >= count

    await until(reading, "the names")
    await console.pilot.pause()


async def test_a_table_is_taken_after_two_letters(tmp_path: Path) -> None:
    """`from pe` lists the table with what it is; tab writes it, and one undo brings back what was typed."""
    async with console_over(tmp_path) as console:
        await typed(console, "select * from pe")
        await names_known(console)
        assert offered(console) == ["people"]
        assert "▸people table main" in console.text
        await console.pilot.press("tab")
        await console.pilot.pause()
        editor = console.screen.editor
        assert (editor.text, editor.has_focus, editor.listed_names) == ("select * from people", True, None)
        await console.pilot.press("ctrl+z")
        assert editor.text == "select * from pe"


async def test_columns_of_the_statement_come_with_type_and_table(tmp_path: Path) -> None:
    """A dot behind an alias lists the table's columns in their order; down and enter take the second."""
    async with console_over(tmp_path) as console:
        await typed(console, "select * from people p where p.")
        await until(lambda: offered(console), "the columns")
        await console.pilot.pause()
        assert offered(console)[:3] == ["id", "name", "city"]
        assert "balance Decimal(18,2) people" in " ".join(console.text.split())
        await console.pilot.press("down", "enter")
        await console.pilot.pause()
        assert console.screen.editor.text == "select * from people p where p.name"


async def test_escape_closes_and_changes_nothing(tmp_path: Path) -> None:
    """Neither text, focus nor undo; more letters of that word do not open it again, the next word does."""
    async with console_over(tmp_path) as console:
        await typed(console, "select * from pe")
        await names_known(console)
        await console.pilot.press("escape")
        await typed(console, "o")
        editor = console.screen.editor
        assert (editor.text, editor.has_focus, offered(console)) == ("select * from peo", True, [])
        await typed(console, " wh")
        assert offered(console) == ["when", "where"]


async def test_closed_it_takes_no_key(tmp_path: Path) -> None:
    """Enter is a line, the arrows move, tab goes on to the rows, escape too."""
    async with console_over(tmp_path) as console:
        editor = console.screen.editor
        await typed(console, "a")
        await console.pilot.press("enter", "b", "up")
        await console.pilot.pause()
        assert (editor.text, editor.cursor_location) == ("a\nb", (0, 1))
        await console.pilot.press("down")
        assert editor.cursor_location == (1, 1)
        await console.pilot.press("tab")
        await until(lambda: not editor.has_focus, "the focus elsewhere")
        editor.focus()
        await console.pilot.press("escape")
        await until(lambda: console.screen.grid.has_focus, "the focus in the rows")


async def test_a_word_that_stands_there_already_is_no_reason_to_keep_enter(tmp_path: Path) -> None:
    """`select` is whole: no list. `in` could be longer: there is a list, but enter is a new line."""
    async with console_over(tmp_path) as console:
        await typed(console, "select")
        assert offered(console) == []
        await typed(console, " 1 in")
        assert offered(console)[0] == "in"
        await console.pilot.press("enter")
        await console.pilot.pause()
        assert (console.screen.editor.text, offered(console)) == ("select 1 in\n", [])


@pytest.mark.parametrize("key", ["ctrl+space", "ctrl+@"])
async def test_it_opens_by_key_anywhere(tmp_path: Path, key: str) -> None:
    """Without any letter; backspace and letters go on in it; in a text there is nothing, which the status says."""
    async with console_over(tmp_path) as console:
        await console.pilot.press(key)
        await console.pilot.pause()
        assert "SELECT" in offered(console)
        await typed(console, "u")
        assert offered(console) == ["update"]
        await console.pilot.press("escape")
        await console.write("select '")
        await console.pilot.press(key)
        await console.pilot.pause()
        assert offered(console) == []
        assert "nothing is known that could stand here" in console.text


async def test_moving_away_closes_it(tmp_path: Path) -> None:
    """The cursor, undo, a text from elsewhere or the focus: the list follows none of them."""
    async with console_over(tmp_path) as console:
        editor = console.screen.editor
        for leave in ("left", "ctrl+z", "f8"):
            await console.write("")
            await typed(console, "se")
            assert offered(console) == ["select", "set"]
            await console.pilot.press(leave)
            await until(lambda: not offered(console), f"the end of the list by {leave}", 3)
        await console.pilot.press("escape")
        await until(lambda: editor.has_focus, "the editor")
        await typed(console, " se")
        editor.load_text("select se")
        await console.pilot.pause()
        assert offered(console) == []


async def test_at_80x24_it_lies_on_the_screen_beside_the_line(tmp_path: Path) -> None:
    """Whole on the screen, never over the line of the cursor, the footer or the status; above it without room."""
    async with console_over(tmp_path, size=NARROW) as console:
        for text in ("", "\n" * 30, " " * 74, "\n" * 30 + " " * 200):
            await console.write(text)
            await typed(console, "se")
            shown = console.screen.editor.listed_names
            assert shown is not None
            line = console.screen.editor.cursor_screen_offset.y
            region = shown.region
            assert region.height == 2
            assert not region.y <= line < region.bottom
            assert Region(0, 0, 80, 22).contains_region(region)
            await console.pilot.press("escape")


@pytest.mark.parametrize(
    ("at", "region"),
    [
        (Offset(10, 3), Region(9, 4, 30, 8)),
        (Offset(10, 19), Region(9, 11, 30, 8)),
        (Offset(75, 3), Region(50, 4, 30, 8)),
        (Offset(0, 15), Region(0, 7, 30, 8)),
    ],
)
def test_where_the_list_lies(at: Offset, region: Region) -> None:
    """Below the line, above it where that has more room, never beyond the right edge."""
    assert placed(20, 30, at, Size(80, 24)) == region


def test_a_screen_of_two_lines_has_no_room_for_it() -> None:
    """Then there is none."""
    assert placed(20, 30, Offset(0, 0), Size(80, 3)).height == 0


async def test_hostile_names_are_shown_as_text_and_written_in_quotes(tmp_path: Path) -> None:
    """Markup in a name is letters; a name with an escape sequence is not offered; nothing unprintable is drawn."""
    async with console_over(tmp_path) as console:
        session = console.app.session("mem")
        assert session is not None
        columns = {"columns": [{"name": "id", "type": "Int", "key": True}]}
        for name in ("[@click=app.bell]zz[/]", 'zz"; drop table people; --', "zz\x1b[31m", "zz\u202e"):
            await session.create(("main", name), columns)
        await typed(console, "select * from zz")
        await names_known(console, 5)
        assert sorted(offered(console)) == ['"[@click=app.bell]zz[/]"', '"zz""; drop table people; --"']
        assert "[@click=app.bell]zz[/]" in console.text
        assert [letter for letter in console.text if not letter.isprintable() and letter != "\n"] == []
        await console.pilot.press("enter")
        await console.pilot.pause()
        assert console.screen.editor.text == 'select * from "zz""; drop table people; --"'


async def test_all_pages_are_read_once_and_typing_asks_nothing(tmp_path: Path) -> None:
    """All pages in the background, each once; a name among them is found; further words ask for no list again."""
    log = tmp_path / "log"
    async with console_over(tmp_path, tables="1000", log=str(log)) as console:
        await typed(console, "select * from t0099")
        await names_known(console, 1000)
        requests = log.read_text().count("list_children")
        assert requests == 1 + 11
        assert offered(console)[:2] == ["t00990", "t00991"]
        await typed(console, "87 where ")
        await typed(console, "xx or yy")
        assert log.read_text().count("list_children") == requests


async def test_nothing_is_asked_before_a_letter_is_typed(tmp_path: Path) -> None:
    """A console that is only looked at lists nothing."""
    log = tmp_path / "log"
    async with console_over(tmp_path, log=str(log)) as console:
        await console.run("select 1 as a")
        assert "list_children" not in log.read_text()


async def test_names_are_there_when_the_session_is_not(tmp_path: Path) -> None:
    """The session ends: its names and the key words are offered all the same, and none is opened for it."""
    async with console_over(tmp_path) as console:
        await typed(console, "select * from people p where p.ba")
        await until(lambda: offered(console) == ["balance"], "the column")
        await console.app.services.sessions.close("mem")
        await console.write("")
        await typed(console, "select * from pe")
        assert offered(console) == ["people"]
        await typed(console, "ople p where p.na")
        assert offered(console) == ["name"]
        assert console.app.session("mem") is None


async def test_private_mode_completes_and_leaves_nothing(tmp_path: Path) -> None:
    """Names are offered and taken; no file that the console keeps holds the text or a name."""
    async with console_over(tmp_path) as console:
        await console.pilot.press("ctrl+t")
        await until(lambda: "PRIVATE" in console.text, "the word")
        await typed(console, "select balance from pe")
        await names_known(console)
        await console.pilot.press("enter")
        await console.pilot.pause()
        assert console.screen.editor.text == "select balance from people"
    database = History(tmp_path / "state" / "history.db")
    kept = database.search()
    database.close()
    assert (kept, files_with(tmp_path, b"people")) == ([], [])


def files_with(folder: Path, data: bytes) -> list[str]:
    """The files below a folder that hold some bytes."""
    return [file.name for file in folder.rglob("*") if file.is_file() and data in file.read_bytes()]


async def test_a_setting_leaves_it_to_the_key(tmp_path: Path) -> None:
    """With `completion = false` letters open nothing, ctrl+space does."""
    services = services_in(tmp_path, Profile("mem", "memory", {}))
    services.settings_file.change(completion=False)
    async with running(services, size=WIDE) as (app, pilot):
        await app.open_session("mem")
        await pilot.press("3")
        console = ConsoleDriver(app, pilot)
        await until(lambda: console.is_ready, "the console")
        await typed(console, "sele")
        assert offered(console) == []
        await pilot.press("ctrl+space")
        await pilot.pause()
        assert "select" in console.text


async def test_its_keys_are_told_while_they_work(tmp_path: Path) -> None:
    """Footer, help and palette know them: off with a reason while the list is closed, on while it is open."""
    load_all()
    async with console_over(tmp_path) as console:
        closed = {action.entry.id: action.reason for action in actions(console.app.screen)}
        assert closed["names.take"] == "no list of names is open"
        assert closed["names.open"] == ""
        await typed(console, "se")
        opened = {action.entry.id: action.reason for action in actions(console.app.screen)}
        wanted = ["names.before", "names.close", "names.next", "names.take", "names.take_line"]
        assert [opened[id] for id in wanted] == [""] * 5
        assert "tab Take" in console.text.splitlines()[-1]


async def test_a_click_takes_a_name(tmp_path: Path) -> None:
    """The line under the pointer; the editor keeps the focus."""
    async with console_over(tmp_path) as console:
        await typed(console, "se")
        shown = console.screen.editor.listed_names
        assert shown is not None
        await console.pilot.click(shown, offset=(3, 1))
        await console.pilot.pause()
        assert (console.screen.editor.text, console.screen.editor.has_focus) == ("set", True)


async def test_long_names_are_cut_and_still_whole_when_taken(tmp_path: Path) -> None:
    """A name wider than the list ends with `…`; what is written is all of it."""
    async with console_over(tmp_path, size=NARROW) as console:
        name = "long" + "g" * 100
        session = console.app.session("mem")
        assert session is not None
        await session.create(("main", name), {"columns": [{"name": "id", "type": "Int", "key": True}]})
        await typed(console, "select * from lon")
        await names_known(console)
        assert "g…" in console.text
        await console.pilot.press("tab")
        await console.pilot.pause()
        assert console.screen.editor.text == f"select * from {name}"
