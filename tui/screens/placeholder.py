"""Screens that hold one empty state: what will be there, and why it is empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from tui.screens.base import DeckScreen
from tui.widgets.empty import EmptyState
from tui.widgets.pane import Pane


class PlaceholderScreen(DeckScreen):
    """One pane with its empty state."""

    TITLE_WORDS: ClassVar[str] = ""
    WHAT: ClassVar[str] = ""
    WHY: ClassVar[str] = ""
    KEY_HINT: ClassVar[str] = ""

    def compose_body(self) -> Iterable[Widget]:
        """The pane."""
        with Pane(self.TITLE_WORDS, explain=f"{self.WHAT} {self.WHY}"):
            yield EmptyState(self.WHAT, self.WHY, self.KEY_HINT)
