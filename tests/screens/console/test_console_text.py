"""Finding, replacing, comments and layout in the editor."""

from __future__ import annotations

from pathlib import Path

from app_driver import NARROW, until
from console_driver import ConsoleDriver, console_over
from textual.widgets import Input, Static
from textual.widgets.text_area import Selection

TEXT = "select id from people;\nselect name from people;\nselect 3"


def place(console: ConsoleDriver) -> tuple[tuple[int, int], tuple[int, int], str]:
    """What is marked, and which place the bar says it is."""
    selection = console.screen.editor.selection
    return selection.start, selection.end, str(console.screen.query_one("#find-count", Static).render())


async def test_words_are_found_one_after_another(tmp_path: Path) -> None:
    """While typing the first place is marked; enter, down and up go on around the ends; escape leads back to it."""
    async with console_over(tmp_path, size=NARROW) as console:
        await console.write(TEXT)
        console.screen.editor.move_cursor((0, 3))
        await console.pilot.press("ctrl+f", *"people")
        await console.pilot.pause()
        assert place(console) == ((0, 15), (0, 21), "1 of 2")
        assert console.text.splitlines()[-1].startswith(" down Next  up Before  ctrl+r Replace all  esc Back")
        await console.pilot.press("enter")
        assert place(console) == ((1, 17), (1, 23), "2 of 2")
        await console.pilot.press("down")
        assert place(console) == ((0, 15), (0, 21), "1 of 2")
        await console.pilot.press("up")
        assert place(console) == ((1, 17), (1, 23), "2 of 2")
        await console.pilot.press("x")
        await console.pilot.pause()
        assert place(console)[2] == "none"
        await console.pilot.press("escape")
        assert console.screen.editor.has_focus
        assert not console.screen.find_bar.display
        assert console.screen.editor.text == TEXT


async def test_words_are_replaced_one_by_one_or_all(tmp_path: Path) -> None:
    """Enter in the second field replaces what is marked and goes on; ctrl+r replaces all, and one undo has it back."""
    async with console_over(tmp_path) as console:
        await console.write(TEXT)
        console.screen.editor.selection = Selection((0, 15), (0, 21))
        await console.pilot.press("ctrl+f")
        assert console.screen.query_one("#find-words", Input).value == "people"
        await console.pilot.press("tab", *"folk", "enter")
        assert console.screen.editor.text == TEXT.replace("people", "folk", 1)
        assert place(console) == ((1, 17), (1, 23), "1 of 1")
        await console.pilot.press("shift+tab", *"select", "ctrl+r")
        await console.pilot.pause()
        assert console.screen.editor.text == "folk id from folk;\nfolk name from people;\nfolk 3"
        assert place(console)[2] == "3 replaced"
        await console.pilot.press("escape", "ctrl+z")
        assert console.screen.editor.text == TEXT.replace("people", "folk", 1)


async def test_lines_become_comments_and_statements_again(tmp_path: Path) -> None:
    """The line of the cursor, or every marked line; the cursor stays at its word, the lines stay marked."""
    async with console_over(tmp_path) as console:
        await console.write(TEXT)
        editor = console.screen.editor
        editor.move_cursor((1, 7))
        await console.pilot.press("ctrl+l")
        assert (editor.document.lines[1], editor.cursor_location) == ("-- select name from people;", (1, 10))
        await console.pilot.press("ctrl+underscore")
        assert (editor.text, editor.cursor_location) == (TEXT, (1, 7))
        editor.selection = Selection((0, 4), (2, 0))
        await console.pilot.press("ctrl+l")
        assert [line[:2] for line in editor.document.lines] == ["--", "--", "se"]
        await console.pilot.press("ctrl+l")
        assert editor.text == TEXT


async def test_statements_are_laid_out(tmp_path: Path) -> None:
    """All, or those marked; what is left alone is told; one undo has the text back."""
    async with console_over(tmp_path) as console:
        text = "select id from people;\nselect ::: from;"
        await console.write(text)
        await console.pilot.press("ctrl+r")
        await until(lambda: "Statement 2 left as it is: " in console.text, "the words")
        assert console.screen.editor.text == "SELECT\n  id\nFROM people;\nselect ::: from;"
        await console.pilot.press("ctrl+z")
        assert console.screen.editor.text == text
        console.screen.editor.selection = Selection((0, 0), (0, 21))
        await console.pilot.press("ctrl+r")
        laid_out = "SELECT\n  id\nFROM people;\nselect ::: from;"
        await until(lambda: console.screen.editor.text == laid_out, "the layout")
        console.screen.editor.selection = Selection((0, 0), (2, 11))
        await console.pilot.press("ctrl+r")
        await until(lambda: "it is laid out already" in console.text, "the words")
