"""The browser's frame: header, drawer, footer and words follow what the user does; nothing is cut or hidden."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from app_driver import NARROW, WIDE, ignite_profile, running, screen_lines, until
from browser_driver import CITY, CITY_COLUMNS, Browsing, browsing, city_table, services_over
from fake_session import FakeSession, FakeTable

from services.results.types import Window
from services.stores.types import Group
from services.values import Typed
from tui.modals.base import DeckModal
from tui.widgets.detail_pane import DetailList


async def test_the_header_says_where_the_focus_stands(tmp_path: Path) -> None:
    """In the catalog it names the node under the cursor, in the rows their container: also of two stores."""
    grid, lab = FakeSession("grid", {CITY: city_table()}), FakeSession("lab", {CITY: city_table()})
    profiles = (ignite_profile("grid"), ignite_profile("lab", environment="prod"))
    async with browsing(services_over(tmp_path, grid, lab, profiles=profiles)) as driver:
        await driver.shows("IG  grid › PUBLIC › City")
        await driver.press("escape", "G")
        await driver.shows("IG  lab ", "PROD")
        await driver.press("tab")
        await driver.shows("IG  grid › PUBLIC › City")
        assert "PROD" not in screen_lines(driver.app)[0]


async def test_the_drawer_is_open_while_it_has_the_focus(tmp_path: Path) -> None:
    """At 80 columns leaving the catalog by any key gives its room to the rows; coming back takes it again."""
    services = services_over(tmp_path, FakeSession("grid", {CITY: city_table()}))
    async with browsing(services, size=NARROW) as driver:
        assert "Catalog" not in screen_lines(driver.app)[2]
        await driver.press("escape")
        await driver.shows("▸ Catalog")
        await driver.press("tab")
        await until(lambda: "Catalog" not in screen_lines(driver.app)[2], "the end of the drawer")
        await driver.press("ctrl+b")
        await driver.shows("▸ Catalog")
        await driver.press("d", "escape")
        await until(lambda: "Catalog" not in screen_lines(driver.app)[2], "the end of the drawer")


async def test_what_to_do_is_never_cut(tmp_path: Path) -> None:
    """At 80 columns the empty rows beside the catalog say the whole sentence, and the mark of a long name stands."""
    profiles = (ignite_profile("grid"), ignite_profile("a-profile-with-a-long-name-indeed"))
    services = services_over(tmp_path, FakeSession("grid"), profiles=profiles)
    async with running(services, size=NARROW) as (app, pilot):
        driver = Browsing(app, pilot)
        await driver.press("2")
        await driver.shows("press enter.")
        marks = {line.index("○") for line in screen_lines(app) if "○" in line}
        assert len(marks) == 1


async def test_a_pop_up_leaves_the_screen_in_sight(tmp_path: Path) -> None:
    """What lies behind a pop-up is dimmed, not gone."""
    services = services_over(tmp_path, FakeSession("grid", {CITY: city_table()}))
    async with browsing(services) as driver:
        await driver.press("l", "e")
        await until(lambda: isinstance(driver.app.screen, DeckModal), "the editor")
        await driver.shows("City.Name", "city 3", "Storedeck")


async def test_the_status_line_has_the_key_after_a_jump(tmp_path: Path) -> None:
    """At the end of many rows, whose cells come a moment later, the key is said as soon as it is here."""
    services = services_over(tmp_path, FakeSession("grid", {CITY: city_table(3000)}))
    async with browsing(services) as driver:
        result = driver.screen.rows.grid.result
        assert result is not None
        window, gate = result.window, asyncio.Event()

        async def late(first: int, count: int, columns: Sequence[int]) -> Window:
            await gate.wait()
            return await window(first, count, columns)

        vars(result)["window"] = late
        await driver.press("G")
        await until(lambda: driver.status == "City.ID · Int", "the place without its key")
        gate.set()
        await until(lambda: "key 2999" in driver.status, "the key")


async def test_the_footer_has_the_keys_of_the_line_that_is_typed(tmp_path: Path) -> None:
    """While a filter or a text to find is typed, the footer offers what works there and no edit."""
    services = services_over(tmp_path, FakeSession("grid", {CITY: city_table()}))
    async with browsing(services) as driver:
        await driver.press("slash")
        await until(lambda: "enter Filter" in screen_lines(driver.app)[-1], "the filter's keys")
        assert "Edit" not in screen_lines(driver.app)[-1]
        await driver.press("f2", "escape", "ctrl+f")
        await until(lambda: "enter Go" in screen_lines(driver.app)[-1], "the finder's keys")
        assert "/ Filter" not in screen_lines(driver.app)[-1]


async def test_a_lost_session_is_opened_again(tmp_path: Path) -> None:
    """The rows of a lost session stay, its mark says so, and a refresh reads on in a new session."""
    grid = FakeSession("grid", {CITY: city_table()})
    services = services_over(tmp_path, grid)
    async with browsing(services, size=WIDE) as driver:
        grid.is_lost = True
        assert driver.app.session("grid") is None
        fresh = FakeSession("grid", {CITY: city_table(7)})
        services.sessions._known["grid"] = fresh  # type: ignore[attr-defined]
        await driver.press("r")
        await driver.shows("7 of 7")
        assert driver.app.session("grid") is fresh


async def test_long_names_of_facts_are_whole_where_there_is_room(tmp_path: Path) -> None:
    """At 80 columns the detail is a page of its own: its names need not be cut."""
    name = "timestamps may differ from now by"
    table = FakeTable(CITY_COLUMNS, groups=(Group("Table", ((name, "86,400 s"),)),))
    services = services_over(tmp_path, FakeSession("grid", {CITY: table}))
    async with browsing(services, size=NARROW) as driver:
        await driver.press("d")
        await until(lambda: isinstance(driver.app.focused, DetailList), "the detail")
        await driver.shows(name, "86,400 s")


async def test_after_a_conflict_the_rows_are_read_anew(tmp_path: Path) -> None:
    """A commit that met rows of others shows theirs in the browser, also when none of mine was applied."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.go(3, "Name")
        await driver.type_over("mine")
        await driver.staged(1)
        row = next(row for row in grid.table(CITY).rows.values() if row["Name"] == Typed("String", "city 3"))
        grid.table(CITY).add({**row, "Name": Typed("String", "theirs")})
        await driver.review()
        await driver.press("ctrl+s")
        await driver.shows("▲ conflict")
        await driver.press("enter")
        await driver.shows("Take theirs")
        await driver.press("t")
        await driver.staged(0)
        await driver.press("escape")
        await driver.shows("KOR", "theirs")


async def test_an_absent_cell_is_seen_and_said(tmp_path: Path) -> None:
    """A cell staged to be absent shows its mark in the rows, and the status line says it in words."""
    async with browsing(services_over(tmp_path, FakeSession("grid", {CITY: city_table()}))) as driver:
        await driver.go(3, "Name")
        await driver.press("equals_sign")
        await driver.shows("absent")
        await driver.press("a")
        await driver.staged(1)
        await driver.shows("~·", 'absent was "city 3"')


async def test_the_palette_says_that_nothing_matches(tmp_path: Path) -> None:
    """A search without a find is not blank: it says what else can be looked for."""
    async with browsing(services_over(tmp_path, FakeSession("grid", {CITY: city_table()}))) as driver:
        await driver.press("ctrl+p", *"zzz")
        await driver.shows("nothing has these words: @ finds profiles")


async def test_a_filtered_group_opens(tmp_path: Path) -> None:
    """In a filtered catalog an opened node whose name matches shows all that lies in it."""
    tables = {("PUBLIC", name): FakeTable(CITY_COLUMNS) for name in ("City", "Country")}
    async with browsing(services_over(tmp_path, FakeSession("grid", tables))) as driver:
        driver.screen.catalog_tree.focus()
        await driver.press("slash", *"publ")
        await driver.shows("publ", "PUBLIC", "Country")
