"""What goes wrong on the screen of instances, told where one stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from app_driver import NARROW, screen_lines, until
from instances_driver import managing, sandbox_profile
from trove_sandbox_access import access_to

from services.sandbox.trove.server import TroveSandbox
from tui.modals.confirm import ConfirmModal
from tui.modals.menu import MenuModal

Fresh = Callable[..., TroveSandbox]


async def test_a_deletion_that_fails_tells_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """The line turns from SHUTDOWN to ERROR, the wait ends with the fault, and the detail shows it."""
    sandbox = fresh_trove()
    with access_to(sandbox).opened() as store:
        store.act("rename", "notes-db", {"name": "DELETE_ERROR"})
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await lab.go_to("DELETE_ERROR")
        await lab.press("D")
        await lab.top(ConfirmModal)
        await lab.press(*"DELETE", "underscore", *"ERROR", "enter")
        await lab.state_of("DELETE_ERROR", "SHUTDOWN")
        sandbox.settle()
        await until(lambda: any("was not deleted, is ERROR" in notice for notice in lab.notices), "the error")
        await lab.state_of("DELETE_ERROR", "ERROR")
        await until(lambda: "when deleting it" in lab.detail, "the fault")
        assert 30 == len(lab.screen.board)


async def test_a_read_only_profile_offers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """Every action is greyed with that reason, and the keys of single ones say it in place of a form."""
    profile = replace(sandbox_profile(trove_sandbox, monkeypatch), is_read_only=True)
    async with managing(tmp_path, profile) as lab:
        await lab.go_to("wiki-db")
        assert {"the profile is read-only"} == set((await lab.actions()).values())
        await lab.press("escape", "n")
        await until(lambda: any("create: the profile is read-only" in notice for notice in lab.notices), "the reason")
        assert lab.app.screen is lab.screen


async def test_another_service_is_shown_from_its_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """A listing of the one before does not stay under the name of the other."""
    both = [sandbox_profile(trove_sandbox, monkeypatch, name) for name in ("lab", "other")]
    async with managing(tmp_path, *both, opened=2) as lab:
        await lab.go_to("wiki-db")
        await lab.press("enter")
        await lab.shows("[users]")
        await lab.press("m")
        await lab.top(MenuModal)
        await lab.press("down", "enter")
        await until(lambda: "other" == lab.screen.profile_name and lab.screen.board.is_complete, "the other one")
        assert not lab.screen.has_class("-listing")
        await lab.shows("30 of 30")


async def test_the_filter_takes_what_is_typed_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """As soon as its key is done with, no letter is a key of the list any more."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        lab.screen.action_search()
        assert "instances-filter" == getattr(lab.screen.focused, "id", None)
        await lab.press(*"wiki")
        assert ["wiki-db"] == [one.name for one in lab.screen.board.visible]


async def test_the_detail_takes_the_whole_width_at_80x24(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """Its rule goes from edge to edge."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch), size=NARROW) as lab:
        await lab.go_to("wiki-db")
        await lab.press("space")
        await lab.shows("▸ wiki-db ─")
        (title,) = [line for line in screen_lines(lab.app) if line.startswith("▸ wiki-db ─")]
        assert NARROW[0] == len(title)
