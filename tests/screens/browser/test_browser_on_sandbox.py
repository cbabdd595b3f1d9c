"""The browser over a real session process and a server that speaks Ignite's protocol: edit, conflict, commit, end."""

from __future__ import annotations

from pathlib import Path

from app_driver import ignite_profile, services_in
from browser_driver import Browsing, browsing

from services.connections.api import SessionApi
from services.editing.cells import changed_sources
from services.sandbox.ignite.server import IgniteSandbox
from services.stores.changes import Path as StorePath
from services.stores.changes import Update
from services.values import Key, Typed

CITY: StorePath = ("sql", "PUBLIC", "CITY")
ACCOUNTS: StorePath = ("caches", "Accounts")
TOKYO: Key = {"ID": Typed("Int", 3), "COUNTRYCODE": Typed("String", "JPN")}


def nodes_of(sandbox: IgniteSandbox) -> str:
    """The nodes' addresses as a profile has them."""
    return ",".join(f"{host}:{port}" for host, port in sandbox.addresses)


async def second_client(driver: Browsing) -> SessionApi:
    """A session of another profile to the same servers."""
    return await driver.app.services.sessions.open("rival")


async def test_edit_conflict_and_commit(tmp_path: Path, fresh_ignite: type[IgniteSandbox]) -> None:
    """Two cells are edited by hand; a second client changes one row first: one is applied, one is in conflict, and
    mine over the row as it is now is applied then."""
    nodes = nodes_of(fresh_ignite())
    services = services_in(tmp_path, ignite_profile("grid", nodes), ignite_profile("rival", nodes))
    async with browsing(services, path=CITY) as driver:
        await driver.shows("4,079 of 4,079", "Amsterdam")
        await driver.go(2, "NAME")
        await driver.type_over("Edo")
        await driver.staged(1)
        await driver.go(4, "NAME")
        await driver.type_over("Naniwa")
        await driver.staged(2)
        rival = await second_client(driver)
        (read,) = await rival.read_keys(CITY, [TOKYO])
        assert read is not None
        theirs = Update(CITY, TOKYO, read, {"DISTRICT": Typed("String", "Kanto")})
        assert [outcome.result.value async for outcome in rival.apply([theirs])] == ["applied"]
        await driver.review()
        await driver.shows('NAME  "Tokyo" → "Edo"', 'UPDATE "PUBLIC"."CITY" SET "NAME" = ?', "grid › PUBLIC › CITY")
        await driver.press("ctrl+s")
        await driver.staged(1)
        await driver.shows("● applied", "▲ conflict: the row changed since it was read")
        await driver.press("enter")
        await driver.shows("Conflict · CITY · key 3 JPN")
        await driver.press("m")
        await driver.shows("1 change in 1 store")
        await driver.press("ctrl+s")
        await driver.staged(0)
        (found,) = await rival.read_keys(CITY, [TOKYO])
        assert found is not None
        assert (found["NAME"].value, found["DISTRICT"].value) == ("Edo", "Kanto")


async def test_an_entry_of_a_cache_is_edited_and_deleted(tmp_path: Path, fresh_ignite: type[IgniteSandbox]) -> None:
    """A decimal typed by hand arrives with all its digits; a deleted entry is gone."""
    nodes = nodes_of(fresh_ignite())
    services = services_in(tmp_path, ignite_profile("grid", nodes))
    async with browsing(services, path=ACCOUNTS) as driver:
        await driver.shows("100 of 100")
        await driver.go(0, "value")
        await driver.type_over("12345678901234567890.100")
        await driver.staged(1)
        await driver.go(1, "value")
        await driver.press("D")
        await driver.staged(2)
        await driver.review()
        await driver.shows('cache.replace_if_equals("ACC-00001", Decimal(')
        await driver.press("ctrl+s")
        await driver.staged(0)
        await driver.press("escape")
        await driver.shows("99 of 99", "12345678901234567890.100")


async def test_a_nested_object_opens_as_a_tree(tmp_path: Path, fresh_ignite: type[IgniteSandbox]) -> None:
    """The viewer shows the fields of an object value line by line; one field is edited alone."""
    nodes = nodes_of(fresh_ignite())
    services = services_in(tmp_path, ignite_profile("grid", nodes))
    async with browsing(services, path=("caches", "Orders")) as driver:
        await driver.shows("25 of 25", "value.id")
        await driver.go(0, "value")
        await driver.press("v")
        await driver.shows("demo.Order", "Customer 1", "SKU-1-1")
        await driver.press("escape")
        await driver.go(0, "value.id")
        await driver.type_over("77")
        await driver.staged(1)
        (staged,) = driver.app.services.journal.snapshot
        assert isinstance(staged.change, Update)
        before, after = staged.change.before["value"], staged.change.after["value"]
        assert changed_sources({"value": before}, {"value": after}) == [("value", "id")]
        await driver.review()
        await driver.shows("value.id  1 → 77", "cache.replace_if_equals(Long(1), demo.Order{id: 1,")


async def test_cluster_views_are_live_tables(tmp_path: Path, fresh_ignite: type[IgniteSandbox]) -> None:
    """The nodes are rows; what cannot be edited says why."""
    nodes = nodes_of(fresh_ignite())
    services = services_in(tmp_path, ignite_profile("grid", nodes))
    async with browsing(services, path=("cluster", "nodes")) as driver:
        await driver.shows("nodes ── 1 of 1", "NODE_ID")
        assert "x End" not in driver.text
        await driver.press("e")
        await driver.shows("cannot")
        await driver.open_table("grid", ("cluster", "queries"))
        await driver.shows("x End")


async def test_the_palette_names_tables_as_the_catalog_does(tmp_path: Path, fresh_ignite: type[IgniteSandbox]) -> None:
    """A table is told by the names above it in the tree, not by the parts of the store's own path."""
    nodes = nodes_of(fresh_ignite())
    services = services_in(tmp_path, ignite_profile("grid", nodes))
    async with browsing(services, path=CITY) as driver:
        await driver.press("ctrl+p", *"#city")
        await driver.shows("#CITY  grid › PUBLIC › CITY")
