"""Saving from the review: the file holds what is staged, and `apply` reads it back as the same changes."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app_driver import notices, until
from browser_driver import CITY, Browsing, browsing, city_table, services_over
from fake_session import FakeSession
from textual.widgets import Input

from services.editing.changeset import change_of, read_record
from services.errors import ConnectFailed
from services.stores.changes import Change, Delete, Insert, Update
from services.values import Row, Typed


def key(number: int) -> dict[str, Typed]:
    """A city's key."""
    return {"ID": Typed("Int", number)}


def old(number: int) -> Row:
    """A city as it was read."""
    name = Typed("String", f"city {number}")
    return {"Name": name, "Code": Typed("String", "KOR"), "Population": Typed("Int", number * 1000)}


CHANGES: tuple[Change, ...] = (
    Update(CITY, key(3), old(3), {"Name": Typed("String", "Seoul\x1b[2J")}),
    Delete(CITY, key(4), old(4)),
    Insert(CITY, key(99), {"Name": Typed("String", "Ulsan")}),
)


@asynccontextmanager
async def reviewing(folder: Path, *changes: Change) -> AsyncIterator[tuple[Browsing, Any]]:
    """The review over these staged changes, and the session."""
    grid = FakeSession("grid", {CITY: city_table()})
    services = services_over(folder, grid)
    for change in changes:
        services.journal.stage("grid", change)
    async with browsing(services) as driver:
        await driver.review()
        yield driver, grid


async def save_as(driver: Browsing, target: Path) -> None:
    """Press `w` and give the name."""
    await driver.press("w")
    await driver.shows("Save the changes as a file")
    driver.app.screen.query_one("#prompt-text", Input).value = str(target)
    await driver.press("enter")


def read_back(target: Path) -> list[Change]:
    """The changes in a file."""

    def never(column: str, data: Any) -> Typed:
        raise AssertionError(f"{column}: {data} is not exact")

    lines = target.read_text(encoding="utf-8").splitlines()
    records = [read_record(json.loads(line), "f") for line in lines]
    assert {record.address for record in records} == {"grid:PUBLIC/City"}
    return [change_of(record, CITY, never) for record in records]


async def test_a_saved_file_holds_the_staged_changes(tmp_path: Path) -> None:
    """The same changes in the same order; nothing is sent, everything stays staged, the file is the user's alone."""
    target = tmp_path / "set.jsonl"
    async with reviewing(tmp_path, *CHANGES) as (driver, grid):
        await save_as(driver, target)
        await driver.shows("3 changes saved in")
        assert read_back(target) == list(CHANGES)
        assert (driver.app.services.journal.count(), grid.writes) == (3, [])
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


async def test_another_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    """`n` keeps it, `y` replaces it."""
    target = tmp_path / "set.jsonl"
    target.write_text("theirs")
    async with reviewing(tmp_path, CHANGES[0]) as (driver, _):
        await save_as(driver, target)
        await driver.shows("Replace the file?")
        await driver.press("n")
        await driver.shows("Review ──")
        assert target.read_text() == "theirs"
        await save_as(driver, target)
        await driver.shows("Replace the file?")
        await driver.press("y")
        await driver.shows("1 change saved in", "it stays staged")
        assert read_back(target) == [CHANGES[0]]


async def test_escape_saves_nothing(tmp_path: Path) -> None:
    """The prompt can be left."""
    async with reviewing(tmp_path, CHANGES[0]) as (driver, _):
        await driver.press("w")
        await driver.shows("Save the changes as a file", "changes.jsonl")
        await driver.press("escape")
        await driver.shows("Review ──", "the call")


async def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Why, and nothing is left behind."""
    async with reviewing(tmp_path, CHANGES[0]) as (driver, _):
        await save_as(driver, tmp_path / "no" / "such" / "folder")
        await until(lambda: any("No such file or directory" in text for text in notices(driver.app)), "the reason")
        assert not (tmp_path / "no").exists()


async def test_a_store_that_cannot_be_opened_saves_nothing(tmp_path: Path) -> None:
    """The address comes from the store; without it there is no half file."""
    target = tmp_path / "set.jsonl"
    async with reviewing(tmp_path, CHANGES[0]) as (driver, grid):
        grid.failures["format_address"] = ConnectFailed("grid: no answer", hint="Start the server.")
        await save_as(driver, target)
        await driver.shows("grid: no answer")
        assert not target.exists()


async def test_without_changes_w_says_why_not(tmp_path: Path) -> None:
    """Nothing staged, nothing to save."""
    async with reviewing(tmp_path) as (driver, _):
        await driver.press("w")
        await driver.shows("Nothing is staged.")
        assert not driver.app.screen.query("#prompt-text")


async def test_the_footer_names_it(tmp_path: Path) -> None:
    """`w Save as file` stands in the review's footer."""
    async with reviewing(tmp_path, CHANGES[0]) as (driver, _):
        await driver.shows("w Save as file")
