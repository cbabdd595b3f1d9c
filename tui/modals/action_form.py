"""The form of an action: its arguments, and below them what will be sent and what it takes of the quotas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from services.connections.managed_proxy import InstancesApi
from services.errors import StoredeckError
from services.secrets import Secret
from services.stores.instances import Action, ActionField, ActionResult
from tui.instance_words import plan_lines
from tui.keys import key
from tui.modals.base import DeckModal
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow
from tui.widgets.lines import Line, Lines, Piece
from tui.widgets.pane import Pane
from tui.working import start_work

PLAN_AFTER_SECONDS: Final = 0.5
_LIST_HELP: Final = "Several with commas."


class ActionForm(DeckModal[ActionResult]):
    """The service's answer, None when it was closed. Stays open while the service refuses."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+s", "send", "Send", id="action_form.send", tooltip="Send the request.", weight=90),
        key("enter", "next_field", "Next", id="action_form.next", tooltip="To the next field.", priority=True),
        key("escape", "cancel", "Close", id="action_form.close", tooltip="Close; nothing is sent.", weight=2),
    ]
    DEFAULT_CSS = """
    ActionForm {
        #modal-box { height: 90%; max-height: 90%; max-width: 120; }
        #modal-pane { height: 1fr; }
        #action-rows { height: 1fr; scrollbar-size-vertical: 1; }
        #action-plan-pane { height: 10; }
        FormRow { margin-bottom: 0; }
    }
    """

    def __init__(
        self,
        api: InstancesApi,
        action: Action,
        identifier: str,
        fields: Sequence[ActionField],
        given: Mapping[str, Any],
        title: str,
    ) -> None:
        """A form.

        Args:
            given: arguments known before, such as the key of the row that is acted on.
            title: what is acted on, in words.
        """
        super().__init__()
        self._api = api
        self._action = action
        self._identifier = identifier
        self._fields = list(fields)
        self._given = dict(given)
        self._title = title
        self._timer: Timer | None = None
        self._is_sending = False

    @property
    def title_words(self) -> str:
        """The action, and what it acts on."""
        return f"{self._action.title}: {self._title}" if self._title else self._action.title

    def compose_body(self) -> Iterable[Widget]:
        """The fields, and what will be sent."""
        with VerticalScroll(id="action-rows", can_focus=False):
            yield from self._rows()
        with Pane("What will be sent", id="action-plan-pane"):
            yield Lines(id="action-plan")

    def _rows(self) -> Iterable[FormRow]:
        for field in self._fields:
            yield field_row(field, self._given.get(field.name))

    def on_mount(self) -> None:
        """Begin with the first field."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        rows = list(self.query(FormRow))
        if rows:
            rows[0].focus_field()
        if any(field.depends_on for field in self._fields):
            start_work(self, "fields", self._ask_fields)
        self._plan_soon()

    def why_off(self, action: str) -> str:
        """One request at a time."""
        return "it is being sent" if action == "send" and self._is_sending else ""

    def action_next_field(self) -> None:
        """To the next field."""
        self.focus_next()

    @on(Input.Changed)
    @on(Choice.Changed)
    def _changed(self, event: Input.Changed | Choice.Changed) -> None:
        row = next((node for node in event.control.ancestors if isinstance(node, FormRow)), None)
        if row is None:
            return
        row.problem = ""
        if any(field.depends_on == row.field_name for field in self._fields) and isinstance(event, Choice.Changed):
            start_work(self, "fields", self._ask_fields)
        self._plan_soon()

    async def _ask_fields(self) -> None:
        """Other choices follow from what was chosen."""
        given = {**self._given, **self.arguments()}
        try:
            self._fields = list(await self._api.fields(self._action.name, self._identifier, given))
        except StoredeckError as error:
            self._say(error)
            return
        typed = self.arguments()
        rows, focused = self.query_one("#action-rows"), self._focused_name()
        async with rows.batch():
            await rows.remove_children()
            await rows.mount_all([field_row(field, typed.get(field.name)) for field in self._fields])
        if focused:
            self.query_one(f"#row-{focused}", FormRow).focus_field()

    def _focused_name(self) -> str:
        focused = self.focused
        row = next((node for node in focused.ancestors if isinstance(node, FormRow)), None) if focused else None
        return row.field_name if row is not None and any(f.name == row.field_name for f in self._fields) else ""

    def arguments(self) -> dict[str, Any]:
        """What is typed and chosen; fields left empty are left out."""
        kinds = {field.name: field.kind for field in self._fields}
        found: dict[str, Any] = {}
        for row in self.query(FormRow):
            if row.value and row.field_name in kinds:
                found[row.field_name] = _typed(row.value, kinds[row.field_name])
        return found

    def _plan_soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PLAN_AFTER_SECONDS, self._plan_now)

    def _plan_now(self) -> None:
        start_work(self, "plan", self._plan)

    async def _plan(self) -> None:
        pane = self.query_one("#action-plan-pane", Pane)
        pane.busy("asking")
        try:
            plan = await self._api.plan(self._action.name, self._identifier, {**self._given, **self.arguments()})
            self.query_one("#action-plan", Lines).show(plan_lines(plan))
        except StoredeckError as error:
            self._say(error, "dim")
        finally:
            pane.idle()

    def _say(self, error: StoredeckError, style: str = "error") -> None:
        lines = [Line.of(Piece(error.message, style)), Line.of(Piece(error.hint, "dim"))]
        lines += [Line.of(Piece(f"request id: {error.request_id}", "dim"))] if error.request_id else []
        self.query_one("#action-plan", Lines).show(lines)

    def action_send(self) -> None:
        """Send the request."""
        missing = next((f for f in self._fields if f.is_required and not self._value(f.name)), None)
        if missing is not None:
            row = self.query_one(f"#row-{missing.name}", FormRow)
            row.problem = "is needed"
            row.focus_field()
            return
        self._is_sending = True
        self.refresh_bindings()
        start_work(self, "send", self._send)

    def _value(self, name: str) -> str:
        return self.query_one(f"#row-{name}", FormRow).value or str(self._given.get(name) or "")

    async def _send(self) -> None:
        pane = self.query_one("#action-plan-pane", Pane)
        pane.busy("sending")
        try:
            result = await self._api.act(self._action.name, self._identifier, {**self._given, **self.arguments()})
        except StoredeckError as error:
            self._say(error)
        else:
            self.dismiss(result)
        finally:
            pane.idle()
            self._is_sending = False
            self.refresh_bindings()


def field_row(field: ActionField, given: Any = None) -> FormRow:
    """The row of one argument."""
    value = field.default if given is None else _shown(given)
    label = f"{field.label} *" if field.is_required else field.label
    if field.kind == "flag":
        return FormRow(field.name, label, field.help, value or "false", options=[("false", "no"), ("true", "yes")])
    if field.kind == "choice":
        options = [(choice.value, choice.label or choice.value) for choice in field.choices]
        none = [] if field.is_required else [("", "none")]
        return FormRow(field.name, label, field.help, value, options=[*none, *options] or [("", "nothing to choose")])
    help = f"{field.help} {_LIST_HELP}".strip() if field.kind == "list" else field.help
    return FormRow(field.name, label, help, value, is_secret=field.kind == "secret")


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _typed(text: str, kind: str) -> Any:
    match kind:
        case "flag":
            return text == "true"
        case "list":
            return [part.strip() for part in text.split(",") if part.strip()]
        case "secret":
            return Secret(text)
    return text
