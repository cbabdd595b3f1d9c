"""A pane: one title rule above what it holds, and the divider between two panes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from textual import events
from textual.containers import Vertical
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.widgets.drawn import DrawnWidget
from tui.widgets.rule import RULE, cells, clean

SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SPINNER_AFTER_SECONDS: Final = 0.15
ELAPSED_AFTER_SECONDS: Final = 2.0
CANCEL_AFTER_SECONDS: Final = 3.0


class PaneTitle(DrawnWidget):
    """The rule above a pane: `▸ City ── 4,079 of 4,079 ─────`."""

    DEFAULT_CSS = """
    PaneTitle {
        height: 1;
    }
    """

    title: reactive[str] = reactive("")
    notes: reactive[tuple[str, ...]] = reactive(())
    progress: reactive[str] = reactive("")
    is_marked: reactive[bool] = reactive(False)

    def watch_is_marked(self, is_marked: bool) -> None:
        """Bright while the focus is inside."""
        self.set_class(is_marked, "-focused")

    def head(self, room: int) -> list[Segment]:
        """The title in at most so many cells, and a blank."""
        return [Segment(f"{clean(self.title, room)} ", self.look("accent bold" if self.is_marked else "dim"))]

    def render_line(self, y: int) -> Strip:
        """The one line."""
        width = self.size.width
        rule = self.look("line")
        note_style = self.look("dim")
        mark = "▸ " if self.is_marked else RULE + " "
        head = self.head(width - 4)
        segments = [Segment(mark, self.look("accent bold") if self.is_marked else rule), *head]
        left = width - 2 - sum(cells(segment.text) for segment in head)
        for note in (*((self.progress,) if self.progress else ()), *self.notes):
            shown = clean(note, left - 5)
            if not shown:
                break
            segments += [Segment(RULE * 2, rule), Segment(f" {shown} ", note_style)]
            left -= 4 + cells(shown)
        segments.append(Segment(RULE * max(left, 0), rule))
        return Strip(segments).crop_extend(0, width, self.ground).apply_style(self.ground)


class Pane(Vertical):
    """A container with a title rule. `▸` and a bright title show that the focus is inside.

    `busy` says what is waited for: nothing under 150 ms, then a spinner, the elapsed time after 2 s, the key that
    cancels after 3 s. `idle` ends it.
    """

    DEFAULT_CSS = """
    Pane { width: 1fr; height: 1fr; }
    """
    TITLE_LINE: ClassVar[type[PaneTitle]] = PaneTitle

    def __init__(
        self,
        title: str = "",
        *children: Widget,
        notes: Sequence[str] = (),
        explain: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """A pane.

        Args:
            notes: said after the title, such as the count of rows.
            explain: what the pane is for, in a sentence or two; shown at the top of help.
        """
        self._title_line = self.TITLE_LINE()
        super().__init__(self._title_line, *children, id=id, classes=classes)
        self.explain = explain
        self._title_line.set_reactive(PaneTitle.title, title)
        self._title_line.set_reactive(PaneTitle.notes, tuple(notes))
        self._timer: Timer | None = None
        self._busy_since = 0.0
        self._busy_what = ""
        self._cancel_key = ""

    @property
    def title(self) -> str:
        """The words of the title rule."""
        return self._title_line.title

    @title.setter
    def title(self, title: str) -> None:
        self._title_line.title = title

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said after the title."""
        return self._title_line.notes

    @notes.setter
    def notes(self, notes: Sequence[str]) -> None:
        self._title_line.notes = tuple(notes)

    @property
    def is_busy(self) -> bool:
        """Whether `busy` was called and `idle` not yet."""
        return self._timer is not None

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The focus came inside."""
        self._title_line.is_marked = True

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """The focus left, or went on inside: both are told, in either order."""
        self._title_line.is_marked = self.has_focus_within

    def on_unmount(self) -> None:
        """Stop the spinner."""
        self.idle()

    def busy(self, what: str, *, cancel_key: str = "", since: float | None = None) -> None:
        """Say what is waited for.

        Args:
            cancel_key: the key that stops it.
            since: the monotonic time of its beginning, where that was not now.
        """
        self._busy_what, self._cancel_key = what, cancel_key
        if self._timer is None or since is not None:
            self._busy_since = time.monotonic() if since is None else since
        if self._timer is None:
            self._timer = self.set_interval(SPINNER_AFTER_SECONDS, self._show_progress)

    def idle(self) -> None:
        """The wait is over."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._title_line.progress = ""

    def _show_progress(self) -> None:
        seconds = time.monotonic() - self._busy_since
        self._title_line.progress = progress_words(
            self._busy_what, seconds, self._cancel_key, moves=self.app.animation_level != "none"
        )


def progress_words(what: str, seconds: float, cancel_key: str, *, moves: bool = True) -> str:
    """What the title says of a wait that has lasted so long."""
    if seconds < SPINNER_AFTER_SECONDS:
        return ""
    mark = SPINNER[int(seconds / SPINNER_AFTER_SECONDS) % len(SPINNER)] if moves else "◐"
    words = f"{mark} {what}"
    if seconds >= ELAPSED_AFTER_SECONDS:
        words += f" {int(seconds)} s"
    if cancel_key and seconds >= CANCEL_AFTER_SECONDS:
        words += f", {cancel_key} stops it"
    return words


class Divider(DrawnWidget):
    """The line between two panes; its first cell joins their title rules."""

    DEFAULT_CSS = """
    Divider { width: 1; height: 1fr; color: $line; }
    """

    def render_line(self, y: int) -> Strip:
        """`┬` in the row of the titles, `│` below."""
        return Strip([Segment("┬" if y == 0 else "│", self.ground)], 1)
