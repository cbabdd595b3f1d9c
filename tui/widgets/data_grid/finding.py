"""Finding: a text in the loaded rows, a column by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from services.errors import StoredeckError
from services.text import one_line
from tui.keys import key
from tui.widgets.data_grid.columns import GridColumns
from tui.widgets.data_grid.cursor import moved_to
from tui.widgets.data_grid.messages import Failed, Noted
from tui.working import start_work

if TYPE_CHECKING:
    from textual.widgets import Input

    from tui.widgets.data_grid.prompt import GridPrompt


class GridFinding(GridColumns):
    """A grid with `/`, `n`, `N` and the column finder."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "find", "Find", id="grid.find", tooltip="Find a text in the loaded rows.", weight=50),
        key("n", "find_again(1)", "Next match", id="grid.find_next", tooltip="Find the next row with that text."),
        key("N", "find_again(-1)", "Match before", id="grid.find_back", tooltip="Find the row before with that text."),
    ]

    _found_text = ""
    _before_prompt: int = 0

    def action_find(self) -> None:
        """Ask for a text to find."""
        self._open_prompt("row", "find in the loaded rows", "")

    def action_find_column(self) -> None:
        """Ask for a column's name."""
        self._before_prompt = self._view.position
        self._open_prompt("column", "column name; tab for the next match", "")

    def _open_prompt(self, purpose: str, placeholder: str, text: str) -> None:
        from tui.widgets.data_grid.prompt import GridPrompt

        if self._columns.order and not self.query(GridPrompt):
            self.mount(GridPrompt(purpose, placeholder, text))

    def on_input_changed(self, event: Input.Changed) -> None:
        """While a column's name is typed the cursor follows."""
        event.stop()
        if getattr(event.input, "purpose", "") == "column" and event.value:
            self._jump_to_column(event.value, self._before_prompt)

    def on_grid_prompt_next_asked(self, event: GridPrompt.NextAsked) -> None:
        """The next column whose name matches, or the next row."""
        event.stop()
        if event.prompt.purpose == "column":
            self._jump_to_column(event.prompt.value, self._view.position + 1)
        else:
            self._start_find(event.prompt.value, 1)

    async def on_grid_prompt_answered(self, event: GridPrompt.Answered) -> None:
        """Close the prompt and find."""
        event.stop()
        prompt = event.prompt
        had_focus = prompt.has_focus
        await prompt.remove()
        if had_focus or self.screen.focused is None:
            self.focus()
        if prompt.purpose == "column" and event.text is None:
            self.go_to_position(self._before_prompt)
        elif prompt.purpose == "row" and event.text:
            self._start_find(event.text, 1)

    def _jump_to_column(self, text: str, start: int) -> None:
        position = self._columns.find(text, start)
        if position is None:
            self.post_message(Noted(self, f'no column with "{one_line(text)}"'))
        else:
            self.go_to_position(position)

    def action_find_again(self, direction: int) -> None:
        """The next or previous row with the text found last."""
        if self._found_text:
            self._start_find(self._found_text, direction)
        else:
            self.action_find()

    def _start_find(self, text: str, direction: int) -> None:
        self._found_text = text
        if self._result is not None and text:
            start_work(self, "find", self._find_row, text, direction)

    async def _find_row(self, text: str, direction: int) -> None:
        result = self._result
        loaded = self._state.loaded
        if result is None or not loaded:
            return
        here = self.data_row(self._view.row)
        is_backward = direction < 0
        start = (loaded if is_backward else -1) if here is None else here
        try:
            found = await self._find_around(text, start + direction, loaded, is_backward)
        except StoredeckError as error:
            self.post_message(Failed(self, error))
            return
        if found is None:
            self.post_message(Noted(self, f'no loaded row with "{one_line(text)}"'))
        elif result is self._result:
            row = found + len(self._inserts)
            self._go(moved_to(self._view, row, self.row_total, self.row_lines))
            self._tell_cursor()

    async def _find_around(self, text: str, start: int, loaded: int, is_backward: bool) -> int | None:
        """The next match, going on from the other end."""
        assert self._result is not None
        if 0 <= start < loaded:
            found = await self._result.find(text, start, is_backward=is_backward)
            if found is not None:
                return found
        return await self._result.find(text, loaded - 1 if is_backward else 0, is_backward=is_backward)

    def _tell_cursor(self) -> None:
        raise NotImplementedError
