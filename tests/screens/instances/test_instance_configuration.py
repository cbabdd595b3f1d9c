"""What a configuration group changes, on the screen: only what differs, what is in effect, what needs a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app_driver import NARROW, until
from instances_driver import Instances, managing, sandbox_profile

from services.sandbox.trove.server import TroveSandbox
from tui.modals.action_form import ActionForm
from tui.modals.confirm import ConfirmModal

Fresh = Callable[..., TroveSandbox]
VIEWS_BEFORE = ("tab", "tab", "tab")
"""From the users to the configuration."""


async def difference(lab: Instances) -> dict[str, list[str]]:
    """The cells of the lines of the listing, by the parameter."""
    await until(lambda: lab.screen._view == "configuration" and not lab.screen.listing_pane.is_busy, "the listing")
    await lab.pilot.pause()
    start = next(place for place, line in enumerate(lab.text.splitlines()) if "restart_needed" in line)
    found = {}
    for line in lab.text.splitlines()[start + 1 :]:
        name, mark, values = line.partition("▕│")
        if not mark:
            break
        found[name.strip()] = values.split("│")[0].split()
    return found


async def test_only_what_differs_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """One that waits for its restart: nothing is known to be in effect, the restart is asked for by one value only.

    A third value of the group says in bytes what the default says in megabytes: it changes nothing.
    """
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.go_to("inventory-db")
        await lab.press("enter", *VIEWS_BEFORE)
        await lab.shows("[configuration] 2", "max_allowed_packet")
        expected = {
            "innodb_log_file_size": ["50M", "268435456", "∅", "true"],
            "max_allowed_packet": ["4096K", "67108864", "∅", "false"],
        }
        assert expected == await difference(lab)


async def test_a_group_is_attached_and_in_effect_after_the_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """RESTART_REQUIRED in the list and in the difference; after the restart the group's values are the live ones."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        await lab.go_to("shop-test")
        await lab.choose("Attach configuration group")
        await lab.top(ActionForm)
        await lab.fill(configuration="big-buffers")
        await lab.planned("PUT /instances", "ask for a restart")
        await lab.press("ctrl+s")
        await lab.state_of("shop-test", "RESTART_REQUIRED")
        await lab.press("enter", *VIEWS_BEFORE)
        await lab.shows("[configuration] 2")
        waiting = {
            "innodb_buffer_pool_size": ["150M", "4294967296", "∅", "true"],
            "sync_binlog": ["∅", "0", "∅", "false"],
        }
        assert waiting == await difference(lab)
        await lab.press("escape")
        await lab.choose("Restart")
        await lab.top(ConfirmModal)
        await lab.press("y")
        await lab.state_of("shop-test", "REBOOT")
        sandbox.settle()
        await lab.state_of("shop-test", "ACTIVE HEALTHY")
        await lab.press("enter", *VIEWS_BEFORE)
        await lab.shows("[configuration] 2")
        in_effect = {
            "innodb_buffer_pool_size": ["150M", "4294967296", "4294967296", "false"],
            "sync_binlog": ["∅", "0", "0", "false"],
        }
        assert in_effect == await difference(lab)


async def test_the_difference_at_80x24(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """All five columns are on the screen."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch), size=NARROW) as lab:
        await lab.go_to("search-db")
        await lab.press("enter", *VIEWS_BEFORE)
        await lab.shows("[configuration] 2", "innodb_buffer_pool_size", "600M", "4294967296", "restart_needed", "false")


async def test_one_without_a_group_has_no_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """Nothing differs, and it is said where the rows would be."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.go_to("wiki-db")
        await lab.press("enter", *VIEWS_BEFORE)
        await lab.shows("[configuration] 0", "No rows")
