"""What the console keeps for one draft: its text, its file, its results, its last error, what runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final

from textual.worker import Worker

from services.connections.api import ResultApi
from services.errors import StoredeckError
from services.queries.drafts import Draft
from services.queries.query_files import fingerprint
from services.results.types import ResultState
from services.text import displayable
from tui.widgets.data_grid.counts import counts_text, seconds_text
from tui.widgets.rule import fit
from tui.widgets.tabbed_pane import Forms

RESULTS_KEPT: Final = 8
"""Results of one draft; one more closes the oldest."""
_NAME_CELLS: Final = (24, 16, 10, 6)
_CURRENT_CELLS: Final = 10
_LOOKED_AT: Final = 2000
_TITLE_CHARACTERS: Final = 60


@dataclass(eq=False)
class ResultTab:
    """One result of a draft, from the moment its statement was sent.

    Attributes:
        words: the statement, or which job it is the result of.
        started: monotonic time.
        result: None until the first rows are here.
        place: row and column of the cursor, from when it was last on show.
        sorting: the column and whether it descends, where its rows were sorted here.
        before: what was on show before; it comes back when the statement fails.
    """

    number: int
    words: str
    started: float
    result: ResultApi | None = None
    notes: tuple[str, ...] = ()
    place: tuple[int, int] | None = None
    sorting: tuple[str, bool] | None = None
    before: ResultTab | None = None

    @property
    def mark(self) -> str:
        """` ◐` while it runs, ` ✗` where its loading failed."""
        if self.result is None:
            return " ◐"
        return " ✗" if self.result.state.error else ""

    def forms(self, *, is_current: bool) -> Forms:
        """What its tab says; the current one keeps its word where others become numbers."""
        named = f"Result {self.number}"
        shortest = named if is_current else f"{self.number}{self.mark}"
        if self.result is None:
            return (f"{named}{self.mark}", shortest)
        state = self.result.state
        rows = brief(state)
        facts = (f" ({rows}, {seconds_text(state.seconds)})", f" ({rows})", "")
        return (*(f"{named}{fact}{self.mark}" for fact in facts), shortest)


@dataclass(eq=False)
class Sheet:
    """One draft of a profile, as a page of the console.

    Attributes:
        name: under which it is kept.
        path: the file it was read from or saved in, or empty.
        saved: the fingerprint of what the file held then.
        cursor: line and column; None for the end.
        undo: what can be undone in its text, None where it was not on show yet.
        used: grows with every turn to it.
        arguments: the words given last for each argument.
        running: the worker that runs its statements, None when none runs.
        notes: what to say about the last run besides its results.
        told: what the statement that runs says of itself: a line, and details below it.
        is_keeping: whether its text will be kept within a moment.
    """

    profile: str
    name: str
    text: str = ""
    path: str = ""
    saved: str = ""
    dialect: str = ""
    cursor: tuple[int, int] | None = None
    undo: Any = None
    used: float = 0.0
    results: list[ResultTab] = field(default_factory=list)
    shown: ResultTab | None = None
    error: StoredeckError | None = None
    arguments: dict[str, str] = field(default_factory=dict)
    running: Worker[None] | None = None
    notes: tuple[str, ...] = ()
    told: str = ""
    is_keeping: bool = False
    _compared: tuple[str | None, str, str, bool] = (None, "", "", False)

    @classmethod
    def of(cls, draft: Draft) -> Sheet:
        """The page of a kept draft."""
        return cls(draft.profile, draft.name, draft.text, draft.path, draft.saved, used=draft.changed)

    @property
    def draft(self) -> Draft:
        """What is kept of it."""
        return Draft(self.name, self.text, self.path, self.saved)

    @property
    def title(self) -> str:
        """The name for people: the file's, else the first words."""
        return title_of(self.text, self.path)

    @property
    def is_unsaved(self) -> bool:
        """Whether the text is in no file as it stands; asked at every key, so that only a new text is looked at."""
        if self._compared[0] is not self.text or self._compared[1:3] != (self.path, self.saved):
            is_other = fingerprint(self.text) != self.saved if self.path else bool(self.text.strip())
            self._compared = (self.text, self.path, self.saved, is_other)
        return self._compared[3]

    @property
    def result(self) -> ResultApi | None:
        """The result on show."""
        return self.shown.result if self.shown is not None else None

    @property
    def is_running(self) -> bool:
        """Whether a statement runs, its first rows not here yet."""
        return self.running is not None and not self.running.is_finished

    @property
    def is_loading(self) -> bool:
        """Whether further rows of the result on show are on their way."""
        return self.result is not None and self.result.state.is_loading

    def begin(self, words: str, *, is_followed: bool) -> ResultTab:
        """A tab for a statement that is sent now; it comes on show unless another is looked at."""
        number = self.results[-1].number + 1 if self.results else 1
        tab = ResultTab(number, words, time.monotonic(), before=self.shown)
        if is_followed or self.shown is None or self.shown is self.results[-1]:
            self.shown = tab
        self.results.append(tab)
        return tab

    def drop(self, tab: ResultTab) -> None:
        """Take a tab away; its neighbour comes on show in its place."""
        index = self.results.index(tab)
        self.results.remove(tab)
        if self.shown is tab and tab.result is None and tab.before in self.results:
            self.shown = tab.before
        elif self.shown is tab:
            self.shown = self.results[max(index - 1, 0)] if self.results else None

    def surplus(self) -> list[ResultTab]:
        """The oldest results beyond those that are kept; never the one on show."""
        count = sum(tab.result is not None for tab in self.results) - RESULTS_KEPT
        closable = [tab for tab in self.results if tab.result is not None and tab is not self.shown]
        return closable[: max(count, 0)]

    def forms(self, number: int, *, is_current: bool) -> Forms:
        """What its tab says."""
        marks = ("*" if self.is_unsaved else "") + (" ◐" if self.is_running and not is_current else "")
        title = displayable(self.title, 200)
        sizes = [size for size in _NAME_CELLS if not is_current or size >= _CURRENT_CELLS]
        named = tuple(f"{number} {fit(title, size)}{marks}" for size in sizes)
        return named if is_current else (*named, f"{number}{marks}")


def title_of(text: str, path: str = "") -> str:
    """A name for a draft: the file's, the words of a comment at its beginning, else its first words."""
    if path:
        return PurePath(path).name
    start = text[:_LOOKED_AT].strip()
    first = start.partition("\n")[0]
    is_comment = first.startswith(("--", "/*", "#"))
    words = " ".join((first.strip("-/*# ") if is_comment else start).split())
    return words[:_TITLE_CHARACTERS] or "new"


def brief(state: ResultState) -> str:
    """The count of a result in a word or two."""
    if state.affected is not None and not state.columns:
        return f"{state.affected:,} changed"
    more = "" if state.is_complete and not state.error else "+"
    return f"{state.loaded:,}{more} row{'' if state.loaded == 1 and not more else 's'}"


def result_notes(state: ResultState) -> list[str]:
    """What the result pane's title says: count, time, where it was sorted, whether more is on its way."""
    notes = [counts_text(state)] if state.columns or state.affected is not None else []
    if notes:
        notes.append(seconds_text(state.seconds))
    if state.note:
        notes.append(state.note)
    if state.is_loading:
        notes.append("loading, ctrl+g stops it")
    return notes


def neighbour(items: Sequence[Any], current: Any, by: int) -> Any:
    """The item so many places on, around the ends."""
    return items[(items.index(current) + by) % len(items)]
