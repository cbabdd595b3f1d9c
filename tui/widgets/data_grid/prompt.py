"""One line of input over the grid's last line, there only while it is used."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from tui.keys import key


class GridPrompt(Input):
    """Asks for one text; Enter takes it, Escape does not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "submit", "Go", id="grid_prompt.take", tooltip="Go to the first match.", weight=90),
        key("down,tab", "again", "Next", id="grid_prompt.again", tooltip="The next match.", weight=80),
        key("escape", "leave", "Back", id="grid_prompt.leave", tooltip="Back to the rows.", weight=70),
    ]
    DEFAULT_CSS = """
    GridPrompt {
        dock: bottom;
        height: 1;
        border: none;
        padding: 0 1;
        background: $raised;
        color: $foreground;
        &:focus { border: none; background-tint: transparent; }
    }
    """

    class Answered(Message):
        """The prompt ended; `text` is None after Escape."""

        def __init__(self, prompt: GridPrompt, text: str | None) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

    class NextAsked(Message):
        """The user wants the next match of the text so far."""

        def __init__(self, prompt: GridPrompt) -> None:
            super().__init__()
            self.prompt = prompt

    def __init__(self, purpose: str, placeholder: str, text: str = "") -> None:
        """A prompt.

        Args:
            purpose: `row` or `column`: what is looked for.
        """
        super().__init__(text, placeholder=placeholder, compact=True)
        self.purpose = purpose
        self._is_answered = False

    def on_mount(self) -> None:
        """Take the keys at once."""
        self.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self._answer(self.value)

    def on_blur(self, event: events.Blur) -> None:
        """A click elsewhere ends it, too."""
        self._answer(None)

    def action_leave(self) -> None:
        """Escape."""
        self._answer(None)

    def action_again(self) -> None:
        """Down or Tab."""
        self.post_message(self.NextAsked(self))

    def _answer(self, text: str | None) -> None:
        if not self._is_answered:
            self._is_answered = True
            self.post_message(self.Answered(self, text))
