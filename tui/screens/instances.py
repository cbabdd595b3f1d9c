"""Instances (4): database servers under management, in one fast list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.getters import query_one
from textual.widget import Widget
from textual.widgets import Input

from services.errors import NotFound, StoredeckError
from services.events import SessionChanged
from services.stores.instances import ActionResult, Instance, InstanceDetail
from services.text import displayable
from tui.bridge import EventPublished
from tui.instance_board import SORTS
from tui.instance_words import instance_lines, status_words, summary_words
from tui.keys import key
from tui.screens.instance_actions import SERVICE
from tui.screens.instance_choices import ChoosesInstances
from tui.widgets.data_grid import DataGrid
from tui.widgets.empty import EmptyState
from tui.widgets.instance_list import InstanceHeads, InstanceList
from tui.widgets.line_list import LineList
from tui.widgets.lines import Lines
from tui.widgets.pane import Divider, Pane
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.managed_proxy import InstancesApi

TICK_SECONDS: Final = 1.0
WHOLE_SECONDS: Final = 30.0
NEEDS_INSTANCE: Final = frozenset({"open", "detail", "actions", "backup", "logs", "delete", "copy"})
NEEDS_SESSION: Final = frozenset({"create", "search", "sort", "status", "reload", "service", "service_actions"})


class InstancesScreen(ChoosesInstances):
    """The list, beside it the instance under the cursor; opened, its users, databases, backups, logs."""

    MODE = "instances"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("a", "actions", "Actions", id="instances.actions", tooltip="All that can be done to it.", weight=95),
        key("n", "create", "Create", id="instances.create", tooltip="A new instance.", weight=90),
        key("b", "backup", "Backup", id="instances.backup", tooltip="Back it up.", weight=80),
        key("l", "logs", "Logs", id="instances.logs", tooltip="Its logs; enter follows one.", weight=70),
        key("D", "delete", "Delete", id="instances.delete", tooltip="Delete it; asks for its name."),
        key("y", "copy", "Copy address", id="instances.copy", tooltip="Copy how one connects to its database."),
        key(
            "A", "service_actions", "Service actions", id="instances.service_actions", tooltip="What the service does."
        ),
        key("space", "detail", "Detail", id="instances.detail", tooltip="Turn between list and detail at 80 columns."),
        key("r", "reload", "Refresh", id="instances.refresh", tooltip="Ask for the whole list anew."),
        key("escape", "close_listing", "Back", id="instances.back", tooltip="Back to the list."),
    ]
    DEFAULT_CSS = """
    InstancesScreen {
        #instances-pane { width: 1fr; }
        #instance-pane { width: 44; }
        #listing-pane, #instances-none, #instances-filter { display: none; }
        &.-filtering #instances-filter { display: block; }
        &.-listing { #instances-pane { display: none; } #listing-pane { display: block; } }
        &.-without {
            #instances-none { display: block; }
            #instances-pane, #listing-pane, #instance-divider, #instance-pane { display: none; }
        }
        &.-narrow {
            #instance-divider, #instance-pane { display: none; }
            &.-detail {
                #instances-pane, #listing-pane { display: none; }
                #instance-pane { display: block; width: 1fr; }
            }
        }
    }
    """

    shown_list = query_one("#instances", InstanceList)
    pane = query_one("#instances-pane", Pane)
    detail_pane = query_one("#instance-pane", Pane)
    detail_lines = query_one("#instance", Lines)

    _detail: InstanceDetail | None = None

    def compose_body(self) -> Iterable[Widget]:
        """List or listing, and the detail; or the empty state."""
        explain = "Database servers under management. Only those that are changing are asked for again and again."
        with Pane("Instances", id="instances-pane", explain=explain):
            yield Input(id="instances-filter", placeholder="name, status, datastore, address…", classes="deck-input")
            yield InstanceHeads()
            yield InstanceList(self.board, id="instances")
        with Pane("", id="listing-pane", explain="What belongs to the instance or the service; a acts on a row."):
            yield DataGrid(id="listing")
        yield Divider(id="instance-divider")
        with Pane("", id="instance-pane", explain="All that is known of the instance under the cursor."):
            yield Lines(id="instance")
        with Pane("Instances", id="instances-none", explain=explain):
            yield EmptyState(
                "Database servers: their state, size, replicas, backups and users.",
                "It is empty because no connected store manages servers. Open a Trove profile.",
                "1 Connections",
            )

    def on_mount(self) -> None:
        """Take the first service that is connected."""
        self._look_for_session()
        self.set_interval(TICK_SECONDS, self._tick)
        self.set_interval(WHOLE_SECONDS, self._reload_quietly)

    # -- the session -----------------------------------------------------------------------------------------------

    def _look_for_session(self) -> None:
        names = self.managing()
        if self.profile_name not in names:
            self.show_profile(names[0] if names else "")
        self.set_class(not self.profile_name, "-without")
        if not self.profile_name:
            self.query_one(EmptyState).focus()

    def show_profile(self, profile_name: str, path: tuple[str, ...] = ()) -> None:
        """Show the instances of a connected service."""
        self.profile_name = profile_name
        self.set_place(profile_name)
        self.set_class(not profile_name, "-without")
        self.board.begin()
        if profile_name:
            self.call_after_refresh(self.shown_list.focus)
            self.action_reload()

    def instances_api(self) -> InstancesApi | None:
        """The service that is shown."""
        session = self.deck.session(self.profile_name) if self.profile_name else None
        return session.instances if session is not None else None

    def on_event_published(self, message: EventPublished) -> None:
        """A session opened or ended."""
        if self.is_mounted and isinstance(message.event, SessionChanged):
            self._look_for_session()
            self.refresh_bindings()

    # -- the list --------------------------------------------------------------------------------------------------

    def action_reload(self) -> None:
        """Ask for the whole list anew; what is shown stays meanwhile."""
        start_work(self, "list", self._read_list, True)

    def _reload_quietly(self) -> None:
        if self.is_current and self.profile_name and self.board.is_complete:
            start_work(self, "list", self._read_list, False)

    async def _read_list(self, is_asked: bool) -> None:
        api = self.instances_api()
        if api is None:
            return
        if is_asked:
            self.pane.busy("listing", cancel_key="ctrl+g")
        told: set[str] = set()
        try:
            async for page in api.list():
                told |= {one.id for one in page}
                self.board.take(page)
                self.board_changed()
            self.board.keep_only(told)
        except StoredeckError as error:
            self.deck.report(error, "list instances")
        finally:
            self.pane.idle()
        self.board_changed()

    def board_changed(self) -> None:
        if not self.is_mounted:
            return
        board = self.board
        self.shown_list.rearranged()
        notes = list(
            summary_words(len(board.visible), len(board), len(board.transitions), is_complete=board.is_complete)
        )
        notes += [f"only {board.status}"] if board.status else []
        notes += [f"by {board.sort}"] if board.sort != next(iter(SORTS)) else []
        self.pane.notes = notes
        self._show_current()

    def _tick(self) -> None:
        """Ask for those that are changing and were not asked for a while; nothing else is asked."""
        if not (self.is_current and self.profile_name):
            return
        if len(self.board.transitions):
            self.shown_list.refresh()
        for identifier in self.board.transitions.due():
            start_work(self, f"ask-{identifier}", self._ask, identifier)

    async def _ask(self, identifier: str) -> None:
        api = self.instances_api()
        if api is None:
            return
        try:
            detail = await api.show(identifier)
        except NotFound:
            self.board.drop(identifier)
        except StoredeckError as error:
            self.deck.report(error, "show instance")
            self.board.transitions.forget(identifier)
        else:
            self.board.take([detail.instance])
            if self._current is not None and self._current.id == identifier:
                self._show_detail(detail)
        self.board_changed()

    @property
    def _current(self) -> Instance | None:
        return self.shown_list.current

    def _show_current(self) -> None:
        one = self._current
        self.set_status(status_words(one) if one else "")
        if one is not None and (self._detail is None or self._detail.instance != one):
            start_work(self, "detail", self._load_detail, one)
        elif one is None:
            self.detail_pane.title = ""
            self.detail_lines.show([])
        self.refresh_bindings()

    async def _load_detail(self, one: Instance) -> None:
        api = self.instances_api()
        if api is None:
            return
        try:
            self._show_detail(await api.show(one.id))
        except NotFound:
            self.board.drop(one.id)
            self.board_changed()
        except StoredeckError as error:
            self.deck.report(error, "show instance")

    def _show_detail(self, detail: InstanceDetail) -> None:
        is_same = self._detail is not None and self._detail.instance.id == detail.instance.id
        self._detail = detail
        self.board.take([detail.instance])
        self.detail_pane.title = detail.instance.name
        self.detail_lines.show(instance_lines(detail, self.board.get), keep_place=is_same)

    @on(LineList.Moved, "#instances")
    def _moved(self) -> None:
        self._show_current()

    @on(LineList.Chosen, "#instances")
    def action_open(self) -> None:
        """Open what belongs to it."""
        detail, one = self._detail, self._current
        if one is not None:
            views = detail.views if detail is not None and detail.instance.id == one.id else ("users", "databases")
            self.open_listing(one.id, one.name, views)

    def why_off(self, action: str) -> str:
        """What needs a service, or an instance under the cursor."""
        if not self.is_mounted:
            return ""
        if action in NEEDS_SESSION | NEEDS_INSTANCE and not self.profile_name:
            return "no connected store manages servers"
        if action in NEEDS_INSTANCE and self._current is None:
            return "no instance is selected"
        if action == "other" and len(self.managing()) < 2:
            return "no other one is connected"
        if action == "copy" and (self._detail is None or not self._detail.connections):
            return "it has no address yet"
        return self.why_no_listing(action)

    # -- acting ----------------------------------------------------------------------------------------------------

    def acted(self, result: ActionResult) -> None:
        """Ask anew for what changed: an instance, or also the list when a new one came."""
        if result.instance_id:
            start_work(self, f"ask-{result.instance_id}", self._ask, result.instance_id)
        self.read_listing_again()

    def action_actions(self) -> None:
        """All that can be done to the instance, or to the row of a listing."""
        if self.has_class("-listing"):
            start_work(self, "act", self.act_on_row)
        elif (one := self._current) is not None:
            start_work(self, "act", self.choose_action, one.id, one.name)

    def action_detail(self) -> None:
        """Turn between list and detail."""
        self.toggle_class("-detail")
        self.call_after_refresh((self.detail_lines if self.has_class("-detail") else self.shown_list).focus)

    def action_service_actions(self) -> None:
        """What the service does beside instances."""
        start_work(self, "act", self.choose_action, "", self.profile_name, SERVICE)

    def action_create(self) -> None:
        """A new instance."""
        start_work(self, "act", self.begin_named, "create", "", "")

    def action_backup(self) -> None:
        """Back it up."""
        if (one := self._current) is not None:
            start_work(self, "act", self.begin_named, "backup", one.id, one.name)

    def action_delete(self) -> None:
        """Delete it."""
        if (one := self._current) is not None:
            start_work(self, "act", self.begin_named, "delete", one.id, one.name)

    def action_logs(self) -> None:
        """Its logs."""
        if (one := self._current) is not None:
            self.open_listing(one.id, one.name, ("logs",))

    def action_copy(self) -> None:
        """Copy how one connects to it."""
        if self._detail is not None and self._detail.connections:
            text = self._detail.connections[0][1]
            self.app.copy_to_clipboard(text)
            self.notify(displayable(f"{text} was sent to the clipboard."), markup=False)
