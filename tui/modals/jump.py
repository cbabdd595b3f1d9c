"""Jump labels: a letter on everything that can have the focus; its key goes there."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.keys import key

LETTERS: Final = "asdfghjklqwertyuiopzxcvbnm"


class JumpScreen(ModalScreen[Widget | None]):
    """Shows the letters over the screen below; dismisses with the widget chosen, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "stay", "Stay", id="jump.stay", tooltip="Leave the focus where it is.", weight=1),
    ]
    DEFAULT_CSS = """
    JumpScreen {
        background: transparent;
        .jump-label {
            position: absolute;
            width: 3;
            height: 1;
            background: $accent;
            color: $on-accent;
            text-style: bold;
        }
    }
    """

    def __init__(self, below: Screen[object]) -> None:
        super().__init__()
        seen = [widget for widget in below.focus_chain if widget.region.area]
        self._targets: dict[str, Widget] = dict(zip(LETTERS, seen, strict=False))

    def compose(self) -> ComposeResult:
        """A label at the top left corner of each target."""
        for letter, target in self._targets.items():
            label = Static(Content(f" {letter} "), classes="jump-label", markup=False)
            label.styles.offset = (target.region.x, target.region.y)
            yield label

    def on_key(self, event: Key) -> None:
        """Go to the target of the letter; any other key stays."""
        if event.key == "escape":
            return
        event.stop()
        self.dismiss(self._targets.get(event.character or ""))

    def action_stay(self) -> None:
        """Close the labels."""
        self.dismiss(None)
