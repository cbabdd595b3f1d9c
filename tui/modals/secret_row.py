"""The row of a secret: where it is kept, and the secret or the name of where it comes from."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input

from services.connections.secret_refs import SecretRef, SecretSource
from services.secrets import Secret
from services.stores.kinds import ProfileField
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow

NONE = "none"
SOURCES = (
    (NONE, "none"),
    (SecretSource.KEYRING.value, "keyring"),
    (SecretSource.PROMPT.value, "ask"),
    (SecretSource.ENV.value, "variable"),
    (SecretSource.COMMAND.value, "command"),
)
_HELP = {
    NONE: "No secret is needed.",
    SecretSource.KEYRING.value: "Kept in the keyring of your system, nowhere else.",
    SecretSource.PROMPT.value: "Asked at each connect and kept nowhere.",
    SecretSource.ENV.value: "The name of an environment variable, read at each connect.",
    SecretSource.COMMAND.value: "A command that prints it, run at each connect without a shell.",
}
_KEPT = "•••••••• (stored; type to replace)"


class SecretRow(FormRow):
    """Where the secret is kept, above the field for it; a stored secret is never read back."""

    DEFAULT_CSS = """
    SecretRow > Input { margin-left: 20; }
    """

    def __init__(self, field: ProfileField, ref: SecretRef | None) -> None:
        is_named = ref is not None and ref.source in (SecretSource.ENV, SecretSource.COMMAND)
        super().__init__(field.name, field.label, "", ref.detail if ref is not None and is_named else "")
        self._before = ref
        self._is_required = field.is_required
        self._no_keyring = ""
        default = NONE if not field.is_required else SecretSource.KEYRING.value
        self._source = ref.source.value if ref is not None else default

    def make_field(self) -> Widget:
        """The choice of the place."""
        return Choice(SOURCES[1:] if self._is_required else SOURCES, self._source)

    def compose_between(self) -> ComposeResult:
        """The field for the secret, or for the name of where it comes from."""
        yield super().make_field()

    def on_mount(self) -> None:
        """Say what the place means."""
        self._source_changed()

    @property
    def source(self) -> str:
        """The chosen place."""
        return self.query_one(Choice).value

    @property
    def value(self) -> str:
        """The secret or the name, as typed."""
        text = self.query_one(Input).value
        return text if self.source == SecretSource.KEYRING.value else text.strip()

    @property
    def new_secret(self) -> Secret | None:
        """A secret to be put into the keyring."""
        return Secret(self.value) if self.source == SecretSource.KEYRING.value and self.value else None

    @property
    def ref(self) -> SecretRef | None:
        """The reference to keep, where there is no new secret."""
        match self.source:
            case SecretSource.KEYRING.value:
                return self._before if self._is_stored else None
            case SecretSource.ENV.value:
                return SecretRef.env(self.value)
            case SecretSource.COMMAND.value:
                return SecretRef.command(self.value)
            case SecretSource.PROMPT.value:
                return SecretRef.prompt()
        return None

    @property
    def _is_stored(self) -> bool:
        return self._before is not None and self._before.source is SecretSource.KEYRING

    @property
    def own_problem(self) -> str:
        """What is wrong with the row, or empty."""
        if self.source == SecretSource.KEYRING.value:
            if self._no_keyring:
                return f"{self._no_keyring}; choose another place"
            return "" if self.value or self._is_stored else "needed, or choose another place"
        if self.source in (SecretSource.ENV.value, SecretSource.COMMAND.value) and not self.value:
            return "needed"
        return ""

    def without_keyring(self, problem: str) -> None:
        """There is no usable keyring: say so where it matters."""
        self._no_keyring = problem
        if self.source == SecretSource.KEYRING.value:
            self.problem = self.own_problem

    @on(Choice.Changed)
    def _source_changed(self) -> None:
        source = self.source
        takes_text = source not in (NONE, SecretSource.PROMPT.value)
        field = self.query_one(Input)
        field.display = takes_text
        is_kept = source == SecretSource.KEYRING.value
        if is_kept or not takes_text:
            field.value = field.value if is_kept and field.password else ""
        placeholder = _KEPT if is_kept and self._is_stored else ""
        self.explain(_HELP[source], placeholder=placeholder, is_secret=is_kept)
