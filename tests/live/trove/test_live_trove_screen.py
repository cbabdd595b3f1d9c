"""The walk of an operator through the screen of instances, on real Keystone and Trove."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from app_driver import until
from instances_driver import Instances, managing, trove_profile
from trove_oracle import Oracle
from trove_servers import RealTrove

from services.errors import NotFound
from tui.modals.confirm import ConfirmModal
from tui.modals.menu import MenuModal
from tui.modals.secret_reveal import SecretReveal

SECONDS = 60
MANY = 31
"""More than one page, which is twenty, and than the thirty of the walk."""


@pytest.fixture(scope="module")
def crowd(oracle: Oracle) -> Iterator[list[str]]:
    """As many instances as need several pages."""
    made = [oracle.create(f"crowd-{n:02d}")["id"] for n in range(MANY)]
    for one in made:
        oracle.ready(one)
    yield made
    oracle.delete(*made)


async def service_listing(lab: Instances, view: str) -> None:
    """Open a listing of the service."""
    await lab.press("o")
    menu: MenuModal = await lab.top(MenuModal)
    await lab.press(*(["down"] * [entry.id for entry in menu._choices].index(view)), "enter")
    await lab.shows(f"[{view}]")


@pytest.mark.timeout(240, func_only=True)
async def test_the_walk_through_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_trove: RealTrove, oracle: Oracle
) -> None:
    """Versions, create with databases and users, BUILD to ACTIVE, what was asked for is in it, delete until gone."""
    profile = trove_profile("real", real_trove.profile_fields(), real_trove.profile_secrets(), monkeypatch)
    async with managing(tmp_path, profile) as lab:
        await service_listing(lab, "versions")
        await lab.shows("v1.0", "CURRENT")
        await lab.press("escape")
        await lab.press("n")
        await lab.fill(name="screen-walk", flavor="1", size="1", databases="shop,web", users="ann")
        await lab.planned("POST /instances")
        await lab.press("ctrl+s")
        await lab.top(SecretReveal)
        await lab.press("escape")
        await lab.state_of("screen-walk", "BUILD")
        assert "screen-walk" == lab.current.name
        await lab.state_of("screen-walk", "ACTIVE HEALTHY")
        await until(lambda: any("screen-walk: ACTIVE" in notice for notice in lab.notices), "the end", SECONDS)
        walk = (await lab.go_to("screen-walk")).id
        await lab.press("enter")
        await lab.shows("[users]", "ann")
        await lab.press("tab")
        await lab.shows("[databases]", "shop", "web")
        await lab.press("escape", "D")
        await lab.top(ConfirmModal)
        await lab.press(*("minus" if char == "-" else char for char in "screen-walk"), "enter")
        await lab.state_of("screen-walk", "gone")
        await until(lambda: any("screen-walk: gone" in notice for notice in lab.notices), "the end", SECONDS)
        api = lab.screen.instances_api()
        assert api is not None
        with pytest.raises(NotFound):
            await api.show(walk)
    assert "screen-walk" not in [one["name"] for one in oracle.pages("instances.list")]


async def test_all_pages_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_trove: RealTrove, crowd: list[str]
) -> None:
    """More than thirty instances, over several pages, each once; found by a filter."""
    profile = trove_profile("real", real_trove.profile_fields(), real_trove.profile_secrets(), monkeypatch)
    async with managing(tmp_path, profile) as lab:
        shown = [one.id for one in lab.screen.board.visible]
        assert set(crowd) <= set(shown)
        assert len(shown) == len(set(shown)) >= MANY
        assert f"{len(shown)} of {len(shown)}" in lab.text
        await lab.press("slash", *"crowd", "minus", *"30")
        await lab.shows(f"1 of {len(shown)}", "crowd-30")
