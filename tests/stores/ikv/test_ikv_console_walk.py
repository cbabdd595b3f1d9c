"""The walk of IKV's own guide in the console: three upserts, fields that merge, several keys read at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from app_driver import services_in, until
from browser_driver import Browsing, browsing
from ikv_sandbox import profile_fields
from textual.events import Paste

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef
from services.sandbox.ikv.server import IkvSandbox
from services.stores.ikv.types import BYTES, WORDS
from services.values import Typed
from tui.screens.browser import BrowserScreen
from tui.widgets.form_list import FormList

PROFILES = ("user_profiles",)


@pytest.fixture
def profile(fresh_ikv: Callable[..., IkvSandbox], monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile of a gateway whose stores are empty; its reader follows a moment after each write."""
    fields, secrets = profile_fields(fresh_ikv(samples_wanted=False))
    monkeypatch.setenv("PASSKEY", secrets["account_passkey"])
    return Profile("people", "ikv", fields, {"account_passkey": SecretRef.env("PASSKEY")})


async def put_text(driver: Browsing, text: str) -> None:
    """Paste a text into the field that has the focus, and press enter."""
    driver.app.post_message(Paste(text))
    await driver.press("enter")


async def give(driver: Browsing, name: str, text: str, type_word: str = "") -> None:
    """Type a value into the editor that opens in a row's form, as a type if one is named."""
    await driver.shows("was   ")
    if type_word:
        await driver.press("ctrl+t")
        await driver.shows(WORDS[-1])
        await driver.press(*["down"] * WORDS.index(type_word), "enter")
        await driver.shows(f"type  {type_word}")
    await put_text(driver, text)
    await driver.shows(f"~ {name}")


async def fill(driver: Browsing, name: str, text: str) -> None:
    """In a row's form: a value for one of its lines; only the key has a fixed place among them."""
    lines = driver.app.screen.query_one(FormList).form_lines
    place = [line.source[0] for line in lines].index(name)
    await driver.press("home", *["down"] * place, "enter")
    await give(driver, name, text)


async def add_field(driver: Browsing, name: str, text: str, type_word: str = "") -> None:
    """In a row's form: a field that the row lacks, with its value."""
    await driver.press("a")
    await driver.shows("Add field", "Its name.")
    await put_text(driver, name)
    await give(driver, name, text, type_word)


async def commit(driver: Browsing, *calls: str) -> None:
    """Stage the form's row, see the SDK's calls in the review, send, and go back to the rows."""
    await driver.press("ctrl+s")
    await driver.staged(1)
    await driver.review()
    await driver.shows("the last writer wins, nothing is checked", "upsert_fields(", *calls)
    await driver.press("ctrl+s")
    await driver.staged(0)
    await driver.press("escape")
    await until(lambda: isinstance(driver.app.screen, BrowserScreen), "the rows")


def line_of(driver: Browsing, name: str) -> str:
    """The grid's line of a document, empty where it is not shown."""
    left = driver.screen.rows.region.x
    lines = (line[left:] for line in driver.text.splitlines())
    return next((line for line in lines if f" {name} " in line), "")


async def read_until(driver: Browsing, name: str, *cells: str) -> None:
    """Refresh the rows until a document's line has these cells: the index follows a write a moment later."""
    deadline = time.monotonic() + 20
    while not all(cell in line_of(driver, name) for cell in cells) or not line_of(driver, name):
        assert time.monotonic() < deadline, f"{name} with {cells} on\n{driver.text}\n"
        before = driver.screen.rows.shown
        await driver.press("r")
        await until(lambda before=before: driver.screen.rows.shown is not before, "the rows anew")
        await driver.pilot.pause()


async def filter_rows(driver: Browsing, condition: str, before: str = "") -> None:
    """Show only the rows that a condition in the store's language holds for, in the place of the one before."""
    await driver.press("slash")
    await driver.shows("where", before or "a condition, in the mounted index")
    await driver.press("end", "ctrl+u")
    await put_text(driver, condition)
    await driver.shows(f"where {condition} in the mounted index")


async def test_the_walk_of_the_guide(tmp_path: Path, profile: Profile) -> None:
    """Into an empty store: Alice, Alice again with other fields, Bob; her fields merge, and a key that is not there is
    left out of a read of several."""
    async with browsing(services_in(tmp_path, profile), path=PROFILES, profile="people") as driver:
        await driver.press("a")
        await driver.shows("user_profiles · new row", "firstname")
        await fill(driver, "firstname", "Alice")
        await add_field(driver, "age", "22")
        await add_field(driver, "city", "San Francisco")
        await commit(driver, '"Alice"', '"San Francisco"')
        await read_until(driver, "Alice", "22", "San Francisco")

        await driver.go(0, "age")
        await driver.press("enter")
        await driver.shows("user_profiles · key Alice")
        await fill(driver, "age", "23")
        await add_field(driver, "profile", "0x000102", BYTES)
        await commit(driver, '"23"')
        await read_until(driver, "Alice", "23", "San Francisco", "000102")

        await driver.press("a")
        await driver.shows("user_profiles · new row", "profile")
        await fill(driver, "firstname", "Bob")
        await fill(driver, "age", "25")
        await commit(driver, '"Bob"')
        await read_until(driver, "Bob", "25")

        await filter_rows(driver, "firstname IN ('Alice', 'Bob', 'Nobody')")
        grid = driver.screen.rows.grid
        await until(lambda: grid.row_total == 2 and "23" in line_of(driver, "Alice"), "two of three keys")
        assert ("25" in line_of(driver, "Bob"), "San Francisco" in line_of(driver, "Bob")) == (True, False)
        await filter_rows(driver, "firstname IN ('Bob', 'Nobody')", before="'Alice'")
        await until(lambda: grid.row_total == 1 and "25" in line_of(driver, "Bob"), "one of two keys")
        assert line_of(driver, "Alice") == ""

        session = driver.app.services.sessions.get("people")
        assert session is not None
        names = ("Alice", "Bob", "Nobody")
        alice, bob, nobody = await session.read_keys(PROFILES, [{"firstname": Typed("STRING", name)} for name in names])
        assert alice == {
            "firstname": Typed("STRING", "Alice"),
            "age": Typed("STRING", "23"),
            "city": Typed("STRING", "San Francisco"),
            "profile": Typed("BYTES", b"\x00\x01\x02"),
        }
        assert (bob, nobody) == ({"firstname": Typed("STRING", "Bob"), "age": Typed("STRING", "25")}, None)
