"""Events (6): what happened in this run, a line an event; an error opens in full with its advice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.binding import BindingType
from textual.getters import query_one
from textual.widget import Widget

from services.events import Event, SessionChanged
from services.logs import redact
from tui.ages import clock, duration
from tui.bridge import EventPublished
from tui.event_log import EventLog
from tui.keys import key
from tui.places import tag_of
from tui.profile_book import ProfileBook
from tui.screens.base import DeckScreen
from tui.widgets.empty import EmptyState
from tui.widgets.header import tag_style
from tui.widgets.line_list import LineList
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.widgets.rule import cells, clean


class EventList(LineList):
    """The newest event last; the cursor follows the end while it stands there."""

    DEFAULT_CSS = """
    EventList {
    }
    """

    def __init__(self, log: EventLog, *, id: str) -> None:
        super().__init__(id=id)
        self._log = log
        self.book = ProfileBook()

    @property
    def count(self) -> int:
        """Events kept."""
        return len(self._log)

    @property
    def current(self) -> Event | None:
        """The event under the cursor."""
        return self._log[self.cursor] if self.count else None

    def grown(self, was_at_end: bool) -> None:
        """Events came."""
        if was_at_end:
            self.cursor = self.count - 1
        self.lines_changed()

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """Time, tag, what, on what, result, duration, request id."""
        event = self._log[index]
        is_plain = index != self.cursor
        dim = style + Style(color=self._color("dim")) if is_plain else style
        told = style + Style(color=self._color("error")) if is_plain and event.is_error else style
        profile = self.book.get(event.profile) if event.profile else None
        tag = Segment(f" {tag_of(profile)} ", tag_style(self, profile.kind)) if profile else Segment("    ", style)
        took = duration(event.seconds) if event.seconds is not None else ""
        tail = clean(f"  {took:>9}  {event.request_id}", max(width // 4, 11))
        head = f" {'✗' if event.is_error else ' '} {clean(event.what, 10):<10} "
        room = width - 13 - cells(head) - cells(tail)
        thing = _thing(event)
        words = clean(f"{thing[:500]}  {_result(event)}".strip(), room)
        return [
            Segment(f"{clock(event.at)[-8:]} ", dim),
            tag,
            Segment(head, told),
            Segment(words + " " * max(room - cells(words), 0), told),
            Segment(tail, dim),
        ]

    def _color(self, name: str) -> str | None:
        color = self.look(name).color
        return color.name if color is not None else None


class EventsScreen(DeckScreen):
    """The list, and below it the event under the cursor in full."""

    MODE = "events"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("y", "copy", "Copy", id="events.copy", tooltip="Copy the event; secrets are masked.", weight=50),
    ]
    DEFAULT_CSS = """
    EventsScreen {
        #deck-body { layout: vertical; }
        #events-detail { height: 9; }
        #events-none { display: none; }
        &.-without { #events-none { display: block; } #events-pane, #events-detail { display: none; } }
    }
    """

    events_list = query_one("#events", EventList)
    detail = query_one("#event", Lines)

    def compose_body(self) -> Iterable[Widget]:
        """List over detail; or the empty state."""
        explain = "Everything that was asked of a store since the start, with its time and its request id."
        with Pane("Events", id="events-pane", explain=explain):
            yield EventList(self.deck.event_log, id="events")
        with Pane("Event", id="events-detail", explain="The event under the cursor in full."):
            yield Lines(id="event")
        with Pane("Events", id="events-none", explain=explain):
            yield EmptyState(
                "A line for everything asked of a store: when, what, how it went, how long it took.",
                "It is empty because nothing was asked yet.",
                "1 Connections",
            )

    def on_mount(self) -> None:
        """Show what happened before."""
        self.events_list.book = self.deck.book
        self._grown(was_at_end=True)

    def book_changed(self) -> None:
        """Tags follow the profiles."""
        self.events_list.book = self.deck.book
        self.events_list.refresh()

    def on_event_published(self, message: EventPublished) -> None:
        """One more line."""
        if self.is_mounted:
            shown = self.events_list
            self._grown(was_at_end=shown.cursor >= shown.count - 2)

    def _grown(self, *, was_at_end: bool) -> None:
        has_any = self.events_list.count > 0
        self.set_class(not has_any, "-without")
        self.events_list.grown(was_at_end)
        if not has_any:
            self.query_one(EmptyState).focus()
        elif self.focused is None or isinstance(self.focused, EmptyState):
            self.events_list.focus()
        notes = [f"{self.events_list.count:,}"]
        if self.deck.event_log.forgotten:
            notes.append(f"{self.deck.event_log.forgotten:,} older ones are gone")
        self.query_one("#events-pane", Pane).notes = notes
        self._show_current()

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._show_current()

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.detail.focus()

    def _show_current(self) -> None:
        event = self.events_list.current
        if event is not None:
            self.detail.show(event_lines(event))
            self.set_status(f"{event.what} {_thing(event)}".strip())

    def why_off(self, action: str) -> str:
        """Copying needs an event."""
        return "there is no event" if action == "copy" and not len(self.deck.event_log) else ""

    def action_copy(self) -> None:
        """Copy the event, masked."""
        event = self.events_list.current
        if event is not None:
            self.app.copy_to_clipboard(redact("\n".join(event_words(event))))
            self.app.notify("The event was sent to the clipboard.", markup=False)


def _thing(event: Event) -> str:
    """The profile and what was acted on, said once where they are the same."""
    return " ".join(dict.fromkeys(part for part in (event.profile, event.on) if part))


def _result(event: Event) -> str:
    """The error, or the new state of a session, or nothing for what simply went well."""
    if event.result == "ok":
        return event.state if isinstance(event, SessionChanged) else ""
    return event.result


def event_words(event: Event) -> list[str]:
    """All that is known of an event, a line each."""
    lines = [f"{clock(event.at)}  {event.what}  {_thing(event)}"]
    lines.append(f"error: {event.result}" if event.is_error else _result(event) or event.result)
    lines += [f"hint: {event.hint}"] if event.hint else []
    lines += [f"took {duration(event.seconds)}"] if event.seconds is not None else []
    lines += [f"request id: {event.request_id}"] if event.request_id else []
    return lines


def event_lines(event: Event) -> list[Line]:
    """The same for the detail pane."""
    first, result, *rest = event_words(event)
    style = "error" if event.is_error else "text"
    return [
        Line.of(Piece(first, "dim")),
        Line.of(Piece(result, style)),
        *(Line.of(Piece(text, "dim")) for text in rest),
    ]
