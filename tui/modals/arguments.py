"""Asks for the arguments of a statement before it runs; they are bound, never pasted into its text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.queries.arguments import argument_value
from services.text import displayable
from tui.keys import key
from tui.modals.base import DeckModal
from tui.widgets.form_row import FormRow

HELP = "42 and 1.5 are numbers, null is NULL, '42' is text; anything else is text as it stands."


class ArgumentsModal(DeckModal[dict[str, str]]):
    """The words for each argument by its name, None when closed."""

    TITLE_WORDS = "Arguments"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "cancel", "Close", id="arguments.close", tooltip="Close; the statement does not run.", weight=1),
        key("f5,ctrl+j", "run", "Run", id="arguments.run", tooltip="Run with these arguments.", weight=100),
    ]
    DEFAULT_CSS = """
    ArgumentsModal #arguments-help { color: $dim; height: auto; }
    """

    def __init__(self, names: Sequence[str], before: Mapping[str, str]) -> None:
        """A form.

        Args:
            before: the words given last time, to start from.
        """
        super().__init__()
        self._names = list(names)
        self._before = before

    def compose_body(self) -> Iterable[Widget]:
        """A row an argument."""
        for place, name in enumerate(self._names):
            label = f"argument {name}" if name.isdecimal() else f":{name}"
            start = self._before.get(name, "")
            yield FormRow(f"argument-{place}", displayable(label), _kind_words(start), start)
        yield Static(Content(HELP), id="arguments-help")

    def on_mount(self) -> None:
        """Begin with the first."""
        self.query(FormRow).first().focus_field()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        row = next(node for node in event.input.ancestors if isinstance(node, FormRow))
        row.explain(_kind_words(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        rows = list(self.query(FormRow))
        place = next(place for place, row in enumerate(rows) if row in event.input.ancestors)
        if place + 1 < len(rows):
            rows[place + 1].focus_field()
        else:
            self.action_run()

    def action_run(self) -> None:
        """Give the words."""
        words = [row.query_one(Input).value for row in self.query(FormRow)]
        self.dismiss(dict(zip(self._names, words, strict=True)))


def _kind_words(words: str) -> str:
    """What the words will be bound as."""
    value = argument_value(words)
    if value is None:
        return "NULL"
    if value == "":
        return "empty text"
    return {bool: "true or false", int: "whole number", float: "double", str: "text"}.get(type(value), "decimal")


def argument_values(words: Mapping[str, str]) -> dict[str, Any]:
    """The values to bind."""
    return {name: argument_value(word) for name, word in words.items()}
