"""A page of lines to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui.keys import key
from tui.modals.base import DeckModal
from tui.widgets.lines import Line, Lines


class ReaderModal(DeckModal[None]):
    """Shows lines; nothing is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("y", "copy", "Copy", id="reader.copy", tooltip="Copy all of it.", weight=20),
    ]
    DEFAULT_CSS = """
    ReaderModal {
        #modal-box { height: 80%; }
        #modal-pane, #reader-lines { height: 1fr; }
    }
    """

    def __init__(self, title: str, lines: Sequence[Line], note: str = "") -> None:
        super().__init__()
        self._title = f"{title} ── {note}" if note else title
        self._lines = list(lines)

    @property
    def title_words(self) -> str:
        """What is read."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """The lines."""
        yield Lines(self._lines, id="reader-lines")

    def action_copy(self) -> None:
        """Copy all of it."""
        self.app.copy_to_clipboard(self.query_one(Lines).text)
        self.app.notify("Sent to the clipboard.", markup=False)
