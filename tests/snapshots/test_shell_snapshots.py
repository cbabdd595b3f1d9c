"""How the shell's screens look, few and stable. After a wanted change: pytest tests/snapshots --snapshot-update."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from app_driver import NARROW, ignite_profile, services_in
from textual.pilot import Pilot

from tui.app import StoredeckApp

MEDIUM = (110, 28)
Compare = Callable[..., bool]


def profiles() -> list[Any]:
    """One an environment."""
    return [
        ignite_profile("lab"),
        ignite_profile("stage", environment="test"),
        ignite_profile("grid-prod", environment="prod", is_read_only=True),
    ]


@pytest.mark.parametrize("size", [MEDIUM, NARROW], ids=["wide", "80x24"])
def test_connections(snap_compare: Compare, storedeck_home: Path, size: tuple[int, int]) -> None:
    """The list with its detail; at 80 columns the list alone."""
    app = StoredeckApp(services_in(storedeck_home, *profiles()))
    assert snap_compare(app, press=["down", "down"], terminal_size=size)


def test_first_run(snap_compare: Compare, storedeck_home: Path) -> None:
    """No profile yet."""
    assert snap_compare(StoredeckApp(services_in(storedeck_home)), terminal_size=NARROW)


@pytest.mark.parametrize("press", ["4", "5", "6"], ids=["instances", "transfers", "events"])
def test_empty_screens(snap_compare: Compare, storedeck_home: Path, press: str) -> None:
    """What will be there and why it is empty."""
    assert snap_compare(StoredeckApp(services_in(storedeck_home)), press=[press], terminal_size=NARROW)


@pytest.mark.parametrize("theme", ["storedeck-light", "storedeck-contrast"])
def test_other_themes(snap_compare: Compare, storedeck_home: Path, theme: str) -> None:
    """The light twin and the high-contrast one."""
    services = services_in(storedeck_home, *profiles())
    services.settings_file.change(theme=theme)
    assert snap_compare(StoredeckApp(services), press=["down"], terminal_size=MEDIUM)


def test_profile_form(snap_compare: Compare, storedeck_home: Path) -> None:
    """A profile whose name was made wrong."""

    async def wrong_name(pilot: Pilot[None]) -> None:
        await pilot.press("e")
        await pilot.pause()
        await pilot.press("end", "space", "b", "enter")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    app = StoredeckApp(services_in(storedeck_home, *profiles()))
    assert snap_compare(app, run_before=wrong_name, terminal_size=MEDIUM)


def test_confirming(snap_compare: Compare, storedeck_home: Path) -> None:
    """Removing a production profile wants its name."""

    async def remove(pilot: Pilot[None]) -> None:
        await pilot.press("end", "D")
        await pilot.pause(0.2)

    app = StoredeckApp(services_in(storedeck_home, *profiles()))
    assert snap_compare(app, run_before=remove, terminal_size=NARROW)
