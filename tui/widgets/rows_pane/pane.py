"""The rows pane whole: rows, filter, edits, the row form, new rows, and what a live table can end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from services.editing.targets import RowTarget
from services.editing.wording import key_words
from services.errors import StoredeckError
from services.results.types import RowRecord
from services.stores.cell_versions import CellVersion
from services.stores.features import Feature
from services.text import displayable
from services.value_json import key_token
from services.values import ABSENT, Typed
from tui.keys import key
from tui.modals.confirm import ConfirmModal
from tui.modals.row_form import RowForm
from tui.widgets.data_grid.messages import RowActivated
from tui.widgets.form_list import form_lines, new_row_lines, with_versions
from tui.widgets.rows_pane.editing import EditsRows
from tui.widgets.rows_pane.shown import Shown, Spot


class RowsPane(EditsRows):
    """Shows and edits the rows of one container at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("r", "reload", "Refresh", id="rows.refresh", tooltip="Read these rows anew.", weight=15),
        key(
            "x",
            "kill",
            "End",
            id="rows.kill",
            tooltip="End the running query or transaction under the cursor.",
            weight=88,
        ),
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
        """Off keys are greyed in footer, help and palette; where nothing runs there is nothing to end."""
        if action == "kill" and (self.shown is None or not self.shown.kill_word):
            return False
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
            self._work(self._result.stop)

    @on(RowActivated)
    def _row_activated(self, event: RowActivated) -> None:
        event.stop()
        spot = self.spot
        if spot is not None:
            self._work(self._open_form, spot, asks=True)

    async def _open_form(self, spot: Spot) -> None:
        target = await spot.target()
        if target is None:
            return
        lock = self.access.lock or ("the row is staged to be deleted" if target.now is None else "")
        lines = with_versions(form_lines(target, spot.result.state.columns), await self._versions(spot.shown, target))
        title = f"{displayable(spot.shown.name)} · {'new row' if target.is_new else f'key {key_words(target.key)}'}"
        has_free = Feature.ABSENT_FIELDS in spot.shown.session.features
        form = RowForm(title, target, lines, self, lock=lock, has_free_fields=has_free)
        cells = await self.app.push_screen_wait(form)
        if cells:
            await self.stage_cells(spot.shown, target, cells)

    async def _versions(self, shown: Shown, target: RowTarget) -> Mapping[str, Sequence[CellVersion]]:
        """The versions of the row's cells; none where the store keeps no such, or cannot be asked now."""
        if Feature.KEEPS_VERSIONS not in shown.session.features or target.is_new:
            return {}
        try:
            return await shown.session.read_versions(shown.path, target.key)
        except StoredeckError as error:
            self.deck.report(error, "read versions")
            return {}

    def action_add(self) -> None:
        """Ask for a new row by a form."""
        spot = self.spot
        if spot is not None and not self._is_off("add"):
            self._work(self._add, spot.shown, None, asks=True)

    def action_duplicate(self) -> None:
        """Ask for a copy of the row under the cursor by a form."""
        spot = self.spot
        if spot is not None and not self._is_off("duplicate"):
            self._work(self._duplicate, spot, asks=True)

    async def _duplicate(self, spot: Spot) -> None:
        await self._add(spot.shown, await spot.target())

    async def _add(self, shown: Shown, pattern: RowTarget | None) -> None:
        if shown.description is None:
            return
        lines = new_row_lines(shown.description, pattern)
        keys = [column.name for column in shown.description.columns if column.is_key]
        target = RowTarget(shown.path, {}, {}, pattern.row if pattern is not None else {}, is_new=True)
        title = f"{displayable(shown.name)} · new row"
        has_free = Feature.ABSENT_FIELDS in shown.session.features
        form = RowForm(title, target, lines, self, key_names=keys, has_free_fields=has_free)
        cells = await self.app.push_screen_wait(form)
        if cells is not None:
            insert = target.with_cells(cells).inserted(keys)
            await self.stage(shown, [insert], f"add key {key_words(insert.key)}")
            self.grid.move_to_insert(key_token(insert.key))

    def action_kill(self) -> None:
        """Ask, then end the query or transaction under the cursor."""
        spot = self.spot
        if spot is not None:
            self._work(self._kill, spot, asks=True)

    async def _kill(self, spot: Spot) -> None:
        shown = spot.shown
        if spot.row is None or not shown.kill_word:
            return
        identifier = _identifier(await spot.result.row(spot.row))
        environment = self.deck.place_of(shown.profile).environment.upper()
        lines = [
            f"End {shown.kill_word} {displayable(identifier)} on {displayable(shown.profile)}, {environment}.",
            "What it did so far is rolled back or lost.",
        ]
        if await self.app.push_screen_wait(ConfirmModal(f"End this {shown.kill_word}?", lines, yes="End it")):
            self.notify(displayable(await shown.session.kill(shown.kill_word, identifier)), markup=False)
            self.reload()


def _identifier(record: RowRecord) -> str:
    """What names a row of a live table: its key."""
    value = next(iter(record.key.values()), ABSENT)
    return str(value.value) if isinstance(value, Typed) else ""
