"""The part of the app that follows transfers: looks at the queue, tells the screens, says when one ended."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Final

from textual.app import App

from services.errors import Refused, StoredeckError
from services.text import displayable
from tui.walls import window_title
from tui.working import start_work

if TYPE_CHECKING:
    from pathlib import Path

    from services.bootstrap import Services
    from services.transfers.keeping import RunnerKeeper
    from services.transfers.model import Item
    from tui.transfer_feed import TransferFeed

POLL_SECONDS: Final = 0.5


class FollowsTransfers(App[None]):
    """Looks at the queue's file a few times a second; a runner of its own does the work."""

    services: Services
    _is_looking = False

    if TYPE_CHECKING:

        def report(self, error: StoredeckError, what: str = "", *, is_logged: bool = False) -> None:
            """Tell an error; see `OpensSessions`."""

    @cached_property
    def transfer_feed(self) -> TransferFeed:
        """The queue as it was seen last."""
        from tui.transfer_feed import TransferFeed  # not among what the first screen needs

        return TransferFeed(self.services)

    @cached_property
    def runner_keeper(self) -> RunnerKeeper:
        """Sees to it that transfers go on; its first use has to be in a thread, as it asks for the queue."""
        from services.transfers.keeping import RunnerKeeper

        return RunnerKeeper(self.services.paths, self.services.transfers)

    def follow_transfers(self) -> None:
        """Begin to look."""
        self.set_interval(POLL_SECONDS, self._look_soon)

    def _look_soon(self) -> None:
        if not self._is_looking:
            start_work(self, "look", self.look_at_transfers, is_exclusive=False)

    async def look_at_transfers(self) -> None:
        """Look now, and show it."""
        self._is_looking = True
        try:
            ended = await self.transfer_feed.look()
            if self.transfer_feed.items:
                await self.see_to_runner()  # one that died is missed by nobody but those who look
            else:
                self._note_problem("")
        except StoredeckError as error:
            ended = []
            self._note_problem(error.message, error.hint)
        finally:
            self._is_looking = False
        if self.transfer_feed.is_changed:
            self.show_transfers()
        for item in ended:
            self._tell_end(item)

    def show_transfers(self) -> None:
        """Tell the screens; the app overrides it."""

    def _tell_end(self, item: Item) -> None:
        """A toast, the bell, the window's title and the desktop: whoever looks elsewhere notices."""
        from services.transfers.model import ItemState
        from tui.transfer_words import ended_words

        words = displayable(ended_words(item))
        severity = "error" if item.state is ItemState.FAILED else "warning" if item.rejected else "information"
        self.notify(words, title=f"Transfer {item.id}", severity=severity, markup=False)  # type: ignore[arg-type]
        self.bell()
        self.set_window_title(f"Storedeck: {item.state.value}: {words}")
        self.notify_desktop(f"Storedeck: {item.state.value}: {words}")

    def notify_desktop(self, text: str) -> None:
        """Ask the terminal for a notice of the desktop (OSC 9); one that has none ignores it."""
        self._write_escape(f"\x1b]9;{window_title(text)}\x07")

    def set_window_title(self, text: str) -> None:
        """Name the terminal's window."""
        self._write_escape(f"\x1b]2;{window_title(text)}\x07")

    def _write_escape(self, sequence: str) -> None:
        driver = self._driver
        if driver is not None and not driver.is_headless:
            driver.write(sequence)

    def new_transfer(self, source: str = "", target: str = "") -> None:
        """Plan a transfer, and show it among the others once it is queued."""
        start_work(self, "new-transfer", self._new_transfer, source, target)

    async def _new_transfer(self, source: str, target: str) -> None:
        from tui.modals.new_transfer import NewTransfer

        identifier = await self.push_screen_wait(NewTransfer(source, target))
        if identifier is None:
            return
        await self.look_at_transfers()
        if (show := getattr(self.screen, "show_transfer", None)) is not None:
            show(identifier)
        else:
            self.notify(f"Transfer {identifier} is queued: 5 shows it.", markup=False)

    async def see_to_runner(self) -> None:
        """Start a runner where one is needed and none works; say once why that does not help."""
        problem, log = await asyncio.to_thread(self._keep_runner)
        self._note_problem(problem, f"See {log}. Each minute, and after each order, it is tried again.")

    def _note_problem(self, problem: str, hint: str = "") -> None:
        """Keep why transfers do not go on for the screen; tell it once."""
        feed = self.transfer_feed
        before, feed.problem = feed.problem, problem
        feed.is_changed = feed.is_changed or problem != before
        if problem and not before:
            self.report(Refused(f"transfers do not go on: {problem}", hint=hint), "transfers")

    def _keep_runner(self) -> tuple[str, Path]:
        """What is wrong with the runner, if anything, and the log that says more."""
        from services.transfers.starting import log_path

        self.runner_keeper.look()
        return self.runner_keeper.problem, log_path(self.services.paths)
