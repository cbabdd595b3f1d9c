"""The browser over a real session process and a service of projects, partitions and jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from app_driver import services_in
from browser_driver import browsing
from maxcompute_stores import Warehouse, fresh_warehouse
from textual.widgets import Input

from services.connections.profiles import Profile
from services.connections.secret_refs import SecretRef
from tui.widgets.catalog_pane import CatalogPane

__all__ = ["fresh_warehouse"]


def profile_of(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile whose secret stands in a variable."""
    facts = warehouse.sandbox.profile
    monkeypatch.setenv("BROWSER_SECRET", facts["secrets"]["access_key_secret"])  # type: ignore[index]
    fields = {field: str(text) for field, text in facts.items() if field != "secrets"}
    return Profile("mc", "maxcompute", fields, {"access_key_secret": SecretRef.env("BROWSER_SECRET")})


async def test_tables_partitions_and_emptying(
    tmp_path: Path, fresh_warehouse: Callable[..., Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tree opens down to a partition; its rows come without a job and are locked with the reason; emptying a
    partition asks for its name and leaves the others."""
    warehouse = fresh_warehouse(samples=False)
    warehouse.run("CREATE TABLE visits (id BIGINT) PARTITIONED BY (pt STRING)")
    for day in ("a", "b"):
        warehouse.run(f"INSERT INTO visits PARTITION (pt='{day}') VALUES (1), (2)")
    before = warehouse.store.list_jobs().batch.num_rows
    services = services_in(tmp_path, profile_of(warehouse, monkeypatch))
    async with browsing(services, path=("visits", "pt=b"), profile="mc") as driver:
        await driver.shows("2 of 2", "pt=a", "pt=b", "functions", "quotas", "jobs")
        await driver.press("e")
        await driver.shows("in bulk")
        assert (await asyncio.to_thread(warehouse.store.list_jobs)).batch.num_rows == before
        driver.screen.catalog_tree.focus()
        await driver.press("T")
        await driver.shows("Empty the partition pt=b of mc, DEV.", "Type pt=b and press enter")
        await driver.press(*"pt", "equals_sign", "b", "enter")
        await driver.shows("was emptied")
        assert [{"pt": "a"}] * 2 == await asyncio.to_thread(warehouse.rows, "SELECT pt FROM visits")


async def test_a_filter_says_that_it_runs_a_job(
    tmp_path: Path, fresh_warehouse: Callable[..., Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pane tells the job and its stages while the rows are on their way; stopping ends the job, too."""
    warehouse = fresh_warehouse(job_seconds=60)
    services = services_in(tmp_path, profile_of(warehouse, monkeypatch))
    async with browsing(services, path=("orders",), profile="mc") as driver:
        await driver.shows("500 of 500")
        await driver.press("slash", *"id < 7", "enter")
        await driver.shows("job ", "%")
        await driver.press("ctrl+g")
        listed = warehouse.store.list_jobs
        while {"Cancelled"} != set((await asyncio.to_thread(listed)).batch.column("status").to_pylist()):
            await driver.pilot.pause(0.05)


async def test_a_file_of_a_volume_is_saved(
    tmp_path: Path, fresh_warehouse: Callable[..., Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`w` asks where, beginning with a free and safe name here; what is there already stays as it is."""
    warehouse = fresh_warehouse()
    content = warehouse.sandbox.warehouse.project("sandbox").volumes.get("default", "files").read("notes/read.me")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    saved = tmp_path / "work" / "read.me"
    services = services_in(tmp_path, profile_of(warehouse, monkeypatch))
    async with browsing(services, path=("orders",), profile="mc") as driver:
        pane = driver.screen.query_one(CatalogPane)
        driver.screen.catalog_tree.focus()
        assert "no file of a volume" in pane.why_off("save_file")
        await pane.reveal("mc", ("#volumes", "files", "notes", "read.me"))
        await driver.press("w")
        await driver.shows("Save read.me", str(saved)[-20:])
        await driver.press("enter")
        await driver.shows("bytes")
        assert content == await asyncio.to_thread(saved.read_bytes)
        saved.write_bytes(b"mine")
        await driver.press("full_stop")
        await driver.shows("Save file")
        await driver.press("escape", "w")
        await driver.shows("Save read.me", "read-2.me")
        driver.app.screen.query_one(Input).value = str(saved)
        await driver.press("enter")
        await driver.shows("is there already")
        assert b"mine" == saved.read_bytes()
        assert ["read.me"] == [path.name for path in saved.parent.iterdir()]
