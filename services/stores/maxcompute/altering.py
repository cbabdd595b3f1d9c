"""Lifecycle and comment of a table, changed by statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.errors import UnsupportedOperation, UsageError
from services.stores.altering import Alteration, OptionChange
from services.stores.changes import Call, Path
from services.stores.maxcompute import ddl, names
from services.stores.maxcompute.metadata import Metadata
from services.stores.maxcompute.sql import SqlRunner

ALTERABLE: Final = ("lifecycle", "comment")
NOTHING: Final = "every option given is as it is already"


class Altering:
    """Changes options of tables, each by a statement of its own, in the order shown."""

    def __init__(self, metadata: Metadata, runner: SqlRunner) -> None:
        self._metadata = metadata
        self._runner = runner

    def alterable(self, path: Path) -> dict[str, Any]:
        """The options that can be changed, as they are now.

        Raises:
            UnsupportedOperation: it is no table.
        """
        place = names.place_of(path)
        facts = self._metadata.table(place)
        if place.spec or facts.is_view:
            told = f"{place.shown}: only options of a table can be changed"
            raise UnsupportedOperation(told, hint="Name a table.")
        found = ddl.definition_of(facts)
        return {"lifecycle": found.get("lifecycle"), "comment": found.get("comment", "")}

    def plan(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """What would be changed; see `AltersContainers.plan_alter`."""
        now, place = self.alterable(path), names.place_of(path)
        given = definition.get("options")
        if not isinstance(given, Mapping):
            hint = f'Write {{"options": {{...}}}} with any of {", ".join(ALTERABLE)}.'
            raise UsageError(f"{place.shown}: no options given", hint=hint)
        whole = ddl.definition_of(self._metadata.table(place))
        for name, will in given.items():
            if name not in ALTERABLE and will != whole.get(name):
                hint = f"These can be changed: {', '.join(ALTERABLE)}."
                raise UsageError(f"{name}: cannot be changed once a table is there", hint=hint)
        changes = tuple(
            OptionChange(name, now[name], given[name])
            for name in ALTERABLE
            if name in given and given[name] != now[name]
        )
        if not changes:
            return Alteration((), Call("", NOTHING))
        reason = _why_not(changes)
        call = Call("", reason) if reason else Call(";\n".join(self._statements(place, changes)))
        return Alteration(changes, call, _notes(changes))

    def _statements(self, place: names.Place, changes: tuple[OptionChange, ...]) -> list[str]:
        name = ddl.sql_name(place, self._metadata.schema_of(place.schema))
        return [f"ALTER TABLE {name} SET {_setting(change)}" for change in changes]

    def alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """Send the plan; where nothing differs nothing is sent."""
        plan = self.plan(path, definition)
        place = names.place_of(path)
        if plan.call.reason and plan.changes:
            raise UsageError(f"{place.shown}: {plan.call.reason}", hint="Nothing was sent. Correct the options.")
        for text in self._statements(place, plan.changes):
            self._runner.execute(text, place.schema)
        return plan


def _setting(change: OptionChange) -> str:
    if change.name == "lifecycle":
        return f"LIFECYCLE {ddl.days_of(change.will)}"
    return f"COMMENT {names.sql_text(str(change.will))}"


def _why_not(changes: tuple[OptionChange, ...]) -> str:
    """Why the service would not take them, or empty."""
    for change in changes:
        if change.name == "lifecycle" and change.will is None:
            return "a lifecycle can be changed but not taken away: set a long one"
        if change.name == "lifecycle":
            try:
                ddl.days_of(change.will)
            except UsageError as error:
                return error.message
        if change.name == "comment" and not isinstance(change.will, str):
            return f"comment: {change.will!r} is no text"
    return ""


def _notes(changes: tuple[OptionChange, ...]) -> tuple[str, ...]:
    if any(change.name == "lifecycle" for change in changes):
        return ("what was not changed for as many days is removed by the service, rows of a table or whole partitions",)
    return ()
