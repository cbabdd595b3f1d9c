"""What every modal has: a framed box with a title, its keys at the bottom, `esc` and `q` to close."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget

from tui.keys import key
from tui.widgets.footer import FooterLine
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from tui.app import StoredeckApp

Result = TypeVar("Result")


class DeckModal(ModalScreen[Result | None], Generic[Result]):
    """A pop-up. Subclasses set `TITLE_WORDS` and write `compose_body`; `dismiss` gives the result, None for none."""

    TITLE_WORDS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape,q", "cancel", "Close", id="modal.close", tooltip="Close the pop-up; nothing is changed.", weight=2),
        key("f1", "app.help", "more", id="modal.help", tooltip="Every key that works in the pop-up.", weight=1),
    ]
    DEFAULT_CSS = """
    DeckModal {
        align: center middle;
        background: $ground 60%;
        #modal-box {
            width: 80%;
            max-width: 100;
            height: auto;
            max-height: 90%;
            background: $raised;
            padding: 0 1;
        }
        #modal-pane { height: auto; max-height: 100%; }
        &.-narrow, &.-tiny { #modal-box { width: 100%; } }
    }
    """

    @property
    def deck(self) -> StoredeckApp:
        """The app, by its own type."""
        return cast("StoredeckApp", self.app)

    @property
    def title_words(self) -> str:
        """What stands in the title rule."""
        return self.TITLE_WORDS

    def compose(self) -> ComposeResult:
        """The box around `compose_body`."""
        with Vertical(id="modal-box"):
            with Pane(self.title_words, id="modal-pane"):
                yield from self.compose_body()
            yield FooterLine()

    def compose_body(self) -> Iterable[Widget]:
        """What the box holds."""
        return ()

    def why_off(self, action: str) -> str:
        """Why an action cannot be done now, or empty."""
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Textual's question, answered by `why_off`."""
        return None if self.why_off(action) else True

    def action_cancel(self) -> None:
        """Close without a result."""
        self.dismiss(None)
