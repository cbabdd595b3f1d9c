"""Changes to SQL tables as statements: the key and everything read before is the predicate, so others' work stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.stores.changes import Change, Delete, Insert, Update
from services.stores.ignite.codec import tags
from services.stores.ignite.names import quoted
from services.stores.ignite.shown import literal
from services.times import day_text
from services.values import ABSENT, Typed, Value

NOT_COMPARED: Final = (tags.JVM_WORD, tags.STRING_BYTES_WORD, tags.WRAPPED_WORD, tags.OBJECT_WORD)
"""Types that no SQL argument can stand for; the other columns tell whether a row changed."""


@dataclass(frozen=True, slots=True)
class BoundStatement:
    """A statement and its arguments, as they are sent."""

    text: str
    arguments: tuple[Typed, ...]

    @property
    def shown(self) -> str:
        """The statement and its arguments for people."""
        if not self.arguments:
            return self.text
        return f"{self.text}\nwith {', '.join(map(literal, self.arguments))}"


def statement_for(change: Change, table: str) -> BoundStatement:
    """The statement that makes a change, with `table` as its quoted name."""
    match change:
        case Insert():
            return _insert(change, table)
        case Update():
            return _update(change, table)
        case Delete():
            return _delete(change, table)


def _present(values: Mapping[str, Value]) -> dict[str, Typed]:
    return {name: value for name, value in values.items() if value is not ABSENT}


def _insert(change: Insert, table: str) -> BoundStatement:
    row = {**change.key, **_present(change.after)}
    names = ", ".join(map(quoted, row))
    marks = ", ".join("?" for _ in row)
    return BoundStatement(f"INSERT INTO {table} ({names}) VALUES ({marks})", _arguments(row.values()))


def merge(key: Mapping[str, Typed], values: Mapping[str, Value], table: str) -> BoundStatement:
    """The statement that writes a row whether it is there or not."""
    inserted = _insert(Insert((), key, values), table)
    names = ", ".join(map(quoted, key))
    text = inserted.text.replace("INSERT", "MERGE", 1).replace(" VALUES (", f" KEY ({names}) VALUES (", 1)
    return BoundStatement(text, inserted.arguments)


def _update(change: Update, table: str) -> BoundStatement:
    after = _present(change.after)
    sets = ", ".join(f"{quoted(name)} = ?" for name in after)
    where, arguments = _predicate(change.key, change.before)
    return BoundStatement(f"UPDATE {table} SET {sets} WHERE {where}", (*_arguments(after.values()), *arguments))


def _delete(change: Delete, table: str) -> BoundStatement:
    where, arguments = _predicate(change.key, change.before)
    return BoundStatement(f"DELETE FROM {table} WHERE {where}", arguments)


def key_predicate(key: Mapping[str, Typed]) -> tuple[str, tuple[Typed, ...]]:
    """The condition that finds the row of a key, and its arguments."""
    return " AND ".join(f"{quoted(name)} = ?" for name in key), _arguments(key.values())


def _predicate(key: Mapping[str, Typed], before: Mapping[str, Value]) -> tuple[str, tuple[Typed, ...]]:
    compared = {
        name: value
        for name, value in _present(before).items()
        if name not in key and value.type not in NOT_COMPARED and not isinstance(value.value, dict | list)
    }
    where, arguments = key_predicate(key)
    parts = [
        f"{quoted(name)} IS NULL" if value.value is None else f"{quoted(name)} = ?" for name, value in compared.items()
    ]
    return " AND ".join((where, *parts)), (*arguments, *_arguments(v for v in compared.values() if v.value is not None))


def _arguments(values: object) -> tuple[Typed, ...]:
    return tuple(_argument(value) for value in values)  # type: ignore[attr-defined]


def _argument(value: Typed) -> Typed:
    # A DATE travels as text: as an object it would be in the JVM's own marshaller. Without a CAST around its mark,
    # which would make the server round every TIMESTAMP of the same row to microseconds.
    if value.type == tags.SQL_DATE_WORD and value.value is not None and hasattr(value.value, "epoch_days"):
        return Typed("String", day_text(value.value.epoch_days))
    return value
