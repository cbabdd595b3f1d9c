"""Jobs that a store keeps: a list to read a result again from, to look into, and to stop one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.getters import query_one
from textual.widget import Widget

from services.errors import StoredeckError
from services.text import displayable, one_line
from services.values import Typed
from tui.keys import key
from tui.modals.base import DeckModal
from tui.modals.confirm import ConfirmModal
from tui.widgets.data_grid import DataGrid
from tui.widgets.detail_pane import DetailPane
from tui.widgets.pane import Pane
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import ResultApi, SessionApi
    from services.stores.types import Description

MOST_JOBS: Final = 100


class FactsModal(DeckModal[None]):
    """A description whole, in groups that fold."""

    DEFAULT_CSS = """
    FactsModal {
        #modal-box { width: 90%; max-width: 140; height: 80%; }
        #modal-pane { height: 1fr; max-height: 100%; }
    }
    """

    detail = query_one(DetailPane)

    def __init__(self, description: Description) -> None:
        super().__init__()
        self._description = description

    @property
    def title_words(self) -> str:
        """What it describes."""
        return displayable(f"{self._description.kind} {self._description.name}")

    def compose_body(self) -> Iterable[Widget]:
        """The facts."""
        yield DetailPane()

    def on_mount(self) -> None:
        """Show them."""
        self.detail.show(self._description)
        self.detail.details.focus()


class JobsModal(DeckModal[str]):
    """Gives the id of the job whose result is to be read, None for none."""

    TITLE_WORDS = "Jobs"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("d", "details", "Details", id="jobs.details", tooltip="Statement, progress, cost, link, error.", weight=80),
        key("x", "stop", "Stop", id="jobs.stop", tooltip="Stop the job on the server.", weight=70),
        key("r,f5", "reload", "Reload", id="jobs.reload", tooltip="List the jobs anew.", weight=60),
    ]
    DEFAULT_CSS = """
    JobsModal {
        #modal-box { width: 96%; max-width: 200; height: 90%; }
        #modal-pane { height: 1fr; max-height: 100%; }
    }
    """

    grid = query_one(DataGrid)
    pane = query_one("#modal-pane", Pane)

    def __init__(self, session: SessionApi) -> None:
        super().__init__()
        self._session = session
        self._result: ResultApi | None = None

    def compose_body(self) -> Iterable[Widget]:
        """The list."""
        yield DataGrid(id="jobs-grid")

    def on_mount(self) -> None:
        """List them."""
        self.grid.say_when_empty("Statements that the service ran or runs.", "There are none.", "esc goes back")
        self.grid.focus()
        self.action_reload()

    def on_unmount(self) -> None:
        """Let the list go."""
        if self._result is not None:
            start_work(self.deck, "jobs-close", _let_go, self._result, is_exclusive=False)

    def why_off(self, action: str) -> str:
        """What needs a job."""
        is_empty = not self.is_mounted or self.grid.cursor_row is None
        return "there is no job here" if action in ("details", "stop") and is_empty else ""

    def action_reload(self) -> None:
        """List them anew."""
        start_work(self, "jobs-list", self._told, "list jobs", self._load)

    async def _told(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do it; a failure is told."""
        try:
            await work()
        except StoredeckError as error:
            self.deck.report(error, what)
        finally:
            self.pane.idle()

    async def _load(self) -> None:
        self.pane.busy("asking for jobs")
        fresh = await self._session.jobs.open_list(MOST_JOBS)
        old, self._result = self._result, fresh
        row = self.grid.cursor_row
        self.grid.show(fresh)
        if row is not None:
            self.grid.move_to(row)
        self.pane.notes = [displayable(self._session.profile_name), f"{fresh.state.loaded:,} of the last days"]
        self.refresh_bindings()
        if old is not None:
            await old.close()

    async def _current(self) -> str:
        """The id of the job under the cursor, or empty."""
        row = self.grid.cursor_row
        if row is None or self._result is None:
            return ""
        value = (await self._result.row(row)).values.get("id")
        return str(value.value) if isinstance(value, Typed) else ""

    @on(DataGrid.RowActivated)
    def _chosen(self) -> None:
        start_work(self, "jobs-act", self._told, "read a job", self._choose)

    async def _choose(self) -> None:
        identifier = await self._current()
        if identifier:
            self.dismiss(identifier)

    @on(DataGrid.ValueRequested)
    def action_details(self) -> None:
        """All about the job."""
        start_work(self, "jobs-act", self._told, "show a job", self._show)

    async def _show(self) -> None:
        identifier = await self._current()
        if identifier:
            self.pane.busy("asking for the job")
            description = await self._session.jobs.show(identifier)
            await self.deck.push_screen(FactsModal(description))

    def action_stop(self) -> None:
        """Stop the job."""
        start_work(self, "jobs-act", self._told, "stop a job", self._stop)

    async def _stop(self) -> None:
        identifier = await self._current()
        if not identifier:
            return
        lines = [f"Job {identifier} of {displayable(self._session.profile_name)}.", "What it did so far is lost."]
        if not await self.deck.push_screen_wait(ConfirmModal("Stop the job?", lines, yes="Stop it", no="Let it run")):
            return
        words = await self._session.kill("job", identifier)
        self.notify(one_line(words), markup=False)
        await self._load()


async def _let_go(result: ResultApi) -> None:
    """Close the list; a session that is gone has closed it already."""
    with suppress(StoredeckError):
        await result.close()
