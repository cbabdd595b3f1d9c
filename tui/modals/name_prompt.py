"""Asks for the name of a profile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.connections.profile import check_name
from services.errors import UsageError
from services.text import displayable
from tui.keys import key
from tui.modals.base import DeckModal

FREE_WORDS = "Letters, digits and . _ @ + -, since it stands in addresses such as name:table."


def name_problem(name: str, taken: Sequence[str]) -> str:
    """Why the name cannot be, or empty."""
    if not name:
        return "needed"
    if name in taken:
        return f"{name} is there already"
    try:
        check_name(name)
    except UsageError as error:
        return error.hint
    return ""


class NamePrompt(DeckModal[str]):
    """The new name, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "take", "Take", id="name.take", tooltip="Take this name.", weight=20, priority=True),
    ]
    DEFAULT_CSS = """
    NamePrompt {
        #name-words { color: $dim; height: auto; }
        #name-words.-wrong { color: $error; }
    }
    """

    def __init__(self, title: str, start: str, taken: Sequence[str]) -> None:
        """A prompt.

        Args:
            start: what the field holds at first; allowed even though it is taken.
            taken: names that are in use.
        """
        super().__init__()
        self._title = title
        self._start = start
        self._taken = [name for name in taken if name != start]

    @property
    def title_words(self) -> str:
        """What the name is for."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """The field and what it takes."""
        yield Input(self._start, id="name", classes="deck-input")
        yield Static(Content(FREE_WORDS), id="name-words")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        problem = name_problem(event.value, self._taken)
        words = self.query_one("#name-words", Static)
        words.set_class(bool(problem), "-wrong")
        words.update(Content(displayable(problem or FREE_WORDS)))

    def action_take(self) -> None:
        """Take the name, if it can be."""
        name = self.query_one("#name", Input).value
        if not name_problem(name, self._taken):
            self.dismiss(name)
