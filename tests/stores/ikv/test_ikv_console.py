"""The console over a real session process, the sandbox's gateway and its mounted index: browse, edit, delete, drop."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from app_driver import NARROW, WIDE, running, screen_lines, services_in, until
from browser_driver import browsing
from ikv_sandbox import profile_fields

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef
from services.sandbox.ikv.server import IkvSandbox
from services.stores.ikv.store import IkvStore
from services.stores.registry import KINDS
from services.stores.types import RowQuery
from services.values import Typed
from tui.modals.profile_form import ProfileForm
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow

PROFILES = ("user_profiles",)


@pytest.fixture
def sandbox(fresh_ikv: type[IkvSandbox]) -> IkvSandbox:
    """A gateway whose reader writes down what it got when asked to."""
    return fresh_ikv(flush_seconds=None)


@pytest.fixture
def profile(sandbox: IkvSandbox, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile of it."""
    fields, secrets = profile_fields(sandbox)
    monkeypatch.setenv("PASSKEY", secrets["account_passkey"])
    return Profile("people", "ikv", fields, {"account_passkey": SecretRef.env("PASSKEY")})


def rows_of(sandbox: IkvSandbox, *names: str) -> list[int]:
    """The rows of documents in the grid: they come in one order, whoever reads them."""
    sandbox.flush()
    fields, _ = profile_fields(sandbox)
    store = IkvStore({**fields, "endpoint": "none"}, {})
    store.connect()
    (page,) = store.read_rows(PROFILES, RowQuery())
    found = page.batch.column("firstname").to_pylist()
    return [found.index(name) for name in names]


async def test_documents_are_read_edited_and_deleted(tmp_path: Path, sandbox: IkvSandbox, profile: Profile) -> None:
    """Alice's city changes and Bob goes; the review says that the last writer wins, and shows the SDK's calls."""
    services = services_in(tmp_path, profile)
    alice, bob = await asyncio.to_thread(rows_of, sandbox, "Alice", "Bob")
    async with browsing(services, path=PROFILES, profile="people") as driver:
        await driver.shows("13 of 13", "Alice", "San Francisco")
        await driver.go(alice, "city")
        await driver.type_over("Rome")
        await driver.staged(1)
        await driver.go(bob, "city")
        await driver.press("D")
        await driver.staged(2)
        await driver.review()
        await driver.shows("the last writer wins, nothing is checked", "upsert_fields(", '"Rome"')
        await driver.press("end")
        await driver.shows("delete_document(")
        await driver.press("ctrl+s")
        await driver.staged(0)
        sandbox.flush()
        session = driver.app.services.sessions.get("people")
        assert session is not None
        keys = [{"firstname": Typed("STRING", name)} for name in ("Alice", "Bob")]
        found = await session.read_keys(PROFILES, keys)
        assert found[0] is not None
        assert (found[0]["city"].value, found[0]["age"].value, found[1]) == ("Rome", 32, None)


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_form_tells_that_the_vendor_is_silent(tmp_path: Path, size: tuple[int, int]) -> None:
    """Whoever makes a profile reads it at the account and at the gateway."""
    async with running(services_in(tmp_path), size=size) as (app, pilot):
        await pilot.press("n")
        await until(lambda: isinstance(app.screen, ProfileForm) and app.focused is not None, "the form")
        app.screen.query_one("#row-kind Choice", Choice).focus()
        kinds = [kind.kind for kind in KINDS]
        await pilot.press(*["right"] * kinds.index("ikv"))
        await until(lambda: app.screen.query("#row-account_id"), "the fields of the kind")
        for name in ("account_id", "endpoint"):
            row = app.screen.query_one(f"#row-{name}", FormRow)
            row.focus_field()
            await pilot.pause()
            shown = screen_lines(app)[row.region.y : row.region.bottom]
            assert "silent since May 2024" in " ".join(" ".join(shown).replace("│", " ").split())


async def test_views_of_the_index_are_locked_tables(tmp_path: Path, profile: Profile) -> None:
    """History shows every event; editing it says why not."""
    services = services_in(tmp_path, profile)
    async with browsing(services, path=("@index", "history"), profile="people") as driver:
        await driver.shows("operation", "upsert")
        await driver.press("e")
        await driver.shows("cannot")
