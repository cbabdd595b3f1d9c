"""The form of a profile: asks only what its kind needs, and says below each field what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from services.connections.profile import Environment, Profile
from services.connections.secret_refs import SecretRef
from services.errors import StoredeckError
from services.logs import remember_secret
from services.secrets import Secret
from services.stores.kinds import ProfileField
from services.stores.registry import KINDS, store_kind
from services.text import displayable
from tui.keys import key
from tui.modals.base import DeckModal
from tui.modals.name_prompt import FREE_WORDS, name_problem
from tui.modals.profile_checks import field_problem
from tui.modals.secret_row import SecretRow
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow
from tui.working import start_work

ENVIRONMENTS = [(environment.value, environment.value) for environment in Environment]
YES_NO = [("false", "no"), ("true", "yes")]


class ProfileForm(DeckModal[str]):
    """The name of the saved profile, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+s", "save", "Save", id="profile_form.save", tooltip="Save the profile.", weight=90),
        key(
            "enter",
            "next_field",
            "Next",
            id="profile_form.next",
            tooltip="To the next field.",
            weight=80,
            priority=True,
        ),
    ]
    DEFAULT_CSS = """
    ProfileForm {
        #modal-box { height: 90%; max-height: 90%; }
        #modal-pane, #form-rows { height: 1fr; }
        #form-rows { scrollbar-size-vertical: 1; padding-top: 1; }
        #form-notice { color: $warning; height: auto; padding: 0 0 1 0; }
    }
    """

    def __init__(self, taken: Sequence[str], profile: Profile | None = None) -> None:
        """A form.

        Args:
            taken: the names in use.
            profile: the one to change; None for a new one.
        """
        super().__init__()
        self._before = profile
        self._taken = [name for name in taken if profile is None or name != profile.name]
        self._kind = profile.store_kind if profile is not None else KINDS[0]
        self._is_saving = False

    @property
    def title_words(self) -> str:
        """New or edit."""
        return f"Edit {self._before.name}" if self._before else "New connection"

    def compose_body(self) -> Iterable[Widget]:
        """Every row, scrolled."""
        with VerticalScroll(id="form-rows", can_focus=False):
            notice = Static(Content(""), id="form-notice")
            notice.display = False
            yield notice
            yield from self._common_rows()
            yield from self._kind_rows()

    def _common_rows(self) -> Iterable[Widget]:
        before = self._before
        if before is None and len(KINDS) > 1:
            kinds = [(kind.kind, kind.title) for kind in KINDS]
            yield FormRow("kind", "Kind", "The system it leads to.", self._kind.kind, options=kinds)
        name = before.name if before else ""
        yield FormRow("name", "Name", FREE_WORDS, name, placeholder="grid-prod")
        yield FormRow(
            "environment",
            "Environment",
            "Stands as a word in the header; confirmations weigh with it.",
            before.environment.value if before else "dev",
            options=ENVIRONMENTS,
        )
        is_read_only = "true" if before and before.is_read_only else "false"
        yield FormRow(
            "read_only", "Read-only", "Every change is refused before a request is sent.", is_read_only, options=YES_NO
        )

    def _kind_rows(self) -> Iterable[Widget]:
        fields: Mapping[str, str] = self._before.fields if self._before else {}
        for field in self._kind.fields:
            if field.is_secret:
                ref = self._before.secrets.get(field.name) if self._before else None
                yield SecretRow(field, ref)
            else:
                yield _field_row(field, fields.get(field.name, ""))

    def on_mount(self) -> None:
        """Begin with the name; look for the keyring meanwhile."""
        self._show_extra()
        self._row("name").query_one(Input).focus()
        start_work(self, "keyring", self._look_for_keyring)

    def _show_extra(self) -> None:
        if not self._kind.is_installed:
            self._say(f"{self._kind.title}: its SDK is not installed. Run: {self._kind.install_command}")

    def _say(self, words: str) -> None:
        notice = self.query_one("#form-notice", Static)
        notice.display = bool(words)
        notice.update(Content(displayable(words)))

    async def _look_for_keyring(self) -> None:
        problem = await asyncio.to_thread(lambda: self.deck.services.vault.problem)
        if problem and self.is_mounted:
            for row in self.query(SecretRow):
                row.without_keyring(problem)

    def _row(self, name: str) -> FormRow:
        return self.query_one(f"#row-{name}", FormRow)

    @on(Input.Changed)
    @on(Choice.Changed)
    def _changed(self, event: Input.Changed | Choice.Changed) -> None:
        row = next((node for node in event.control.ancestors if isinstance(node, FormRow)), None)
        if row is not None and row.field_name == "kind":
            start_work(self, "kind", self._take_kind, row.value)
        elif row is not None:
            row.problem = self._problem(row)

    async def _take_kind(self, kind: str) -> None:
        if kind == self._kind.kind:
            return
        self._kind = store_kind(kind)
        common = {"row-kind", "row-name", "row-environment", "row-read_only"}
        rows = self.query_one("#form-rows")
        await rows.remove_children([row for row in rows.children if isinstance(row, FormRow) and row.id not in common])
        await rows.mount_all(list(self._kind_rows()))
        self._say("")
        self._show_extra()

    def _problem(self, row: FormRow) -> str:
        if row.field_name == "name":
            return name_problem(row.value, self._taken)
        if isinstance(row, SecretRow):
            return row.own_problem
        if row.field_name in ("kind", "environment", "read_only"):
            return ""
        return field_problem(self._kind, row.field_name, row.value)

    def why_off(self, action: str) -> str:
        """One save at a time."""
        return "it is being saved" if action == "save" and self._is_saving else ""

    def action_next_field(self) -> None:
        """To the next field."""
        self.focus_next()

    def action_save(self) -> None:
        """Check every field, then save in a thread."""
        wrong = None
        for row in self.query(FormRow):
            row.problem = self._problem(row)
            wrong = wrong or (row if row.problem else None)
        if wrong is not None:
            wrong.focus_field()
            return
        self._is_saving = True
        self.refresh_bindings()
        start_work(self, "save", self._save)

    async def _save(self) -> None:
        profile, secrets = self._read()
        self.query_one("#modal-pane").busy("saving")  # type: ignore[attr-defined]
        try:
            await asyncio.to_thread(self._store, profile, secrets)
        except StoredeckError as error:
            self._say(f"✗ {error.message}. {error.hint}")
            self.query_one("#form-rows").scroll_home(animate=False)
        else:
            self.dismiss(profile.name)
            return
        finally:
            self._is_saving = False
            if self.is_mounted:
                self.query_one("#modal-pane").idle()  # type: ignore[attr-defined]
                self.refresh_bindings()

    def _read(self) -> tuple[Profile, dict[str, Secret]]:
        rows = {row.field_name: row for row in self.query(FormRow)}
        fields = {
            field.name: rows[field.name].value
            for field in self._kind.fields
            if not field.is_secret and rows[field.name].value
        }
        refs: dict[str, SecretRef] = {}
        secrets: dict[str, Secret] = {}
        for row in self.query(SecretRow):
            if row.new_secret is not None:
                secrets[row.field_name] = remember_secret(row.new_secret)
            elif (ref := row.ref) is not None:
                refs[row.field_name] = ref
        values: dict[str, Any] = {
            "name": rows["name"].value,
            "kind": self._kind.kind,
            "environment": Environment(rows["environment"].value),
            "is_read_only": rows["read_only"].value == "true",
            "fields": fields,
            "secrets": refs,
        }
        return (replace(self._before, **values) if self._before else Profile(**values)), secrets

    def _store(self, profile: Profile, secrets: dict[str, Secret]) -> None:
        """Add or change it; runs in a thread."""
        profiles = self.deck.services.profiles
        if self._before is None:
            profiles.add(profile, secrets)
            return
        profiles.edit(self._before.name, lambda now: replace(profile, name=now.name, id=now.id), secrets)
        if profile.name != self._before.name:
            profiles.rename(self._before.name, profile.name)


def _field_row(field: ProfileField, value: str) -> FormRow:
    if field.choices:
        options = [(word, word or "not set") for word in field.choices]
        return FormRow(field.name, field.label, field.help, value or field.default, options=options)
    return FormRow(field.name, field.label, field.help, value or field.default, placeholder=field.default)
