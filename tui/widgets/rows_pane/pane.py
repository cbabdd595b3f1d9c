"""The rows pane whole: rows, filter, edits, the row form, new rows, and what a live table can end."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from services.editing.targets import RowTarget
from services.editing.wording import key_words
from services.results.types import RowRecord
from services.text import displayable
from services.value_json import key_token
from services.values import ABSENT, Typed
from tui.keys import key
from tui.modals.confirm import ConfirmModal
from tui.modals.row_form import RowForm, form_lines, new_row_lines
from tui.widgets.data_grid.messages import RowActivated
from tui.widgets.rows_pane.editing import EditsRows


class RowsPane(EditsRows):
    """Shows and edits the rows of one container at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("r", "reload", "Refresh", id="rows.refresh", tooltip="Read these rows anew.", weight=15),
        key("x", "kill", "End", id="rows.kill", tooltip="End the running query or transaction under the cursor."),
        key("ctrl+g,f9", "stop", "Stop", id="rows.stop", tooltip="Stop reading, at the server too."),
    ]

    def why_off(self, action: str) -> str:
        """Why an action of this pane cannot be done now, or empty."""
        if action == "kill":
            if self.shown is None or not self.shown.kill_word:
                return "only rows of running queries and transactions can be ended"
            return "" if self.grid.cursor_row is not None else "nothing runs"
        if action == "reload" and self.shown is None:
            return "no rows are open"
        return super().why_off(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Off keys are greyed in footer, help and palette."""
        if action in ("kill", "reload"):
            return None if self.why_off(action) else True
        return super().check_action(action, parameters)

    def action_reload(self) -> None:
        """Read these rows anew."""
        self.reload()

    def action_stop(self) -> None:
        """Stop what is being read."""
        self.workers.cancel_group(self, "rows")
        if self._result is not None:
            self._work(self._result.stop())

    @on(RowActivated)
    def _row_activated(self, event: RowActivated) -> None:
        event.stop()
        self._work(self._open_form())

    async def _open_form(self) -> None:
        target = await self.target()
        if target is None:
            return
        shown = self._still_shown()
        lock = self.access.lock
        if target.now is None:
            lock = "the row is staged to be deleted"
        lines = form_lines(target, self.grid.state.columns)
        name = displayable(shown.name)
        title = f"{name} · {'new row' if target.is_new else f'key {key_words(target.key)}'}"
        cells = await self.app.push_screen_wait(RowForm(title, target, lines, self, lock=lock))
        if cells:
            await self._stage_cells(target, cells)

    def action_add(self) -> None:
        """Ask for a new row by a form."""
        if not self._is_off("add"):
            self._work(self._add(None))

    def action_duplicate(self) -> None:
        """Ask for a copy of the row under the cursor by a form."""
        if not self._is_off("duplicate"):
            self._work(self._duplicate())

    async def _duplicate(self) -> None:
        await self._add(await self.target())

    async def _add(self, pattern: RowTarget | None) -> None:
        shown = self._still_shown()
        if shown.description is None:
            return
        lines = new_row_lines(shown.description, pattern)
        keys = [column.name for column in shown.description.columns if column.is_key]
        target = RowTarget(shown.path, {}, {}, pattern.row if pattern is not None else {}, is_new=True)
        form = RowForm(f"{displayable(shown.name)} · new row", target, lines, self, key_names=keys)
        cells = await self.app.push_screen_wait(form)
        if cells is not None:
            insert = target.with_cells(cells).inserted(keys)
            await self.stage([insert], f"add key {key_words(insert.key)}")
            self.grid.move_to_insert(key_token(insert.key))

    def action_kill(self) -> None:
        """Ask, then end the query or transaction under the cursor."""
        self._work(self._kill())

    async def _kill(self) -> None:
        shown, row = self._still_shown(), self.grid.cursor_row
        if row is None or self._result is None or not shown.kill_word:
            return
        record = await self._result.row(row)
        identifier = _identifier(record)
        where = f"{displayable(shown.profile)}, {self.deck.place_of(shown.profile).environment or 'dev'}"
        lines = [
            f"End {shown.kill_word} {displayable(identifier)} on {where}.",
            "What it did so far is rolled back or lost.",
        ]
        if not await self.app.push_screen_wait(ConfirmModal(f"End this {shown.kill_word}?", lines, yes="End it")):
            return
        words = await shown.session.kill(shown.kill_word, identifier)
        self.notify(displayable(words), markup=False)
        self.reload()


def _identifier(record: RowRecord) -> str:
    """What names a row of a live table: its key."""
    value = next(iter(record.key.values()), ABSENT)
    return str(value.value) if isinstance(value, Typed) else ""
