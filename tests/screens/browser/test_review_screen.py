"""The review: calls, guarantee, drop, undo, commit with one outcome each, conflicts resolved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app_driver import NARROW, WIDE, until
from browser_driver import CITY, Browsing, browsing, city_table, services_over
from fake_session import FakeSession

from services.stores.changes import Delete, Insert, Update
from services.values import Row, Typed
from tui.modals.review import ReviewScreen


def old(number: int) -> Row:
    """A city as it was read."""
    name = Typed("String", f"city {number}")
    return {"Name": name, "Code": Typed("String", "KOR"), "Population": Typed("Int", number * 1000)}


def key(number: int) -> dict[str, Typed]:
    """A city's key."""
    return {"ID": Typed("Int", number)}


def renamed(number: int, name: str) -> Update:
    """A city gets another name."""
    return Update(CITY, key(number), old(number), {"Name": Typed("String", name)})


@asynccontextmanager
async def reviewing(
    folder: Path, grid: FakeSession, *changes: Update | Insert | Delete, size: tuple[int, int] = WIDE
) -> AsyncIterator[tuple[Browsing, ReviewScreen]]:
    """The review over these staged changes, each a step of its own."""
    services = services_over(folder, grid)
    for change in changes:
        services.journal.stage("grid", change)
    async with browsing(services, size=size) as driver:
        yield driver, await driver.review()


async def test_every_change_stands_with_its_call_and_guarantee(tmp_path: Path) -> None:
    """Old to new above, the exact call of the one under the cursor below; nothing is sent."""
    grid = FakeSession("grid", {CITY: city_table()})
    new = Insert(CITY, key(99), {"Name": Typed("String", "Ulsan")})
    async with reviewing(tmp_path, grid, renamed(3, "Seoul"), Delete(CITY, key(4), old(4)), new) as (driver, _):
        await driver.shows(
            "Review ── 3 changes in 1 store",
            "compare and replace: a row changed by others is left alone",
            '~ 3       Name  "city 3" → "Seoul"',
            '- 4       "city 4"',
            '+ 99      Name "Ulsan"',
            "PUBLIC.City.update(3, Name=",
        )
        await driver.press("j")
        await driver.shows("PUBLIC.City.delete(4)")
        assert grid.writes == []


async def test_drop_and_undo(tmp_path: Path) -> None:
    """`space` drops the change under the cursor, `u` brings it back in its place."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with reviewing(tmp_path, grid, renamed(3, "a"), renamed(4, "b")) as (driver, _):
        await driver.press("space")
        await driver.staged(1)
        await driver.shows("1 change in 1 store")
        await driver.press("u")
        await driver.staged(2)
        await driver.shows('~ 3       Name  "city 3" → "a"')


async def test_one_cell_can_be_reverted(tmp_path: Path) -> None:
    """`b` takes one cell of a change back."""
    grid = FakeSession("grid", {CITY: city_table()})
    both = Update(CITY, key(3), old(3), {"Name": Typed("String", "a"), "Population": Typed("Int", 1)})
    async with reviewing(tmp_path, grid, both) as (driver, _):
        await driver.press("j", "b")
        await until(lambda: [item.change for item in driver.app.services.journal.snapshot] == [renamed(3, "a")])


async def test_commit_tells_one_outcome_each(tmp_path: Path) -> None:
    """Applied, refused with the server's words, in conflict; only the first leaves the journal, rows are read anew."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with reviewing(tmp_path, grid, renamed(3, "a"), renamed(4, "b"), renamed(5, "c")) as (driver, _):
        grid.refusals["4"] = "names must not be b"
        grid.table(CITY).add({**key(5), **old(5), "Name": Typed("String", "theirs")})
        await driver.press("ctrl+s")
        await driver.staged(2)
        await driver.shows(
            "● applied", "✗ refused: names must not be b", "▲ conflict: the row changed since it was read"
        )
        await driver.shows("1 applied, 1 conflict, 1 refused ── 2 still staged")
        assert len(grid.writes) == 3
        await driver.press("escape")
        await driver.shows("~ 2 staged")
        grid_widget = driver.screen.rows.grid
        await until(lambda: sorted(mark.mark for mark in grid_widget.marks.values()) == ["✗", "✗"], "marks")
        await driver.shows("│ a ")


async def test_a_second_commit_sends_only_what_is_left(tmp_path: Path) -> None:
    """After a refusal ctrl+s again sends the refused change, not the applied one."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with reviewing(tmp_path, grid, renamed(3, "a"), renamed(4, "b")) as (driver, _):
        grid.refusals["4"] = "not now"
        await driver.press("ctrl+s")
        await driver.staged(1)
        await driver.shows("1 applied, 1 refused")
        grid.refusals.clear()
        await driver.press("ctrl+s")
        await driver.staged(0)
        assert len(grid.writes) == 3


async def in_conflict(driver: Browsing, grid: FakeSession) -> None:
    """Commit the one change after the row was changed by others, and open the conflict."""
    grid.table(CITY).add({**key(3), **old(3), "Name": Typed("String", "theirs"), "Population": Typed("Int", 7)})
    await driver.press("ctrl+s")
    await driver.shows("▲ conflict")
    await driver.press("enter")
    await driver.shows("Conflict · City · key 3", '"city 3"', '(•) "mine"', '( ) "theirs"')


async def test_take_mine_is_based_on_the_row_as_it_is(tmp_path: Path) -> None:
    """Mine replaces the disputed cell only, on condition that the row is as theirs left it; then it is applied."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with reviewing(tmp_path, grid, renamed(3, "mine")) as (driver, _):
        await in_conflict(driver, grid)
        await driver.press("m")
        await driver.shows('~ 3       Name  "theirs" → "mine"')
        await driver.press("ctrl+s")
        await driver.staged(0)
        found = grid.table(CITY).rows['[["ID",{"$type":"Int","value":3}]]']
        assert (found["Name"], found["Population"]) == (Typed("String", "mine"), Typed("Int", 7))


async def test_take_theirs_drops_mine(tmp_path: Path) -> None:
    """Theirs stays; undo brings mine back."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with reviewing(tmp_path, grid, renamed(3, "mine")) as (driver, _):
        await in_conflict(driver, grid)
        await driver.press("t")
        await driver.staged(0)
        await driver.shows("Nothing is staged.")
        await driver.press("u")
        await driver.staged(1)


async def test_a_merge_takes_cells_from_both(tmp_path: Path) -> None:
    """Cell by cell: the name theirs, the code mine."""
    grid = FakeSession("grid", {CITY: city_table()})
    both = Update(CITY, key(3), old(3), {"Name": Typed("String", "mine"), "Code": Typed("String", "JPN")})
    async with reviewing(tmp_path, grid, both) as (driver, _):
        await in_conflict(driver, grid)
        await driver.press("space", "ctrl+s")
        await driver.shows('Code  "KOR" → "JPN"')
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Update)
        assert staged.change.after == {"Code": Typed("String", "JPN")}


async def test_a_closed_session_is_opened_and_its_calls_shown_before_anything_is_sent(tmp_path: Path) -> None:
    """The first ctrl+s opens the session and shows the calls, the second one sends them."""
    grid = FakeSession("grid", {CITY: city_table()})
    other = FakeSession("other", {CITY: city_table()})
    services = services_over(tmp_path, grid, other)
    services.journal.stage("other", renamed(3, "a"))
    async with browsing(services) as driver:
        await driver.review()
        await driver.shows("the session is not open; the call is shown once it is")
        await driver.press("ctrl+s")
        await driver.shows("PUBLIC.City.update(3", "read the calls; ctrl+s sends them")
        assert other.writes == []
        await driver.press("ctrl+s")
        await driver.staged(0)
        assert len(other.writes) == 1


async def test_an_empty_review_says_how_to_fill_it(tmp_path: Path) -> None:
    """Three lines, and escape goes back."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with reviewing(tmp_path, grid) as (driver, _):
        await driver.shows("Staged changes of all stores", "Nothing is staged.", "e in the rows stages an edit")
        await driver.press("escape")
        await until(lambda: driver.app.screen is driver.screen, "the browser")


async def test_hostile_values_stand_in_the_review_as_text(tmp_path: Path) -> None:
    """Escapes, markup and line breaks in staged values are shown, not acted on."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with reviewing(tmp_path, grid, renamed(3, "[/x]\x1b[2J\x9b31m\n\u202e")) as (driver, _):
        await driver.shows("[/x]␛[2J")
        assert not set("\x1b\x9b\u202e") & set(driver.text)


async def test_the_review_fits_80_columns(tmp_path: Path) -> None:
    """At 80x24 change, call and keys are there."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with reviewing(tmp_path, grid, renamed(3, "a"), size=NARROW) as (driver, _):
        await driver.shows("Review ── 1 change in 1 store", '"city 3" → "a"', "the call", "ctrl+s Commit")
