"""The console over fake sessions, standing in the browser with a table open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from app_driver import WIDE, ignite_profile, running, screen_text, services_in, until
from fake_session import FakeSession, FakeTable
from textual.pilot import Pilot

from services.bootstrap import Services
from services.connections.profiles import Profile
from services.errors import ConnectFailed
from services.secrets import Secret
from services.stores.types import Column
from services.text import displayable
from services.values import Typed
from tui.app import StoredeckApp
from tui.modals.review import ReviewScreen
from tui.screens.browser import BrowserScreen
from tui.widgets.rows_pane import RowsPane

CITY = ("PUBLIC", "City")
CITY_COLUMNS = (
    Column("ID", "Int", is_key=True, is_nullable=False),
    Column("Name", "String"),
    Column("Code", "String", is_nullable=False),
    Column("Population", "Int"),
)


def city_table(count: int = 20) -> FakeTable:
    """Cities 0, 1, ... with their names."""
    table = FakeTable(CITY_COLUMNS)
    table.add(
        *(
            {
                "ID": Typed("Int", number),
                "Name": Typed("String", f"city {number}"),
                "Code": Typed("String", "KOR"),
                "Population": Typed("Int", number * 1000),
            }
            for number in range(count)
        )
    )
    return table


class FakeSessions:
    """Opens fake sessions by name; any other profile does not answer."""

    def __init__(self, *sessions: FakeSession) -> None:
        self._known = {session.profile_name: session for session in sessions}
        self._open: dict[str, FakeSession] = {}

    def get(self, name: str) -> FakeSession | None:
        """The open session."""
        return self._open.get(name)

    async def open(self, name: str, secrets: Mapping[str, Secret] | None = None) -> FakeSession:
        """Open one."""
        if name not in self._known:
            raise ConnectFailed(f"{name}: no answer", hint="Start the server.")
        self._open[name] = self._known[name]
        return self._open[name]

    async def close(self, name: str) -> None:
        """Close one."""
        self._open.pop(name, None)

    async def close_all(self) -> None:
        """Close all."""
        self._open.clear()


def services_over(folder: Path, *sessions: FakeSession, profiles: tuple[Profile, ...] = ()) -> Services:
    """Services whose sessions are fakes; a profile each, unless other profiles are given."""
    found = profiles or tuple(ignite_profile(session.profile_name) for session in sessions)
    services = services_in(folder, *found)
    vars(services)["sessions"] = FakeSessions(*sessions)
    return services


class Browsing:
    """What tests do in the browser."""

    def __init__(self, app: StoredeckApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> BrowserScreen:
        """The browser, whatever lies over it."""
        return next(screen for screen in self.app.deck_screens if isinstance(screen, BrowserScreen))

    @property
    def status(self) -> str:
        """The words of the browser's status line."""
        return self.screen.status_line.text

    @property
    def text(self) -> str:
        """What the screen on top shows."""
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys and let what they start come to rest."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def shows(self, *texts: str) -> None:
        """Wait until the screen on top shows all of these."""
        await until(lambda: all(text in self.text for text in texts), f"{texts} on\n{self.text}\n")

    async def staged(self, count: int) -> None:
        """Wait until so many changes are staged."""
        journal = self.app.services.journal
        await until(lambda: journal.count() == count, f"{count} staged, not {journal.count()},")
        await self.pilot.pause()

    async def open_table(self, profile: str = "grid", path: tuple[str, ...] = CITY) -> None:
        """Go to a table's rows."""
        self.app.open_path(profile, path)
        await until(lambda: isinstance(self.app.screen, BrowserScreen), "the browser")
        await until(lambda: self._is_open(path), f"{path}")
        await until(lambda: displayable(path[-1]) in self.text, "its rows")
        await self.pilot.pause()

    def _is_open(self, path: tuple[str, ...]) -> bool:
        if not self.screen.query(RowsPane):
            return False
        shown = self.screen.rows.shown
        return shown is not None and shown.path == path

    async def go(self, row: int, column: str) -> None:
        """Put the cursor on a cell."""
        grid = self.screen.rows.grid
        names = [found.name for found in grid.state.columns]
        grid.move_to(row, names.index(column))
        await self.pilot.pause()

    async def type_over(self, text: str) -> None:
        """Edit the cell under the cursor: replace its text and accept."""
        await self.press("e")
        await self.shows("was")
        await self.press(*text, "enter")

    async def review(self) -> ReviewScreen:
        """Open the review."""
        await self.press("c")
        await until(lambda: isinstance(self.app.screen, ReviewScreen), "the review")
        screen = self.app.screen
        assert isinstance(screen, ReviewScreen)
        await until(lambda: screen.review.count or screen.has_class("-without"), "its lines")
        await self.pilot.pause()
        return screen


@asynccontextmanager
async def browsing(
    services: Services, *, size: tuple[int, int] = WIDE, path: tuple[str, ...] = CITY, profile: str = "grid"
) -> AsyncIterator[Browsing]:
    """The console with a table open in the browser, the loop watched for blocking calls."""
    async with running(services, size=size) as (app, pilot):
        driver = Browsing(app, pilot)
        await driver.open_table(profile, path)
        yield driver
