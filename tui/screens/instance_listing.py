"""Listings of an instance or a service: users, databases, backups, logs, each a table whose rows can be acted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.getters import query_one

from services.connections.api import ResultApi
from services.errors import StoredeckError
from services.values import Typed
from tui.keys import key
from tui.screens.instance_actions import INSTANCE, SERVICE, ActsOnInstances
from tui.widgets.data_grid import DataGrid
from tui.widgets.pane import Pane
from tui.working import start_work

LOGS = "logs"


class ListsOfInstance(ActsOnInstances):
    """The part of the screen that shows one listing at a time in place of the list of instances."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("right_square_bracket,tab", "next_listing(1)", "Next", id="listing.next", tooltip="The next listing."),
        key("left_square_bracket", "next_listing(-1)", "Before", id="listing.before", tooltip="The listing before."),
    ]

    listing_pane = query_one("#listing-pane", Pane)
    listing_grid = query_one("#listing", DataGrid)

    _of: tuple[str, str] = ("", "")
    _views: tuple[str, ...] = ()
    _view = ""
    _listing: ResultApi | None = None
    _shown_place: tuple[tuple[str, str], str] = (("", ""), "")

    @property
    def listed_id(self) -> str:
        """The instance whose listing is shown; empty for one of the service."""
        return self._of[0]

    def open_listing(self, identifier: str, name: str, views: Sequence[str]) -> None:
        """Show the first of some listings of an instance, or of the service (without an identifier)."""
        self._of, self._views, self._view = (identifier, name), tuple(views), views[0]
        self.add_class("-listing")
        self.set_class(not identifier, "-of-service")
        self.listing_grid.focus()
        self.listing_pane.title = name
        self.show_current()
        start_work(self, "listing", self._read_listing)

    def clear_search(self) -> None:
        """Show all instances again."""

    def show_current(self) -> None:
        """Another instance is the current one."""

    def read_listing_again(self) -> None:
        """Something changed that the listing may show."""
        if self.has_class("-listing"):
            start_work(self, "listing", self._read_listing)

    async def _read_listing(self) -> None:
        api = self.instances_api()
        if api is None:
            return
        identifier, _ = self._of
        self.listing_pane.notes = [self._tabs()]
        self.listing_pane.busy("asking")
        try:
            result = await api.open_listing(self._view, identifier)
        except StoredeckError as error:
            self.listing_grid.say_when_empty(error.message, error.hint)
            await self._replace(None)
            return
        finally:
            self.listing_pane.idle()
        await self._replace(result)

    async def _replace(self, result: ResultApi | None) -> None:
        before, self._listing = self._listing, result
        grid, place = self.listing_grid, (self._of, self._view)
        row, column = (grid.cursor_row, grid.cursor_column) if place == self._shown_place else (0, 0)
        grid.show(result)
        self._shown_place = place
        if result is not None and row:
            grid.move_to(row, column or 0)
        if result is not None:
            self.listing_pane.notes = [self._tabs(result.state.loaded)]
        if before is not None:
            await before.close()

    def _tabs(self, count: int | None = None) -> str:
        """The listing shown in brackets with the number of its rows, then those that tab leads to."""
        place = self._views.index(self._view)
        shown = f"[{self._view}]" if count is None else f"[{self._view}] {count:,}"
        return "  ".join([shown, *self._views[place + 1 :], *self._views[:place]])

    def why_no_listing(self, action: str) -> str:
        """Why an action over listings cannot be done now."""
        if action == "next_listing" and len(self._views) < 2:
            return "there is no other listing"
        if action == "next_listing" and not self.has_class("-listing"):
            return "no listing is shown"
        if action == "close_listing" and not any(map(self.has_class, ("-listing", "-detail", "-filtering"))):
            return "the list is shown"
        return ""

    def action_next_listing(self, by: int) -> None:
        """Another listing of the same instance."""
        place = self._views.index(self._view)
        self._view = self._views[(place + by) % len(self._views)]
        self.refresh_bindings()
        start_work(self, "listing", self._read_listing)

    def action_close_listing(self) -> None:
        """Back to the list of instances; from there, to all of them."""
        if not (self.has_class("-listing") or self.has_class("-detail")):
            self.clear_search()
        self.remove_class("-listing", "-of-service", "-detail")
        self._view = ""
        self.query_one("#instances").focus()
        self.show_current()
        start_work(self, "listing", self._replace, None)

    async def _row(self) -> Mapping[str, Any]:
        """The key columns of the row under the cursor, as plain values."""
        row = self.listing_grid.cursor_row
        if self._listing is None or row is None:
            return {}
        record = await self._listing.row(row)
        return {name: cell.value for name, cell in record.key.items() if isinstance(cell, Typed)}

    async def act_on_row(self) -> None:
        """What can be done to the row under the cursor; where that is nothing, to the instance or the service."""
        row = await self._row()
        identifier, name = self._of
        if row and await self._has_row_actions(identifier):
            await self.choose_action(identifier, str(next(iter(row.values()))), self._view, row)
        elif row and identifier and await self._has_row_actions(""):
            await self.choose_action("", str(next(iter(row.values()))), self._view, row)
        else:
            await self.choose_action(identifier, name, INSTANCE if identifier else SERVICE)

    async def _has_row_actions(self, identifier: str) -> bool:
        """Whether the actions of the instance (or of the service) include some on rows of this listing."""
        api = self.instances_api()
        try:
            return api is not None and any(one.scope == self._view for one in await api.actions(identifier))
        except StoredeckError:
            return False

    @on(DataGrid.RowActivated, "#listing")
    def _row_opened(self) -> None:
        start_work(self, "ask", self._open_row)

    async def _open_row(self) -> None:
        """Follow a log; of anything else, see what can be done to it."""
        api = self.instances_api()
        row = await self._row()
        if self._view != LOGS or api is None or not row:
            await self.act_on_row()
            return
        from tui.modals.log_tail import LogTail

        identifier, name = self._of
        await self.deck.push_screen_wait(LogTail(api, identifier, name, str(next(iter(row.values())))))
