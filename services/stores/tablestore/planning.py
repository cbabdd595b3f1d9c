"""Changes of rows as the calls that make them, checked against what the table is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.errors import Refused, ValueRefused
from services.stores.changes import Change, Delete, Insert, Path, Update, is_step
from services.stores.tablestore import names, steps
from services.stores.tablestore.answers import TableAnswer
from services.stores.tablestore.conditions import RowCondition, as_read
from services.stores.tablestore.row_calls import RowCall
from services.stores.tablestore.shaping import INDEX_LOCK
from services.stores.tablestore.tables import Tables
from services.values import ABSENT, Key, Row, Typed, Value

ANY_ROW: Final = RowCondition("IGNORE")
THERE: Final = RowCondition("EXPECT_EXIST")
NOT_THERE: Final = RowCondition("EXPECT_NOT_EXIST")


class Planning:
    """Makes calls of changes; asks the service for nothing but the table's definition."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def call_of(self, change: Change) -> RowCall:
        """The call that makes a change.

        Raises:
            Refused: no call can.
        """
        path, key = change.path, change.key
        if len(path) > 1:
            reason = INDEX_LOCK if names.is_index(path) else "only a table's rows are changed"
            raise Refused(f"{names.shown(path)}: {reason}")
        match change:
            case Insert():
                # The service numbers the row anew, so there is none of that key yet and nothing to expect.
                is_numbered = any(value.value is None for value in key.values())
                return self.put(path, key, ANY_ROW if is_numbered else NOT_THERE, change.after)
            case Update():
                return self.update(path, key, as_read(change.before, key, change.after), change.after, change.before)
            case Delete():
                return RowCall("DeleteRow", path, key, as_read(change.before, key, {}))

    def put(self, path: Path, key: Key, condition: RowCondition, row: Mapping[str, Value]) -> RowCall:
        """The call that puts a row whole.

        Raises:
            ValueRefused: a cell is a step, which needs a row that is there.
        """
        stepped = [name for name, value in row.items() if is_step(value)]
        if stepped:
            raise ValueRefused(f"{stepped[0]}: a new row takes values only", hint="Put the row, then update it.")
        return RowCall("PutRow", path, key, condition, _present(row))

    def update(
        self,
        path: Path,
        key: Key,
        condition: RowCondition,
        after: Mapping[str, Value],
        before: Mapping[str, Value] | None = None,
    ) -> RowCall:
        """The call that changes cells of a row.

        Raises:
            Refused: the table takes no updates, or nothing would be changed.
        """
        if not self._tables.known(path).options.get("allow_update", True):
            raise Refused(f"{path[0]}: the table does not allow updates", hint="Rows can be put whole, or deleted.")
        moved = [name for name, value in after.items() if name in key and value != key[name]]
        if moved:
            raise ValueRefused(f"{moved[0]}: a key cannot be changed", hint="Insert a new row and delete this one.")
        rest = {name: value for name, value in after.items() if name not in key}
        if not rest:
            raise ValueRefused(f"{path[0]}: nothing to change is given")
        increments, versions = steps.parted(rest)
        steps.check_increments(increments, before or {})
        puts = {name: value for name, value in _present(rest).items() if name not in increments | versions}
        removes = tuple(name for name, value in rest.items() if value is ABSENT)
        return RowCall("UpdateRow", path, key, condition, puts, removes, increments, versions)

    def key_of(self, call: RowCall) -> list[Any]:
        """The key of a call as the SDK takes it; None where the service is to number the row.

        Raises:
            ValueRefused: it is not the table's.
        """
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

    def parted(self, path: Path, row: Row) -> tuple[dict[str, Typed], dict[str, Value]]:
        """The key and the other columns of a row.

        Raises:
            ValueRefused: a part of the key is missing.
        """
        key: dict[str, Typed] = {}
        for name, _, auto in self._tables.known(path).key:
            value = row.get(name, Typed("Integer", None) if auto else ABSENT)
            if not isinstance(value, Typed):
                raise ValueRefused(f"{names.shown(path)}: the key needs {name}")
            key[name] = value
        return key, {name: value for name, value in row.items() if name not in key}

    def partition_of(self, call: RowCall) -> tuple[str, Typed]:
        """Name and value of the key's first column, by which the service spreads the rows."""
        name = self._tables.known(call.path).key[0][0]
        return name, call.key[name]


def _present(values: Mapping[str, Value]) -> dict[str, Typed]:
    return {name: value for name, value in values.items() if isinstance(value, Typed)}


def _check_types(table: TableAnswer, key: Key) -> None:
    for name, word, _ in table.key:
        if name in key and key[name].type != word:
            raise ValueRefused(f"{name}: {key[name].type} given, the key column is {word}")
