"""The preset of vim's keys, where a user moves and edits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from app_driver import running, until
from browser_driver import CITY, Browsing, browsing, city_table, services_over
from fake_session import FakeSession

from services.bootstrap import Services
from tui.key_presets import PRESETS
from tui.keys import REGISTRY, clashes, load_all
from tui.modals.jump import JumpScreen
from tui.widgets.footer import footer_entries


def services_with(folder: Path, count: int = 20, **settings: object) -> Services:
    """Services over one table, with settings."""
    services = services_over(folder, FakeSession("grid", {CITY: city_table(count)}))
    services.settings_file.change(**settings)
    return services


async def keys_taken(driver: Browsing) -> None:
    """Wait until the keys of the settings hold."""
    await until(lambda: driver.app._keymap, "the keys of the settings")


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_preset_names_known_actions_and_no_key_twice(preset: Mapping[str, str]) -> None:
    """No preset is refused when the console starts."""
    load_all()
    assert [] == list(clashes(preset, REGISTRY.values()))


async def test_rows_are_edited_and_paged_with_vims_keys(tmp_path: Path) -> None:
    """`ctrl+f` turns a page, `^` is the first column, `i` edits, `ctrl+w` jumps, and the footer says so."""
    async with browsing(services_with(tmp_path, 200, keymap_preset="vim")) as driver:
        await keys_taken(driver)
        grid = driver.screen.rows.grid
        await driver.go(3, "Name")
        await driver.press("ctrl+f")
        assert (grid.cursor_row or 0) > 20
        await driver.press("circumflex_accent")
        assert grid.cursor_column == 0
        entries = {entry.word: entry.key for entry in footer_entries(driver.app.screen)}
        assert "i" == entries["Edit"]
        await driver.go(3, "Name")
        await driver.press("i")
        await driver.shows('was   "city 3"')
        await driver.press("escape", "ctrl+w")
        assert isinstance(driver.app.screen, JumpScreen)


async def test_single_keys_go_over_the_preset(tmp_path: Path) -> None:
    """`keymap` in the settings has the last word."""
    async with browsing(services_with(tmp_path, keymap_preset="vim", keymap={"rows.edit": "ctrl+e"})) as driver:
        await keys_taken(driver)
        await driver.go(3, "Name")
        await driver.press("i")
        assert driver.app.screen is driver.screen
        await driver.press("ctrl+e")
        await driver.shows('was   "city 3"')


async def test_an_unknown_preset_is_told_with_those_there_are(tmp_path: Path) -> None:
    """The built-in keys stay."""
    async with running(services_with(tmp_path, keymap_preset="emacs")) as (app, _):
        await until(lambda: app._notifications, "a warning")
        (warning,) = app._notifications
        assert "emacs: no such preset, there are default, vim" == warning.message
        assert {} == app._keymap
