"""The list of instances over a real session and a cloud whose time stands still."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app_driver import NARROW, running, screen_lines, services_in, until
from instances_driver import Instances, managing, sandbox_profile

from services.sandbox.trove.server import TroveSandbox
from tui.modals.confirm import ConfirmModal
from tui.modals.menu import MenuModal

Fresh = Callable[..., TroveSandbox]


async def test_all_pages_are_listed_with_their_detail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """Thirty instances in two pages; state, size, datastore and age in the line, the rest beside it."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        assert "30 of 30" in lab.text
        assert 30 == len(lab.screen.board.visible)
        await lab.go_to("orders-db")
        line = next(line for line in screen_lines(lab.app) if line.startswith("▸ orders-db"))
        assert ["▸", "orders-db", "●", "ACTIVE", "HEALTHY", "mysql", "8.0.36"] == line.split()[:7]
        assert "122/200 GB" in line
        assert lab.screen.detail_pane.title == "orders-db"
        assert "mysql://" in lab.detail


async def test_the_cursor_stands_on_the_first_line_once_all_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """Pages come in the order of ids; who has moved meanwhile stays on the instance chosen, whatever comes above it."""
    async with managing(tmp_path, sandbox_profile(fresh_trove(rows=80), monkeypatch)) as lab:
        board, shown = lab.screen.board, lab.screen.shown_list
        assert 110 == len(board.visible)
        assert (0, 0) == (shown.cursor, shown.top)
        everyone = list(board.visible)
        board.begin()
        lab.screen.board_changed()
        for some in (everyone[60:], everyone[30:60]):
            board.take(some)
            lab.screen.board_changed()
            assert some[0].id == lab.current.id
        await lab.press("down")
        chosen = lab.current
        assert everyone[31].id == chosen.id
        board.take(everyone[:30])
        board.complete(())
        lab.screen.board_changed()
        assert chosen.id == lab.current.id


async def test_replicas_stand_below_their_primary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """Also in the order of age; sorted by state each stands for itself."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        names = [one.name for one in lab.screen.board.visible]
        place = names.index("orders-db")
        assert {"orders-db-replica-1", "orders-db-replica-2"} == set(names[place + 1 : place + 3])
        await lab.press("s")
        await lab.top(MenuModal)
        await lab.press("down", "down", "enter")
        statuses = [one.status for one in lab.screen.board.visible]
        assert sorted(statuses) == statuses
        assert "by status" in lab.text


async def test_a_state_change_shows_by_itself_and_the_cursor_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """Somebody restarts an instance: only that line changes, and the cursor stays on its instance."""
    sandbox = fresh_trove()
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        here = await lab.go_to("wiki-db")
        there = await lab.go_to("crm-db")
        await lab.choose("Restart")
        await lab.top(ConfirmModal)
        await lab.press("y")
        await lab.state_of("crm-db", "REBOOT HEALTHY", "REBOOT")
        await lab.go_to("wiki-db")
        assert "2 changing" in lab.text
        sandbox.settle()
        await lab.state_of("crm-db", "ACTIVE HEALTHY")
        assert here.id == lab.current.id
        assert there.id == next(one.id for one in lab.screen.board.visible if one.name == "crm-db")


async def test_what_was_told_of_a_volume_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """Lists do not tell the use of a volume; reading the list again takes none of it away."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.go_to("orders-db")
        await lab.shows("122/200 GB")
        await lab.press("r")
        await until(lambda: not lab.screen._is_reading, "the list")
        assert "122/200 GB" in lab.text


async def test_the_filter_narrows_at_every_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """Over more than a thousand instances each key is answered from memory: no request is sent for it."""
    sandbox = fresh_trove(rows=1000)
    async with managing(tmp_path, sandbox_profile(sandbox, monkeypatch)) as lab:
        assert "1,030 of 1,030" in lab.text
        await lab.press("slash")
        asked = lab.screen.instances_api()
        assert asked is not None
        vars(asked)["list"] = None
        shown = 1030
        for char in "postgresql-0001":
            await lab.press("minus" if char == "-" else char)
            assert len(lab.screen.board.visible) <= shown
            shown = len(lab.screen.board.visible)
        assert 0 < shown < 10
        assert all("postgresql-0001" in one.name for one in lab.screen.board.visible)
        assert f"{shown} of 1,030" in lab.text
        await lab.press("escape")
        assert "1,030 of 1,030" in lab.text
        assert lab.app.focused is lab.screen.shown_list


async def test_a_filter_without_a_find_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """No line, but words; the detail of another instance does not stay."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.press("slash", *"zzz")
        await lab.shows("No instance has these words", "0 of 30")
        assert "" == lab.detail
        assert "no instance is selected" == lab.screen.why_off("delete")


async def test_one_status_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox) -> None:
    """The menu of states tells how many are in each."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.press("f")
        menu: MenuModal = await lab.top(MenuModal)
        assert [("all", "30"), ("ACTIVE", "27"), ("BUILD", "1"), ("ERROR", "1"), ("RESTART_REQUIRED", "1")] == [
            (entry.label, entry.note) for entry in menu._choices
        ]
        await lab.press("down", "down", "down", "enter")
        await lab.shows("1 of 30", "only ERROR", "import-db")


async def test_a_failed_build_shows_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox
) -> None:
    """In words, with its age, where the cursor stands."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch)) as lab:
        await lab.go_to("import-db")
        assert "no valid host was found" in lab.detail
        assert lab.detail.startswith("fault ")
        assert "✗ ERROR" in lab.text


async def test_without_a_service_the_screen_says_what_to_do(tmp_path: Path) -> None:
    """What this is, why it is empty, which key; nothing on it can be pressed into an error."""
    async with running(services_in(tmp_path), size=NARROW) as (app, pilot):
        lab = Instances(app, pilot)
        await lab.press("4")
        await lab.shows("no connected store manages servers", "1 Connections")
        await lab.press(*"nabDlfsoyrA", "slash", "space", "enter")
        assert [] == lab.notices


async def test_a_project_without_instances_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_trove: Fresh
) -> None:
    """An empty list is not blank."""
    async with managing(tmp_path, sandbox_profile(fresh_trove(samples=False), monkeypatch)) as lab:
        await lab.shows("There is none in this project yet.", "n Create", "0 of 0")


@pytest.mark.parametrize("size", [NARROW, (60, 18)], ids=["80x24", "60x18"])
async def test_small_terminals_have_list_and_detail_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trove_sandbox: TroveSandbox, size: tuple[int, int]
) -> None:
    """Space turns between the two, escape leads back; no line is wider than the terminal."""
    async with managing(tmp_path, sandbox_profile(trove_sandbox, monkeypatch), size=size) as lab:
        await lab.go_to("orders-db")
        assert "mysql://" not in lab.text
        await lab.press("space")
        await lab.shows("mysql://")
        assert all(len(line) <= size[0] for line in screen_lines(lab.app))
        await lab.press("escape")
        await lab.shows("Name", "▸ orders-db")
        await lab.press("enter")
        await lab.shows("[users]")
        await lab.press("escape")
        await lab.shows("▸ orders-db")
