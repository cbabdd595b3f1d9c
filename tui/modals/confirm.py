"""Asking before something that cannot be taken back, by weight: a key, or the thing's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.text import displayable
from tui.keys import key
from tui.modals.base import DeckModal


class ConfirmModal(DeckModal[bool]):
    """`True` when confirmed. `y` confirms; where `type_name` is given, that name typed and `enter` does.

    The safe answer is what `esc`, `n` and an early `enter` give.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("y", "yes", "Yes", id="confirm.yes", tooltip="Do what is asked.", weight=20),
        key("n", "cancel", "No", id="confirm.no", tooltip="Leave everything as it is.", weight=19),
    ]
    DEFAULT_CSS = """
    ConfirmModal {
        #confirm-words { height: auto; padding: 1 0; }
        #confirm-name { margin-bottom: 1; }
    }
    """

    def __init__(
        self, title: str, lines: Sequence[str], *, yes: str = "Yes", no: str = "No", type_name: str = ""
    ) -> None:
        """A question.

        Args:
            lines: what will happen, to what object, in which environment, how many.
            yes: what confirming does, in a word or two.
            type_name: the name that has to be typed, for what weighs most.
        """
        super().__init__()
        self._title = title
        self._lines = list(lines)
        self._words = (yes, no)
        self._type_name = type_name

    @property
    def title_words(self) -> str:
        """The question."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """The words, and the field where a name has to be typed."""
        lines = [*self._lines]
        yes, no = self._words
        if self._type_name:
            lines.append(f"Type {self._type_name} and press enter: {yes}. esc: {no}.")
        else:
            lines.append(f"y: {yes}. n or esc: {no}.")
        yield Static(Content("\n".join(displayable(line) for line in lines)), id="confirm-words")
        if self._type_name:
            yield Input(id="confirm-name", placeholder=displayable(self._type_name), classes="deck-input")

    def why_off(self, action: str) -> str:
        """A key is not enough where the name has to be typed."""
        return "type the name" if action == "yes" and self._type_name else ""

    def on_key(self, event: events.Key) -> None:
        """An early enter is the safe answer where a key decides."""
        if event.key == "enter" and not self._type_name:
            event.stop()
            self.dismiss(False)

    @on(Input.Submitted)
    def _name_typed(self, event: Input.Submitted) -> None:
        self.dismiss(event.value == self._type_name)

    def action_yes(self) -> None:
        """Confirm."""
        self.dismiss(True)

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)
