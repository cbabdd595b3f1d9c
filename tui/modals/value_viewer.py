"""One value whole: as text or JSON tree, and as the bytes it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from services.results.types import Inspection
from tui.keys import key
from tui.modals.base import DeckModal
from tui.walls import clipboard_text
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane


class ValueViewer(DeckModal[None]):
    """Shows an inspection."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("x", "hex", "Hex", id="value.hex", tooltip="Show the bytes, or the text again.", weight=20),
        key("y", "copy", "Copy", id="value.copy", tooltip="Copy the value as text.", weight=10),
    ]
    DEFAULT_CSS = """
    ValueViewer {
        #modal-box { width: 90%; max-width: 140; height: 90%; }
        #modal-pane { height: 1fr; }
    }
    """

    def __init__(self, title: str, inspection: Inspection) -> None:
        super().__init__()
        self._title = title
        self._inspection = inspection
        self._is_hex = False

    @property
    def title_words(self) -> str:
        """The cell."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """The lines."""
        yield Lines(id="value-lines")

    def on_mount(self) -> None:
        """Show the text."""
        self._show()
        self.query_one(Lines).focus()

    def _show(self) -> None:
        found = self._inspection
        form = "hex" if self._is_hex else "text"
        notes = [found.type or "absent", f"{found.size:,} bytes", form]
        if found.is_cut:
            notes.append("only the beginning is shown")
        self.query_one("#modal-pane", Pane).notes = notes
        shown = found.hex_lines if self._is_hex else found.lines
        lines = [Line.of(text) for text in shown] or [Line.of(Piece("nothing to show", "dim"))]
        self.query_one(Lines).show(lines)

    def why_off(self, action: str) -> str:
        """Only texts and bytes are kept as bytes; a number or an object was decoded."""
        return "the value came decoded" if action == "hex" and not self._inspection.hex_lines else ""

    def action_hex(self) -> None:
        """Text or bytes."""
        self._is_hex = not self._is_hex
        self._show()

    def action_copy(self) -> None:
        """Copy the whole text, cut or not as it is here."""
        text = self._inspection.edit_text or "\n".join(self._inspection.lines)
        self.app.copy_to_clipboard(clipboard_text(text))
        self.notify(f"copied {len(text):,} characters", markup=False)
