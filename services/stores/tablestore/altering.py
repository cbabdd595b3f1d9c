"""Options of a table changed by one UpdateTable, with the service's limits told before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.errors import Refused, UnsupportedOperation, UsageError
from services.stores.altering import Alteration, OptionChange
from services.stores.changes import Call, Path
from services.stores.tablestore import names
from services.stores.tablestore.answers import TableAnswer
from services.stores.tablestore.describing import options_of
from services.stores.tablestore.link import Link
from services.stores.tablestore.tables import Tables

TABLE_OPTIONS: Final = ("time_to_live", "max_versions", "max_time_deviation", "allow_update")
THROUGHPUT: Final = ("reserved_read", "reserved_write")
ALTERABLE: Final = (*TABLE_OPTIONS, *THROUGHPUT)
SHORTEST_LIFE: Final = 86_400
"""Seconds; the service's least time to live beside -1, for ever."""

NOTHING: Final = "every option given is as it is already"


class Altering:
    """Changes options of tables over one link."""

    def __init__(self, link: Link, tables: Tables) -> None:
        self._link = link
        self._tables = tables

    def alterable(self, path: Path) -> dict[str, Any]:
        """The options that UpdateTable takes, as they are now."""
        table = self._table(path)
        return {name: table.options[name] for name in ALTERABLE}

    def _table(self, path: Path) -> TableAnswer:
        if len(path) != 1:
            hint = "Drop an index and create it anew." if names.is_index(path) else "Name a table."
            raise UnsupportedOperation(f"{names.shown(path)}: only options of a table can be changed", hint=hint)
        return self._tables.fresh(path)

    def plan(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """What would be changed; see `AltersContainers.plan_alter`."""
        table = self._table(path)
        search = self._tables.search_indexes(path[0])
        changes = _changes(table, definition)
        if not changes:
            return Alteration((), Call("", NOTHING))
        will = {**table.options, **{change.name: change.will for change in changes}}
        reason = _why_not(will, changes, table, search)
        values = [f"{change.name} = {_text(change.will)}" for change in changes]
        call = Call("", reason) if reason else Call("\n".join([f"UpdateTable {path[0]}", *values]))
        return Alteration(changes, call, tuple(_notes(changes)))

    def alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """Send the plan; where nothing differs nothing is sent."""
        plan = self.plan(path, definition)
        if plan.call.reason and plan.changes:
            raise Refused(f"{path[0]}: {plan.call.reason}", hint="Nothing was sent. Correct the options.")
        if plan.changes:
            will = {change.name: change.will for change in plan.changes}
            self._link.call("UpdateTable", path[0], *_arguments(will), what=path[0], is_write=True)
            self._tables.forget(path)
        return plan


def _arguments(will: Mapping[str, Any]) -> tuple[Any, Any]:
    """What the SDK's encoder takes; what stays as it is is not sent."""
    from tablestore.metadata import CapacityUnit, ReservedThroughput, TableOptions

    options = TableOptions(*[will.get(name) for name in TABLE_OPTIONS])
    throughput = ReservedThroughput(CapacityUnit(*[will.get(name) for name in THROUGHPUT]))
    return (
        options if any(name in will for name in TABLE_OPTIONS) else None,
        throughput if any(name in will for name in THROUGHPUT) else None,
    )


def _changes(table: TableAnswer, definition: Mapping[str, Any]) -> tuple[OptionChange, ...]:
    """The options that differ.

    Raises:
        UsageError: one cannot be changed, or its value is none.
    """
    given = definition.get("options")
    if not isinstance(given, Mapping):
        hint = f'Write {{"options": {{...}}}} with any of {", ".join(ALTERABLE)}.'
        raise UsageError(f"{table.name}: no options given", hint=hint)
    now = options_of(table)
    changes = []
    for name, will in given.items():
        if name not in ALTERABLE and will != now.get(name):
            hint = f"These can be changed: {', '.join(ALTERABLE)}."
            raise UsageError(f"{name}: cannot be changed once a table is there", hint=hint)
        if name in ALTERABLE:
            _check_value(name, will)
            if will != now[name]:
                changes.append(OptionChange(name, now[name], will))
    return tuple(changes)


def _check_value(name: str, value: Any) -> None:
    if name == "allow_update":
        if not isinstance(value, bool):
            raise UsageError(f"{name}: {value!r} is neither true nor false")
    elif isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
        raise UsageError(f"{name}: {value!r} is no whole number of 32 bits")


def _why_not(will: Mapping[str, Any], changes: tuple[OptionChange, ...], table: TableAnswer, search: list[str]) -> str:
    """The first limit of the service that the options would break, or empty."""
    changed = {change.name for change in changes}
    life, kept = will["time_to_live"], will["max_versions"]
    if "time_to_live" in changed and life != -1 and life < SHORTEST_LIFE:
        return f"time_to_live is -1, for ever, or at least {SHORTEST_LIFE:,} seconds, a day"
    if "max_versions" in changed and kept != -1 and kept < 1:
        return "max_versions is -1, for all, or at least 1"
    if "max_time_deviation" in changed and will["max_time_deviation"] < 1:
        return "max_time_deviation is at least 1 second"
    if any(will[name] < 0 for name in THROUGHPUT):
        return "reserved throughput is 0 or more"
    if (table.indexes or search) and kept != 1 and "max_versions" in changed:
        return "a table with indexes keeps one version; drop its indexes first"
    if table.indexes and life != -1 and will["allow_update"] and changed & {"time_to_live", "allow_update"}:
        return "a table with secondary indexes takes a time to live only without updates; set allow_update to false"
    return ""


def _notes(changes: tuple[OptionChange, ...]) -> list[str]:
    """What the change does to rows that are there, and when it can be made again."""
    by_name = {change.name: change for change in changes}
    notes = []
    if "time_to_live" in by_name and by_name["time_to_live"].will != -1:
        notes.append("data older than the time to live is deleted by the service; that cannot be undone")
    if "max_versions" in by_name and by_name["max_versions"].will != -1:
        notes.append("versions beyond the number kept are deleted by the service; that cannot be undone")
    if "max_time_deviation" in by_name:
        notes.append("a write whose own timestamp differs more from the service's clock is refused")
    if "allow_update" in by_name and not by_name["allow_update"].will:
        notes.append("UpdateRow is refused from then on; rows can be put whole, or deleted")
    if set(THROUGHPUT) & set(by_name):
        notes.append("reserved throughput can be changed once in 2 minutes, and costs whether used or not")
    return notes


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
