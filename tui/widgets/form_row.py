"""One field of a form: its label, what is typed or chosen, and below it what it is, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.text import displayable
from tui.widgets.choice import Choice


class FormRow(Vertical):
    """A label and an input, or a choice where there are options; the help line turns into the problem."""

    DEFAULT_CSS = """
    FormRow {
        height: auto;
        margin-bottom: 1;
        .form-line { height: auto; }
        .form-label { width: 20; color: $foreground; }
        .form-help { color: $dim; height: auto; padding-left: 20; }
        Choice, Input { width: 1fr; }
        .form-label.-focused { color: $accent; text-style: bold; }
        &.-wrong .form-help { color: $error; }
    }
    """

    def __init__(
        self,
        name: str,
        label: str,
        help: str,
        value: str = "",
        *,
        options: Sequence[tuple[str, str]] = (),
        placeholder: str = "",
        is_secret: bool = False,
    ) -> None:
        super().__init__(id=f"row-{name}")
        self.field_name = name
        self._label = label
        self._help = help
        self._value = value
        self._options = options
        self._placeholder = placeholder
        self._is_secret = is_secret
        self._problem = ""

    def compose(self) -> ComposeResult:
        """Label and field on a line, the help below."""
        yield Horizontal(
            Static(Content(f"  {self._label}"), classes="form-label"), self.make_field(), classes="form-line"
        )
        yield from self.compose_between()
        yield Static(Content(self._help), classes="form-help")

    def make_field(self) -> Widget:
        """What stands beside the label."""
        if self._options:
            return Choice(self._options, self._value)
        return Input(self._value, placeholder=self._placeholder, password=self._is_secret, classes="deck-input")

    def compose_between(self) -> ComposeResult:
        """What a special row has between field and help."""
        yield from ()

    def on_descendant_focus(self) -> None:
        """Mark the label, for eyes without colour, too."""
        self._mark(is_focused=True)

    def on_descendant_blur(self) -> None:
        """The mark goes."""
        self._mark(is_focused=False)

    def _mark(self, *, is_focused: bool) -> None:
        label = self.query_one(".form-label", Static)
        label.set_class(is_focused, "-focused")
        label.update(Content(f"▸ {self._label}" if is_focused else f"  {self._label}"))

    @property
    def value(self) -> str:
        """What is typed or chosen."""
        if self._options:
            return self.query_one(Choice).value
        return self.query_one(Input).value.strip() if not self._is_secret else self.query_one(Input).value

    @property
    def problem(self) -> str:
        """What is wrong, or empty."""
        return self._problem

    @problem.setter
    def problem(self, problem: str) -> None:
        self._problem = problem
        self.set_class(bool(problem), "-wrong")
        self._say()

    def explain(self, help: str, *, placeholder: str = "", is_secret: bool = False) -> None:
        """Change what the field is: its help, what stands in it while empty, whether it is masked."""
        self._help, self._is_secret = help, is_secret
        field = self.query_one(Input)
        field.placeholder = placeholder
        field.password = is_secret
        self._say()

    def focus_field(self) -> None:
        """Go to the field, or to the choice."""
        fields = [field for field in self.query(Input) if field.display]
        (fields[0] if fields else self.query_one(Choice)).focus()

    def _say(self) -> None:
        words = f"✗ {self._problem}" if self._problem else self._help
        self.query_one(".form-help", Static).update(Content(displayable(words)))
