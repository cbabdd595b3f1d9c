"""The browser: lazy catalog, rows with filter and sort, detail, drawer, containers, live tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from app_driver import NARROW, WIDE, ignite_profile, running, screen_text, until
from browser_driver import CITY, CITY_COLUMNS, Browsing, browsing, city_table, services_over
from fake_session import ALL_FEATURES, FakeSession, FakeTable

from services.stores.changes import Update
from services.stores.features import Feature
from services.stores.types import Column, Group
from services.values import Typed
from tui.screens.browser import BrowserScreen


async def test_nothing_is_asked_before_a_node_is_opened(tmp_path: Path) -> None:
    """The browser shows every profile with its tag and mark, and no store has heard of it."""
    grid = FakeSession("grid", {CITY: city_table()})
    services = services_over(tmp_path, grid, profiles=(ignite_profile("grid"), ignite_profile("lab")))
    async with running(services) as (app, pilot):
        driver = Browsing(app, pilot)
        await driver.press("2")
        await driver.shows(" IG  grid", " IG  lab", "○", "Choose a table or cache in the catalog and press enter.")
        assert grid.log == []


async def test_by_keyboard_from_the_profile_to_the_rows(tmp_path: Path) -> None:
    """enter opens the session, the schema, the table; a profile that does not answer says so below its name."""
    grid = FakeSession("grid", {CITY: city_table()})
    services = services_over(tmp_path, grid, profiles=(ignite_profile("grid"), ignite_profile("lab")))
    async with running(services) as (app, pilot):
        driver = Browsing(app, pilot)
        await driver.press("2", "enter")
        await driver.shows("▸ PUBLIC", "●")
        await driver.press("j", "enter")
        await driver.shows("City                     20")
        await driver.press("j", "enter")
        await driver.shows("City ── 20 of 20", "city 19", "City.ID · Int · key 0")
        await driver.press("escape", "j", "enter")
        await driver.shows("✗ lab: no answer")


async def test_only_what_is_on_screen_is_listed(tmp_path: Path) -> None:
    """Of 5,000 tables in pages of 100 the first screen costs one page; going to the end of it asks for the next."""
    tables = {("PUBLIC", f"t{number:04}"): FakeTable(CITY_COLUMNS) for number in range(5_000)}
    grid = FakeSession("grid", tables, page=100)
    async with browsing(services_over(tmp_path, grid), path=("PUBLIC", "t0000")) as driver:
        lists = [detail for verb, detail in grid.log if verb == "list"]
        assert lists == [((), None), (("PUBLIC",), None)]
        driver.screen.catalog_tree.focus()
        await driver.press("G")
        await until(lambda: len([verb for verb, _ in grid.log if verb == "list"]) == 3, "the next page")


async def test_the_catalog_is_filtered_in_place(tmp_path: Path) -> None:
    """Typing narrows the tree and keeps the cursor; escape shows all again."""
    tables = {("PUBLIC", name): FakeTable(CITY_COLUMNS) for name in ("City", "Country", "Language")}
    async with browsing(services_over(tmp_path, FakeSession("grid", tables))) as driver:
        driver.screen.catalog_tree.focus()
        await driver.press("slash", *"cit")
        await until(lambda: "Language" not in driver.text, "the filtered tree")
        current = driver.screen.catalog_tree.current
        assert current is not None
        assert current.shown == "City"
        driver.screen.catalog_pane.filter_input.focus()
        await driver.press("x")
        await driver.shows("no listed name has this text")
        await driver.press("escape")
        await driver.shows("Language")


async def test_a_where_is_answered_by_the_store_and_said_so(tmp_path: Path) -> None:
    """`/` filters at the server; what it does not understand is told and the rows stay."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.press("slash")
        await driver.shows("where")
        await driver.press(*"Name = city 7", "enter")
        await driver.shows("▸ City ── 1 of 1 ── where Name = city 7 at the server")
        await driver.press("slash", *"?", "enter")
        await driver.shows("not understood")
        await driver.shows("City ── 1 of 1 ── where Name = city 7 at the server")


async def test_loaded_rows_are_filtered_where_the_store_cannot(tmp_path: Path) -> None:
    """Without SQL the filter is of the loaded rows, and says so."""
    grid = FakeSession("grid", {CITY: city_table()}, features=ALL_FEATURES - {Feature.RUNS_SQL})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.press("slash")
        await driver.shows("contains")
        await driver.press(*"city 1", "enter")
        await driver.shows("City ── 11 of", 'with "city 1", loaded rows only')


async def test_sorting_is_the_servers(tmp_path: Path) -> None:
    """`s` asks the store for the rows in order, and the title says so."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.go(0, "Population")
        await driver.press("s")
        await driver.shows("sorted by Population ↑ at the server")
        await driver.press("s")
        await driver.shows("sorted by Population ↓ at the server", "▸ City")
        queries = [detail[1].order for verb, detail in grid.log if verb == "open_rows"]
        assert queries == [(), ("Population",), ("-Population",)]


async def test_the_detail_shows_every_fact_and_folds(tmp_path: Path) -> None:
    """Columns with their keys, options, groups; a long fact opens whole."""
    table = city_table()
    table.groups = (Group("Storage", (("path", "/data/" + "x" * 100),)),)
    table.options = {"BACKUPS": 2}
    async with browsing(services_over(tmp_path, FakeSession("grid", {CITY: table}))) as driver:
        await driver.press("d")
        await driver.shows("About", "Columns 4", "Int · key · not null", "Storage 1", "BACKUPS", "rows can be edited")
        await driver.press("G", "k", "k")
        assert driver.screen.detail.details.current[1] == ("path", "/data/" + "x" * 100)
        await driver.press("enter")
        await driver.shows("x" * 100)
        await driver.press("escape")
        await driver.press("h")
        await driver.shows("▸ Storage 1")
        await driver.press("escape")
        await until(lambda: "Storage" not in driver.text, "the detail closed")


async def test_the_value_viewer_shows_text_and_bytes(tmp_path: Path) -> None:
    """`v` shows the value whole, `x` its bytes."""
    async with browsing(services_over(tmp_path, FakeSession("grid", {CITY: city_table()}))) as driver:
        await driver.go(3, "Name")
        await driver.press("v")
        await driver.shows("City.Name ── String ── 6 bytes ── text", "city 3")
        await driver.press("x")
        await driver.shows("63 69 74 79 20 33")


async def test_at_80_columns_the_catalog_is_a_drawer(tmp_path: Path) -> None:
    """Opening rows closes it, ctrl+b brings it back; the detail is a page of its own."""
    async with browsing(services_over(tmp_path, FakeSession("grid", {CITY: city_table()})), size=NARROW) as driver:
        await until(lambda: "Catalog" not in driver.text.splitlines()[2], "the drawer closed")
        await driver.shows("City ── 20 of 20")
        await driver.press("ctrl+b")
        await driver.shows("▸ Catalog")
        await driver.press("ctrl+b")
        await until(lambda: "▸ Catalog" not in driver.text, "the drawer closed")
        await driver.press("d")
        await driver.shows("City ── table")
        assert "20 of 20" not in driver.text


async def test_hostile_names_are_text(tmp_path: Path) -> None:
    """Escapes and markup in schema, table, column and value names are drawn, never acted on."""
    bad = "[/x]\x1b[31m\u202e\x9b\n"
    table = FakeTable((Column("ID", "Int", is_key=True), Column(bad, bad)))
    table.add({"ID": Typed("Int", 1), bad: Typed("String", bad)})
    grid = FakeSession("grid", {(bad, bad): table})
    async with browsing(services_over(tmp_path, grid), path=(bad, bad)) as driver:
        await driver.go(0, "[/x]␛[31m◌\ufffd⏎")
        await driver.press("D")
        await driver.staged(1)
        for key in ("d", "escape", "enter", "escape", "v", "escape", "ctrl+b"):
            await driver.press(key)
            assert not set("\x1b\x9b\u202e") & set(driver.text)
        driver.screen.catalog_tree.focus()
        await driver.press("full_stop")
        await driver.shows("Copy definition")


@pytest.mark.parametrize(("environment", "asks_name"), [("dev", False), ("prod", False), ("dev", True)])
async def test_dropping_weighs_with_the_environment(tmp_path: Path, environment: str, asks_name: bool) -> None:
    """In dev `y` drops; in prod, and where the store wants it, the name has to be typed."""
    grid = FakeSession("grid", {CITY: city_table()})
    grid.drop_asks_name = asks_name
    services = services_over(tmp_path, grid, profiles=(ignite_profile("grid", environment=environment),))
    async with browsing(services) as driver:
        driver.screen.catalog_tree.focus()
        await driver.press("D")
        await driver.shows("Drop the table City of grid", environment.upper(), "Its 20 rows go with it.")
        await driver.press("y")
        if environment == "prod" or asks_name:
            await driver.shows("Type City and press enter")
            assert grid.writes == []
            await driver.press("backspace", *"City", "enter")
        await until(lambda: grid.writes == [("drop", CITY)], "the drop")
        await driver.shows("nothing in it")


async def test_the_menu_names_actions_as_the_keys_do_and_says_why_not(tmp_path: Path) -> None:
    """`.` lists what can be done to the node; on a read-only profile dropping says why not."""
    grid = FakeSession("grid", {CITY: city_table()})
    services = services_over(tmp_path, grid, profiles=(ignite_profile("grid", is_read_only=True),))
    async with browsing(services) as driver:
        driver.screen.catalog_tree.focus()
        await driver.press("full_stop")
        await driver.shows(
            "City · table", "Refresh", "Copy name", "D     Drop", "not now: the profile grid is read-only"
        )


async def test_a_container_is_created_from_a_copied_definition(tmp_path: Path) -> None:
    """The copied definition is what `create` takes; what the store refuses is told in the form."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with browsing(services_over(tmp_path, grid)) as driver:
        driver.screen.catalog_tree.focus()
        await driver.press("Y")
        await until(lambda: driver.app.clipboard, "the copy")
        definition = json.loads(driver.app.clipboard)
        assert [column["name"] for column in definition["columns"]] == ["ID", "Name", "Code", "Population"]
        await driver.press("n")
        await driver.shows("New in PUBLIC of grid")
        await driver.press("ctrl+s")
        await driver.shows("the name is needed")
        await driver.press(*"City2", "ctrl+s")
        await until(lambda: ("PUBLIC", "City2") in grid.tables, "the new table")
        assert grid.writes == [("create", (("PUBLIC", "City2"), definition))]
        await driver.shows("City2 ")


async def test_a_running_query_can_be_ended(tmp_path: Path) -> None:
    """A live table shows what runs; `x` asks, then ends the row's query and reads anew."""
    queries = FakeTable((Column("QUERY_ID", "String", is_key=True), Column("SQL", "String")))
    queries.add({"QUERY_ID": Typed("String", "n1_42"), "SQL": Typed("String", "SELECT sleep")})
    queries.kind = "cluster view"
    grid = FakeSession("grid", {("cluster", "queries"): queries}, features=frozenset(Feature))
    grid.cluster_rows["queries"] = queries
    async with browsing(services_over(tmp_path, grid), path=("cluster", "queries")) as driver:
        await driver.shows("SELECT sleep")
        await driver.press("x")
        await driver.shows("End query n1_42 on grid, DEV.")
        await driver.press("y")
        await until(lambda: grid.writes == [("kill", ("query", "n1_42"))], "the kill")
        await driver.press("e")
        await driver.shows("it shows what the servers do now")


async def test_disconnecting_with_staged_edits_names_the_count(tmp_path: Path) -> None:
    """Ending a session asks while edits of it are staged; afterwards rows and tree are gone, the edits are not."""
    grid = FakeSession("grid", {CITY: city_table()})
    services = services_over(tmp_path, grid)
    change = Update(CITY, {"ID": Typed("Int", 1)}, {"Name": Typed("String", "city 1")}, {"Name": Typed("String", "x")})
    services.journal.stage("grid", change)
    async with browsing(services) as driver:
        driver.screen.catalog_tree.focus()
        await driver.press("x")
        await driver.shows("1 staged change of grid, not sent.")
        await driver.press("y")
        await until(lambda: driver.app.session("grid") is None, "the end of the session")
        assert driver.app.services.journal.count() == 1


async def test_leaving_with_staged_edits_names_the_count(tmp_path: Path) -> None:
    """Ctrl+Q asks, and says how many changes in how many stores wait."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.press("D")
        await driver.staged(1)
        await driver.press("ctrl+q")
        await driver.shows("1 staged change in 1 store, not sent.")
        await driver.press("n")
        await until(lambda: isinstance(driver.app.screen, BrowserScreen), "the browser")


async def test_staged_edits_are_there_again_after_a_restart(tmp_path: Path) -> None:
    """The same marks show in the next run, and undo still works."""
    grid = FakeSession("grid", {CITY: city_table()})
    async with browsing(services_over(tmp_path, grid)) as driver:
        await driver.press("D")
        await driver.staged(1)
    again = services_over(tmp_path / "second", grid)
    again.paths = type(again.paths)(tmp_path / "config", tmp_path / "state", tmp_path / "cache")
    async with browsing(again, size=WIDE) as driver:
        await driver.shows("~ 1 staged")
        assert [mark.mark for mark in driver.screen.rows.grid.marks.values()] == ["-"]
        await driver.press("u")
        await driver.staged(0)
        assert "staged" not in screen_text(driver.app).splitlines()[0]


async def test_walking_back_and_forth_between_rows(tmp_path: Path) -> None:
    """`[` shows the rows of before, `]` those of after; at the end it says so."""
    tables = {CITY: city_table(), ("PUBLIC", "Country"): city_table(3)}
    async with browsing(services_over(tmp_path, FakeSession("grid", tables))) as driver:
        await driver.open_table(path=("PUBLIC", "Country"))
        await driver.press("left_square_bracket")
        await driver.shows("City ── 20 of 20")
        await driver.press("left_square_bracket")
        await until(lambda: driver.status == "there are no rows to go back to", "the words")
        await driver.press("right_square_bracket")
        await driver.shows("Country ── 3 of 3")
