"""Asks for new options of a container, and shows below the text what each was and will be, and the call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static, TextArea

from services.catalog.definition import parse_definition
from services.errors import StoredeckError
from services.text import displayable
from tui.keys import key
from tui.modals.base import DeckModal
from tui.working import start_work

if TYPE_CHECKING:
    from services.stores.altering import Alteration, OptionChange

NOTHING = "nothing is changed yet"
Plan = Callable[[dict[str, Any]], Awaitable["Alteration"]]


def change_words(change: OptionChange) -> str:
    """One option: `max_versions  1 → 3`."""
    return f"{displayable(change.name)}  {displayable(str(change.was))} → {displayable(str(change.will))}"


class AlterContainer(DeckModal[dict[str, Any]]):
    """Gives the definition whose plan was shown and can be sent, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+s", "take", "Change", id="alter.take", tooltip="Go on to send these changes.", weight=20),
        key("escape", "cancel", "Close", id="alter.close", tooltip="Close; nothing is changed.", weight=1),
    ]
    DEFAULT_CSS = """
    AlterContainer {
        #alter-text { border: none; height: 12; padding: 0; background: $ground; }
        .alter-label { color: $dim; height: 1; }
        #alter-plan { height: auto; min-height: 3; color: $staged; }
        #alter-notes { height: auto; color: $dim; }
        #alter-error { height: auto; color: $error; }
    }
    """

    def __init__(self, title: str, text: str, plan: Plan) -> None:
        """A form.

        Args:
            text: the options as they are, as JSON.
            plan: what a definition would change; raises what is wrong with it.
        """
        super().__init__()
        self._title = title
        self._start = text
        self._plan = plan
        self._ready: dict[str, Any] | None = None

    @property
    def title_words(self) -> str:
        """Whose options."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """The options, what will change, what is to be known, what is wrong."""
        yield Static(Content("options as they are now; change any, leave out the others"), classes="alter-label")
        yield TextArea(self._start, id="alter-text")
        yield Static(Content(NOTHING), id="alter-plan")
        yield Static(id="alter-notes")
        yield Static(id="alter-error")

    def why_off(self, action: str) -> str:
        """Why nothing can be sent."""
        return "no change that can be sent is shown" if action == "take" and self._ready is None else ""

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        self._ready = None
        self.refresh_bindings()
        start_work(self, "plan", self._show_plan)

    async def _show_plan(self) -> None:
        try:
            definition = parse_definition(self.query_one(TextArea).text)
            plan = await self._plan(definition)
        except StoredeckError as error:
            self._say("", "", f"{error.message}. {error.hint}" if error.hint else error.message)
            return
        changes = "\n".join(change_words(change) for change in plan.changes)
        if plan.call.reason or not plan.changes:
            self._say(changes or NOTHING, "", plan.call.reason if plan.changes else "")
            return
        self._say(changes, "\n".join(plan.notes), "")
        self._ready = definition
        self.refresh_bindings()

    def _say(self, changes: str, notes: str, problem: str) -> None:
        self.query_one("#alter-plan", Static).update(Content(changes))
        for name, words in (("notes", notes), ("error", problem)):
            shown = "\n".join(displayable(line) for line in words.split("\n"))
            self.query_one(f"#alter-{name}", Static).update(Content(shown))

    def action_take(self) -> None:
        """Close with what was shown."""
        if self._ready is not None:
            self.dismiss(self._ready)
