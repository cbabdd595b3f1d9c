"""Transfers (5): the queue of data on its way between files and stores."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.getters import query_one
from textual.widget import Widget

from services.transfers.model import Item, ItemState
from tui.amounts import sparkline
from tui.keys import key
from tui.screens.transfer_limits import LimitsTransfers
from tui.transfer_words import detail_lines, left_behind, reject_lines, status_words, title_notes
from tui.widgets.empty import EmptyState
from tui.widgets.line_list import LineList
from tui.widgets.lines import Lines
from tui.widgets.pane import Pane
from tui.widgets.transfer_list import TransferHeads, TransferList
from tui.working import start_work

if TYPE_CHECKING:
    from services.transfers.queue import TransferQueue

PARTS: Final = ("#transfers", "#transfer-detail", "#transfers-none", "StatusLine")
SPARKS_NARROW: Final = 6
"""Of the sparkline below 100 columns."""

NEEDS_ITEM: Final = frozenset(
    {"open", "pause", "stop", "retry", "priority", "bandwidth", "parallel", "again", "rejects", "move_item"}
)


class TransfersScreen(LimitsTransfers):
    """The list, and below it everything about the transfer under the cursor once it is opened."""

    MODE = "transfers"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("n", "new", "New", id="transfers.new", tooltip="Plan a transfer and queue it.", weight=90),
        key("p", "pause", "Pause", id="transfers.pause", tooltip="Pause it, or let it go on.", weight=80),
        key("x", "stop", "Cancel", id="transfers.cancel", tooltip="End it for good; asks first.", weight=70),
        key("t", "retry", "Retry", id="transfers.retry", tooltip="Let a failed one go on where it stood.", weight=60),
        key("plus", "priority(1)", "Priority", id="transfers.raise", tooltip="Before others.", weight=50),
        key("minus", "priority(-1)", "Lower", id="transfers.lower", tooltip="After others."),
        key("K", "move_item(-1)", "Up", id="transfers.up", tooltip="One place earlier in the queue."),
        key("J", "move_item(1)", "Down", id="transfers.down", tooltip="One place later in the queue."),
        key("a", "again", "Run again", id="transfers.again", tooltip="Queue it once more, with equal settings."),
        key("v", "rejects", "Rejects", id="transfers.rejects", tooltip="The rows put aside, with their cause."),
        key("P", "pause_all", "Pause all", id="transfers.pause_all", tooltip="Pause all, or let all go on."),
        key("d", "drain", "Drain", id="transfers.drain", tooltip="Finish what runs and start nothing else."),
        key("X", "purge", "Forget ended", id="transfers.purge", tooltip="Take ended transfers off the list."),
        key("escape", "close_detail", "List", id="transfers.list", tooltip="Back from the detail to the list."),
    ]
    DEFAULT_CSS = """
    TransfersScreen {
        #deck-body { layout: vertical; }
        #transfer-detail { display: none; height: 60%; }
        #transfers-none { display: none; }
        &.-detail #transfer-detail { display: block; }
        &.-without { #transfers-none { display: block; } #transfers-pane, #transfer-detail { display: none; } }
    }
    """

    pane = query_one("#transfers-pane", Pane)
    detail_pane = query_one("#transfer-detail", Pane)
    detail = query_one("#transfer", Lines)

    def compose_body(self) -> Iterable[Widget]:
        """List over detail; or the empty state."""
        explain = "Data on its way. It goes on when the console is closed, and after a crash where it stood."
        with Pane("Transfers", id="transfers-pane", explain=explain):
            yield TransferHeads()
            yield TransferList(self.deck.book, id="transfers")
        with Pane("", id="transfer-detail", explain="Parts, columns, rejected rows and log of the transfer."):
            yield Lines(id="transfer")
        with Pane("Transfers", id="transfers-none", explain=explain):
            yield EmptyState(
                "Data on its way between files and stores, a line a transfer.",
                "It is empty because nothing was queued. A transfer goes on when the console is closed.",
                "n New",
            )

    def on_mount(self) -> None:
        """Show what is known, and look anew."""
        self.transfers_changed()
        start_work(self, "look", self.deck.look_at_transfers, is_exclusive=False)

    def on_screen_resume(self) -> None:
        """Show what changed while another screen was shown."""
        if self.is_mounted:
            self.transfers_changed()

    def book_changed(self) -> None:
        """Tags follow the profiles."""
        self.transfers.book = self.deck.book
        self.transfers.refresh()

    def transfers_changed(self) -> None:
        """The queue was looked at: show it as it is."""
        if not self.is_current or not all(self.query(part) for part in PARTS):
            return  # another screen is shown, or this one is not composed yet, or taken apart
        feed = self.deck.transfer_feed
        self.set_class(not (feed.items or feed.problem), "-without")
        self.transfers.show(feed.items)
        cap = feed.settings.bandwidth if feed.settings else 0
        shown_rates = list(feed.rates)[-SPARKS_NARROW:] if self.has_class("-narrow") else list(feed.rates)
        notes = title_notes(feed.counts(), feed.rate, sparkline(shown_rates), cap)
        if feed.settings and feed.settings.is_draining:
            notes.insert(0, "draining: d lets others start again")
        if feed.settings and feed.settings.window:
            notes.insert(0, f"only {feed.settings.window}")
        self.pane.notes = [f"▲ {feed.problem}", *notes] if feed.problem else notes
        self._take_focus(has_any=bool(feed.items or feed.problem))
        self._show_current()

    def show_transfer(self, identifier: int) -> None:
        """Stand on a transfer."""
        self.transfers.select(identifier)

    def _take_focus(self, *, has_any: bool) -> None:
        if not has_any:
            self.query_one(EmptyState).focus()
        elif self.focused is None or isinstance(self.focused, EmptyState):
            self.transfers.focus()

    def _show_current(self) -> None:
        item, problem = self.transfers.current, self.deck.transfer_feed.problem
        self.set_status(status_words(item, time.time(), problem) if item else problem)
        if item is not None and self.has_class("-detail"):
            start_work(self, "detail", self._load_detail, item)
        self.refresh_bindings()

    async def _load_detail(self, item: Item) -> None:
        queue = self.deck.transfer_feed.queue
        plan, parts, log, rejects = await asyncio.to_thread(
            lambda: (queue.plan(item.id), queue.parts(item.id), queue.log(item.id), queue.rejects(item.id, 0, 20))
        )
        is_same = self.detail_pane.title == f"Transfer {item.id}"
        self.detail_pane.title = f"Transfer {item.id}"
        width = self.detail.size.width
        self.detail.show(detail_lines(item, plan, parts, log, rejects, width), keep_place=is_same)

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._show_current()

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """Open the detail, and go there."""
        if self.transfers.current is not None:
            self.add_class("-detail")
            self._show_current()
            self.call_after_refresh(self.detail.focus)

    def action_close_detail(self) -> None:
        """Back to the list."""
        self.remove_class("-detail")
        self.call_after_refresh(self.transfers.focus)
        self.refresh_bindings()

    def why_off(self, action: str) -> str:
        """What cannot be done with the transfer as it stands."""
        if not self.query("#transfers"):
            return ""
        item = self.transfers.current
        if action in NEEDS_ITEM and item is None:
            return "no transfer is selected"
        if action == "close_detail" and not self.has_class("-detail"):
            return "the list is shown"
        if action in ("pause_all", "purge", "drain") and not self.transfers.count:
            return "there is no transfer"
        return _why_off_item(action, item) if item is not None else ""

    def action_pause(self) -> None:
        """Pause it, or let it go on."""
        queue, item = self.deck.transfer_feed.queue, self.transfers.current
        if item is not None:
            paused = item.state in (ItemState.PAUSED, ItemState.NEEDS_YOU)
            self.order(lambda: (queue.resume if paused else queue.pause)([item.id]))

    def action_pause_all(self) -> None:
        """Pause all that is active; all are paused already: let all go on."""
        feed = self.deck.transfer_feed
        has_active = any(item.state.is_active for item in feed.items)
        self.order(feed.queue.pause if has_active else feed.queue.resume)

    def action_stop(self) -> None:
        """End it for good."""
        start_work(self, "ask", self._stop)

    async def _stop(self) -> None:
        from tui.modals.confirm import ConfirmModal

        item = self.transfers.current
        if item is None:
            return
        plan = await asyncio.to_thread(self.deck.transfer_feed.queue.plan, item.id)
        lines = [f"{item.source} → {item.target}", left_behind(plan)]
        if await self.app.push_screen_wait(ConfirmModal(f"Cancel transfer {item.id}?", lines, yes="cancel it")):
            self.order(lambda: self.deck.transfer_feed.queue.cancel([item.id]))

    def action_retry(self) -> None:
        """Let it go on."""
        queue, item = self.deck.transfer_feed.queue, self.transfers.current
        if item is not None:
            needs_secret = item.state is ItemState.NEEDS_YOU
            self.order(lambda: (queue.resume if needs_secret else queue.retry)([item.id]))

    def action_again(self) -> None:
        """Queue it once more."""
        queue, item = self.deck.transfer_feed.queue, self.transfers.current
        if item is not None:
            self.order(lambda: queue.rerun(item.id), f"Transfer {item.id} is queued again.")

    def action_priority(self, by: int) -> None:
        """Before or after others."""
        queue, item = self.deck.transfer_feed.queue, self.transfers.current
        if item is not None:
            self.order(lambda: queue.set_priority(item.id, queue.item(item.id).priority + by))

    def action_move_item(self, by: int) -> None:
        """One place earlier or later among those of its priority."""
        queue, item = self.deck.transfer_feed.queue, self.transfers.current
        if item is not None:
            self.order(lambda: _move(queue, item.id, by))

    def action_drain(self) -> None:
        """Finish what runs and start nothing else, or start again."""
        feed = self.deck.transfer_feed
        is_draining = feed.settings is not None and feed.settings.is_draining
        said = "Others are started again." if is_draining else "What runs is finished; nothing else is started."
        self.order(lambda: feed.queue.change_settings(is_draining=not is_draining), said)

    def action_purge(self) -> None:
        """Take ended transfers off the list."""
        self.order(self.deck.transfer_feed.queue.purge)

    def action_rejects(self) -> None:
        """Every rejected row."""
        start_work(self, "ask", self._rejects)

    async def _rejects(self) -> None:
        from tui.modals.reader import ReaderModal

        item = self.transfers.current
        if item is not None:
            rejects = await asyncio.to_thread(self.deck.transfer_feed.queue.rejects, item.id)
            note = f"{len(rejects):,} of {item.rejected:,}"
            await self.app.push_screen(ReaderModal(f"Rejected rows of transfer {item.id}", reject_lines(rejects), note))

    def action_new(self) -> None:
        """Plan a transfer and queue it."""
        self.deck.new_transfer()


def _why_off_item(action: str, item: Item) -> str:
    state = item.state
    if action == "retry" and state not in (ItemState.FAILED, ItemState.CANCELLED, ItemState.NEEDS_YOU):
        return f"it is {state.value}"
    if action in ("pause", "stop", "priority", "bandwidth", "parallel", "move_item") and state.is_ended:
        return f"it is {state.value}"
    if action == "again" and not state.is_ended:
        return f"it is still {state.value}"
    if action == "rejects" and not item.rejected:
        return "no row was rejected"
    return ""


def _move(queue: TransferQueue, identifier: int, by: int) -> None:
    """Put an item one place earlier or later, as the queue stands now."""
    item = queue.item(identifier)
    others = [one.id for one in queue.items() if not one.state.is_ended and one.priority == item.priority]
    if identifier in others:
        before = _before(others, others.index(identifier), by)
        if before != identifier:
            queue.move(identifier, before)


def _before(others: Sequence[int], place: int, by: int) -> int | None:
    """The id that the one at `place` has to stand before to move by one; itself where it cannot, None for the end."""
    if by < 0:
        return others[max(place - 1, 0)]
    if place + 1 >= len(others):
        return others[place]
    return others[place + 2] if place + 2 < len(others) else None
