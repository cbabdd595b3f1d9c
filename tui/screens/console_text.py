"""Changing the text of a draft: finding and replacing, comments, layout."""

from __future__ import annotations

from bisect import bisect_right
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.getters import query_one
from textual.widgets.text_area import Selection

from services.errors import StoredeckError
from services.queries.edits import matches, replaced, toggled
from services.queries.formatting import laid_out_elsewhere
from services.text import displayable
from tui.keys import key
from tui.screens.console_files import ConsoleFiles
from tui.screens.console_sheet import Sheet
from tui.widgets.find_bar import FindBar
from tui.working import start_work

MOST_TOLD: Final = 600


class ConsoleText(ConsoleFiles):
    """What one can do with the text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+f", "find", "Find", id="console.find", tooltip="Find words in the text, and replace them."),
        key(
            "ctrl+l,ctrl+underscore,ctrl+slash",
            "comment",
            "Comment",
            id="console.comment",
            tooltip="Make the line or the marked lines a comment, or a statement again.",
        ),
        key(
            "ctrl+r",
            "format",
            "Format",
            id="console.format",
            tooltip="Lay out the marked statements, or all; nothing but white space, case and comment signs changes.",
        ),
    ]

    find_bar = query_one(FindBar)
    _searched_from = 0

    def action_find(self) -> None:
        """Find words; those marked, if they are on one line."""
        if self._sheet is None:
            return
        marked = self.editor.selected_text
        start = min(self.editor.selection.start, self.editor.selection.end)
        self._searched_from = self._offset_of(start)
        self.find_bar.open(marked if marked.strip() and "\n" not in marked else "")
        self._show_place(self.find_bar.words, self._searched_from)

    @on(FindBar.Wanted)
    def _words_wanted(self, event: FindBar.Wanted) -> None:
        self._show_place(event.words, self._searched_from)

    @on(FindBar.Stepped)
    def _place_stepped(self, event: FindBar.Stepped) -> None:
        start = self._offset_of(min(self.editor.selection.start, self.editor.selection.end))
        if event.by > 0:
            self._show_place(event.words, start + 1)
        else:
            self._show_place(event.words, start, is_backward=True)

    @on(FindBar.Left)
    def _find_left(self) -> None:
        self.editor.focus()

    def _show_place(self, words: str, start: int, *, is_backward: bool = False) -> None:
        """Mark the next place with the words from there on, around the ends."""
        places = matches(self.editor.plain_text, words)
        if not places:
            self.find_bar.say("none" if words else "")
            return
        if is_backward:
            index = next((i for i in reversed(range(len(places))) if places[i][0] < start), len(places) - 1)
        else:
            index = next((i for i, place in enumerate(places) if place[0] >= start), 0)
        first, end = places[index]
        self.editor.selection = Selection(self._location_of(first), self._location_of(end))
        self.editor.scroll_cursor_visible(center=True)
        self.find_bar.say(f"{index + 1:,} of {len(places):,}")

    @on(FindBar.Replaced)
    def _replace(self, event: FindBar.Replaced) -> None:
        text = self.editor.plain_text
        places = matches(text, event.words)
        if event.is_all:
            if places:
                self._put(replaced(text, places, event.new))
            self.find_bar.say(f"{len(places):,} replaced")
            return
        here = sorted((self.editor.selection.start, self.editor.selection.end))
        start, end = self._offset_of(here[0]), self._offset_of(here[1])
        if (start, end) in places:
            self.editor.replace(event.new, here[0], here[1], maintain_selection_offset=False)
            start += len(event.new)
        self._show_place(event.words, start)

    def action_comment(self) -> None:
        """Make the marked lines comments, or statements again."""
        editor = self.editor
        (first, _), (last, column) = sorted((editor.selection.start, editor.selection.end))
        is_marked = not editor.selection.is_empty
        if is_marked and column == 0 and last > first:
            last -= 1
        lines = editor.document.lines[first : last + 1]
        new = toggled(lines)
        row, column = editor.cursor_location
        editor.replace("\n".join(new), (first, 0), (last, len(lines[-1])))
        if is_marked:
            editor.selection = Selection((first, 0), (last, len(new[-1])))
        else:
            editor.move_cursor((row, max(column + len(new[0]) - len(lines[0]), 0)))

    def action_format(self) -> None:
        """Lay out the marked statements, or all."""
        if self._sheet is not None:
            start_work(self, "format", self._format, self._sheet)

    async def _format(self, sheet: Sheet) -> None:
        editor = self.editor
        whole = editor.plain_text
        first, end = sorted((editor.selection.start, editor.selection.end))
        span = (0, len(whole)) if first == end else (self._offset_of(first), self._offset_of(end))
        try:
            layout = await laid_out_elsewhere(whole[slice(*span)], sheet.dialect)
        except StoredeckError as error:
            self.deck.report(error, "format")
            return
        if sheet is not self._sheet or editor.plain_text != whole:
            self.set_status("the text was changed meanwhile: it stays as it is")
            return
        if layout.text != whole[slice(*span)]:
            self._put(layout.text, *span)
        elif not layout.left:
            self.set_status("it is laid out already" if layout.count else "there is no statement here")
        if layout.left:
            words = "\n".join(f"Statement {number} left as it is: {why}" for number, why in layout.left)
            self.notify(displayable(words, MOST_TOLD), title="Format", severity="warning", markup=False)

    def _put(self, text: str, start: int = 0, end: int | None = None) -> None:
        """Put a text in place of a stretch, as one step that can be undone."""
        stop = self.editor.document.end if end is None else self._location_of(end)
        self.editor.history.checkpoint()
        self.editor.replace(text, self._location_of(start), stop)
        self.editor.history.checkpoint()

    def _line_starts(self) -> list[int]:
        starts = [0]
        for line in self.editor.document.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def _location_of(self, offset: int) -> tuple[int, int]:
        starts = self._line_starts()
        row = min(bisect_right(starts, offset) - 1, len(starts) - 2)
        return row, offset - starts[row]

    def _offset_of(self, location: tuple[int, int]) -> int:
        return self._line_starts()[location[0]] + location[1]
