"""Drives the screen of instances over a real session with a cloud."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from app_driver import WIDE, notices, running, screen_text, services_in, until
from textual.pilot import Pilot

from services.connections.profile import Environment, Profile
from services.connections.secret_refs import SecretRef
from services.sandbox.trove.server import TroveSandbox
from services.stores.instances import Instance
from tui.app import StoredeckApp
from tui.modals.action_form import ActionForm
from tui.modals.menu import MenuList, MenuModal
from tui.screens.instances import InstancesScreen
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow
from tui.widgets.lines import Lines
from tui.widgets.pane import Pane


def trove_profile(
    name: str, facts: Mapping[str, Any], secrets: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, **more: Any
) -> Profile:
    """A profile whose secrets stand in variables of this process."""
    refs = {}
    for field, text in secrets.items():
        variable = f"TEST_{name}_{field}".upper().replace("-", "_")
        monkeypatch.setenv(variable, text)
        refs[field] = SecretRef.env(variable)
    return Profile(name, "trove", {key: str(value) for key, value in facts.items()}, refs, **more)


def sandbox_profile(
    sandbox: TroveSandbox, monkeypatch: pytest.MonkeyPatch, name: str = "lab", user: str = "demo"
) -> Profile:
    """A profile that leads to a sandbox."""
    facts = dict(sandbox.profile_of(user))
    secrets: Any = facts.pop("secrets")
    return trove_profile(name, facts, secrets, monkeypatch, environment=Environment.TEST)


class Instances:
    """What tests do on the screen of instances."""

    def __init__(self, app: StoredeckApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> InstancesScreen:
        """The screen, whatever lies over it."""
        return next(screen for screen in self.app.deck_screens if isinstance(screen, InstancesScreen))

    @property
    def text(self) -> str:
        """What the terminal shows."""
        return screen_text(self.app)

    @property
    def current(self) -> Instance:
        """The instance under the cursor."""
        one = self.screen.shown_list.current
        assert one is not None, self.text
        return one

    @property
    def detail(self) -> str:
        """The text of the detail pane."""
        return self.screen.detail_lines.text

    @property
    def notices(self) -> list[str]:
        """The toasts."""
        return notices(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys and let what they start come to rest."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def shows(self, *texts: str) -> None:
        """Wait until the terminal shows all of these."""
        missing = [text for text in texts if text not in self.text]

        def are_there() -> bool:
            missing[:] = [text for text in texts if text not in self.text]
            return not missing

        await until(are_there, f"{missing} on\n{self.text}\n")

    async def go_to(self, name: str) -> Instance:
        """Put the cursor on an instance, and wait for its detail."""
        board = self.screen.board
        await until(lambda: any(one.name == name for one in board.visible), name)
        self.screen.shown_list.cursor = next(place for place, one in enumerate(board.visible) if one.name == name)
        await until(lambda: self.screen.detail is not None, f"the detail of {name}")
        await self.pilot.pause()
        return self.current

    async def top(self, kind: type[Any]) -> Any:
        """Wait for a pop-up."""
        await until(lambda: isinstance(self.app.screen, kind), f"{kind.__name__} on\n{self.text}\n")
        await self.pilot.pause()
        return self.app.screen

    async def state_of(self, name: str, *states: str) -> None:
        """Wait until the list shows an instance in one of these states."""

        def state() -> str:
            found = [one for one in self.screen.board.visible if one.name == name]
            return f"{found[0].status} {found[0].operating_status}".strip() if found else "gone"

        await until(lambda: state() in states, f"{name} {states}, not {state()},", 60)

    async def actions(self) -> dict[str, str]:
        """Open the menu of actions; each with the reason why it is off."""
        await self.press("a")
        menu = await self.top(MenuModal)
        return {entry.label: entry.why_off for entry in menu.query_one(MenuList).choices}

    async def choose(self, action: str) -> None:
        """Choose an action from the menu."""
        await self.actions()
        entries = self.app.screen.query_one(MenuList)
        entries.cursor = [entry.label for entry in entries.choices].index(action)
        await self.press("enter")

    async def fill(self, **values: str) -> ActionForm:
        """Fill the fields of the form on top."""
        form: ActionForm = await self.top(ActionForm)
        for name, text in values.items():
            row = form.query_one(f"#row-{name}", FormRow)
            row.focus_field()
            if row._options:
                await self._turn(row, text)
            else:
                await self.press(*(_KEYS.get(char, char) for char in text))
        await self.pilot.pause()
        return form

    async def _turn(self, row: FormRow, wanted: str) -> None:
        for _ in range(40):
            if wanted in (row.value, row.query_one(Choice)._options[row.query_one(Choice).index][1].split(" ")[0]):
                return
            await self.press("right")
        raise AssertionError(f"{wanted} cannot be chosen")

    async def planned(self, *texts: str) -> str:
        """Wait until the plan below the form has these texts."""
        form = await self.top(ActionForm)
        lines = form.query_one("#action-plan", Lines)
        pane = form.query_one("#action-plan-pane", Pane)
        await until(lambda: not pane.is_busy and all(text in lines.text for text in texts), f"{texts} in {lines.text}")
        return str(lines.text)


_KEYS = {",": "comma", "-": "minus", "_": "underscore", ".": "full_stop", " ": "space", "@": "at", "=": "equals_sign"}


@asynccontextmanager
async def managing(
    folder: Path, *profiles: Profile, size: tuple[int, int] = WIDE, opened: int = 1
) -> AsyncIterator[Instances]:
    """The console with the screen of instances over the first of these profiles, read to its end."""
    async with running(services_in(folder, *profiles), size=size) as (app, pilot):
        for profile in profiles[:opened]:
            await app.open_session(profile.name)
        await pilot.press("4")
        driver = Instances(app, pilot)
        if opened:
            await until(lambda: driver.screen.is_mounted and driver.screen.board.is_complete, "the list")
            await until(lambda: driver.screen.detail is not None or not driver.screen.board.visible, "the detail")
        await pilot.pause()
        yield driver


def every_file(*folders: Path) -> Callable[[str], list[Path]]:
    """Which files below these folders hold a text."""

    def holding(text: str) -> list[Path]:
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return [path for path in files if text.encode() in path.read_bytes()]

    return holding
