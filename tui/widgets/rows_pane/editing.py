"""Editing rows: every edit is read by the store first, then staged; nothing is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widgets import Input

from services.editing.cells import Source
from services.editing.edit_text import edit_text
from services.editing.targets import RowTarget, settled
from services.editing.wording import key_words, source_words, value_words
from services.errors import SessionLost, StoredeckError
from services.stores.changes import CellStep, Change
from services.stores.features import Feature
from services.stores.types import takes_null
from services.text import displayable, one_line
from services.values import ABSENT, Typed, Value
from tui.keys import key
from tui.modals.cell_editor import CellEditor
from tui.modals.set_menu import ABSENT_ID, DEFAULT, INCREMENT, NULL, set_menu
from tui.modals.text_prompt import TextPrompt
from tui.widgets.data_grid.messages import ValueRequested
from tui.widgets.rows_pane.filtering import FiltersRows
from tui.widgets.rows_pane.shown import Shown, Spot
from tui.working import Work, start_work

_ROW_ACTIONS = ("edit", "set_value", "duplicate", "delete")


class EditsRows(FiltersRows):
    """Rows that can be edited where their store and their profile allow it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("e,f2", "edit", "Edit", id="rows.edit", tooltip="Edit this cell; staged, not sent.", weight=85),
        key("equals_sign", "set_value", "Set", id="rows.set", tooltip="NULL, absent, empty, default.", weight=80),
        key("a", "add", "Add", id="rows.add", tooltip="Stage a new row.", weight=43),
        key("A", "duplicate", "Duplicate", id="rows.duplicate", tooltip="Stage a copy of this row with another key."),
        key(
            "D",
            "delete",
            "Delete",
            id="rows.delete",
            tooltip="Stage the deletion of this row, or of all marked.",
            weight=42,
        ),
        key("u", "undo", "Undo", id="rows.undo", tooltip="Take the last staged step back."),
        key("ctrl+r", "redo", "Redo", id="rows.redo", tooltip="Stage again what was undone."),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._edits = asyncio.Lock()

    def why_off(self, action: str) -> str:
        """Why an action of this pane cannot be done now, or empty."""
        if action not in (*_ROW_ACTIONS, "add"):
            return ""
        if self.shown is None:
            return "no rows are open"
        if self.access.lock:
            return self.access.lock
        if action in _ROW_ACTIONS and not self.grid.row_total:
            return "there is no row"
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Pressing the key where it cannot be done says why; while a filter or a text to find is typed it is none."""
        if action in (*_ROW_ACTIONS, "add"):
            return not isinstance(self.screen.focused, Input)
        return super().check_action(action, parameters)

    def _is_off(self, action: str) -> bool:
        why = self.why_off(action)
        if why:
            self.say(f"cannot {action.replace('_', ' ')}: {why}")
            self.notify(displayable(why), title="Locked", severity="warning", markup=False)
        return bool(why)

    def _work(self, work: Work, *arguments: object, asks: bool = False) -> None:
        """Do one edit after the other; one that asks is not begun while another asks already."""
        if not (asks and self._edits.locked()):
            start_work(self, "edit", self._one_edit, work, *arguments, is_exclusive=False)

    async def _one_edit(self, work: Work, *arguments: object) -> None:
        async with self._edits:
            try:
                await work(*arguments)
            except StoredeckError as error:
                self.say(one_line(error.message))
                self.deck.report(error, "edit")

    async def stage(self, shown: Shown, changes: Sequence[Change], label: str) -> None:
        """Stage changes as one step of undo."""
        if changes:
            await asyncio.to_thread(self.deck.services.journal.stage, shown.profile, changes, label)
            self.show_marks()
            self.say_place()

    def action_edit(self) -> None:
        """Edit the cell under the cursor."""
        spot = self.spot
        if spot is not None and not self._is_off("edit"):
            self._work(self._ask_cell, spot, self.ask_value, asks=True)

    def action_set_value(self) -> None:
        """Open the set menu for the cell under the cursor."""
        spot = self.spot
        if spot is not None and not self._is_off("set_value"):
            self._work(self._ask_cell, spot, self.ask_set, asks=True)

    async def _ask_cell(
        self, spot: Spot, ask: Callable[[RowTarget, Source], Coroutine[Any, Any, Value | None]]
    ) -> None:
        target, column = await spot.target(), spot.column
        if target is None or column is None:
            return
        lock = self.access.cell_lock(column, is_new=target.is_new)
        if target.now is None:
            lock = "the row is staged to be deleted: undo that first (u)"
        if lock:
            self.say(f"{column.name} cannot be edited: {lock}")
            self.notify(displayable(lock), title="Locked", severity="warning", markup=False)
            return
        value = await ask(target, column.source)
        if value is not None:
            await self.stage_cells(spot.shown, target, {column.source: value})

    async def stage_cells(self, shown: Shown, target: RowTarget, cells: Mapping[Source, Value]) -> None:
        """Stage new values of some cells of a row as one step."""
        names = ", ".join(source_words(source) for source in cells)
        await self.stage(
            shown, target.changed(cells), f"{displayable(shown.name)}.{names} of key {key_words(target.key)}"
        )

    async def ask_value(self, target: RowTarget, source: Source) -> Typed | None:
        """Ask for a new value of a cell; the store reads it before it is taken."""
        shown = self._still_shown()
        value = settled(target, source)
        words = await self.type_words(source, value)

        async def parse(text: str, word: str) -> Typed:
            return await shown.session.parse(shown.path, source[0], text, word)

        title = f"{displayable(shown.name)}.{source_words(source)} · key {key_words(target.key) or 'new'}"
        return await self.app.push_screen_wait(
            CellEditor(title, value, parse, type_word=words[0] if words else "", type_words=words)
        )

    async def type_words(self, source: Source, value: Value) -> tuple[str, ...]:
        """The types a cell can take, the one that fits it now first."""
        shown = self._still_shown()
        words = await shown.session.type_words(shown.path, source[0])
        has_type = isinstance(value, Typed) and (value.value is not None or bool(source[1]))
        if has_type and isinstance(value, Typed) and (source[1] or Feature.TYPE_HINTS in shown.session.features):
            return (value.type, *(word for word in words if word != value.type))
        return words

    def _still_shown(self) -> Shown:
        if self.shown is None:
            raise SessionLost("the rows were closed meanwhile", hint="Open them again in the catalog.")
        return self.shown

    async def ask_set(self, target: RowTarget, source: Source) -> Value | None:
        """Ask by the set menu for NULL, absent, empty or default; None for none of them."""
        shown = self._still_shown()
        now = settled(target, source)
        menu = set_menu(
            f"Set {source_words(source)}",
            shown.session.features,
            is_new=target.is_new,
            is_nullable=bool(source[1]) or takes_null(shown.description, source[0]),
            is_field=bool(source[1]),
            is_number=now is ABSENT or (type(now.value) is int and not source[1]),
        )
        chosen = await self.app.push_screen_wait(menu)
        if not chosen:
            return None
        if chosen in (ABSENT_ID, DEFAULT):
            return ABSENT
        if chosen == INCREMENT:
            return await self._ask_increment(shown, target, source)
        words = await self.type_words(source, now)
        word = words[0] if words else ""
        if chosen == NULL:
            return Typed(word, None)
        return await shown.session.parse(shown.path, source[0], "", word)

    async def _ask_increment(self, shown: Shown, target: RowTarget, source: Source) -> Typed | None:
        """Ask for the number that the store shall add."""
        staged = target.cell(source)
        start = edit_text(staged) if isinstance(staged, Typed) and staged.type == CellStep.INCREMENT else "1"
        words = "The store adds this whole number to the value it has then; with a minus it takes away."
        text = await self.app.push_screen_wait(TextPrompt(f"Increment {source_words(source)}", words, start))
        if not text:
            return None
        return await shown.session.parse(shown.path, source[0], text, CellStep.INCREMENT.value)

    def action_delete(self) -> None:
        """Stage the deletion of the row, or of all marked rows."""
        spot = self.spot
        if spot is not None and not self._is_off("delete"):
            self._work(self._delete, spot, set(self.grid.marked_keys))
            self.grid.clear_selection()

    async def _delete(self, spot: Spot, marked: set[str]) -> None:
        target = await spot.target()
        targets = await self._marked(spot, marked) if marked else [target] if target is not None else []
        changes = [target.deleted() for target in targets if target.now is not None]
        if not changes:
            self.say("the row is staged to be deleted already; u takes that back")
            return
        words = f"delete key {key_words(changes[0].key)}" if len(changes) == 1 else f"delete {len(changes):,} rows"
        await self.stage(spot.shown, changes, words)

    async def _marked(self, spot: Spot, marked: set[str]) -> list[RowTarget]:
        """The rows with these keys among the loaded ones."""
        staged = self.deck.services.journal.snapshot.rows(spot.shown.profile, spot.shown.path)
        targets: list[RowTarget] = []
        for row in range(spot.result.state.loaded):
            if not marked:
                break
            record = await spot.result.row(row)
            if record.token in marked:
                marked.discard(record.token)
                targets.append(RowTarget.of_record(spot.shown.path, record, staged.get(record.token)))
        return targets

    def action_undo(self) -> None:
        """Take the last staged step back."""
        self._work(self._move_step, self.deck.services.journal.undo, "undone", "nothing to undo")

    def action_redo(self) -> None:
        """Stage again what was undone."""
        self._work(self._move_step, self.deck.services.journal.redo, "staged again", "nothing to redo")

    async def _move_step(self, move: Callable[[], str | None], verb: str, nothing: str) -> None:
        label = await asyncio.to_thread(move)
        self.show_marks()
        self.say(f"{verb}: {one_line(label)}" if label else nothing)

    @on(ValueRequested)
    def _value_requested(self, event: ValueRequested) -> None:
        event.stop()
        spot = self.spot
        if spot is not None:
            self._work(self._view, spot, event.row, event.column, asks=True)

    async def _view(self, spot: Spot, row: int, column: int) -> None:
        from tui.modals.value_viewer import ValueViewer

        found = spot.result.state.columns[column]
        inspection = await spot.result.inspect(row, column)
        title = f"{displayable(spot.shown.name)}.{found.name}"
        if spot.staged is not None:
            title += f" · as read; staged: {value_words(RowTarget.of_staged(spot.staged).cell(found.source))}"
        await self.app.push_screen(ValueViewer(title, inspection))
