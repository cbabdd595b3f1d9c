"""Rows put, updated and deleted: each by one call with its condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.errors import Refused, StoredeckError, ValueRefused
from services.stores.changes import Call, Change, Condition, Delete, Existence, Insert, Outcome, Path, Result, Update
from services.stores.tablestore import names
from services.stores.tablestore.answers import TableAnswer, WriteAnswer
from services.stores.tablestore.conditions import RowCondition, as_read
from services.stores.tablestore.faults import CONDITION_FAILED
from services.stores.tablestore.link import Link
from services.stores.tablestore.reading import Reading
from services.stores.tablestore.shaping import INDEX_LOCK
from services.stores.tablestore.shown import assignments
from services.stores.tablestore.tables import Tables
from services.values import ABSENT, Key, Row, Typed, Value

ANY_ROW: Final = RowCondition("IGNORE")
THERE: Final = RowCondition("EXPECT_EXIST")
NOT_THERE: Final = RowCondition("EXPECT_NOT_EXIST")
TAKEN: Final = "a row with this key is already there"
CHANGED: Final = "the row changed since it was read"


@dataclass(frozen=True, slots=True)
class RowCall:
    """One call that writes a row.

    Attributes:
        puts: columns that get a value.
        removes: columns of which all versions go.
    """

    api: str
    path: Path
    key: Key
    condition: RowCondition
    puts: Mapping[str, Typed] = field(default_factory=dict)
    removes: tuple[str, ...] = ()

    def text(self) -> str:
        """The call for people, arguments in place."""
        parts = [f"{self.api} {self.path[0]} where {' and '.join(assignments(self.key).split(', '))}"]
        if self.puts:
            parts.append(f"{'put' if self.api == 'UpdateRow' else 'columns'} {assignments(self.puts)}")
        if self.removes:
            parts.append(f"remove {', '.join(self.removes)}")
        if condition := self.condition.text():
            parts.append(condition)
        return "\n".join(parts)

    def arguments(self, key: list[Any]) -> tuple[Any, ...]:
        """What the SDK's encoder takes.

        Args:
            key: the key in the table's order, as the SDK takes it.
        """
        from tablestore.metadata import ReturnType, Row

        puts = [(names.check_name(name), names.sdk_value(value, name)) for name, value in self.puts.items()]
        removes = [names.check_name(name) for name in self.removes]
        condition = self.condition.sdk()
        if self.api == "DeleteRow":
            return self.path[0], key, condition, ReturnType.RT_NONE, None
        columns: Any = puts
        if self.api == "UpdateRow":
            columns = {word: cells for word, cells in (("PUT", puts), ("DELETE_ALL", removes)) if cells}
        has_made_key = any(value is None for _, value in key)
        return self.path[0], Row(_made(key), columns), condition, "RT_PK" if has_made_key else "RT_NONE", None


def _made(key: list[Any]) -> list[Any]:
    from tablestore.metadata import PK_AUTO_INCR

    return [(name, PK_AUTO_INCR if value is None else value) for name, value in key]


class Writing:
    """Writes rows over one link."""

    def __init__(self, link: Link, tables: Tables, reading: Reading) -> None:
        self._link = link
        self._tables = tables
        self._reading = reading

    def plan(self, change: Change) -> Call:
        """The call that a change sends, checked down to its arguments."""
        try:
            call = self._call(change)
            call.arguments(self._key(call))
        except Refused as error:
            return Call("", reason=error.message)
        return Call(call.text())

    def _call(self, change: Change) -> RowCall:
        path, key = change.path, change.key
        if len(path) > 1:
            reason = INDEX_LOCK if names.is_index(path) else "only a table's rows are changed"
            raise Refused(f"{names.shown(path)}: {reason}")
        match change:
            case Insert():
                # The service numbers the row anew, so there is none of that key yet and nothing to expect.
                is_numbered = any(value.value is None for value in key.values())
                return RowCall("PutRow", path, key, ANY_ROW if is_numbered else NOT_THERE, _present(change.after))
            case Update():
                return self._update(path, key, as_read(change.before, key, change.after), change.after)
            case Delete():
                return RowCall("DeleteRow", path, key, as_read(change.before, key, {}))

    def _update(self, path: Path, key: Key, condition: RowCondition, after: Mapping[str, Value]) -> RowCall:
        if not self._tables.known(path).options.get("allow_update", True):
            raise Refused(f"{path[0]}: the table does not allow updates", hint="Rows can be put whole, or deleted.")
        moved = [name for name, value in after.items() if name in key and value != key[name]]
        if moved:
            raise ValueRefused(f"{moved[0]}: a key cannot be changed", hint="Insert a new row and delete this one.")
        rest = {name: value for name, value in after.items() if name not in key}
        if not rest:
            raise ValueRefused(f"{path[0]}: nothing to change is given")
        removes = tuple(name for name, value in rest.items() if value is ABSENT)
        return RowCall("UpdateRow", path, key, condition, _present(rest), removes)

    def _key(self, call: RowCall) -> list[Any]:
        """The key as the SDK takes it; None where the service is to number the row."""
        table = self._tables.known(call.path)
        order = tuple(name for name, _, _ in table.key)
        numbered = {name for name, _, auto in table.key if auto}
        made = [name for name, value in call.key.items() if value.value is None]
        if call.api != "PutRow" or not numbered.issuperset(made):
            made = []
        whole = {**call.key, **{name: Typed("Integer", 0) for name in made}}
        _check_types(table, whole)
        key = names.sdk_key(whole, order, names.shown(call.path))
        return [(name, None if name in made else value) for name, value in key]

    def apply(self, change: Change) -> Outcome:
        """Send the call of a change."""
        call = self._call(change)
        return self._sent(call, TAKEN if isinstance(change, Insert) else CHANGED)

    def _sent(self, call: RowCall, conflict: str) -> Outcome:
        arguments = call.arguments(self._key(call))
        try:
            # Not given up half-way: then nobody would know whether it was done.
            answer: WriteAnswer = self._link.call(call.api, *arguments, what=names.shown(call.path), is_write=True)
        except Refused as error:
            if not _is_condition(error):
                raise
            return self._conflict(call, conflict, error.request_id)
        made = ", ".join(f"{cell.name} = {cell.value}" for cell in answer.key)
        return Outcome(Result.APPLIED, f"the service made {made}" if made else "", answer.request_id)

    def _conflict(self, call: RowCall, words: str, request_id: str) -> Outcome:
        """A conflict and the row as it is now, as far as it can be read."""
        try:
            (current,) = self._reading.read_keys(call.path, [call.key])
        except StoredeckError:
            return Outcome(Result.CONFLICT, words, request_id)
        if current is None:
            gone = "was already deleted" if call.api == "DeleteRow" else "is no longer there"
            return Outcome(Result.CONFLICT, f"the row {gone}", request_id)
        return Outcome(Result.CONFLICT, words, request_id, current=current)

    def put(self, path: Path, row: Row, condition: Condition) -> Outcome:
        """Put one row whole; where a condition says that it is there, its other columns stay."""
        key, rest = self._parted(path, row)
        match condition:
            case None:
                return self._sent(RowCall("PutRow", path, key, ANY_ROW, _present(rest)), CHANGED)
            case Existence.ABSENT:
                return self.apply(Insert(path, key, rest))
            case Existence.EXISTS:
                return self._sent(self._update(path, key, THERE, rest), CHANGED)
        return self._sent(self._update(path, key, as_read(condition, key, {}), rest), CHANGED)

    def _parted(self, path: Path, row: Row) -> tuple[dict[str, Typed], dict[str, Value]]:
        table = self._tables.known(path)
        key: dict[str, Typed] = {}
        for name, _, auto in table.key:
            value = row.get(name, Typed("Integer", None) if auto else ABSENT)
            if not isinstance(value, Typed):
                raise ValueRefused(f"{names.shown(path)}: the key needs {name}")
            key[name] = value
        return key, {name: value for name, value in row.items() if name not in key}

    def remove(self, path: Path, key: Key, condition: Condition) -> Outcome:
        """Remove one row; see `PutsRows.remove`."""
        if condition is Existence.ABSENT:
            (current,) = self._reading.read_keys(path, [key])
            absent = Outcome(Result.APPLIED)
            return absent if current is None else Outcome(Result.CONFLICT, TAKEN, current=current)
        expected = THERE if condition is Existence.EXISTS else ANY_ROW
        if isinstance(condition, Mapping):
            expected = as_read(condition, key, {})
        return self._sent(RowCall("DeleteRow", path, key, expected), CHANGED)


def _present(values: Mapping[str, Value]) -> dict[str, Typed]:
    return {name: value for name, value in values.items() if isinstance(value, Typed)}


def _check_types(table: TableAnswer, key: Key) -> None:
    for name, word, _ in table.key:
        if name in key and key[name].type != word:
            raise ValueRefused(f"{name}: {key[name].type} given, the key column is {word}")


def _is_condition(error: Refused) -> bool:
    return getattr(error.__cause__, "code", "") == CONDITION_FAILED
