"""A pane that shows rows: opens them, says how many, where they were filtered and sorted, what the cursor is on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.binding import BindingType
from textual.getters import query_one
from textual.message import Message
from textual.widget import Widget

from services.connections.api import ResultApi, SessionApi
from services.editing.locks import RowsAccess
from services.editing.staged import Staged
from services.errors import StoredeckError
from services.results.types import ResultColumn, ResultState
from services.stores.changes import Path
from services.stores.types import RowQuery
from services.text import displayable, one_line
from tui.keys import key
from tui.widgets.data_grid import DataGrid
from tui.widgets.data_grid.counts import counts_text
from tui.widgets.data_grid.messages import CellsCame, CursorMoved, Failed, Noted, StateChanged
from tui.widgets.pane import Pane
from tui.widgets.rows_pane.marks import cell_story, overlay
from tui.widgets.rows_pane.shown import Shown, Spot, token_words
from tui.working import start_work

if TYPE_CHECKING:
    from tui.app import StoredeckApp


class FilterAsked(Message):
    """The user wants to filter the rows."""


class RowsGrid(DataGrid):
    """The grid of rows: `/` filters, finding is on another key."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "filter", "Filter", id="rows.filter", tooltip="Show only some rows.", weight=55),
        key("ctrl+f", "find", "Find", id="rows.find", tooltip="Find a text in the loaded rows; n and N go on."),
    ]

    def action_filter(self) -> None:
        """Ask the pane."""
        self.post_message(FilterAsked())


class ShowsRows(Pane):
    """Grid with title and status."""

    grid = query_one("#rows-grid", RowsGrid)

    class StatusChanged(Message):
        """What the status line shall say."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class RowsOpened(Message):
        """Other rows are on show."""

        def __init__(self, shown: Shown) -> None:
            super().__init__()
            self.shown = shown

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            "Rows",
            *self._body(),
            explain="The rows of a table or cache. Edits are staged and marked; nothing is sent before you commit (c).",
            id=id,
        )
        self.shown: Shown | None = None
        self._result: ResultApi | None = None
        self._has_note = False

    def _body(self) -> Iterable[Widget]:
        yield RowsGrid(id="rows-grid")

    def on_mount(self) -> None:
        """Say how to fill it."""
        self.grid.say_when_empty("Rows", "Nothing is open.", "Choose a table or cache in the catalog and press enter.")

    @property
    def deck(self) -> StoredeckApp:
        """The app, by its own type."""
        return cast("StoredeckApp", self.app)

    @property
    def column(self) -> ResultColumn | None:
        """The column under the cursor."""
        index = self.grid.cursor_column
        columns = self.grid.state.columns
        return columns[index] if index is not None and index < len(columns) else None

    @property
    def access(self) -> RowsAccess:
        """What may be edited here."""
        shown = self.shown
        if shown is None:
            return RowsAccess("")
        profile = self.deck.book.get(shown.profile)
        columns = self.grid.state.columns
        described = shown.description
        return RowsAccess(
            shown.profile,
            profile is not None and profile.is_read_only,
            shown.session.features,
            described.locked if described else "it shows what the servers do now",
            self.grid.state.locked,
            any(column.is_key for column in columns) or not columns,
        )

    @property
    def staged(self) -> Staged | None:
        """The staged change of the row under the cursor."""
        if self.shown is None:
            return None
        rows = self.deck.services.journal.snapshot.rows(self.shown.profile, self.shown.path)
        return rows.get(self.grid.cursor_key)

    @property
    def spot(self) -> Spot | None:
        """Where the cursor stands now."""
        if self.shown is None or self._result is None:
            return None
        return Spot(self.shown, self._result, self.grid.cursor_row, self.column, self.staged)

    def open(self, session: SessionApi, path: Path, view: str = "") -> None:
        """Show the rows of a container, or a live table of the cluster; the old ones stay until the new are there."""
        self._load(Shown(session.profile_name, path, session, view=view))

    def reload(self) -> None:
        """Read the same rows anew, the cursor staying where it is."""
        if self.shown is not None:
            self._load(self.shown, keep_place=True)

    def _load(self, shown: Shown, *, keep_place: bool = False) -> None:
        self.busy(f"reading {one_line(shown.name)}", cancel_key="ctrl+g")
        start_work(self, "rows", self._read, shown, keep_place)

    async def _read(self, shown: Shown, keep_place: bool) -> None:
        try:
            shown = replace(shown, session=await self.deck.open_session(shown.profile))
            if shown.view:
                result = await shown.session.open_cluster(shown.view)
            else:
                shown = replace(shown, description=await shown.session.describe(shown.path))
                result = await shown.session.open_rows(shown.path, shown.query, self._told)
            if shown.contains:
                await result.arrange(contains=shown.contains)
        except StoredeckError as error:
            self._read_failed(shown, error)
            return
        finally:
            self.idle()
        old, self._result = self._result, result
        self._put(shown, result, keep_place=keep_place)
        if old is not None:
            await old.close()

    def _told(self, words: str) -> None:
        """What the reading says of itself, such as the job that it runs."""
        if self.is_busy:
            self.busy(words.partition("\n")[0], cancel_key="ctrl+g")

    def _read_failed(self, shown: Shown, error: StoredeckError) -> None:
        self.deck.report(error, f"read {one_line(shown.name)}")
        self.say(one_line(error.message))

    def _put(self, shown: Shown, result: ResultApi, *, keep_place: bool) -> None:
        grid = self.grid
        row, column = grid.cursor_row, grid.cursor_column
        order = shown.query.order
        is_same = self.shown is not None and (self.shown.profile, self.shown.path) == (shown.profile, shown.path)
        self.shown = shown
        grid.sorter = self._sort_at_server if shown.sorts_at_server else None
        grid.show(result, (order[0].lstrip("-"), order[0].startswith("-")) if order else None)
        if is_same:
            grid.move_to(row if keep_place and row is not None else 0, column)
        self.title = displayable(shown.name)
        self.show_marks()
        self._show_state(result.state)
        self.post_message(self.RowsOpened(shown))
        self.say_place()

    async def clear(self) -> None:
        """Show nothing: the session ended."""
        self.workers.cancel_group(self, "rows")
        self.idle()
        old, self._result, self.shown = self._result, None, None
        self.grid.show(None)
        self.title, self.notes = "Rows", ()
        if old is not None:
            try:
                await old.close()
            except StoredeckError as error:
                self.log.info(error.message)

    async def _sort_at_server(self, column: str, is_descending: bool) -> ResultState | None:
        """Let the store sort: the grid gets a new result."""
        assert self.shown is not None
        sources = {shown.name: shown.source[0] for shown in self.grid.state.columns}
        name = sources.get(column, column)
        order = (f"-{name}" if is_descending else name,) if column else ()
        self._load(replace(self.shown, query=replace(self.shown.query, order=order)))
        return None

    def show_marks(self) -> None:
        """Mark what is staged."""
        if self.shown is None:
            return
        rows = self.deck.services.journal.snapshot.rows(self.shown.profile, self.shown.path)
        marks, new = overlay(rows, self.grid.state.columns)
        self.grid.set_marks(marks)
        self.grid.set_inserts(new)
        self.restate()

    def restate(self) -> None:
        """Say what the cursor stands on, unless something else was said since it came there."""
        if not self._has_note:
            self.say_place()

    @on(StateChanged)
    def _state_changed(self, event: StateChanged) -> None:
        event.stop()
        self._show_state(event.state)

    def _show_state(self, state: ResultState) -> None:
        shown = self.shown
        if shown is None:
            return
        notes = [counts_text(state)]
        if shown.query.where:
            notes.append(f"where {one_line(shown.query.where)} {shown.filter_place or 'at the server'}")
        if shown.query.order:
            name = one_line(shown.query.order[0].lstrip("-"))
            notes.append(f"sorted by {name} {'↓' if shown.query.order[0].startswith('-') else '↑'} at the server")
        if shown.contains:
            notes.append(f'with "{one_line(shown.contains)}", loaded rows only')
        elif state.note and not shown.query.where:
            notes.append(state.note)
        if state.error:
            notes.append(f"✗ {state.error}")
        self.notes = notes

    @on(CursorMoved)
    def _cursor_moved(self, event: CursorMoved) -> None:
        event.stop()
        self.say_place()

    @on(CellsCame)
    def _cells_came(self, event: CellsCame) -> None:
        event.stop()
        self.restate()

    @on(Noted)
    def _noted(self, event: Noted) -> None:
        event.stop()
        if event.text:
            self.say(event.text)
        else:
            self.say_place()

    @on(Failed)
    def _failed(self, event: Failed) -> None:
        event.stop()
        self.deck.report(event.error, f"read {one_line(self.shown.name) if self.shown else 'rows'}")

    def say(self, words: str) -> None:
        """Say something in the status line; it stays until the cursor moves."""
        self._has_note = True
        self.post_message(self.StatusChanged(words))

    def say_place(self) -> None:
        """Say what the cursor stands on, in words."""
        self._has_note = False
        self.refresh_bindings()
        if self.shown is None:
            return
        column = self.column
        name = displayable(self.shown.name)
        if column is None:
            self.post_message(self.StatusChanged(name))
            return
        words = [f"{name}.{column.name}", *([column.type] if column.type else [])]
        words += cell_story(self.staged, column)
        key_text = token_words(self.grid.cursor_key)
        if key_text:
            words.insert(3 if self.staged else 2, f"key {key_text}")
        if self.access.lock:
            words.append(f"locked: {self.access.lock}")
        self.post_message(self.StatusChanged(" · ".join(words)))


__all__ = ["FilterAsked", "RowQuery", "RowsGrid", "ShowsRows"]
