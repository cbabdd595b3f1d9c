"""A row as name and value lines; each cell is edited on its own, all are staged as one step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any, ClassVar, Protocol

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from services.editing.cells import Source, is_same
from services.editing.targets import RowTarget, dropped_times, settled, without_version
from services.errors import StoredeckError
from services.text import displayable
from services.values import ABSENT, Typed, Value
from tui.keys import key
from tui.modals.base import DeckModal
from tui.modals.confirm import ConfirmModal
from tui.modals.text_prompt import TextPrompt
from tui.widgets.form_list import FormLine, FormList
from tui.widgets.line_list import LineList
from tui.working import start_work


class AsksValues(Protocol):
    """Asks for the value of a cell; both wait for the user, and raise what the store refuses."""

    async def ask_value(self, target: RowTarget, source: Source) -> Typed | None:
        """By an editor."""
        ...

    async def ask_set(self, target: RowTarget, source: Source) -> Value | None:
        """By the set menu."""
        ...


class RowForm(DeckModal[dict[Source, Value]]):
    """Gives the changed cells, None where nothing is to be staged."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("e,f2", "edit", "Edit", id="form.edit", tooltip="Edit this cell; enter does the same."),
        key("equals_sign", "set_value", "Set", id="form.set", tooltip="NULL, absent, empty, default.", weight=18),
        key("a", "add_field", "Add field", id="form.add", tooltip="Give the row a field that it lacks.", weight=17),
        key(
            "D",
            "drop_version",
            "Delete version",
            id="form.version",
            tooltip="Delete this one version of the cell, or keep it after all; = absent deletes all.",
        ),
        key("ctrl+s", "take", "Stage", id="form.stage", tooltip="Stage the row; nothing is sent yet.", weight=20),
    ]
    DEFAULT_CSS = """
    RowForm {
        #modal-box { max-width: 120; }
        FormList { height: auto; max-height: 30; }
        #form-note { height: auto; color: $dim; }
        #form-note.-wrong { color: $error; }
        &.-narrow FormList { max-height: 16; }
    }
    """

    def __init__(
        self,
        title: str,
        target: RowTarget,
        lines: Sequence[FormLine],
        owner: AsksValues,
        *,
        lock: str = "",
        key_names: Collection[str] | None = None,
        has_free_fields: bool = False,
    ) -> None:
        """A form.

        Args:
            owner: asks for values, with the store at hand.
            lock: why nothing can be changed, or empty.
            key_names: the columns of the key, given for a row that is not staged yet.
            has_free_fields: whether the row can have fields that no other row has.
        """
        super().__init__()
        self._title = title
        self._target = target
        self._lines = list(lines)
        self._owner = owner
        self._lock = lock
        self._key_names = key_names
        self._has_free_fields = has_free_fields
        self._cells: dict[Source, Value] = {}

    @property
    def title_words(self) -> str:
        """The row."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """The lines, and what is to be said."""
        yield FormList(self._lines, self._value_of, "left out" if self._target.is_new else "absent")
        words = f"cannot be edited: {self._lock}" if self._lock else ""
        yield Static(Content(displayable(words)), id="form-note")

    def _value_of(self, line: FormLine) -> tuple[Value, bool]:
        value = self._target.with_cells(self._cells).cell(line.source)
        if line.version is not None:
            return line.version.value, value is ABSENT or line.version.timestamp in dropped_times(value)
        return value, line.source in self._cells

    def why_off(self, action: str) -> str:
        """Why a cell or the row cannot be changed."""
        if action in ("edit", "set_value", "add_field", "drop_version", "take") and self._lock:
            return self._lock
        if action == "drop_version" and self._line.version is None:
            return "choose a version of a cell"
        if action == "add_field" and not self._has_free_fields:
            return "rows of this store have the declared columns only"
        if action == "take" and not self._cells and self._key_names is None:
            return "no cell was changed"
        return ""

    def _say(self, words: str, *, is_wrong: bool = True) -> None:
        note = self.query_one("#form-note", Static)
        note.set_class(is_wrong, "-wrong")
        note.update(Content(displayable(words)))

    @on(LineList.Chosen)
    def _line_chosen(self) -> None:
        if not self._lock:
            self.action_edit()

    def action_edit(self) -> None:
        """Edit the cell under the cursor."""
        self._ask(self._owner.ask_value)

    def action_set_value(self) -> None:
        """NULL, absent, empty or default for the cell under the cursor."""
        self._ask(self._owner.ask_set)

    @property
    def _line(self) -> FormLine:
        """The line under the cursor."""
        cursor = self.query_one(FormList).cursor if self.query(FormList) else 0
        return self._lines[min(cursor, len(self._lines) - 1)]

    @on(LineList.Moved)
    def _line_moved(self) -> None:
        self.refresh_bindings()

    def action_drop_version(self) -> None:
        """Stage the deletion of the version under the cursor, or take that back."""
        line = self._line
        if line.version is not None and not self.why_off("drop_version"):
            now = self._target.with_cells(self._cells).cell(line.source)
            self._put(line.source, without_version(now, line.version.timestamp, settled(self._target, line.source)))

    def _put(self, source: Source, value: Value) -> None:
        """Take a new value of a cell; one that is as it was is no change."""
        self._cells[source] = value
        if is_same(self._target.cell(source), value) and not self._target.is_new:
            del self._cells[source]
        self.query_one(FormList).lines_changed()
        self.refresh_bindings()

    def _ask(self, ask: Callable[[RowTarget, Source], Coroutine[Any, Any, Value | None]]) -> None:
        line = self._line
        if line.is_key and not self._target.is_new:
            self._say("a key column names the row: add a row with the new key and delete this one")
            return
        if line.version is not None:
            self._say("a version stays as it was written or is deleted (D); edit the cell above it")
            return
        start_work(self, "ask", self._asked, line, ask)

    async def _asked(
        self, line: FormLine, ask: Callable[[RowTarget, Source], Coroutine[Any, Any, Value | None]]
    ) -> None:
        self._say("")
        try:
            value = await ask(self._target.with_cells(self._cells), line.source)
        except StoredeckError as error:
            self._say(error.message)
            return
        if value is None:
            return
        self._put(line.source, value)

    def action_add_field(self) -> None:
        """Ask for the name of a field that the row lacks, then for its value."""
        start_work(self, "ask", self._add_field)

    async def _add_field(self) -> None:
        words = "Its name. A name that is new to the store appears there with its first value."
        name = await self.app.push_screen_wait(TextPrompt("Add field", words))
        if not name:
            return
        fields = self.query_one(FormList)
        names = [line.source[0] for line in self._lines]
        if name in names:
            fields.cursor = names.index(name)
            self._say("this field is in the form already", is_wrong=False)
            return
        line = FormLine((name, ""), "")
        self._lines.append(line)
        fields.add(line)
        fields.cursor = len(names)
        await self._asked(line, self._owner.ask_value)

    def action_take(self) -> None:
        """Close with the cells that differ."""
        if self._key_names is not None:
            try:
                self._target.with_cells(self._cells).inserted(self._key_names)
            except StoredeckError as error:
                self._say(error.message)
                return
        self.dismiss(dict(self._cells))

    def action_cancel(self) -> None:
        """Close; asks first where cells were changed."""
        if not self._cells:
            self.dismiss(None)
            return
        count = len(self._cells)
        lines = [f"{count:,} {'cell was' if count == 1 else 'cells were'} changed here and not staged."]
        confirm = ConfirmModal("Close the form?", lines, yes="Drop them", no="Go on editing")
        self.app.push_screen(confirm, self._close_answered)

    def _close_answered(self, is_dropped: bool | None) -> None:
        if is_dropped:
            self.dismiss(None)
