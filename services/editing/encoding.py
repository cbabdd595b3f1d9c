"""Changes and outcomes as JSON text for the journal: exact, ASCII, without anything secret."""

from __future__ import annotations

import json
from typing import Any

from services.stores.changes import Change, Delete, Insert, Outcome, Path, Result, Update
from services.value_json import from_typed_json, typed_json
from services.values import Key, Row, Typed


def dump(data: Any) -> str:
    """Compact ASCII JSON, so that NUL and lone surrogates pass through SQLite unharmed."""
    return json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def row_json(row: Row) -> list[Any]:
    """A row as pairs, so that the order of its columns stays."""
    return [[name, typed_json(value)] for name, value in row.items()]


def row_from_json(data: list[Any]) -> Row:
    """The row that `row_json` wrote."""
    return {name: from_typed_json(value) for name, value in data}


def key_from_json(data: list[Any]) -> Key:
    """The key that `row_json` wrote."""
    key: dict[str, Typed] = {}
    for name, value in row_from_json(data).items():
        assert isinstance(value, Typed)
        key[name] = value
    return key


def path_text(path: Path) -> str:
    """A path as text that only this path has."""
    return dump(list(path))


def key_text(key: Key) -> str:
    """A key as ASCII text, equal for equal keys only."""
    return dump(row_json(key))


def change_json(change: Change) -> dict[str, Any]:
    """A change as JSON data."""
    data: dict[str, Any] = {"op": type(change).__name__.lower(), "path": list(change.path), "key": row_json(change.key)}
    if not isinstance(change, Insert):
        data["before"] = row_json(change.before)
    if not isinstance(change, Delete):
        data["after"] = row_json(change.after)
    return data


def change_from_json(data: dict[str, Any]) -> Change:
    """The change that `change_json` wrote."""
    path, key = tuple(data["path"]), key_from_json(data["key"])
    match data["op"]:
        case "insert":
            return Insert(path, key, row_from_json(data["after"]))
        case "update":
            return Update(path, key, row_from_json(data["before"]), row_from_json(data["after"]))
    return Delete(path, key, row_from_json(data["before"]))


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON data; the error object itself is left out, its words stay."""
    return {
        "result": outcome.result.value,
        "message": outcome.message,
        "request_id": outcome.request_id,
        "current": None if outcome.current is None else row_json(outcome.current),
    }


def outcome_from_json(data: dict[str, Any]) -> Outcome:
    """The outcome that `outcome_json` wrote."""
    current = data["current"]
    return Outcome(
        Result(data["result"]),
        data["message"],
        data["request_id"],
        None if current is None else row_from_json(current),
    )
