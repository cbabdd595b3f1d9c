"""Follows a log of an instance: the newest lines, searched, until it is closed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from services.connections.managed_proxy import InstancesApi
from services.errors import StoredeckError
from services.files import write_whole
from tui.keys import key
from tui.modals.base import DeckModal
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.working import start_work

POLL_SECONDS: Final = 2.0
KEPT_LINES: Final = 10_000


class LogTail(DeckModal[None]):
    """Stops asking when it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "search", "Filter", id="log.filter", tooltip="Show only lines with a text.", weight=30),
        key("space", "hold", "Hold", id="log.hold", tooltip="Stop following, or follow again.", weight=40),
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
        token = ""
        while True:
            try:
                tail = await self._api.read_log(self._identifier, self._log, token)
            except StoredeckError as error:
                self._say(error)
                return
            token = tail.token or token
            self._lines.extend(tail.lines)
            if not self._is_held and (tail.lines or not self._lines):
                self._show(tail.note)
            await asyncio.sleep(POLL_SECONDS)

    def _say(self, error: StoredeckError) -> None:
        lines = [Line.of(Piece(error.message, "error")), Line.of(Piece(error.hint, "dim"))]
        self.query_one(Lines).show(lines)

    def _show(self, note: str = "") -> None:
        wanted = self.query_one(Input).value.casefold()
        shown = [line for line in self._lines if wanted in line.casefold()]
        lines = [Line.of(line) for line in shown] or [Line.of(Piece(self._empty_words(note), "dim"))]
        view = self.query_one(Lines)
        view.show(lines, keep_place=True)
        view.top = len(lines)
        state = "held" if self._is_held else "follows"
        notes = [f"{len(shown):,} of {len(self._lines):,} lines", state, note if self._lines else ""]
        self.query_one("#modal-pane", Pane).notes = [words for words in notes if words]

    def _empty_words(self, note: str) -> str:
        if self._lines:
            return "No line has this text."
        return f"{note or 'It is empty.'} What can be done with it: a in the list of logs."

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
