"""Asks for one line of text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.text import displayable
from tui.keys import key
from tui.modals.base import DeckModal


class TextPrompt(DeckModal[str]):
    """The text, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "cancel", "Close", id="prompt.close", tooltip="Close; nothing is done.", weight=1),
    ]
    DEFAULT_CSS = """
    TextPrompt {
        #prompt-help { height: auto; color: $dim; }
    }
    """

    def __init__(self, title: str, help: str, start: str = "") -> None:
        super().__init__()
        self._title = title
        self._help = help
        self._start = start

    @property
    def title_words(self) -> str:
        """What is asked for."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """The field, and what it is for."""
        yield Input(self._start, id="prompt-text", classes="deck-input")
        yield Static(Content(displayable(self._help)), id="prompt-help")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)
