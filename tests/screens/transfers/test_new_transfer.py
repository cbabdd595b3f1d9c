"""Planning, confirming and running a transfer from the screen, with a runner of its own at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from app_driver import NARROW, notices, screen_lines, services_in, until
from transfer_items import Transfers, following

from services.connections.profile import Environment, Profile
from services.transfers.model import ItemState
from services.transfers.starting import end_runners
from tui.modals.confirm import ConfirmModal
from tui.modals.new_transfer import NewTransfer
from tui.transfer_plan_words import doubts_of
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow
from tui.widgets.lines import Lines

KIND = "services.stores.memory.kind:MEMORY"
ROWS = "id,name,born\n1,Ada,1815-12-10\n2,Grace,1906-12-09\n3,Edsger,1930-05-11\n"


@asynccontextmanager
async def planning(
    folder: Path, *profiles: Profile, source: str = "", target: str = "", size: tuple[int, int] = (160, 48)
) -> AsyncIterator[tuple[Transfers, NewTransfer]]:
    """The form of a new transfer; its runner, if one was started, ends with it."""
    services = services_in(folder / "home", *profiles)
    (folder / "people.csv").write_text(ROWS)
    try:
        async with following(services, size=size) as work:
            work.app.new_transfer(source, target)
            yield work, await work.top(NewTransfer)
    finally:
        services.transfers.close()
        end_runners(services.paths)


async def put(form: NewTransfer, name: str, text: str) -> None:
    """Fill a field."""
    row = form.query_one(f"#row-{name}", FormRow)
    if row._options:
        choice = row.query_one(Choice)
        choice.index = [value for value, _ in row._options].index(text)
    else:
        from textual.widgets import Input

        row.query_one(Input).value = text


async def plan_of(work: Transfers, form: NewTransfer, *texts: str) -> str:
    """The plan, once it has these texts."""
    lines = form.query_one("#plan", Lines)
    await until(lambda: all(text in lines.text for text in texts), f"{texts} in {lines.text}")
    await work.pilot.pause()
    return lines.text


async def test_a_transfer_from_plan_to_end(tmp_path: Path) -> None:
    """Two addresses are planned at once: columns, types, counts; started by a key, run by a runner, told at its end."""
    target = tmp_path / "people.parquet"
    async with planning(tmp_path, source=str(tmp_path / "people.csv"), target=str(target)) as (work, form):
        plan = await plan_of(work, form, "id ", "name ", "born ")
        assert "→" in plan
        assert "part" in plan
        await work.press("ctrl+s")
        await until(lambda: work.order, "the transfer")
        await work.is_in(work.order[0], ItemState.DONE)
        await until(lambda: any("3 rows" in text for text in notices(work.app)), "the end")
        assert target.exists()
        await work.press("enter")
        await until(lambda: "done" in work.detail and "people.parquet" in work.detail, "the detail")
        assert "3 rows" in work.detail


async def test_what_is_missing_or_wrong_is_said_at_its_field(tmp_path: Path) -> None:
    """Nothing is queued; the focus goes to the field."""
    async with planning(tmp_path) as (work, form):
        await work.press("ctrl+s")
        assert "is needed" == form.query_one("#row-source", FormRow).problem
        await put(form, "source", str(tmp_path / "people.csv"))
        await put(form, "target", "nowhere:City")
        await put(form, "parallel", "many")
        await work.press("ctrl+s")
        assert "a number from 1 to 64" == form.query_one("#row-parallel", FormRow).problem
        await put(form, "parallel", "2")
        await work.press("ctrl+r")
        await plan_of(work, form, "nowhere")
        await work.press("ctrl+s")
        await until(lambda: not work.app.workers._workers or form.is_current, "the answer")
        assert work.app.screen is form
        await work.press("escape")
        assert not work.order


@pytest.mark.parametrize("environment", [Environment.DEV, Environment.PROD])
async def test_overwrite_is_named_and_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: Environment
) -> None:
    """The confirm names the mode and what is lost; in production the target's name is typed; no is no."""
    monkeypatch.setenv("STOREDECK_EXTRA_KINDS", KIND)
    profile = Profile("mem", "memory", {"shared": str(tmp_path / "shared.bin")}, environment=environment)
    source = str(tmp_path / "people.csv")
    async with planning(tmp_path, profile, source=source, target="mem:main/people") as (work, form):
        await put(form, "mode", "overwrite")
        await work.press("ctrl+r")
        await plan_of(work, form, "overwrite: what the target holds now is gone")
        await work.press("ctrl+s")
        await work.top(ConfirmModal)
        await work.shows("Start, mode overwrite?", "what the target holds now is gone", "into mem:main/people")
        await work.press("escape")
        assert work.app.screen is form
        await work.press("ctrl+s")
        await work.top(ConfirmModal)
        await work.press("y")
        if environment is Environment.PROD:
            await work.shows("Type people and press enter", "PROD")
            await work.press("backspace", *"people", "enter")
        await until(lambda: work.order, "the transfer")
        assert "overwrite" == str(work.item(work.order[0]).options.mode)


async def test_a_table_is_made_and_a_filter_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By keys alone: every field is reached by enter, choices by arrows; the table is made with the rows asked."""
    monkeypatch.setenv("STOREDECK_EXTRA_KINDS", KIND)
    profile = Profile("mem", "memory", {"shared": str(tmp_path / "shared.bin")})
    async with planning(tmp_path, profile, size=NARROW) as (work, form):
        await work.press(*"mem:main/stock", "enter", *"mem:main/fresh", "enter", "enter", "right", "enter", "enter")
        await work.press(*"item < 3", "ctrl+r")
        plan = await plan_of(work, form, "shop ", "rows are added")
        assert "all rows or none" in plan
        await work.press("ctrl+s")
        await until(lambda: work.order, "the transfer")
        await work.is_in(work.order[0], ItemState.DONE)
        item = work.item(work.order[0])
        assert (4, True, "item < 3") == (item.rows_done, item.options.is_created, item.options.where)


def test_doubts_tell_what_is_gone_and_when() -> None:
    """A target that is emptied first is told apart from one that changes at the commit; a new one loses nothing."""
    staged, at_once = ({"mode": "overwrite", "is_staged": is_staged} for is_staged in (True, False))
    assert ["overwrite: what the target holds now is gone once this is done"] == doubts_of(staged)
    assert ["overwrite: what the target holds now is gone as soon as this begins, also if it fails later"] == doubts_of(
        at_once
    )
    assert [] == doubts_of({**at_once, "is_new": True})
    assert "rows are written as they come" in doubts_of({"mode": "upsert", "is_staged": False})[1]
    assert [] == doubts_of({"mode": "append", "is_staged": False})


async def test_the_form_at_80x24(tmp_path: Path) -> None:
    """Fields have the room until there is a plan, then both share it."""
    async with planning(tmp_path, size=NARROW) as (work, form):
        await work.shows("From", "If absent", "Rows where", "Press ctrl+r to see how it would be done", "ctrl+s Start")
    source, target = str(tmp_path / "people.csv"), str(tmp_path / "people.parquet")
    async with planning(tmp_path, source=source, target=target, size=NARROW) as (work, form):
        await plan_of(work, form, "id ")
        assert all(len(line) <= NARROW[0] for line in screen_lines(work.app))
        await work.shows("From", "Plan", "ctrl+s Start")
