"""Connections (1): the profiles, and what is known of the one under the cursor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.getters import query_one
from textual.widget import Widget

from services.errors import Cancelled, StoredeckError
from tui.bridge import EventPublished
from tui.keys import key
from tui.profile_words import profile_lines
from tui.screens.profile_actions import ProfileActions
from tui.session_states import CheckReport
from tui.widgets.empty import EmptyState
from tui.widgets.line_list import LineList
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Divider, Pane
from tui.widgets.profile_list import ProfileList
from tui.working import start_work

REFRESH_SECONDS = 10.0
NEEDS_PROFILE = ("open", "test", "edit", "copy", "rename", "remove", "close_session", "detail")


class ConnectionsScreen(ProfileActions):
    """The list at the left, the detail at the right; at 80 columns `space` turns from one to the other."""

    MODE = "connections"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "Open", id="connections.open", tooltip="Connect and go to the browser.", weight=100),
        key("t", "test", "Test", id="connections.test", tooltip="Check the connection step by step.", weight=90),
        key("n", "new", "New", id="connections.new", tooltip="Add a profile.", weight=80),
        key("e,f2", "edit", "Edit", id="connections.edit", tooltip="Change the profile.", weight=70),
        key("y", "copy", "Copy", id="connections.copy", tooltip="A second profile with the same facts.", weight=60),
        key("D", "remove", "Remove", id="connections.remove", tooltip="Remove the profile; asks first.", weight=50),
        key("N", "rename", "Rename", id="connections.rename", tooltip="Another name; secrets stay as they are."),
        key("x", "close_session", "Disconnect", id="connections.close", tooltip="End the open session."),
        key("r", "reload", "Refresh", id="connections.reload", tooltip="Read the profiles file again."),
        key(
            "space", "detail", "Detail", id="connections.detail", tooltip="Turn between list and detail at 80 columns."
        ),
        key("escape", "list", "List", id="connections.list", tooltip="Back from the detail to the list."),
        key("ctrl+g,f9", "stop_test", "Stop", id="connections.stop", tooltip="Stop the check that runs."),
    ]
    DEFAULT_CSS = """
    ConnectionsScreen {
        #profiles-pane { width: 50%; }
        #profiles-pane EmptyState { display: none; }
        &.-without {
            #profile-divider, #profile-pane, #profiles { display: none; }
            #profiles-pane { width: 1fr; }
            #profiles-pane EmptyState { display: block; }
        }
        &.-narrow {
            #profiles-pane { width: 1fr; }
            #profile-divider, #profile-pane { display: none; }
            &.-detail {
                #profiles-pane { display: none; }
                #profile-pane { display: block; }
            }
        }
    }
    """

    profiles = query_one("#profiles", ProfileList)
    detail = query_one("#profile", Lines)
    detail_pane = query_one("#profile-pane", Pane)

    def compose_body(self) -> Iterable[Widget]:
        """List, divider, detail; or the empty state of the first run."""
        book = self.deck.book
        explain = "The ways to reach your stores. A secret is never in this list or its file."
        with Pane("Connections", id="profiles-pane", explain=explain):
            yield ProfileList(book, self.deck.states, id="profiles")
        yield Divider(id="profile-divider")
        with Pane("", id="profile-pane", explain="What is known of the profile, and how its last check went."):
            yield Lines(id="profile")

    def on_mount(self) -> None:
        """Show what was read before the start."""
        self._show_current()
        if not self._has_any:
            self._show_empty()
        self.set_interval(REFRESH_SECONDS, self._refresh_ages)

    def book_changed(self) -> None:
        """The profiles were read anew."""
        self.profiles.show(self.deck.book)
        if not self._has_any:
            self._show_empty()
        elif self.has_class("-without"):
            self.remove_class("-without")
            self.query("#no-profiles").remove()
            self.call_after_refresh(self.profiles.focus)
        self._show_current()
        self.refresh_bindings()

    @property
    def _has_any(self) -> bool:
        return self.profiles.count > 0 or self.deck.book.error is not None

    def _show_empty(self) -> None:
        self.add_class("-without")
        if not self.query("#no-profiles"):
            empty = EmptyState(
                "A connection is a named way to one of your stores.",
                "There is none yet. A profile holds the address; secrets go to the keyring of your system.",
                "n New · or leave and run `storedeck demo`: sample stores, offline",
                id="no-profiles",
            )
            self.query_one("#profiles-pane").mount(empty)
            self.call_after_refresh(empty.focus)

    def _refresh_ages(self) -> None:
        if self.is_current:
            self.profiles.refresh()

    def _show_current(self) -> None:
        book, profile = self.deck.book, self.profiles.current
        broken = self.profiles.current_broken
        if book.error is not None:
            self.detail_pane.title = "The profiles cannot be read"
            self.detail.show([Line.of(Piece(book.error.message, "error")), Line.of(Piece(book.error.hint, "dim"))])
        elif broken:
            self.detail_pane.title = broken
            self.detail.show([Line.of(Piece(book.problems[broken], "error"))])
        elif profile is not None:
            self.detail_pane.title = profile.name
            states = self.deck.states
            self.detail.show(profile_lines(profile, states.get(profile.name), states.checks.get(profile.name)))
        self.set_status(profile.endpoint if profile is not None else "")

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._show_current()
        self.refresh_bindings()

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """Connect and go to the browser."""
        if (profile := self.profiles.current) is not None:
            self.deck.open_profile(profile.name)

    def on_event_published(self, message: EventPublished) -> None:
        """A session's state changed."""
        if self.is_mounted:
            self.profiles.refresh()
            self._show_current()
            self.refresh_bindings()

    def why_off(self, action: str) -> str:
        """What needs a profile, needs one under the cursor."""
        if not self.is_mounted:
            return ""
        profile = self.profiles.current
        if action in NEEDS_PROFILE and profile is None:
            return "no profile is selected"
        if action == "close_session" and profile is not None and self.deck.session(profile.name) is None:
            return "it is not connected"
        if action == "stop_test" and not self._is_testing():
            return "no check runs"
        if action == "list" and not self.has_class("-detail"):
            return "the list is shown"
        return ""

    def _is_testing(self) -> bool:
        return any(check.is_running for check in self.deck.states.checks.values())

    def action_detail(self) -> None:
        """Turn between list and detail."""
        self.toggle_class("-detail")
        target = self.detail if self.has_class("-detail") else self.profiles
        self.call_after_refresh(target.focus)
        self.refresh_bindings()

    def action_list(self) -> None:
        """Back to the list."""
        self.remove_class("-detail")
        self.call_after_refresh(self.profiles.focus)
        self.refresh_bindings()

    def action_test(self) -> None:
        """Check the connection step by step."""
        profile = self.profiles.current
        if profile is None:
            return
        if self.has_class("-narrow") and not self.has_class("-detail"):
            self.action_detail()
        start_work(self, "test", self._test, profile.name)

    def action_stop_test(self) -> None:
        """Stop the check that runs."""
        self.workers.cancel_group(self, "test")

    async def _test(self, name: str) -> None:
        checks = self.deck.states.checks
        checks[name] = CheckReport(at=time.time())
        self.detail_pane.busy("checking", cancel_key="ctrl+g")
        self._check_changed()
        error: StoredeckError | None = None
        try:
            async for step in self.deck.check_profile(name):
                checks[name] = checks[name].with_step(step)
                self._check_changed()
        except StoredeckError as problem:
            error = problem
        except asyncio.CancelledError:
            error = Cancelled("stopped")
            raise
        finally:
            ended = replace(checks[name], is_running=False)
            checks[name] = replace(ended, error=error.message, hint=error.hint) if error else ended
            if self.is_mounted:
                self.detail_pane.idle()
                self._check_changed()

    def _check_changed(self) -> None:
        self._show_current()
        self.refresh_bindings()
