"""Acting on instances through the screen: over a cloud whose time the test moves."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from app_driver import NARROW, screen_lines, until
from instances_driver import every_file, managing, sandbox_profile
from trove_sandbox_access import access_to
from trove_stores import names

from services.sandbox.trove.server import TroveSandbox
from tui.modals.action_form import ActionForm
from tui.modals.confirm import ConfirmModal
from tui.modals.menu import MenuModal
from tui.modals.secret_reveal import SecretReveal
from tui.widgets.form_row import FormRow

Fresh = Callable[..., TroveSandbox]


async def test_every_action_is_offered_with_the_reason_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """The same list for every instance; what is not possible now says what it waits for, and stays undone."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.go_to("orders-db")
        ready = await lab.actions()
        await lab.press("escape")
        await lab.go_to("payroll-db")
        building = await lab.actions()
        assert set(ready) == set(building)
        assert "" == ready["Restart"]
        assert "waits for ACTIVE, is BUILD" == building["Resize volume"]
        await lab.shows("not now: waits for ACTIVE, is BUILD")
        await lab.press("down", "enter")
        assert isinstance(lab.app.screen, MenuModal)
        assert "waits for ACTIVE" in lab.notices[-1]


async def test_create_with_databases_and_users_until_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """The form, the quotas, the request; the password once; the cursor goes to it; BUILD, then ACTIVE, told."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await lab.press("n")
        form: ActionForm = await lab.top(ActionForm)
        await lab.planned("Name and Size in GB: then the quotas")
        await lab.fill(name="new-lab", datastore="mariadb", size="3", databases="shop,web", users="ann")
        plan = await lab.planned("POST /instances", '"name": "new-lab"')
        assert "instances: 30 of 40 used, 1 more asked" in plan
        assert "volumes: " in plan
        assert "mariadb" in plan
        await lab.press("ctrl+s")
        reveal: SecretReveal = await lab.top(SecretReveal)
        assert "Create: new-lab" == reveal.title_words
        assert "password of ann  ••••" in lab.text
        await lab.press("escape")
        await lab.state_of("new-lab", "BUILD")
        assert "new-lab" == lab.current.name
        assert form is not lab.app.screen
        sandbox.settle()
        await lab.state_of("new-lab", "ACTIVE HEALTHY")
        await until(lambda: any("new-lab: ACTIVE" in notice for notice in lab.notices), "the end")
        await lab.press("enter")
        await lab.shows("[users]", "ann")
        await lab.press("tab")
        await lab.shows("[databases]", "shop", "web")


async def test_a_choice_keeps_what_was_typed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """Versions follow the datastore; the row one is typing in is left alone, with its cursor."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.press("n")
        form = await lab.fill(name="half")
        name_row = form.query_one("#row-name", FormRow)
        await lab.fill(datastore="postgresql")
        await until(lambda: form.query_one("#row-datastore_version", FormRow).value in ("16", "15"), "its versions")
        assert form.query_one("#row-name", FormRow) is name_row
        assert "half" == name_row.value
        focused = form.focused
        assert focused is not None
        assert form.query_one("#row-datastore", FormRow) in focused.ancestors
        await lab.press("left", "escape")
        assert lab.app.screen is lab.screen


async def test_a_quota_is_told_before_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """The bar, in words, while the form is filled; sent all the same, the refusal stands in the form."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await lab.press("n")
        await lab.fill(name="huge", size="200000")
        await lab.planned("over the quota: volumes", "200000 more asked")
        await lab.press("ctrl+s")
        await lab.planned("huge")
        await until(lambda: "quota" in lab.text.lower() and "request id" in lab.text, "the refusal")
        assert isinstance(lab.app.screen, ActionForm)
        assert 30 == len(lab.screen.board)


async def test_a_build_that_fails_tells_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """The wait ends with the words of the fault, and the detail shows them."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await lab.press("n")
        await lab.fill(name="SERVER_ERROR-1", size="1")
        await lab.planned("POST")
        await lab.press("ctrl+s")
        await until(lambda: lab.app.screen is lab.screen, "the list")
        sandbox.settle()
        await lab.state_of("SERVER_ERROR-1", "ERROR")
        await lab.go_to("SERVER_ERROR-1")
        await until(lambda: lab.detail.startswith("fault"), "the fault")
        await until(lambda: any("SERVER_ERROR-1" in notice for notice in lab.notices), "the error")


async def test_delete_asks_for_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh) -> None:
    """Another name, or none, deletes nothing; the right one does, and the line goes."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        one = await lab.go_to("notes-db")
        await lab.press("D")
        await lab.top(ConfirmModal)
        await lab.shows(f"DELETE /instances/{one.id}", "TEST")
        await lab.press(*"notes", "enter")
        assert "ACTIVE" == (await lab.go_to("notes-db")).status
        await lab.press("D")
        await lab.top(ConfirmModal)
        await lab.press(*"notes", "minus", *"db", "enter")
        await lab.state_of("notes-db", "SHUTDOWN", "SHUTDOWN HEALTHY", "SHUTDOWN SHUTDOWN", "gone")
        sandbox.settle()
        await lab.state_of("notes-db", "gone")
        assert "29 of 29" in lab.text
        await until(lambda: any("notes-db: gone" in notice for notice in lab.notices), "the end")


async def test_the_root_password_is_shown_once_and_kept_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh, caplog: pytest.LogCaptureFixture
) -> None:
    """On the screen only when asked; then in no file, no event, no log and no toast."""
    sandbox = fresh_trove()
    caplog.set_level("DEBUG")
    events: list[str] = []
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        lab.app.services.events.subscribe(lambda event: events.append(repr(event)))
        await lab.go_to("wiki-db")
        await lab.choose("Enable root")
        await lab.top(ActionForm)
        await lab.planned("POST")
        await lab.press("ctrl+s")
        reveal: SecretReveal = await lab.top(SecretReveal)
        password = reveal._secrets[0][1].reveal()
        assert password not in lab.text
        await lab.press("space")
        assert password in lab.text
        await lab.press("escape")
        assert password not in lab.text
        await lab.go_to("wiki-db")
        await lab.press("enter")
        await lab.shows("[users]")
        assert password not in repr(lab.notices)
    assert password not in "".join(events)
    assert password not in caplog.text
    assert [] == every_file(tmp_path)(password)


async def test_after_promoting_the_picture_is_the_other_way_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """The replica becomes the primary, in the detail and in the list."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await lab.go_to("sessions-db-replica")
        assert ["sessions-db ✗  primary", "  └── sessions-db-replica ●"] == lab.detail.splitlines()[:2]
        await lab.press("escape")
        await lab.go_to("orders-db-replica-1")
        assert lab.detail.startswith("orders-db ●  primary")
        await lab.choose("Promote")
        await lab.top(ConfirmModal)
        await lab.press("y")
        await lab.state_of("orders-db-replica-1", "PROMOTE HEALTHY", "PROMOTE", "ACTIVE HEALTHY")
        sandbox.settle()
        await until(lambda: lab.detail.startswith("orders-db-replica-1 ●  primary"), f"the picture {lab.detail}", 40)
        await lab.press("r")
        await until(lambda: not lab.screen._is_reading, "the list")
        names_now = [one.name for one in lab.screen.board.visible]
        place = names_now.index("orders-db-replica-1")
        assert {"orders-db", "orders-db-replica-2"} == set(names_now[place + 1 : place + 3])


async def test_two_users_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh) -> None:
    """What another one deleted goes from the list; what another one began refuses the action, told with its state."""
    sandbox = fresh_trove()
    with access_to(sandbox).opened() as other:
        async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
            one = await lab.go_to("ci-mysql")
            await lab.press("a")
            await lab.top(MenuModal)
            await asyncio.to_thread(other.act, "delete", one.id, {})
            sandbox.settle()
            await lab.press("down", "enter")
            await until(lambda: any(one.id in notice for notice in lab.notices), "the error")
            await lab.state_of("ci-mysql", "gone")
            assert "29 of 29" in lab.text


async def test_backup_and_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh) -> None:
    """A backup by its key; from its row a new instance."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await lab.go_to("crm-db")
        await lab.press("b")
        await lab.fill(name="before")
        await lab.press("ctrl+s")
        await until(lambda: lab.app.screen is lab.screen, "the list")
        sandbox.settle()
        await lab.state_of("crm-db", "ACTIVE HEALTHY")
        await lab.press("enter", "tab", "tab")
        await lab.shows("[backups]", "before", "COMPLETED")
        await lab.press("a")
        menu: MenuModal = await lab.top(MenuModal)
        assert "Restore" in [entry.label for entry in menu._choices]
        await lab.press("escape")
    with access_to(sandbox).opened() as store:
        assert "before" in names(store, "backups")


async def test_a_lost_session_keeps_the_list_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """Its process dies: the lines stay, what needs it says why, and r connects again."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await lab.go_to("wiki-db")
        session = lab.app.session("lab")
        assert session is not None
        os.kill(session.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        await lab.shows("not connected: r connects")
        assert 30 == len(lab.screen.board.visible)
        assert "not connected: r connects" == lab.screen.why_off("actions")
        await lab.press("a", "n", "D", "b")
        assert lab.app.screen is lab.screen
        await lab.press("r")
        await until(lambda: lab.app.session("lab") is not None and not lab.screen._is_reading, "the session")
        await until(lambda: "not connected" not in lab.text, "the list")
        assert "wiki-db" == lab.current.name


async def test_listings_of_the_service_act_on_their_rows_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """While a listing of the service is shown, nothing is done to the instance whose line lies behind it."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.go_to("orders-db")
        await lab.press("o")
        await lab.top(MenuModal)
        await lab.press("enter")
        await lab.shows("[backups]", "orders-db-full")
        for action in ("delete", "backup", "logs", "copy"):
            assert "no instance is selected" == lab.screen.why_off(action)
        await lab.press("D", "b", "l")
        assert lab.app.screen is lab.screen
        await lab.press("escape")
        await lab.shows("▸ orders-db")
        assert "" == lab.screen.why_off("delete")


async def test_what_a_listing_cannot_show_is_said_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """The users of an instance that is being built: the service's words where the rows would be."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.go_to("payroll-db")
        await lab.press("enter")
        await lab.shows("ready, status: BUILD", "Wait until the instance is ACTIVE")
        assert [] == lab.notices


async def test_the_form_at_80x24(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh) -> None:
    """Fields and plan share the room; what is typed and what will be sent are seen at once."""
    async with managing(tmp_path, sandbox_profile(fresh_trove(), monkeypatch), size=NARROW) as lab:
        await lab.press("n")
        await lab.fill(name="tiny", size="1")
        await lab.planned("POST")
        assert any("instances: 30 of 40 used" in line for line in screen_lines(lab.app))
        assert any("Size in GB" in line for line in screen_lines(lab.app))
        assert all(len(line) <= NARROW[0] for line in screen_lines(lab.app))
