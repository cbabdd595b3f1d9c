"""The form of an action: its arguments, and below them what will be sent and what it takes of the quotas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from services.connections.api import InstancesApi
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
SHORT_FIELDS: Final = 3
"""Forms of so few fields are only as high as they need to be."""

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
        #action-plan-pane { height: 35%; max-height: 12; }
        FormRow { margin-bottom: 0; }
        &.-short {
            #modal-box, #modal-pane, #action-rows { height: auto; }
            #action-plan-pane { height: 9; }
        }
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
        """A form; `named` is the name that was typed for what is made, once it is sent.

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
        self.named = ""

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
        self.set_class(len(self._fields) <= SHORT_FIELDS, "-short")
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
            fields = await self._api.fields(self._action.name, self._identifier, given)
        except StoredeckError as error:
            self._say(error)
            return
        if self.is_current:
            await self._show_fields(fields)
            self._plan_soon()

    async def _show_fields(self, fields: Sequence[ActionField]) -> None:
        """Only rows that are others now are made anew: what is typed meanwhile, and where, stays."""
        typed, before = self.arguments(), {field.name: field for field in self._fields}
        self._fields = list(fields)
        area, kept = self.query_one("#action-rows"), dict[str, FormRow]()
        wanted = {field.name: field for field in fields}
        for row in self.query(FormRow):
            if _is_same(wanted.get(row.field_name), before.get(row.field_name)):
                kept[row.field_name] = row
            else:
                await row.remove()
        above: FormRow | None = None
        for field in fields:
            row = kept.get(field.name) or field_row(field, typed.get(field.name))
            if field.name not in kept:
                await area.mount(row, after=above) if above is not None else await area.mount(row, before=0)
            above = row

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
        missing = [field.label for field in self._fields if field.is_required and not self._value(field.name)]
        if missing:
            words = f"{' and '.join(missing)}: then the quotas and the request stand here."
            self.query_one("#action-plan", Lines).show([Line.of(Piece(words, "dim"))])
            return
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
        typed = [row.value for row in self.query(FormRow) if row.field_name == name]
        return next(iter(typed), "") or str(self._given.get(name) or "")

    async def _send(self) -> None:
        pane = self.query_one("#action-plan-pane", Pane)
        pane.busy("sending")
        self.named = str(self.arguments().get("name", ""))
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


def _is_same(one: ActionField | None, other: ActionField | None) -> bool:
    """Whether both are asked for alike; what stands in the row is the user's, whatever the default became."""
    return one is not None and other is not None and replace(one, default="") == replace(other, default="")


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
    is_told = field.kind != "list" or "comma" in field.help
    help = field.help if is_told else f"{field.help} {_LIST_HELP}".strip()
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
