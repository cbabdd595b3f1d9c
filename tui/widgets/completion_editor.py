"""A text area that completes names: the list opens as one types, its keys work only while it is open."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events, on
from textual.binding import BindingType
from textual.geometry import Offset
from textual.widgets import TextArea

from services.queries.completion import Candidate, Completion
from tui.keys import key
from tui.widgets.completion_list import CompletionList
from tui.widgets.completion_source import CompletionSource
from tui.widgets.rule import cells
from tui.widgets.status_line import StatusLine

LINES_LIMIT: Final = 5_000
"""In longer texts the list opens by key only."""

_ON_LIST: Final = frozenset(("take", "take_line", "next_name", "close_names"))


class CompletingEditor(TextArea):
    """Subclasses tell `dialect`; who shows the editor says by `complete_for` whose names are meant."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("tab", "take", "Take", id="names.take", tooltip="Write the marked name.", weight=120, priority=True),
        key(
            "enter",
            "take_line",
            "Take or new line",
            id="names.take_line",
            tooltip="Write the marked name; a new line where the name stands there already.",
            priority=True,
        ),
        key("down", "next_name(1)", "Next name", id="names.next", tooltip="Mark the next name.", priority=True),
        key("up", "next_name(-1)", "Name before", id="names.before", tooltip="Mark the one before.", priority=True),
        key("down", "cursor_down", "Line down", id="text.down", tooltip="The line below."),
        key("up", "cursor_up", "Line up", id="text.up", tooltip="The line above."),
        key(
            "escape",
            "close_names",
            "Close",
            id="names.close",
            tooltip="Close the list of names; nothing else changes.",
            weight=110,
            priority=True,
        ),
        key(
            "ctrl+space,ctrl+@",
            "names",
            "Names",
            id="names.open",
            tooltip="List what could stand here: key words, tables, columns. Pressed again, names are read anew.",
            priority=True,
        ),
    ]

    dialect = ""
    _names_source: CompletionSource | None = None
    _names_list: CompletionList | None = None
    _completion: Completion | None = None
    """What the list shows, or will once more names are known; None while none is wanted."""
    _is_asked = False
    _is_typing = False
    _looked_at = (-1, -1)
    _left_alone = -1
    """Where the name begins whose list was closed by key: it opens no more by itself."""

    @property
    def names_source(self) -> CompletionSource:
        """Where its names come from."""
        if self._names_source is None:
            self._names_source = CompletionSource(self, self._names_changed)
        return self._names_source

    @property
    def listed_names(self) -> CompletionList | None:
        """The list, while it is open."""
        return self._names_list if self._names_list is not None and self._names_list.is_open else None

    @property
    def plain_text(self) -> str:
        """The text, its lines parted by `\\n` whatever the text came with."""
        return "\n".join(self.document.lines)

    @property
    def cursor_offset_in_text(self) -> int:
        """The cursor's place, counted in characters from the start."""
        row, column = self.cursor_location
        return sum(len(line) for line in self.document.lines[:row]) + row + column

    def complete_for(self, profile: str) -> None:
        """The statements run in this profile."""
        self.close_list()
        self.names_source.turn_to(profile)

    def statement_ran(self, profile: str, text: str) -> None:
        """A statement ran there; it may have made new names."""
        self.names_source.statement_ran(profile, text, self.dialect)

    def why_off(self, action: str) -> str:
        """The list's keys need the list; enter is a new line where the marked name stands there already."""
        shown = self.listed_names
        if action not in _ON_LIST:
            return ""
        if shown is None or self._completion is None:
            return "no list of names is open"
        marked = shown.current
        is_there = action == "take_line" and marked is not None and self._completion.is_typed(marked)
        return "the name stands there already" if is_there else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An action that is off leaves its key to others."""
        return False if self.why_off(action) else super().check_action(action, parameters)

    def on_key(self, event: events.Key) -> None:
        """Only what is typed opens the list, not what is loaded, pasted or undone; and any other key closes it."""
        self._is_typing = event.is_printable or event.key == "backspace"
        if not self._is_typing:
            self.close_list()

    @on(TextArea.Changed)
    def _look_at_change(self) -> None:
        if self._is_typing:
            self._is_typing = False
            self._look()
        elif self._state() != self._looked_at:
            self.close_list()

    @on(TextArea.SelectionChanged)
    def _look_at_cursor(self) -> None:
        """Cursor and text change at once; of what is typed the text's change tells, right after."""
        if self._completion is not None and not self._is_typing and self._state() != self._looked_at:
            self.close_list()

    def on_mouse_down(self) -> None:
        """The cursor may move."""
        self._is_typing = False

    def on_blur(self) -> None:
        """Who leaves the editor wants no name."""
        self.close_list()

    def on_resize(self) -> None:
        """The place of the list may be gone."""
        self.close_list()

    def on_mouse_scroll_down(self) -> None:
        """The text moves away from below the list."""
        self.close_list()

    def on_mouse_scroll_up(self) -> None:
        """The same."""
        self.close_list()

    def _state(self) -> tuple[int, int]:
        """What changes when anything is typed or the cursor moves."""
        lines = self.document.lines
        return self.cursor_offset_in_text, sum(len(line) for line in lines) + len(lines)

    def _names_changed(self) -> None:
        """More names are known: show them where a list is wanted, the marked one kept."""
        if self._completion is None or self._state() != self._looked_at:
            return
        shown = self.listed_names
        marked = shown.current if shown is not None and shown.cursor else None
        self._look(is_asked=self._is_asked)
        shown = self.listed_names
        if shown is not None and marked in shown.candidates:
            shown.move(shown.candidates.index(marked))

    def _look(self, *, is_asked: bool = False) -> None:
        """Show, change or close the list by what stands before the cursor."""
        found = None
        if self.selection.is_empty and (is_asked or self.document.end[0] < LINES_LIMIT):
            found = self.names_source.complete(self.plain_text, self.cursor_offset_in_text, self.dialect)
        self._looked_at = self._state()
        if found is None or not self._is_wanted(found, is_asked):
            self.close_list()
            return
        self._is_asked = is_asked or self._is_asked
        self._completion = found
        self._show(found)

    def _is_wanted(self, found: Completion, is_asked: bool) -> bool:
        if is_asked or (self._is_asked and self._completion and self._completion.place.start == found.place.start):
            self._left_alone = -1
            return True
        if found.place.start != self._left_alone:
            self._left_alone = -1
        return self._left_alone < 0 and found.opens_by_itself and self.names_source.opens_by_itself

    def _show(self, found: Completion) -> None:
        candidates = found.candidates
        if len(candidates) == 1 and found.is_typed(candidates[0]):
            candidates = ()
        was_open = self.listed_names is not None
        if candidates:
            at, place = self.cursor_screen_offset, found.place
            typed = cells(self.plain_text[place.start : self._looked_at[0]])
            self._made_list().show(candidates, Offset(max(at.x - typed, 0), at.y), self.screen.size)
        elif self._names_list is not None:
            self._names_list.hide()
        if was_open != bool(candidates):
            self.refresh_bindings()

    def _made_list(self) -> CompletionList:
        if self._names_list is None or not self._names_list.is_attached:
            self._names_list = CompletionList(self._take)
            self.screen.mount(self._names_list)
        return self._names_list

    def close_list(self) -> None:
        """Close the list, if it is open."""
        self._completion, self._is_asked = None, False
        if self.listed_names is not None and self._names_list is not None:
            self._names_list.hide()
            self.refresh_bindings()

    def action_take(self) -> None:
        """Write the marked name in place of what was typed of it, as one step to undo."""
        marked = self.listed_names.current if self.listed_names is not None else None
        if marked is not None:
            self._take(marked)

    action_take_line = action_take

    def _take(self, candidate: Candidate) -> None:
        if self._completion is None:
            return
        place = self._completion.place
        self.close_list()
        self._is_typing = candidate.text.endswith(".")
        self.history.checkpoint()
        done = self.replace(candidate.text, self._location(place.start), self._location(place.end))
        self.move_cursor(done.end_location)
        self.history.checkpoint()

    def _location(self, offset: int) -> tuple[int, int]:
        """Line and column of a character of the text."""
        for row, line in enumerate(self.document.lines):
            if offset <= len(line):
                return row, offset
            offset -= len(line) + 1
        return self.document.end

    def action_next_name(self, by: int) -> None:
        """Mark another name."""
        if self.listed_names is not None:
            self.listed_names.move(by)

    def action_close_names(self) -> None:
        """Close the list, and leave the name that is being typed alone."""
        self._left_alone = self._completion.place.start if self._completion is not None else -1
        self.close_list()

    def action_names(self) -> None:
        """List what could stand here; while the list is open, read the names anew."""
        if self._is_asked and self._completion is not None:
            self.names_source.read_again()
        self._look(is_asked=True)
        if self.listed_names is None:
            words = "names are read, the list opens when they are here" if self.names_source.is_reading else ""
            for line in self.screen.query(StatusLine):
                line.text = words or "nothing is known that could stand here"
