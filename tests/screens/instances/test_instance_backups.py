"""Backups and what is restored from them, on the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app_driver import until
from instances_driver import managing, sandbox_profile

from services.sandbox.trove.server import TroveSandbox
from tui.modals.menu import MenuModal

Fresh = Callable[..., TroveSandbox]


async def test_a_restored_instance_says_what_it_starts_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """From the row of an incremental backup: its parent and its source before it is sent, then a new instance."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await lab.go_to("orders-db")
        await lab.press("enter", "tab", "tab")
        await lab.shows("[backups] 2", "orders-db-inc-1", "incremental")
        await lab.press("a")
        menu: MenuModal = await lab.top(MenuModal)
        labels = [entry.label for entry in menu._choices]
        await lab.press(*(["down"] * labels.index("Restore")), "enter")
        await lab.fill(name="orders-again", size="200")
        await lab.planned("starts with the data of orders-db-inc-1, incremental upon orders-db-full, of orders-db")
        await lab.press("ctrl+s")
        await until(lambda: lab.app.screen is lab.screen, "the screen")
        await lab.press("escape")
        await lab.state_of("orders-again", "BUILD")
        sandbox.settle()
        await lab.state_of("orders-again", "ACTIVE HEALTHY")
        await lab.go_to("orders-again")
        await lab.press("enter", "tab")
        await lab.shows("[databases] 3", "catalog", "payments")
