"""Change sets as files: one JSON object a change, with the exact values, that makes the same change elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.editing.cells import is_same
from services.editing.changeset_values import value_form, value_from
from services.errors import Refused, UsageError
from services.stores.changes import Change, Delete, Existence, Insert, Path, Update
from services.text import displayable
from services.values import ABSENT, Row, Typed, Value

OPS: Final = ("insert", "update", "delete")
FIELDS: Final = ("op", "address", "key", "set", "if")
SHAPE: Final = 'A line is {"op": "insert|update|delete", "address": "PROFILE:PATH", "key": {}, "set": {}, "if": {}}.'

ReadValue = Callable[[str, Any], Typed]
"""What a store makes of JSON data of a column that names no exact value."""


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One line of a change set, its values still as JSON data.

    Attributes:
        where: file and line, for messages.
        expected: columns as they were read; `exists` for the row alone; None where the line says nothing.
    """

    where: str
    op: str
    address: str
    key: Mapping[str, Any]
    set: Mapping[str, Any]
    expected: Mapping[str, Any] | Existence | None


def change_line(address: str, change: Change) -> str:
    """A change as one line of a change set, without its end; characters that act on a terminal are escaped."""
    data: dict[str, Any] = {"op": type(change).__name__.lower(), "address": address, "key": _row_form(change.key)}
    if not isinstance(change, Delete):
        data["set"] = _row_form(change.after)
    data["if"] = Existence.ABSENT.value if isinstance(change, Insert) else _row_form(change.before)
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _row_form(row: Row) -> dict[str, Any]:
    return {name: value_form(value) for name, value in row.items()}


def read_record(data: Any, where: str) -> ChangeRecord:
    """A line of a change set.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(data, Mapping):
        raise _wrong(where, "not an object")
    unknown = [name for name in data if name not in FIELDS]
    if unknown:
        raise _wrong(where, f"unknown field {displayable(unknown[0], 60)}")
    op, address = data.get("op"), data.get("address")
    if op not in OPS:
        raise _wrong(where, f"op is none of {', '.join(OPS)}")
    if not isinstance(address, str):
        raise _wrong(where, "the address is missing")
    record = ChangeRecord(
        where, op, address, _columns(data, "key", where), _columns(data, "set", where), _expected(data, op, where)
    )
    if not record.key:
        raise _wrong(where, "the key is missing")
    if record.set and op == "delete":
        raise _wrong(where, "a delete sets nothing")
    if not record.set and op == "update":
        raise _wrong(where, "an update sets at least one column")
    return record


def _wrong(where: str, why: str, hint: str = SHAPE) -> UsageError:
    return UsageError(f"{where}: {why}", hint=hint)


def _columns(data: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = data.get(name)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise _wrong(where, f"{name} is no object of columns and values")
    return found


def _expected(data: Mapping[str, Any], op: str, where: str) -> Mapping[str, Any] | Existence | None:
    found = data.get("if")
    if op == "insert":
        if found not in (None, Existence.ABSENT.value):
            raise _wrong(where, "the `if` of an insert is `absent`", hint="Use an update for a row that is there.")
        return None
    if found == Existence.EXISTS.value:
        return Existence.EXISTS
    if found is not None and not isinstance(found, Mapping):
        raise _wrong(where, f"the `if` of this {op} is no object of columns as they were read, nor `exists`")
    return found


def change_of(record: ChangeRecord, path: Path, read: ReadValue) -> Change:
    """The change that a line stands for.

    Raises:
        UsageError: a column of the key has no value, or another one in `set` or `if`.
        Refused: a value does not fit its column.
    """
    key: dict[str, Typed] = {}
    for name, value in _row(record, record.key, read).items():
        if value is ABSENT:
            raise _wrong(record.where, f"key: {displayable(name, 60)} has no value", hint="Every column of a key does.")
        key[name] = value
    if record.op == "insert":
        return Insert(path, key, _beside(record, "set", key, record.set, read))
    expected = record.expected if isinstance(record.expected, Mapping) else {}
    before = _beside(record, "if", key, expected, read)
    if record.op == "delete":
        return Delete(path, key, before)
    return Update(path, key, before, _beside(record, "set", key, record.set, read))


def _row(record: ChangeRecord, columns: Mapping[str, Any], read: ReadValue) -> dict[str, Value]:
    return {
        name: value_from(data, lambda inner, name=name: _read(record, name, inner, read))  # type: ignore[misc]
        for name, data in columns.items()
    }


def _read(record: ChangeRecord, name: str, data: Any, read: ReadValue) -> Typed:
    try:
        return read(name, data)
    except Refused as error:
        raise type(error)(f"{record.where}: {displayable(name, 60)}: {error.message}", hint=error.hint) from error


def _beside(
    record: ChangeRecord, what: str, key: Mapping[str, Typed], columns: Mapping[str, Any], read: ReadValue
) -> dict[str, Value]:
    """The columns beside the key; one of the key may be repeated as long as it is the same."""
    row = _row(record, columns, read)
    for name, value in row.items():
        if name in key and not is_same(value, key[name]):
            hint = "A key cannot be changed: insert the row with its new key and delete the old one."
            raise _wrong(record.where, f"{what}: {displayable(name, 60)} is not as in the key", hint=hint)
    return {name: value for name, value in row.items() if name not in key}
