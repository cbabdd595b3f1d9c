"""Asks for one secret; it is masked, kept for this session only and never written anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.errors import SecretNeeded
from services.logs import remember_secret
from services.secrets import Secret
from services.text import displayable
from tui.keys import key
from tui.modals.base import DeckModal


class SecretPrompt(DeckModal[Secret]):
    """The secret, or None when closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "take", "Connect", id="secret.take", tooltip="Connect with it.", weight=20, priority=True),
    ]
    DEFAULT_CSS = """
    SecretPrompt #secret-words { color: $dim; height: auto; }
    """

    def __init__(self, profile_name: str, needed: SecretNeeded) -> None:
        super().__init__()
        self._profile_name = profile_name
        self._needed = needed

    @property
    def title_words(self) -> str:
        """What is asked for."""
        return f"{self._needed.field} of {self._profile_name}"

    def compose_body(self) -> Iterable[Widget]:
        """Why it is asked, the field, what happens to it."""
        yield Static(Content(displayable(self._needed.message)), id="secret-why")
        yield Input(password=True, id="secret", classes="deck-input")
        yield Static(Content("It is used for this session and kept nowhere."), id="secret-words")

    def action_take(self) -> None:
        """Give the secret, unless it is empty."""
        text = self.query_one("#secret", Input).value
        if text:
            self.dismiss(remember_secret(Secret(text)))
