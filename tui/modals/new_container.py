"""Asks for the name and the definition of a new container, and stays open while the store refuses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from services.catalog.definition import parse_definition
from services.errors import StoredeckError, UsageError
from services.text import displayable
from tui.keys import key
from tui.modals.base import DeckModal
from tui.working import start_work


class NewContainer(DeckModal[str]):
    """Gives the name once the container was created, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+s", "create", "Create", id="container.create", tooltip="Create it now.", weight=20),
        key("escape", "cancel", "Close", id="container.close", tooltip="Close; nothing is created.", weight=1),
    ]
    DEFAULT_CSS = """
    NewContainer {
        #container-error { height: auto; color: $error; }
        #container-definition { border: none; height: 16; padding: 0; background: $ground; }
        .container-label { color: $dim; height: 1; }
    }
    """

    def __init__(self, title: str, definition: str, create: Callable[[str, dict[str, Any]], Awaitable[None]]) -> None:
        super().__init__()
        self._title = title
        self._definition = definition
        self._create = create

    @property
    def title_words(self) -> str:
        """Where it will lie."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """Name, definition, what is wrong."""
        yield Static(Content("name"), classes="container-label")
        yield Input(id="container-name", classes="deck-input")
        yield Static(Content("definition: columns and options, as describe shows them"), classes="container-label")
        yield TextArea(self._definition, id="container-definition")
        yield Static(id="container-error")

    def action_create(self) -> None:
        """Create it, and close when that worked."""
        start_work(self, "create", self._created)

    async def _created(self) -> None:
        name = self.query_one("#container-name", Input).value
        try:
            if not name:
                raise UsageError("the name is needed")
            await self._create(name, parse_definition(self.query_one(TextArea).text))
        except StoredeckError as error:
            words = f"{error.message}. {error.hint}" if error.hint else error.message
            self.query_one("#container-error", Static).update(Content(displayable(words)))
            return
        self.dismiss(name)
