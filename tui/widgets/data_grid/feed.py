"""How cells come to the grid: windows asked for around the view, one at a time, the visible ones first."""

from __future__ import annotations

import asyncio
from typing import Final

from textual.timer import Timer

from services.connections.api import ResultApi
from services.errors import StoredeckError
from services.results.types import ResultState, Window
from services.text import one_line
from tui.widgets.data_grid.cells import text_width
from tui.widgets.data_grid.cursor import View, moved_to
from tui.widgets.data_grid.empty import NOTHING_OPEN, empty_words
from tui.widgets.data_grid.messages import CellsCame, Failed, NeedsMore, StateChanged
from tui.widgets.data_grid.scrollbar import thumb_of
from tui.widgets.data_grid.surface import GridSurface
from tui.widgets.data_grid.window_cache import BLOCK_ROWS, Request
from tui.working import start_work

LATE_SECONDS: Final = 0.08
"""So long the old lines stay while the new ones are on their way; placeholders after that."""
AHEAD_SECONDS: Final = 0.012
COLUMN_GROUP: Final = 8
SORT_CELLS: Final = 2
"""What a blank and the arrow of a sorted column take."""
STATE_SECONDS: Final = 0.05
"""Repaints for rows that come in while loading are at least so far apart."""


class GridFeed(GridSurface):
    """A surface that keeps itself filled from a result.

    `_view` is where the user wants to look, `_shown` what is painted; they differ while a window is on its way.
    """

    def __init__(self, result: ResultApi | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._result = result
        self._view = View()
        self._wake = asyncio.Event()
        self._late: Timer | None = None
        self._direction = 1
        self._is_asking = False
        self._soon: asyncio.TimerHandle | None = None
        self._more_asked = -1
        self._hint: tuple[str, ...] = NOTHING_OPEN

    def on_mount(self) -> None:
        """Start on the result given before."""
        self.show(self._result)

    @property
    def result(self) -> ResultApi | None:
        """The result on show."""
        return self._result

    @property
    def state(self) -> ResultState:
        """The state on show."""
        return self._state

    @property
    def is_settled(self) -> bool:
        """Whether everything wanted is here and painted."""
        if self._result is None:
            return True
        is_idle = not self._wake.is_set() and self._late is None and self._soon is None and not self._is_asking
        return is_idle and self._shown == self._view

    def show(self, result: ResultApi | None, sort: tuple[str, bool] | None = None) -> None:
        """Show a result from its top, or nothing; the caller closes the old one.

        Args:
            sort: how the rows are sorted already: the name of a column, and whether it descends.
        """
        self._result = result
        self._state = result.state if result is not None else ResultState()
        self._columns = type(self._columns)(self._state.columns)
        self._cache = type(self._cache)(self._state.version)
        self._block_lines.clear()
        self._view = self._shown = View()
        self._inserts, self._marks, self._sort = (), {}, sort
        self._selection.clear()
        self._more_asked = -1
        self._make_room_for_sort()
        self._settle()
        self._say_emptiness()
        self.refresh()
        if not self.is_attached:
            return
        if result is None:
            self.workers.cancel_node(self)
            return
        self._wake = asyncio.Event()
        self._wake.set()
        start_work(self, "fetch", self._fetch, result, self._wake)
        start_work(self, "watch", self._watch, result)

    def _make_room_for_sort(self) -> bool:
        """The sorted column's title has an arrow behind it; whether anything grew."""
        if self._sort is None:
            return False
        return self._columns.make_room(self._sort[0], text_width(self._sort[0]) + SORT_CELLS)

    def say_when_empty(self, *words: str) -> None:
        """What to say where nothing is open: what this is, why it is empty, the key that fills it."""
        self._hint = words
        self._say_emptiness()

    def on_resize(self) -> None:
        """Keep the cursor on screen and fill the new lines."""
        self._view = moved_to(self._view, self._view.row, self.row_total, self.row_lines)
        self._shown = self._view
        self.refresh()
        self._wake.set()

    def refresh_window(self) -> None:
        """Ask anew for the cells on screen, as after a write."""
        self._start_over(self._state.version)
        self._wake.set()

    def _go(self, view: View) -> None:
        """Look elsewhere: at once if the cells are here, else as soon as they are."""
        if view == self._view:
            return
        self._direction = -1 if view.top < self._view.top else 1
        self._view = view
        if self._is_here(view):
            self._settle()
            self._turn_to(view)
            self._wake_soon()
        else:
            self._wake.set()
            self._wait_for_cells()

    def _wake_soon(self) -> None:
        """Ask for what lies around the view once the key is painted: the paint comes first."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(AHEAD_SECONDS, self._wake_now)

    def _wake_now(self) -> None:
        self._soon = None
        self._wake.set()

    def _wait_for_cells(self) -> None:
        if self._late is None:
            self._late = self.set_timer(LATE_SECONDS, self._show_late)

    def _settle(self) -> None:
        if self._late is not None:
            self._late.stop()
            self._late = None

    def _show_late(self) -> None:
        self._late = None
        self._shown = self._view
        self.refresh()

    def _turn_to(self, view: View) -> None:
        """Paint a view: two lines if only the cursor moved."""
        old, self._shown = self._shown, view
        if (old.top, old.first) != (view.top, view.first):
            self._grow_columns(view)
            self.refresh()
        elif old.row != view.row or old.position != view.position:
            lines = {old.row - view.top + 1, view.row - view.top + 1}
            if old.position != view.position:
                lines.add(0)
            self.repaint_lines(*lines)

    def _grow_columns(self, view: View) -> None:
        """Let keys and numbers on screen have the room they need; what is not on screen moves nothing."""
        first, end = self._rows_of(view)
        for placed in self._columns.place(view.first, self.text_columns).columns:
            if self._columns.must_fit(placed.index):
                texts = self._cache.texts(placed.index, first, end)
                self._columns.grow(placed.index, max(map(text_width, texts), default=0))

    def _rows_of(self, view: View) -> tuple[int, int]:
        first = view.top - len(self._inserts)
        return max(first, 0), max(first + self.row_lines, 0)

    def _is_here(self, view: View) -> bool:
        first, end = self._rows_of(view)
        columns = self._columns.place(view.first, self.text_columns).columns
        return self._cache.has(first, end, self._state.loaded, [placed.index for placed in columns])

    def _wanted_columns(self, view: View) -> tuple[int, ...]:
        """The columns to ask for: those on screen, rounded up to groups so that a step sideways finds them here."""
        placement = self._columns.place(view.first, self.text_columns)
        frozen = tuple(placed.index for placed in placement.frozen)
        if not placement.scrolled:
            return frozen
        start = (placement.scrolled[0].position // COLUMN_GROUP) * COLUMN_GROUP
        end = -(-(placement.scrolled[-1].position + 2) // COLUMN_GROUP) * COLUMN_GROUP
        return frozen + tuple(index for index in self._columns.order[start:end] if index not in frozen)

    def _next_request(self) -> Request | None:
        """What to ask for: the rows on screen, then the next screen in the direction of travel, then the other."""
        if not self._columns.order or self.size.height == 0:
            return None
        first, end = self._rows_of(self._view)
        columns = self._wanted_columns(self._view)
        page = self.row_lines
        ahead, behind = (end, end + page), (first - page, first)
        spans = ((first, end), ahead, behind) if self._direction > 0 else ((first, end), behind, ahead)
        for start, stop in spans:
            request = self._cache.missing(start, stop, self._state.loaded, columns)
            if request is not None:
                return request
        return None

    async def _fetch(self, result: ResultApi, wake: asyncio.Event) -> None:
        """Ask for windows, one at a time, for as long as the result is on show."""
        while True:
            self._is_asking = False
            await wake.wait()
            self._is_asking = True
            wake.clear()
            while (request := self._next_request()) is not None:
                try:
                    window = await result.window(request.first_row, request.row_count, request.columns)
                except StoredeckError as error:
                    self._fail(error)
                    break
                if not self._take(window, request):
                    break
            self._ask_for_more(result)

    def _take(self, window: Window, request: Request) -> bool:
        """Take in a window; False if it brought nothing, so that asking again would not help now."""
        if window.version < self._cache.version:
            return True
        if window.version > self._cache.version:
            self._start_over(window.version)
        was_here = self._is_here(self._view)
        self._cache.store(window)
        for row in range(window.first_row, window.first_row + window.row_count, BLOCK_ROWS):
            self._block_lines.pop(row // BLOCK_ROWS, None)
        self._cache.trim(self._view.top)
        if not was_here and self._is_here(self._view):
            self._settle()
            self._shown = self._view
            self._grow_columns(self._view)
            self.refresh()
            self.post_message(CellsCame(self))
        return window.row_count > 0

    def _start_over(self, version: int) -> None:
        self._cache.restart(version)
        self._block_lines.clear()

    def _fail(self, error: StoredeckError) -> None:
        self._settle()
        self._show_late()
        if not self._state.loaded or not self._cache.block(0):
            self._empty = tuple(words for words in (one_line(error.message), one_line(error.hint)) if words)
            self.refresh()
        self.post_message(Failed(self, error))

    def _ask_for_more(self, result: ResultApi) -> None:
        """Load on when the end of the loaded rows comes near."""
        _, end = self._rows_of(self._view)
        state = self._state
        until = end + 2 * self.row_lines
        if state.is_complete or state.is_loading or state.error or until < state.loaded or until <= self._more_asked:
            return
        self._more_asked = until
        self.post_message(NeedsMore(self, until))
        start_work(self, "more", self._load_more, result, until)

    async def _load_more(self, result: ResultApi, until: int) -> None:
        try:
            await result.load_more(until)
        except StoredeckError as error:
            self.post_message(Failed(self, error))

    async def _watch(self, result: ResultApi) -> None:
        """Follow the result's state."""
        self.post_message(StateChanged(self, self._state))
        state = self._state
        while True:
            try:
                newer = await result.changed(state)
            except StoredeckError as error:
                self._fail(error)
                return
            if newer == state:
                return
            state = newer
            self._take_state(state)
            await asyncio.sleep(STATE_SECONDS)

    def _take_state(self, state: ResultState) -> None:
        old, self._state = self._state, state
        if state.columns != old.columns:
            self._columns = self._columns.extended(state.columns)
            self._make_room_for_sort()
            self.refresh()
        if state.version > self._cache.version:
            self._start_over(state.version)
        self._view = moved_to(self._view, self._view.row, self.row_total, self.row_lines)
        self._say_emptiness()
        if self._is_here(self._view):
            self._follow_thumb()
        else:
            self._wait_for_cells()
        self._wake.set()
        self.post_message(StateChanged(self, state))

    def _follow_thumb(self) -> None:
        """More rows are loaded below the screen: paint only if the scrollbar shows it."""
        thumb = thumb_of(self._view.top, self.row_total, self.row_lines)
        if thumb != self._thumb or self._view != self._shown:
            self._shown = self._view
            self.refresh()

    def _say_emptiness(self) -> None:
        """Words instead of rows, where there are none."""
        words = empty_words(self._state, self._hint) if self.row_total == 0 else ()
        if words != self._empty:
            self._empty = words
            self.refresh()
