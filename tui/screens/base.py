"""What every screen of the console has: header, line of screens, work area, status line, footer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.getters import query_one
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from tui.skeleton import SMALLEST
from tui.widgets.empty import EmptyState
from tui.widgets.footer import FooterLine
from tui.widgets.header import HeaderLine, Place
from tui.widgets.mode_line import ModeLine
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from tui.app import StoredeckApp
    from tui.bridge import EventPublished


class DeckScreen(Screen[None]):
    """A main screen. Subclasses set `MODE` and write `compose_body`.

    Screens have the class `-wide` from 100 columns on, `-narrow` below, and `-tiny` or `-low` below 60x18,
    where only a notice is shown.
    """

    MODE: ClassVar[str] = ""
    DEFAULT_CSS = """
    DeckScreen {
        layout: vertical;
        background: $ground;
        color: $foreground;
        #deck-body { height: 1fr; width: 1fr; }
        &.-tiny, &.-low {
            HeaderLine, ModeLine, #deck-body, StatusLine, FooterLine { display: none; }
        }
    }
    """

    header_line = query_one(HeaderLine)
    status_line = query_one(StatusLine)

    place: reactive[Place] = reactive(Place())

    @property
    def deck(self) -> StoredeckApp:
        """The app, by its own type."""
        return cast("StoredeckApp", self.app)

    def compose(self) -> ComposeResult:
        """The frame around `compose_body`."""
        header = HeaderLine()
        header.set_reactive(HeaderLine.place, self.place)
        header.set_reactive(HeaderLine.staged, self.deck.staged_count)
        yield header
        mode_line = ModeLine()
        mode_line.set_reactive(ModeLine.mode, self.MODE)
        yield mode_line
        with Horizontal(id="deck-body"):
            yield from self.compose_body()
        yield StatusLine()
        yield FooterLine()

    def compose_body(self) -> Iterable[Widget]:
        """The work area, laid out from left to right."""
        return ()

    def on_resize(self, event: events.Resize) -> None:
        """Below the smallest size, say so instead of showing half of everything."""
        width, height = SMALLEST
        is_small = event.size.width < width or event.size.height < height
        notices = self.query("#too-small")
        if is_small and not notices:
            words = f"Storedeck needs {width} columns and {height} lines."
            self.mount(EmptyState("Too small", words, id="too-small"))
        elif notices and not is_small:
            notices.remove()

    def watch_place(self, place: Place) -> None:
        """Show it in the header."""
        for header in self.query(HeaderLine):
            header.place = place

    def set_place(self, profile_name: str, path: Sequence[str] = ()) -> None:
        """Say in the header where this screen stands; an empty name clears it."""
        self.place = self.deck.place_of(profile_name, tuple(path))

    def set_status(self, text: str) -> None:
        """Say in the status line what the cursor stands on."""
        self.status_line.text = text

    def why_off(self, action: str) -> str:
        """Why an action of this screen cannot be done now, or empty; shown greyed in footer, help and palette."""
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Textual's question, answered by `why_off`."""
        return None if self.why_off(action) else True

    def on_event_published(self, message: EventPublished) -> None:
        """Something happened; subclasses override this. Every main screen hears every event."""

    def transfers_changed(self) -> None:
        """The queue of transfers was looked at (`deck.transfer_feed`); the screen of transfers shows it."""

    def book_changed(self) -> None:
        """The profiles were read anew (`deck.book`); extend this to show them."""
        if self.place.profile:
            self.set_place(self.place.profile, self.place.path)

    def action_back(self) -> None:
        """Go back one level, for screens that were pushed."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()
