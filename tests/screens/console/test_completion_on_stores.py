"""Completion in the console over servers that speak each system's protocol: names found, taken, and understood."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from app_driver import WIDE, running, services_in, until
from console_driver import ConsoleDriver

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef
from services.sandbox.ignite.server import IgniteSandbox
from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.sandbox.tablestore.server import TablestoreSandbox

KEYS = {" ": "space", "*": "asterisk", ".": "full_stop", "=": "equals_sign", ">": "greater_than_sign"}


@pytest.fixture(scope="module")
def ignite() -> Iterator[IgniteSandbox]:
    """A node with the sample data; tests add tables of their own."""
    with IgniteSandbox(nodes=1) as sandbox:
        yield sandbox


@asynccontextmanager
async def console_on(profile: Profile, folder: Path) -> AsyncIterator[ConsoleDriver]:
    """The console with a session on a sandbox."""
    async with running(services_in(folder, profile), size=WIDE) as (app, pilot):
        await app.open_session(profile.name)
        await pilot.press("3")
        console = ConsoleDriver(app, pilot)
        await until(lambda: console.is_ready, "the console")
        yield console


def ignite_on(sandbox: IgniteSandbox) -> Profile:
    """A profile of a cluster without users."""
    return Profile("grid", "ignite", {"nodes": sandbox.nodes})


def cloud_profile(kind: str, facts: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile of what a sandbox says of itself."""
    monkeypatch.setenv("CONSOLE_SECRET", facts["secrets"]["access_key_secret"])
    fields = {name: str(text) for name, text in facts.items() if name != "secrets"}
    return Profile(kind, kind, fields, {"access_key_secret": SecretRef.env("CONSOLE_SECRET")})


async def typed(console: ConsoleDriver, text: str) -> None:
    """Type a text key by key."""
    await console.pilot.press(*(KEYS.get(letter, letter) for letter in text))
    await console.pilot.pause()


def offered(console: ConsoleDriver) -> dict[str, tuple[str, str]]:
    """What the open list would write, with type and table."""
    shown = console.screen.editor.listed_names
    return {one.text: (one.type, one.source) for one in shown.candidates} if shown else {}


async def expect(console: ConsoleDriver, text: str, type_: str, source: str) -> None:
    """Wait until the list offers it first, and take it."""
    await until(lambda: next(iter(offered(console)), "") == text, f"{text} at the top")
    assert offered(console)[text] == (type_, source)
    await console.pilot.press("enter")
    await console.pilot.pause()


async def test_ignite_names(tmp_path: Path, ignite: IgniteSandbox) -> None:
    """A table of the usual schema, a view of another with it, a column by an alias; the statement made so runs."""
    async with console_on(ignite_on(ignite), tmp_path) as console:
        await typed(console, "select * from cit")
        await expect(console, "CITY", "table", "PUBLIC")
        await typed(console, " c where c.po")
        await expect(console, "POPULATION", "INT", "CITY")
        await typed(console, " > 9000000")
        assert console.screen.editor.text == "select * from CITY c where c.POPULATION > 9000000"
        await console.pilot.press("f5")
        await console.finished()
        assert console.error == ""
        await console.write("")
        await typed(console, "select * from schem")
        await expect(console, "SYS.SCHEMAS", "view", "SYS")
        await console.pilot.press("f5")
        await console.finished()
        assert console.error == ""


async def test_ignite_names_that_need_quotes(tmp_path: Path, ignite: IgniteSandbox) -> None:
    """A new table in mixed case with a hostile column is known after its CREATE, quoted when taken, and understood."""
    async with console_on(ignite_on(ignite), tmp_path) as console:
        await typed(console, "select * from cit")
        await until(lambda: offered(console), "the first names")
        await console.run('create table "Odd Name" (id int primary key, "x[/]""y" varchar)')
        assert console.error == ""
        await console.write("")
        await typed(console, "select o. from odd")
        await expect(console, '"Odd Name"', "table", "PUBLIC")
        await typed(console, " o")
        await console.pilot.press("home", *["right"] * 9)
        await console.pilot.press("ctrl+space")
        await until(lambda: '"x[/]""y"' in offered(console), "the columns")
        assert 'x[/]"y' in console.text
        await typed(console, "x")
        await expect(console, '"x[/]""y"', "VARCHAR", "Odd Name")
        assert console.screen.editor.text == 'select o."x[/]""y" from "Odd Name" o'
        await console.pilot.press("f5")
        await console.finished()
        assert (console.error, [column.name for column in console.screen.grid.state.columns]) == ("", ['x[/]"y'])


async def test_tablestore_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables, and the columns of the key and of the first rows."""
    with TablestoreSandbox() as sandbox:
        async with console_on(cloud_profile("tablestore", sandbox.profile, monkeypatch), tmp_path) as console:
            await typed(console, "select * from us")
            await expect(console, "users", "table", "")
            await typed(console, " where te")
            await expect(console, "team", "String", "users")
            await typed(console, " = na")
            await expect(console, "name", "String", "users")
            assert console.screen.editor.text == "select * from users where team = name"


async def test_maxcompute_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables and views, functions of the project, columns with the partition's; the statement made so runs."""
    with MaxComputeSandbox() as sandbox:
        async with console_on(cloud_profile("maxcompute", sandbox.profile, monkeypatch), tmp_path) as console:
            await typed(console, "select * from sales_")
            await expect(console, "sales_by_region", "view", "")
            await console.write("")
            await typed(console, "select sho")
            await expect(console, "shout", "function", "")
            await console.write("")
            await typed(console, "select s.amount from sal")
            await expect(console, "sales", "table", "")
            await typed(console, " s where s.am")
            await expect(console, "amount", "DECIMAL(12,2)", "sales")
            await typed(console, " > 1")
            await console.pilot.press("f5")
            await console.finished()
            assert console.error == ""
