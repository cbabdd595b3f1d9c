"""Which instances are shown, of which service, in which order; and what else the service has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widgets import Input

from services.stores.features import Feature
from services.text import displayable
from tui.instance_board import SORTS, InstanceBoard
from tui.keys import key
from tui.modals.menu import MenuEntry, MenuModal
from tui.screens.instance_listing import ListsOfInstance
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import SessionApi


class ChoosesInstances(ListsOfInstance):
    """The part of the screen that narrows the list; `board_changed` shows what came of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "search", "Filter", id="instances.filter", tooltip="Only those with these words.", weight=60),
        key("f", "status", "Status", id="instances.status", tooltip="Only those in one status."),
        key("s", "sort", "Sort", id="instances.sort", tooltip="By name, status, age and so on."),
        key("o", "service", "Service", id="instances.service", tooltip="Backups, datastores, quotas and so on."),
        key("m", "other", "Other", id="instances.other", tooltip="Another connected service."),
    ]

    profile_name = ""

    @cached_property
    def board(self) -> InstanceBoard:
        """What was told."""
        return InstanceBoard()

    def board_changed(self) -> None:
        """Show the board as it is now."""

    def show_profile(self, profile_name: str, path: tuple[str, ...] = ()) -> None:
        """Show the instances of a connected service."""

    def managing(self) -> list[str]:
        """The profiles whose open session manages instances."""
        return [name for name in self.deck.book.names if _manages(self.deck.session(name))]

    def action_search(self) -> None:
        """Show only those with some words."""
        self.add_class("-filtering")
        # At once, not as soon as the loop comes to it: what is typed next are no keys of the list.
        self.set_focus(self.query_one("#instances-filter", Input))

    @on(Input.Changed, "#instances-filter")
    def _search_changed(self, event: Input.Changed) -> None:
        self.board.search = event.value
        self.board.arrange()
        self.board_changed()

    @on(Input.Submitted, "#instances-filter")
    def _search_taken(self) -> None:
        self.set_class(bool(self.board.search), "-filtering")
        self.query_one("#instances").focus()

    def clear_search(self) -> None:
        """Show all instances again."""
        self.query_one("#instances-filter", Input).value = ""
        self.remove_class("-filtering")

    def action_status(self) -> None:
        """Only those in one status."""
        start_work(self, "ask", self._choose_status)

    async def _choose_status(self) -> None:
        counts = self.board.statuses()
        choices = [MenuEntry("*", "all", note=f"{len(self.board):,}")]
        choices += [MenuEntry(status, status, note=f"{count:,}") for status, count in counts.items()]
        chosen = await self.deck.push_screen_wait(MenuModal("Status", choices, current=self.board.status or "*"))
        if chosen is not None:
            self.board.status = "" if chosen == "*" else chosen
            self.board.arrange()
            self.board_changed()

    def action_sort(self) -> None:
        """In another order."""
        start_work(self, "ask", self._choose_sort)

    async def _choose_sort(self) -> None:
        choices = [MenuEntry(name, name) for name in SORTS]
        chosen = await self.deck.push_screen_wait(MenuModal("Sort by", choices, current=self.board.sort))
        if chosen is not None:
            self.board.sort = chosen
            self.board.arrange()
            self.board_changed()

    def action_other(self) -> None:
        """Another connected service."""
        start_work(self, "ask", self._choose_other)

    async def _choose_other(self) -> None:
        choices = [MenuEntry(name, name) for name in self.managing()]
        chosen = await self.deck.push_screen_wait(MenuModal("Service", choices, current=self.profile_name))
        if chosen is not None and chosen != self.profile_name:
            self.show_profile(chosen)

    def action_service(self) -> None:
        """What the service has beside instances."""
        start_work(self, "ask", self._choose_service)

    async def _choose_service(self) -> None:
        session = self.deck.session(self.profile_name)
        if session is None:
            return
        views = await self._service_views(session)
        choices = [MenuEntry(view, view) for view in views]
        chosen = await self.deck.push_screen_wait(MenuModal(f"{displayable(self.profile_name)} has", choices))
        if chosen is not None:
            self.open_listing("", self.profile_name, (chosen,))

    async def _service_views(self, session: SessionApi) -> Sequence[str]:
        """Listings of the service are readable nodes of its catalog."""
        children = await session.list_children(())
        names = [node.path[-1].removeprefix("@") for node in children.nodes if node.path]
        return [name for name in names if name != "instances"]


def _manages(session: SessionApi | None) -> bool:
    return session is not None and Feature.MANAGES_INSTANCES in session.features
