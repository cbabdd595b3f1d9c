"""The browser over a real session process and a server that speaks Tablestore's protocol."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app_driver import services_in
from browser_driver import browsing

from services.connections.profiles import Profile
from services.connections.secret_refs import SecretRef
from services.sandbox.tablestore.server import TablestoreSandbox
from services.stores.changes import Update
from services.values import Key, Typed

ORDERS = ("orders",)
SECOND: Key = {"region": Typed("String", "amer-east"), "id": Typed("Integer", 2)}
MakeSandbox = Callable[..., TablestoreSandbox]


def profile_of(sandbox: TablestoreSandbox, name: str, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile whose secret stands in a variable."""
    facts = sandbox.profile
    monkeypatch.setenv("BROWSER_SECRET", facts["secrets"]["access_key_secret"])
    fields = {field: str(text) for field, text in facts.items() if field != "secrets"}
    return Profile(name, "tablestore", fields, {"access_key_secret": SecretRef.env("BROWSER_SECRET")})


async def test_edit_conflict_and_commit(
    tmp_path: Path, fresh_tablestore: MakeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two cells are edited by hand; a second client changes one row first: one is applied, one is in conflict, and
    mine over the row as it is now is applied then."""
    sandbox = fresh_tablestore()
    names = ("grid", "rival")
    services = services_in(tmp_path, *(profile_of(sandbox, name, monkeypatch) for name in names))
    async with browsing(services, path=ORDERS) as driver:
        await driver.shows("240 of 240", "amer-east", "emil")
        await driver.go(1, "customer")
        await driver.type_over("zoe")
        await driver.staged(1)
        await driver.go(3, "customer")
        await driver.type_over("yan")
        await driver.staged(2)
        rival = await driver.app.services.sessions.open("rival")
        (read,) = await rival.read_keys(ORDERS, [SECOND])
        assert read is not None
        theirs = Update(ORDERS, SECOND, read, {"quantity": Typed("Integer", 99)})
        assert [outcome.result.value async for outcome in rival.apply([theirs])] == ["applied"]
        await driver.review()
        await driver.shows("UpdateRow orders where region = 'amer-east' and id = 2", "if the row is there")
        await driver.press("ctrl+s")
        await driver.staged(1)
        await driver.shows("● applied", "▲ conflict: the row changed since it was read")
        await driver.press("enter")
        await driver.shows("Conflict · orders")
        await driver.press("m")
        await driver.shows("1 change in 1 store")
        await driver.press("ctrl+s")
        await driver.staged(0)
        (found,) = await rival.read_keys(ORDERS, [SECOND])
        assert found is not None
        assert (found["customer"].value, found["quantity"].value) == ("zoe", 99)


async def test_an_index_cannot_be_edited(
    tmp_path: Path, fresh_tablestore: MakeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of an index are shown, and the reason why they stay as they are."""
    services = services_in(tmp_path, profile_of(fresh_tablestore(), "grid", monkeypatch))
    async with browsing(services, path=("orders", "@orders_by_customer")) as driver:
        await driver.shows("240 of 240", "ada")
        await driver.press("e")
        await driver.shows("through its table")
