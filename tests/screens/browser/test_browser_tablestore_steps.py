"""Tablestore's own edits by hand: versions and increments in forms, batches and transactions in the review, options
and indexes in the catalog; over a real session process and a server that speaks the protocol."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app_driver import services_in, until
from browser_driver import Browsing, browsing

from services.bootstrap import Services
from services.connections.profiles import Profile
from services.connections.secret_refs import SecretRef
from services.sandbox.tablestore.server import TablestoreSandbox
from tui.modals.alter_container import AlterContainer
from tui.modals.confirm import ConfirmModal
from tui.modals.new_container import NewContainer
from tui.modals.row_form import RowForm
from tui.screens.browser import BrowserScreen
from tui.widgets.form_list import FormList

ORDERS = ("orders",)
USERS = ("users",)
MakeSandbox = Callable[..., TablestoreSandbox]


@pytest.fixture
def sandbox(fresh_tablestore: MakeSandbox) -> TablestoreSandbox:
    """An instance of the test's own."""
    return fresh_tablestore()


@pytest.fixture
def services(tmp_path: Path, sandbox: TablestoreSandbox, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Services with the profile `grid`."""
    facts = sandbox.profile
    monkeypatch.setenv("STEPS_SECRET", facts["secrets"]["access_key_secret"])
    fields = {field: str(text) for field, text in facts.items() if field != "secrets"}
    profile = Profile("grid", "tablestore", fields, {"access_key_secret": SecretRef.env("STEPS_SECRET")})
    return services_in(tmp_path, profile)


def cells_of(sandbox: TablestoreSandbox, table: str, place: int) -> dict[str, list[tuple[int, object]]]:
    """The versions of the cells of a row, by its place in the order of the key."""
    with sandbox.data.lock:
        found = sandbox.data.view(table)
        key = found.rows().keys[place]
        row = found.get(key)
        return dict(row.cells) if row is not None else {}


async def form_of(driver: Browsing) -> tuple[RowForm, FormList]:
    """The row's form, opened on the row under the cursor."""
    await driver.press("enter")
    await until(lambda: isinstance(driver.app.screen, RowForm), "the form")
    form = driver.app.screen
    assert isinstance(form, RowForm)
    await driver.pilot.pause()
    return form, form.query_one(FormList)


async def test_one_version_is_deleted_from_the_form(services: Services, sandbox: TablestoreSandbox) -> None:
    """Every version stands in the form with its time; one is staged to go, taken back, staged again, reviewed as the
    exact call and sent: the others stay."""
    place = next(place for place in range(24) if len(cells_of(sandbox, "users", place)["logins"]) == 3)
    before = cells_of(sandbox, "users", place)["logins"]
    async with browsing(services, path=USERS) as driver:
        await driver.shows("24 of 24")
        await driver.go(place, "name")
        form, lines = await form_of(driver)
        versions = [number for number, line in enumerate(lines.form_lines) if line.version is not None]
        assert [before[0][0], before[1][0], before[2][0]] == [lines.form_lines[n].timestamp for n in versions]
        lines.cursor = versions[1]
        await driver.press("e")
        await driver.shows("a version stays as it was written")
        await driver.press("D")
        await driver.shows("without the version of")
        await driver.press("D")
        assert "no cell was changed" == form.why_off("take")
        await driver.press("D", "ctrl+s")
        await driver.staged(1)
        await driver.review()
        await driver.shows("delete of logins the version of", "if the row is there", "conditional")
        await driver.press("ctrl+s")
        await driver.staged(0)
    assert [before[0], before[2]] == cells_of(sandbox, "users", place)["logins"]


async def test_all_versions_go_by_absent_and_undo_brings_them_back(
    services: Services, sandbox: TablestoreSandbox
) -> None:
    """The set menu says that absent takes all versions; NULL is off where the store has none; undo unstages."""
    async with browsing(services, path=USERS) as driver:
        await driver.shows("24 of 24")
        await driver.go(0, "name")
        await driver.press("equals_sign")
        await driver.shows(
            "all its versions go", "not now: the column takes no NULL", "not now: the cell holds no whole"
        )
        await driver.press("a")
        await driver.staged(1)
        await driver.review()
        await driver.shows("remove name")
        await driver.press("u")
        await driver.staged(0)
    assert cells_of(sandbox, "users", 0)["name"]


async def test_an_increment_is_staged_reviewed_and_sent(services: Services, sandbox: TablestoreSandbox) -> None:
    """`= i` asks for the number; the grid marks it, the review shows the step in its call, the service adds."""
    before = cells_of(sandbox, "orders", 1)["quantity"][0][1]
    assert isinstance(before, int)
    async with browsing(services, path=ORDERS) as driver:
        await driver.shows("240 of 240")
        await driver.go(1, "quantity")
        await driver.press("equals_sign")
        await driver.shows("increment")
        await driver.press("i")
        await driver.shows("Increment quantity")
        await driver.press("backspace", *"x", "enter")
        await driver.shows("not a whole number")
        await driver.press("equals_sign", "i")
        await driver.shows("Increment quantity")
        await driver.press("backspace", *"5", "enter")
        await driver.staged(1)
        await driver.shows("+5")
        await driver.review()
        await driver.shows(f"quantity  {before} → +5", "increment quantity by 5", f"quantity = {before}")
        await driver.press("ctrl+s")
        await driver.staged(0)
    assert before + 5 == cells_of(sandbox, "orders", 1)["quantity"][0][1]


async def test_the_review_shows_batches_and_commits_all_or_none(services: Services, sandbox: TablestoreSandbox) -> None:
    """Two rows travel in one batch; `t` makes them one transaction with its own guarantee, and sends it; a row of
    another partition key makes it impossible, with the reason."""
    async with browsing(services, path=ORDERS) as driver:
        await driver.shows("240 of 240")
        for row in (0, 1):
            await driver.go(row, "customer")
            await driver.type_over(f"new{row}")
            await driver.staged(row + 1)
        await driver.review()
        await driver.shows("conditional: ", "in BatchWriteRow 1, row 1 of 2")
        await driver.press("t")
        await driver.shows(
            "transaction: all rows or none", "in one local transaction of orders on region = 'amer-east'"
        )
        await driver.press("escape")
        await until(lambda: isinstance(driver.app.screen, BrowserScreen), "the browser")
        await driver.go(100, "customer")
        await driver.type_over("far")
        await driver.staged(3)
        await driver.review()
        await driver.press("t")
        await driver.shows("cannot be sent: a local transaction holds one partition key")
        await driver.press("u")
        await driver.staged(2)
        await driver.shows("in one local transaction")
        await driver.press("ctrl+s")
        await driver.staged(0)
    found = [cells_of(sandbox, "orders", place)["customer"][0][1] for place in (0, 1)]
    assert ["new0", "new1"] == found


async def test_options_are_changed_from_the_catalog(services: Services, sandbox: TablestoreSandbox) -> None:
    """`o` shows the options; a limit of the service is told before, what was and will be is shown, and one request
    changes it after a question."""
    async with browsing(services, path=USERS) as driver:
        driver.screen.catalog_tree.focus()
        await driver.press("o")
        await until(lambda: isinstance(driver.app.screen, AlterContainer), "the options")
        modal = driver.app.screen
        assert isinstance(modal, AlterContainer)
        await driver.shows('"max_versions": 3', "nothing is changed yet")
        assert modal.why_off("take")
        await _write(driver, modal, '{"options": {"max_versions": 0}}')
        await driver.shows("max_versions is -1, for all, or at least 1")
        await _write(driver, modal, '{"options": {"max_versions": ')
        await driver.shows("not JSON")
        assert modal.why_off("take")
        await _write(driver, modal, '{"options": {"max_versions": 2, "time_to_live": 864000}}')
        await driver.shows("max_versions  3 → 2", "time_to_live  -1 → 864000", "cannot be undone")
        await driver.press("ctrl+s")
        await until(lambda: isinstance(driver.app.screen, ConfirmModal), "the question")
        await driver.shows("max_versions  3 → 2", "DEV")
        await driver.press("y")
        await until(lambda: sandbox.data.table("users").schema.options.max_versions == 2, "the change")
    assert 864_000 == sandbox.data.table("users").schema.options.time_to_live


async def _write(driver: Browsing, modal: AlterContainer, text: str) -> None:
    """Put a text into the form of options."""
    from textual.widgets import TextArea

    modal.query_one(TextArea).text = text
    await driver.pilot.pause()


async def test_an_index_is_created_and_dropped_in_the_catalog(services: Services, sandbox: TablestoreSandbox) -> None:
    """`i` on a table offers both kinds with an example that works; afterwards it hangs below the table, and `D` asks
    for its name before it goes."""
    async with browsing(services, path=ORDERS) as driver:
        driver.screen.catalog_tree.focus()
        await driver.press("i")
        await driver.shows("New inside orders", "search index")
        await driver.press("down", "enter")
        await until(lambda: isinstance(driver.app.screen, NewContainer), "the form")
        await driver.shows("New search index of orders", '"KEYWORD"')
        await driver.press(*"mine", "ctrl+s")
        await until(lambda: "mine" in sandbox.data.table("orders").search, "the index")
        await until(lambda: isinstance(driver.app.screen, BrowserScreen), "the browser")
        await until(lambda: _current(driver) == "@mine", "the index in the tree")
        await driver.press("D")
        await until(lambda: isinstance(driver.app.screen, ConfirmModal), "the question")
        await driver.shows("The rows of its table stay.")
        await driver.press(*"@mine", "enter")
        await until(lambda: "mine" not in sandbox.data.table("orders").search, "its end")


def _current(driver: Browsing) -> str:
    node = driver.screen.catalog_tree.current
    return node.shown if node is not None else ""


async def test_only_tables_with_something_below_can_be_unfolded(services: Services) -> None:
    """`events` has no index and one version of each cell: it has no mark; the others have theirs."""
    async with browsing(services, path=ORDERS) as driver:
        await driver.shows("▸ orders", "▸ users", "events")
        assert "▸ events" not in driver.text
        driver.screen.catalog_tree.focus()
        await driver.press("right")
        await driver.shows("▾ orders", "@orders_search", "@orders_by_")
