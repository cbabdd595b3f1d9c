"""Instances (4): database servers under management, in one fast list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from services.events import SessionChanged
from services.text import displayable
from tui.bridge import EventPublished
from tui.keys import key
from tui.screens.instance_actions import SERVICE
from tui.screens.instance_reading import NOT_CONNECTED, ReadsInstances
from tui.widgets.data_grid import DataGrid
from tui.widgets.empty import EmptyState
from tui.widgets.instance_list import InstanceHeads, InstanceList
from tui.widgets.line_list import LineList
from tui.widgets.lines import Lines
from tui.widgets.pane import Divider, Pane
from tui.working import start_work

NEEDS_INSTANCE: Final = frozenset({"open", "detail", "actions", "backup", "logs", "delete", "copy"})
NEEDS_SESSION: Final = frozenset({"create", "search", "sort", "status", "reload", "service", "service_actions"})
NEEDS_CONNECTION: Final = frozenset(
    {"actions", "create", "backup", "logs", "delete", "open", "service", "service_actions"}
)


class InstancesScreen(ReadsInstances):
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
        key(
            *("space", "detail", "Detail"),
            id="instances.detail",
            tooltip="Turn between list and detail at 80 columns.",
            weight=85,
        ),
        key("escape", "close_listing", "Back", id="instances.back", tooltip="Back to the list."),
    ]
    DEFAULT_CSS = """
    InstancesScreen {
        #instances-pane { width: 1fr; }
        #instance-pane { width: 36%; min-width: 42; max-width: 64; }
        #listing-pane, #instances-none, #instances-filter { display: none; }
        &.-filtering #instances-filter { display: block; }
        &.-listing { #instances-pane { display: none; } #listing-pane { display: block; } }
        &.-of-service { #instance-divider, #instance-pane { display: none; } }
        &.-without {
            #instances-none { display: block; }
            #instances-pane, #listing-pane, #instance-divider, #instance-pane { display: none; }
        }
        &.-narrow {
            #instance-divider, #instance-pane { display: none; }
            &.-detail {
                #instances-pane, #listing-pane { display: none; }
                #instance-pane { display: block; width: 1fr; max-width: 100%; }
            }
        }
    }
    """

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
        self.begin_reading()

    def _look_for_session(self) -> None:
        """Stay with the service shown, also when its session was lost; else take the first one connected."""
        names = self.managing()
        if self.profile_name not in names and not (len(self.board) and self.profile_name in self.deck.book.names):
            self.show_profile(names[0] if names else "")
        self.set_class(not self.profile_name, "-without")
        if not self.profile_name:
            self.query_one(EmptyState).focus()

    def show_profile(self, profile_name: str, path: tuple[str, ...] = ()) -> None:
        """Show the instances of a connected service."""
        if self.has_class("-listing"):
            self.action_close_listing()
        self.profile_name = profile_name
        self.set_place(profile_name)
        self.set_class(not profile_name, "-without")
        self.board.begin()
        self.board_changed()
        if profile_name:
            self.call_after_refresh(self.shown_list.focus)
            self.action_reload()

    def on_event_published(self, message: EventPublished) -> None:
        """A session opened or ended."""
        if self.has_list and isinstance(message.event, SessionChanged):
            self._look_for_session()
            self.board_changed()

    @on(LineList.Moved, "#instances")
    def _moved(self) -> None:
        self.show_current()

    @on(LineList.Chosen, "#instances")
    def action_open(self) -> None:
        """Open what belongs to it."""
        detail, one = self.detail, self.current
        if one is not None and not self.why_off("open"):
            self.open_listing(one.id, one.name, detail.views if detail is not None else ("users", "databases"))

    def why_off(self, action: str) -> str:
        """What needs a service, or an instance under the cursor."""
        if not self.has_list:
            return ""
        if action in NEEDS_SESSION | NEEDS_INSTANCE and not self.profile_name:
            return "no connected store manages servers"
        if action in NEEDS_CONNECTION and self.instances_api() is None:
            return NOT_CONNECTED
        if action in NEEDS_INSTANCE and self.current is None and not (action == "actions" and self._view):
            return "no instance is selected"
        if action == "other" and len(self.managing()) < 2:
            return "no other one is connected"
        if action == "copy" and (self.detail is None or not self.detail.connections):
            return "it has no address yet"
        if action == "detail" and not self.has_class("-narrow"):
            return "it is shown beside the list"
        if action == "stop_list" and not self._is_reading:
            return "it is not being read"
        if action in ("search", "sort", "status") and self.has_class("-listing"):
            return "the list is not shown"
        return self.why_no_listing(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The detail is no action where it stands beside the list."""
        if action == "detail" and not self.has_class("-narrow"):
            return False
        return super().check_action(action, parameters)

    def action_actions(self) -> None:
        """All that can be done to the instance, or to the row of a listing."""
        if self.has_class("-listing"):
            start_work(self, "ask", self.act_on_row)
        elif (one := self.current) is not None:
            start_work(self, "ask", self.choose_action, one.id, one.name)

    def action_detail(self) -> None:
        """Turn between list and detail."""
        self.toggle_class("-detail")
        self.call_after_refresh((self.detail_lines if self.has_class("-detail") else self.shown_list).focus)

    def action_service_actions(self) -> None:
        """What the service does beside instances."""
        start_work(self, "ask", self.choose_action, "", self.profile_name, SERVICE)

    def action_create(self) -> None:
        """A new instance."""
        start_work(self, "ask", self.begin_named, "create", "", "")

    def action_backup(self) -> None:
        """Back it up."""
        if (one := self.current) is not None:
            start_work(self, "ask", self.begin_named, "backup", one.id, one.name)

    def action_delete(self) -> None:
        """Delete it."""
        if (one := self.current) is not None:
            start_work(self, "ask", self.begin_named, "delete", one.id, one.name)

    def action_logs(self) -> None:
        """Its logs."""
        if (one := self.current) is not None:
            self.open_listing(one.id, one.name, ("logs",))

    def action_copy(self) -> None:
        """Copy how one connects to it."""
        if self.detail is not None and self.detail.connections:
            text = self.detail.connections[0][1]
            self.app.copy_to_clipboard(text)
            self.notify(displayable(f"{text} was sent to the clipboard."), markup=False)
