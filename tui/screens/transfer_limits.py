"""Orders to the queue, one after the other; and how fast and in how many parts at once transfers may run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.getters import query_one

from services.errors import StoredeckError
from tui.amounts import rate_words
from tui.keys import key
from tui.screens.base import DeckScreen
from tui.widgets.transfer_list import TransferList
from tui.working import start_work


class LimitsTransfers(DeckScreen):
    """The part of the screen that gives orders, and sets the limits of one transfer and of all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("b", "bandwidth", "Bandwidth", id="transfers.bandwidth", tooltip="Bytes a second at most.", weight=40),
        key("w", "parallel", "Parallel", id="transfers.parallel", tooltip="Parts in flight at once."),
        key("B", "cap_all", "Cap all", id="transfers.cap_all", tooltip="Bytes a second over all transfers."),
    ]

    transfers = query_one("#transfers", TransferList)

    @cached_property
    def _ordering(self) -> asyncio.Lock:
        """Orders are given one after the other: each begins with what the one before left."""
        return asyncio.Lock()

    def order(self, order: Callable[[], Any], said: str = "") -> None:
        """Change the queue in a thread, see to a runner, and show what became of it."""
        start_work(self, "order", self._ordered, order, said, is_exclusive=False)

    async def _ordered(self, order: Callable[[], Any], said: str) -> None:
        try:
            async with self._ordering:
                await asyncio.to_thread(order)
            await self.deck.see_to_runner()
        except StoredeckError as error:
            self.deck.report(error)
            return
        if said:
            self.notify(said, markup=False)
        await self.deck.look_at_transfers()

    def action_bandwidth(self) -> None:
        """Bytes a second of this transfer."""
        start_work(self, "ask", self._bandwidth)

    async def _bandwidth(self) -> None:
        item = self.transfers.current
        if item is not None:
            rate = await self._asked_rate(f"Bandwidth of transfer {item.id}", item.options.bandwidth)
            if rate is not None:
                self.order(lambda: self.deck.transfer_feed.queue.set_bandwidth(item.id, rate))

    def action_cap_all(self) -> None:
        """Bytes a second over all transfers."""
        start_work(self, "ask", self._cap_all)

    async def _cap_all(self) -> None:
        feed = self.deck.transfer_feed
        rate = await self._asked_rate("Bandwidth of all transfers", feed.settings.bandwidth if feed.settings else 0)
        if rate is not None:
            self.order(lambda: feed.queue.change_settings(bandwidth=rate))

    async def _asked_rate(self, title: str, present: int) -> int | None:
        from services.transfers.adding import rate_of
        from tui.modals.text_prompt import TextPrompt

        words = rate_words(present) or "none"
        help = f"Such as 10MB, 500kB or 1.5GB a second; 0 for no cap. Now: {words}."
        text = await self.app.push_screen_wait(TextPrompt(title, help))
        if text is None or not text.strip():
            return None
        try:
            return rate_of(text)
        except ValueError:
            self.notify("Such as 10MB, 500kB or 1.5GB; none for no cap.", severity="warning", markup=False)
            return None

    def action_parallel(self) -> None:
        """Parts in flight at once."""
        start_work(self, "ask", self._parallel)

    async def _parallel(self) -> None:
        from tui.modals.text_prompt import TextPrompt

        item = self.transfers.current
        if item is None:
            return
        help = f"A number from 1 to 64; now {item.options.parallel}. It holds from the next part on."
        text = await self.app.push_screen_wait(TextPrompt(f"Parts of transfer {item.id} at once", help))
        if text and text.strip().isdecimal() and 1 <= int(text) <= 64:
            self.order(lambda: self.deck.transfer_feed.queue.set_parallel(item.id, int(text)))
        elif text and text.strip():
            self.notify("A number from 1 to 64 is needed.", severity="warning", markup=False)
