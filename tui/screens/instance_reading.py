"""What the screen of instances asks for: the list, those that are changing, and everything about the current one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.getters import query_one

from services.errors import Cancelled, NotFound, StoredeckError
from services.stores.instances import ActionResult, Instance, InstanceDetail
from tui.instance_board import SORTS
from tui.instance_words import instance_lines, status_words, summary_words
from tui.keys import key
from tui.screens.instance_choices import ChoosesInstances
from tui.widgets.instance_list import InstanceList
from tui.widgets.lines import Lines
from tui.widgets.pane import Pane
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import InstancesApi

TICK_SECONDS: Final = 1.0
WHOLE_SECONDS: Final = 30.0
NOT_CONNECTED: Final = "not connected: r connects"


class ReadsInstances(ChoosesInstances):
    """The part of the screen that asks the service; what is shown stays while it is asked, and where it cannot be."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("r", "reload", "Refresh", id="instances.refresh", tooltip="Ask for the whole list anew."),
        key("ctrl+g,f9", "stop_list", "Stop", id="instances.stop", tooltip="Stop reading the list."),
    ]

    shown_list = query_one("#instances", InstanceList)
    pane = query_one("#instances-pane", Pane)
    detail_pane = query_one("#instance-pane", Pane)
    detail_lines = query_one("#instance", Lines)

    _detail: InstanceDetail | None = None
    _is_reading = False
    _asking: frozenset[str] = frozenset()

    def begin_reading(self) -> None:
        """Look for what changes, and now and then at the whole."""
        self.set_interval(TICK_SECONDS, self._tick)
        self.set_interval(WHOLE_SECONDS, self._reload_quietly)

    def instances_api(self) -> InstancesApi | None:
        """The service that is shown, None while it is not connected."""
        session = self.deck.session(self.profile_name) if self.profile_name else None
        return session.instances if session is not None else None

    @property
    def has_list(self) -> bool:
        """Whether the list is on the screen: not before it is composed, nor while the screen is taken apart."""
        try:
            return self.shown_list.is_attached
        except NoMatches:
            return False

    @property
    def current(self) -> Instance | None:
        """The instance under the cursor, or the one whose listing is shown; None for a listing of the service."""
        if self.has_class("-listing"):
            return self.board.get(self.listed_id)
        return self.shown_list.current

    @property
    def detail(self) -> InstanceDetail | None:
        """Everything about the current instance, once that was told."""
        one, known = self.current, self._detail
        return known if one is not None and known is not None and known.instance.id == one.id else None

    # -- the list --------------------------------------------------------------------------------------------------

    def action_reload(self) -> None:
        """Ask for the whole list anew; what is shown stays meanwhile."""
        start_work(self, "list", self._read_list, True)

    def action_stop_list(self) -> None:
        """Stop reading the list."""
        self.workers.cancel_group(self, "list")

    def _reload_quietly(self) -> None:
        if self.is_current and self.instances_api() and self.board.is_complete and not self._is_reading:
            start_work(self, "list", self._read_list, False)

    async def _read_list(self, is_asked: bool) -> None:
        self._is_reading = True
        if is_asked:
            self.pane.busy("listing", cancel_key="ctrl+g")
        try:
            await self._take_pages()
        except Cancelled:
            return
        except StoredeckError as error:
            self.board.trouble = error
            self.deck.report(error, "list instances")
        finally:
            self._is_reading = False
            self.pane.idle()
            self.board_changed()
        if (one := self.current) is not None:
            start_work(self, "detail", self._load_detail, one)

    async def _take_pages(self) -> None:
        if self.instances_api() is None:
            await self.deck.open_session(self.profile_name)
        api = self.instances_api()
        if api is None:
            return
        self.board.trouble = None
        before, told = self.board.identifiers, set[str]()
        async for page in api.list():
            told |= {one.id for one in page}
            self.board.take(page)
            self.board_changed()
        self.board.complete(before - told)

    def board_changed(self) -> None:
        """Show the board as it is now."""
        if not self.has_list:
            return
        board = self.board
        self.shown_list.rearranged()
        notes = list(
            summary_words(len(board.visible), len(board), len(board.transitions), is_complete=board.is_complete)
        )
        notes += [f"only {board.status}"] if board.status else []
        notes += [f"by {board.sort}"] if board.sort != next(iter(SORTS)) else []
        notes += [NOT_CONNECTED] if self.profile_name and self.instances_api() is None else []
        self.pane.notes = notes
        self.show_current()

    # -- single ones -----------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Ask for those that are changing and were not asked for a while; nothing else is asked."""
        if not self.is_current or self.instances_api() is None:
            return
        if len(self.board.transitions):
            self.shown_list.refresh()
        for identifier in self.board.transitions.due():
            if identifier not in self._asking:
                start_work(self, f"ask-{identifier}", self._ask, identifier, is_exclusive=False)

    async def _ask(self, identifier: str) -> None:
        api = self.instances_api()
        if api is None:
            return
        self._asking |= {identifier}
        try:
            detail = await api.show(identifier)
        except NotFound:
            self.board.drop(identifier)
        except StoredeckError as error:
            self.deck.report(error, "show instance")
            self.board.transitions.forget(identifier)
        else:
            self.board.take([detail.instance])
            if self.current is not None and self.current.id == identifier:
                self._show_detail(detail)
        finally:
            self._asking -= {identifier}
        self.board_changed()

    def show_current(self) -> None:
        """Status line and detail follow the cursor."""
        one = self.current
        self.set_status(status_words(one) if one else "")
        if one is None:
            self._detail = None
            self.detail_pane.title = "Detail"
            self.detail_lines.show([])
        elif self.shown_list.is_settled and (self._detail is None or self._detail.instance != one):
            start_work(self, "detail", self._load_detail, one)
        self.refresh_bindings()

    async def _load_detail(self, one: Instance) -> None:
        api = self.instances_api()
        if api is None:
            return
        try:
            detail = await api.show(one.id)
        except NotFound:
            self.board.drop(one.id)
            self.board_changed()
        except StoredeckError as error:
            self.deck.report(error, "show instance")
        else:
            self.board.take([detail.instance])
            self._show_detail(detail)
            self.shown_list.rearranged()

    def _show_detail(self, detail: InstanceDetail) -> None:
        is_same = self._detail is not None and self._detail.instance.id == detail.instance.id
        self._detail = detail
        self.detail_pane.title = detail.instance.name
        self.detail_lines.show(instance_lines(detail, self.board.get), keep_place=is_same)
        self.set_status(status_words(detail.instance))
        self.refresh_bindings()

    def acted(self, result: ActionResult) -> None:
        """Ask anew for what changed."""
        if result.instance_id:
            start_work(self, f"ask-{result.instance_id}", self._ask, result.instance_id, is_exclusive=False)
        self.read_listing_again()

    def began(self, result: ActionResult) -> None:
        """The cursor goes to a new instance as soon as it is here."""
        if result.instance_id and self.board.get(result.instance_id) is None:
            self.shown_list.expect(result.instance_id)
