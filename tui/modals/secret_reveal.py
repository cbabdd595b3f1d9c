"""Shows secrets that a service tells once: on the screen only, gone when it is closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from services.secrets import Secret
from tui.keys import key
from tui.modals.base import DeckModal
from tui.widgets.lines import Line, Lines, Piece


class SecretReveal(DeckModal[None]):
    """Nothing here is kept: not in a file, not in the events, not in a screenshot."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("y", "copy", "Copy", id="reveal.copy", tooltip="Copy the first secret to the clipboard.", weight=20),
        key("space", "show", "Show", id="reveal.show", tooltip="Show it, or hide it again.", weight=30),
    ]
    DEFAULT_CSS = """
    SecretReveal { #reveal-lines { height: auto; padding: 1; } }
    """

    def __init__(self, title: str, secrets: Sequence[tuple[str, Secret]]) -> None:
        super().__init__()
        self._title = title
        self._secrets = list(secrets)
        self._is_shown = False

    @property
    def title_words(self) -> str:
        """Whose they are."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """Hidden at first: someone may be looking."""
        yield Lines(self._lines(), id="reveal-lines")

    def _lines(self) -> list[Line]:
        lines = [
            Line.of(Piece(f"{label}  ", "dim"), Piece(secret.reveal() if self._is_shown else str(secret), "bright"))
            for label, secret in self._secrets
        ]
        words = "It is told only now and kept nowhere. space shows it, y copies it."
        return [*lines, Line.of(Piece(words, "warning"))]

    def action_show(self) -> None:
        """Show it, or hide it again."""
        self._is_shown = not self._is_shown
        self.query_one(Lines).show(self._lines())

    def action_copy(self) -> None:
        """Copy the first one."""
        self.app.copy_to_clipboard(self._secrets[0][1].reveal())
        self.app.notify("The secret was sent to the clipboard.", markup=False)
