"""Follows a log of an instance: the newest lines, searched, published on the way if wanted, until it is closed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from services.connections.api import InstancesApi
from services.errors import StoredeckError
from services.files import write_whole
from services.instances.waiting import PASSING
from services.stores.instances import LogTail as Tail
from tui.keys import key
from tui.modals.base import DeckModal
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.working import start_work

POLL_SECONDS: Final = 2.0
PUBLISH_SECONDS: Final = 10.0
"""Each publication makes an object in the store, and an event."""

KEPT_LINES: Final = 10_000
SHOWN_LINES: Final = 3_000
"""Laying out more takes longer than a key may wait."""


class LogTail(DeckModal[None]):
    """Stops asking when it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "search", "Filter", id="log.filter", tooltip="Show only lines with a text.", weight=30),
        key("space", "hold", "Hold", id="log.hold", tooltip="Stop following, or follow again.", weight=40),
        key(
            *("p", "publish", "Publish"),
            id="log.publish",
            tooltip="Copy what is new to the object store while it is followed, or do so no more.",
            weight=35,
        ),
        key("w", "save", "Save", id="log.save", tooltip="Write the lines to a file.", weight=20),
    ]
    DEFAULT_CSS = """
    LogTail {
        #modal-box { height: 95%; max-height: 95%; width: 95%; max-width: 200; }
        #modal-pane, #log-lines { height: 1fr; }
        #log-filter { display: none; }
        &.-filtering #log-filter { display: block; }
    }
    """

    def __init__(self, api: InstancesApi, identifier: str, name: str, log: str) -> None:
        super().__init__()
        self._api = api
        self._identifier = identifier
        self._name = name
        self._log = log
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._is_held = False
        self._is_publishing = False
        self._publish_at = 0.0
        self._token = ""
        self._note = ""
        self._trouble: StoredeckError | None = None

    @property
    def title_words(self) -> str:
        """Which log of whom."""
        return f"{self._log} of {self._name}"

    def compose_body(self) -> Iterable[Widget]:
        """The lines, and the filter below them."""
        yield Lines(id="log-lines")
        yield Input(id="log-filter", placeholder="only lines with this text", classes="deck-input")

    def on_mount(self) -> None:
        """Begin to ask."""
        self.query_one(Lines).focus()
        start_work(self, "log", self._follow)

    async def _follow(self) -> None:
        """Ask again and again; what passes by itself is told and asked again, anything else ends it."""
        while True:
            try:
                await self._publish_new()
                tail = await self._api.read_log(self._identifier, self._log, self._token)
            except PASSING as error:
                self._tell(error)
            except StoredeckError as error:
                self._tell(error)
                return
            else:
                self._take(tail)
            await asyncio.sleep(POLL_SECONDS)

    def _take(self, tail: Tail) -> None:
        """Lines that are new, and what the service says of the others."""
        is_other = bool(tail.lines or self._trouble) or tail.note != self._note or not self._lines
        self._token = tail.token or self._token
        self._note, self._trouble = tail.note, None
        self._lines.extend(tail.lines)
        if is_other and not self._is_held:
            self._show()

    async def _publish_new(self) -> None:
        """Have the service copy what is new, if that is wanted; once it refuses, only what is there is followed."""
        now = asyncio.get_running_loop().time()
        if not self._is_publishing or self._is_held or now < self._publish_at:
            return
        self._publish_at = now + PUBLISH_SECONDS
        try:
            await self._api.act("publish-log", self._identifier, {"name": self._log})
        except PASSING:
            raise
        except StoredeckError as error:
            self._is_publishing = False
            self.deck.report(error, f"publish {self.title_words}")

    def _tell(self, error: StoredeckError) -> None:
        """Tell what is wrong below the lines that there are."""
        self._trouble = error
        self._show()

    def _show(self) -> None:
        wanted = self.query_one(Input).value.casefold()
        shown = [line for line in self._lines if wanted in line.casefold()][-SHOWN_LINES:]
        lines = [Line.of(line) for line in shown]
        if self._trouble is not None:
            lines += [Line.of(Piece(self._trouble.message, "error")), Line.of(Piece(self._trouble.hint, "dim"))]
        elif not lines:
            lines = [Line.of(Piece(self._empty_words(), "dim"))]
        view = self.query_one(Lines)
        is_at_end = view.is_at_end
        view.show(lines, keep_place=True)
        if is_at_end and not self._is_held:
            view.top = view.count
        self.query_one("#modal-pane", Pane).notes = [words for words in self._notes(len(shown)) if words]

    def _notes(self, shown: int) -> Iterable[str]:
        yield f"{shown:,} of {len(self._lines):,} lines"
        yield "held" if self._is_held else "follows"
        yield "publishes" if self._is_publishing else self._note if self._lines else ""

    def _empty_words(self) -> str:
        if self._lines:
            return "No line has this text."
        note = (self._note or "it is empty").rstrip(".")
        return f"{note[:1].upper()}{note[1:]}. p publishes what is new; a in the list of logs does more."

    def action_publish(self) -> None:
        """Publish what is new from now on, or no more."""
        self._is_publishing = not self._is_publishing
        self._publish_at = 0.0
        start_work(self, "log", self._follow)

    def action_hold(self) -> None:
        """Stop following, or follow again."""
        self._is_held = not self._is_held
        self._show()

    def action_search(self) -> None:
        """Show only lines with a text."""
        self.add_class("-filtering")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self._show()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.set_class(bool(self.query_one(Input).value), "-filtering")
        self.query_one(Lines).focus()

    def action_save(self) -> None:
        """Write the lines to a file."""
        start_work(self, "save", self._save)

    async def _save(self) -> None:
        from tui.screens.data_moves import free_file

        path = await asyncio.to_thread(free_file, f"{self._name}-{self._log}", None, ".log")
        await asyncio.to_thread(write_whole, path, ("\n".join(self._lines) + "\n").encode("utf-8", "surrogateescape"))
        self.notify(f"{len(self._lines):,} lines are in {path}.", markup=False)
