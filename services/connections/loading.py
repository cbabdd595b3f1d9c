"""A result while it loads: pages are read on demand or ahead, the rows stay in this process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from services.cancel import NEVER, CancelToken
from services.connections.defects import as_ours
from services.errors import Cancelled, Refused, StoredeckError
from services.jobs.job import Job
from services.results.budget import MB, Usage
from services.results.result_set import ResultSet
from services.results.types import ResultState
from services.stores.types import UNKNOWN, Count, CountKind, Page, SqlPage
from services.text import displayable

logger = logging.getLogger(__name__)

Pages = Iterator[Page] | Iterator[SqlPage]


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """How far a result loads by itself.

    Attributes:
        usage: what the results of the session hold, and their budget.
        is_eager: a statement loads up to its budget; a container only one page beyond what was looked at.
        limit: rows after which the read ends by request, so that their number says nothing of the whole.
        locked: why the rows cannot be edited.
    """

    usage: Usage
    is_eager: bool = False
    limit: int | None = None
    locked: str = ""


class Loading:
    """One result: its rows, the pages still to come, and its state."""

    def __init__(
        self, pages: Callable[[CancelToken], Pages], rows: ResultSet, plan: LoadPlan, changed: Callable[[], None]
    ) -> None:
        self.rows = rows
        self.token = CancelToken()
        self._open_pages = pages
        self._pages: Any = None
        self._plan = plan
        self._changed = changed
        self._turn = threading.Condition()
        self._stamp = 0
        self._wanted = 0
        self._page_rows = 0
        self._is_loading = False
        self._is_complete = False
        self._is_closed = False
        self._count: Count = UNKNOWN
        self._affected: int | None = None
        self._note = ""
        self._error: StoredeckError | None = None
        self._arrangement: tuple[str, bool, str] = ("", False, "")
        self._arranged_rows = 0
        self._started = time.monotonic()
        self._ended: float | None = None

    def load_first(self, cancel: CancelToken) -> None:
        """Load the first page in this thread; the rest loads on in another.

        Raises:
            StoredeckError: the first page failed; the result is of no use then.
        """
        with cancel.on_cancel(lambda: self._follow(cancel)), self.token.heard_by(cancel.tell):
            self._pages = iter(self._open_pages(self.token))
            self._is_loading = True
            self._advance()
        self._is_loading = False
        self._page_rows = self._wanted = self.rows.rows
        if self._is_complete:
            self._end()
        else:
            self._ensure_loading()

    def _follow(self, cancel: CancelToken) -> None:
        """Stop as the one who waits for the first page was stopped."""
        if cancel.is_leaving:
            self.token.leave()
        else:
            self.token.cancel()

    def _advance(self) -> None:
        """Take one page."""
        page = next(self._pages, None)
        if page is None:
            self._is_complete = True
            return
        if page.batch is not None:
            self.rows.append(page.batch)
        self._count = page.count
        if isinstance(page, SqlPage):
            self._affected = page.affected if page.affected is not None else self._affected
            self._note = page.note or self._note
        is_all = self._count.kind is CountKind.EXACT and self.rows.rows >= self._count.rows
        self._is_complete = is_all or self._affected is not None

    def _goal_reached(self) -> bool:
        """Whether enough is loaded for now."""
        loaded = self.rows.rows
        if self._wanted_row_is_missing() or loaded < self._wanted + self._page_rows:
            return False
        held = self.rows.memory_bytes + self.rows.spilled_bytes
        budget = self._plan.usage.budget
        return not self._plan.is_eager or loaded >= budget.ahead_rows or held >= budget.ahead_mb * MB

    def _wanted_row_is_missing(self) -> bool:
        return self.rows.rows < self._wanted

    def _ensure_loading(self) -> None:
        with self._turn:
            is_needless = self._is_loading or self._is_complete or self._is_closed or self._error is not None
            if is_needless or self.token.is_cancelled or self._goal_reached():
                return
            self._is_loading = True
        self._changed()
        Job("load rows", token=CancelToken()).start(lambda job: self._load())

    def _load(self) -> None:
        """Take pages until enough is there; runs in a thread of its own, only one at a time."""
        try:
            while not (self.token.is_cancelled or self._is_closed):
                self._check_room()
                self._advance()
                self._changed()
                with self._turn:
                    self._turn.notify_all()
                    if self._is_complete or self._goal_reached():
                        break
        except Cancelled:
            self.token.cancel()
        except BaseException as error:
            self._error = as_ours(error, "loading rows")
        self._rearrange()
        self._end()

    def _check_room(self) -> None:
        usage = self._plan.usage
        if usage.is_spill_full:
            raise Refused(
                f"rows: the results of this session fill their {usage.budget.spill_mb:,g} MB of files",
                hint="Close other results, read fewer rows, or raise the setting spill_budget_mb.",
            )

    def _end(self) -> None:
        with self._turn:
            self._is_loading = False
            if self._is_complete or self._error is not None or self.token.is_cancelled:
                self._ended = self._ended or time.monotonic()
            is_over = self._ended is not None or self._is_closed
            self._turn.notify_all()
        if is_over:
            self._close_pages()
        if self._is_closed:
            self.rows.close()
        self._changed()

    def _close_pages(self) -> None:
        """Free the server's cursor, where there is one."""
        with suppress(Exception):
            close = getattr(self._pages, "close", None)
            if close is not None:
                close()

    def load_more(self, until_row: int, cancel: CancelToken = NEVER) -> None:
        """Load until that shown row is there, or as much as there is; stops waiting when cancelled."""
        with cancel.on_cancel(self._wake):
            while not (cancel.is_cancelled or self.rows.shown_rows > until_row):
                missing = until_row + 1 - self.rows.shown_rows
                with self._turn:
                    self._wanted = max(self._wanted, self.rows.rows + missing)
                self._ensure_loading()
                with self._turn:
                    self._turn.wait_for(lambda: cancel.is_cancelled or not self._is_loading)
                if not self._can_go_on():
                    break
        if cancel.is_cancelled:
            self._wanted = 0

    def _can_go_on(self) -> bool:
        return not (self._is_complete or self._is_closed or self._error is not None or self.token.is_cancelled)

    def _wake(self) -> None:
        with self._turn:
            self._turn.notify_all()

    def arrange(self, sort: str, is_descending: bool, contains: str, cancel: CancelToken = NEVER) -> None:
        """Sort by the column of that name and filter, of the rows loaded now."""
        self._arrange(sort, is_descending, contains, cancel)
        self._arrangement = sort, is_descending, contains
        self._changed()

    def _arrange(self, sort: str, is_descending: bool, contains: str, cancel: CancelToken) -> None:
        names = [column.name for column in self.rows.columns]
        position = names.index(sort) if sort in names else None
        rows = self.rows.rows
        self.rows.arrange(position, is_descending=is_descending, contains=contains, cancel=cancel)
        self._arranged_rows = rows

    def _rearrange(self) -> None:
        """Take rows that came since into the order; once loading rests, so that nothing jumps meanwhile."""
        if self.rows.is_arranged and self.rows.rows != self._arranged_rows:
            with suppress(Cancelled):
                self._arrange(*self._arrangement, self.token)

    def stop(self) -> None:
        """Stop loading, on the server too, and wait until it rests."""
        self.token.cancel()
        with self._turn:
            self._turn.wait_for(lambda: not self._is_loading)
        self._end()

    def close(self) -> None:
        """Free everything; a page on its way is dropped when it comes."""
        self._is_closed = True
        self.token.leave()
        with self._turn:
            is_loading = self._is_loading
        if not is_loading:
            self._end()

    def state(self) -> tuple[int, ResultState]:
        """A rising number and how the result stands now."""
        with self._turn:
            self._stamp += 1
            stopped = "stopped" if self.token.is_cancelled and not self._is_complete else ""
            state = ResultState(
                columns=self.rows.columns,
                loaded=self.rows.shown_rows,
                count=self._honest_count(),
                is_loading=self._is_loading,
                is_complete=self._is_complete,
                affected=self._affected,
                seconds=(self._ended or time.monotonic()) - self._started,
                locked=self._plan.locked or self.rows.locked,
                note=" · ".join(part for part in (displayable(self._note), self.rows.note, stopped) if part),
                error=self._error.message if self._error else "",
                hint=self._error.hint if self._error else "",
                version=self.rows.version,
            )
            return self._stamp, state

    def _honest_count(self) -> Count:
        """The store's count, and never less than what was loaded."""
        loaded, limit = self.rows.rows, self._plan.limit
        if self._is_complete and (limit is None or loaded < limit):
            return Count.exact(loaded)
        if self._count.kind is CountKind.EXACT and self._count.rows >= loaded:
            return self._count
        return Count.at_least(max(loaded, self._count.rows))
