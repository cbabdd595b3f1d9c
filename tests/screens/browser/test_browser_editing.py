"""Editing in the browser: typed, staged, marked; locked cells say why; nothing is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import ignite_profile
from browser_driver import CITY, browsing, city_table, services_over
from fake_session import ALL_FEATURES, FakeSession

from services.stores.changes import Delete, Insert, Update
from services.stores.features import Feature
from services.values import ABSENT, Typed
from tui.modals.row_form import RowForm


def session(**attributes: object) -> FakeSession:
    """A session with the cities."""
    return FakeSession("grid", {CITY: city_table()}, **attributes)  # type: ignore[arg-type]


async def test_fifty_edits_send_nothing(tmp_path: Path) -> None:
    """Fifty edits by hand (cells typed, rows deleted) are fifty marks; the store's log holds no write."""
    grid = FakeSession("grid", {CITY: city_table(60)})
    async with browsing(services_over(tmp_path, grid)) as driver:
        for row in range(5):
            await driver.go(row, "Population")
            await driver.type_over("7")
            await driver.staged(row + 1)
        await driver.go(5, "Population")
        await driver.press(*["D", "j"] * 45)
        await driver.staged(50)
        await driver.shows("~ 50 staged")
        assert len(driver.screen.rows.grid.marks) == 50
        assert grid.writes == []


async def test_an_edit_is_marked_and_told_in_words(tmp_path: Path) -> None:
    """The grid shows the new value with its mark, the status line old and new."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(3, "Name")
        await driver.type_over("Seoul City")
        await driver.staged(1)
        await driver.shows("~Seoul City")
        assert driver.status == 'City.Name · String · "Seoul City" was "city 3" · key 3 · staged, not sent'


async def test_a_wrong_value_is_refused_before_staging(tmp_path: Path) -> None:
    """`abc` in a number: the store's own words, the editor stays open, nothing is staged."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(3, "Population")
        await driver.type_over("abc")
        await driver.shows("Population: 'abc' is no Int. Write a whole number.")
        await driver.press("escape")
        assert driver.app.services.journal.count() == 0


async def test_accepting_an_unchanged_text_stages_nothing(tmp_path: Path) -> None:
    """Enter on a NULL does not turn it into empty text."""
    grid = session()
    grid.table(CITY).add({"ID": Typed("Int", 3), "Name": Typed("String", None), "Code": Typed("String", "KOR")})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.go(3, "Name")
        await driver.press("e")
        await driver.shows("was   ∅")
        await driver.press("enter")
        await driver.shows("key 3")
        assert driver.app.services.journal.count() == 0


async def test_another_type_can_be_chosen(tmp_path: Path) -> None:
    """Where the store takes type hints the editor offers them, and reads the text as the chosen one."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(3, "Name")
        await driver.press("e")
        await driver.shows("was")
        await driver.press("ctrl+t")
        await driver.shows("Type")
        await driver.press("down", "enter")
        await driver.shows("type  Int")
        await driver.press("5", "enter")
        await driver.staged(1)
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Update)
        assert staged.change.after == {"Name": Typed("Int", 5)}


@pytest.mark.parametrize(
    ("key", "value"),
    [("n", Typed("String", None)), ("a", ABSENT), ("e", Typed("String", ""))],
)
async def test_the_set_menu(tmp_path: Path, key: str, value: object) -> None:
    """NULL, absent and empty text are one key each."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(3, "Name")
        await driver.press("equals_sign")
        await driver.shows("Set Name", "only a new row can leave a column to the store")
        await driver.press(key)
        await driver.staged(1)
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Update)
        assert staged.change.after == {"Name": value}


async def test_the_set_menu_says_what_cannot_be_set(tmp_path: Path) -> None:
    """No NULL in a column that takes none, no absent where the store has none."""
    grid = session(features=ALL_FEATURES - {Feature.ABSENT_FIELDS})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.go(3, "Code")
        await driver.press("equals_sign")
        await driver.shows("not now: the column takes no NULL", "not now: this store has no absent columns")
        await driver.press("n")
        await driver.pilot.pause()
        assert driver.app.services.journal.count() == 0


async def test_key_columns_are_locked(tmp_path: Path) -> None:
    """A key cell says why it cannot be edited."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(3, "ID")
        await driver.press("e")
        await driver.shows("ID cannot be edited: a key column names the row")


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        (session(features=ALL_FEATURES - {Feature.WRITES_ROWS}), "this store takes no changes of rows"),
        (FakeSession("grid", {CITY: city_table()}), "the profile grid is read-only"),
    ],
)
async def test_locked_rows_say_why(tmp_path: Path, grid: FakeSession, words: str) -> None:
    """Each way to edit is refused with the reason, which the status line shows all the time."""
    is_read_only = "read-only" in words
    services = services_over(tmp_path, grid, profiles=(ignite_profile("grid", is_read_only=is_read_only),))
    async with browsing(services) as driver:
        assert driver.status.endswith(f"locked: {words}")
        for key in ("e", "D", "equals_sign", "a"):
            await driver.press(key)
            await driver.shows(words)
        assert driver.app.services.journal.count() == 0
        assert grid.writes == []


async def test_rows_without_a_key_are_locked(tmp_path: Path) -> None:
    """Without a full key a change could hit another row."""
    grid = session()
    table = grid.table(CITY)
    table.columns = table.columns[1:]
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.press("e")
        await driver.shows("cannot edit: these rows show no full key")


async def test_delete_undo_redo(tmp_path: Path) -> None:
    """`D` marks the row, `u` takes it back, ctrl+r marks it again."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(4, "Name")
        await driver.press("D")
        await driver.staged(1)
        assert [mark.mark for mark in driver.screen.rows.grid.marks.values()] == ["-"]
        await driver.press("u")
        await driver.staged(0)
        await driver.shows("undone: delete key 4")
        await driver.press("ctrl+r")
        await driver.staged(1)
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Delete)


async def test_marked_rows_are_deleted_together(tmp_path: Path) -> None:
    """Three marked rows are three deletes and one step of undo."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.press("space", "space", "space", "D")
        await driver.staged(3)
        await driver.press("u")
        await driver.staged(0)


async def test_a_deleted_row_cannot_be_edited(tmp_path: Path) -> None:
    """First the delete has to be undone."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(4, "Name")
        await driver.press("D")
        await driver.staged(1)
        await driver.press("e")
        await driver.shows("the row is staged to be deleted: undo that first")


async def test_the_row_form_stages_one_step(tmp_path: Path) -> None:
    """Two cells changed in the form are one change and one step."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(5, "Name")
        await driver.press("enter")
        await driver.shows("City · key 5")
        await driver.press("down", "enter")
        await driver.shows("was")
        await driver.press(*"x", "enter")
        await driver.shows("~ Name")
        await driver.press("down", "down", "e")
        await driver.shows("was")
        await driver.press(*"12", "enter")
        await driver.shows("~ Population")
        await driver.press("ctrl+s")
        await driver.staged(1)
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Update)
        assert staged.change.after == {"Name": Typed("String", "x"), "Population": Typed("Int", 12)}
        await driver.press("u")
        await driver.staged(0)


async def test_a_row_is_given_a_field_that_it_lacks(tmp_path: Path) -> None:
    """`a` in the form asks for a name and its value; a name that is there is gone to instead."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(5, "Name")
        await driver.press("enter")
        await driver.shows("City · key 5")
        await driver.press("a")
        await driver.shows("Add field")
        await driver.press(*"Code", "enter")
        await driver.shows("this field is in the form already")
        await driver.press("a")
        await driver.shows("Its name.")
        await driver.press(*"Motto", "enter")
        await driver.shows("City.Motto · key 5", "was   ·")
        await driver.press(*"x", "enter")
        await driver.shows("~ Motto")
        await driver.press("ctrl+s")
        await driver.staged(1)
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Update)
        assert staged.change.after == {"Motto": Typed("String", "x")}


async def test_no_field_is_added_where_columns_are_declared(tmp_path: Path) -> None:
    """The key does nothing in the form of a table whose rows all have the same columns."""
    grid = session(features=ALL_FEATURES - {Feature.ABSENT_FIELDS})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.press("enter")
        await driver.shows("City · key 0")
        form = driver.app.screen
        await driver.press("a")
        assert driver.app.screen is form
        assert isinstance(form, RowForm)
        assert form.why_off("add_field") == "rows of this store have the declared columns only"


async def test_closing_a_form_with_changes_asks(tmp_path: Path) -> None:
    """Escape does not lose what was typed into the form."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.press("enter")
        await driver.shows("City · key 0")
        await driver.press("down", "enter")
        await driver.shows("was")
        await driver.press("x", "enter")
        await driver.shows("~ Name")
        await driver.press("escape")
        await driver.shows("1 cell was changed here and not staged")
        await driver.press("n")
        await driver.shows("~ Name")


async def test_a_new_row_is_shown_above_and_can_be_edited(tmp_path: Path) -> None:
    """`a` asks for a row; its key is needed, and can be changed until it is sent."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.press("a")
        await driver.shows("City · new row", "left out")
        await driver.press("ctrl+s")
        await driver.shows("ID: the key needs a value")
        await driver.press("enter")
        await driver.shows("was")
        await driver.press(*"99", "enter")
        await driver.shows("~ ID")
        await driver.press("ctrl+s")
        await driver.staged(1)
        await driver.shows("+")
        assert driver.status.startswith("City.")
        await driver.go(0, "ID")
        driver.screen.rows.grid.action_first_row()
        await driver.pilot.pause()
        await driver.type_over("98")
        await driver.pilot.pause()
        await driver.shows("98")
        changes = [staged.change for staged in driver.app.services.journal.snapshot]
        assert changes == [Insert(CITY, {"ID": Typed("Int", 98)}, {})]


async def test_a_copy_of_a_row_needs_another_key(tmp_path: Path) -> None:
    """The form of a duplicate holds the row; with another key it is a new row."""
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(2, "Name")
        await driver.press("A")
        await driver.shows("City · new row", '"city 2"')
        await driver.press("enter")
        await driver.shows("was")
        await driver.press(*"77", "enter")
        await driver.shows("~ ID")
        await driver.press("ctrl+s")
        await driver.staged(1)
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Insert)
        assert (staged.change.key["ID"].value, staged.change.after["Name"]) == (77, Typed("String", "city 2"))


async def test_the_bytes_of_a_file_become_a_value(tmp_path: Path) -> None:
    """F4 reads a file; one that cannot be read is told in the editor."""
    (tmp_path / "picture").write_bytes(b"\x00\xff")
    async with browsing(services_over(tmp_path, session())) as driver:
        await driver.go(3, "Name")
        await driver.press("e")
        await driver.shows("was")
        await driver.press("f4")
        await driver.shows("The file's path")
        await driver.press(*str(tmp_path / "none"), "enter")
        await driver.shows("cannot be read: No")
        await driver.press("f4")
        await driver.shows("The file's path")
        await driver.press(*str(tmp_path / "picture"), "enter")
        await driver.staged(1)
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Update)
        assert staged.change.after == {"Name": Typed("String", "0x00ff")}


async def test_a_text_of_several_lines_is_edited_whole(tmp_path: Path) -> None:
    """Line breaks and tabs survive the editor; only what was typed is added."""
    grid = session()
    grid.table(CITY).add({"ID": Typed("Int", 3), "Name": Typed("String", "a\tb\nc"), "Code": Typed("String", "KOR")})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.go(3, "Name")
        await driver.press("e")
        await driver.shows("was")
        await driver.press("X", "ctrl+s")
        await driver.staged(1)
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Update)
        assert staged.change.after == {"Name": Typed("String", "Xa\tb\nc")}
