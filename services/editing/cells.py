"""Cells of a row: exact sameness, and columns that are fields inside an object value."""

from __future__ import annotations

import json
from collections.abc import Mapping

from services.value_json import typed_json
from services.values import ABSENT, Row, Typed, Value

Source = tuple[str, str]
"""A store's column and the field inside its object value; the field is empty for the whole column."""


def exact_text(value: Value) -> str:
    """ASCII text that is equal for identical values only: -0.0 is not 0.0, 1.0 is not 1.00, NaN is itself."""
    return json.dumps(typed_json(value), ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def is_same(one: Value, other: Value) -> bool:
    """Whether both are the same value of the same type, to the last bit."""
    return one is other or exact_text(one) == exact_text(other)


def is_same_row(one: Row, other: Row) -> bool:
    """Whether both rows have the same cells; an absent column equals one left out."""
    names = {*one, *other}
    return all(is_same(one.get(name, ABSENT), other.get(name, ABSENT)) for name in names)


def holds_fields(value: Value) -> bool:
    """Whether the value is an object with named fields."""
    return isinstance(value, Typed) and isinstance(value.value, Mapping)


def cell_at(row: Row, source: Source) -> Value:
    """The cell of a column or of a field inside it; ABSENT where the row has none."""
    column, field = source
    value = row.get(column, ABSENT)
    if not field or not isinstance(value, Typed):
        return value
    if isinstance(value.value, Mapping):
        found = value.value.get(field, ABSENT)
        return found if isinstance(found, Typed) else ABSENT
    return ABSENT


def with_cell(row: Row, source: Source, value: Value) -> Value:
    """The whole new value of the column after its cell, or the field inside it, got `value`."""
    column, field = source
    if not field:
        return value
    holder = row.get(column, ABSENT)
    if not isinstance(holder, Typed) or not isinstance(holder.value, Mapping):
        raise TypeError(f"{column} holds no object, so it has no field {field}")
    fields = {name: item for name, item in holder.value.items() if name != field or value is not ABSENT}
    if value is not ABSENT:
        fields[field] = value
    return Typed(holder.type, fields)


def changed_sources(before: Row, after: Row) -> list[Source]:
    """Which cells of `after` differ from `before`, object values field by field where both are of one type."""
    sources: list[Source] = []
    for column, new in after.items():
        old = before.get(column, ABSENT)
        if is_same(old, new):
            continue
        fields = _changed_fields(old, new)
        sources += [(column, field) for field in fields] or [(column, "")]
    return sources


def _changed_fields(old: Value, new: Value) -> list[str]:
    if not isinstance(old, Typed) or not isinstance(new, Typed) or old.type != new.type:
        return []
    if not isinstance(old.value, Mapping) or not isinstance(new.value, Mapping):
        return []
    names = [*new.value, *(name for name in old.value if name not in new.value)]
    return [name for name in names if not is_same(old.value.get(name, ABSENT), new.value.get(name, ABSENT))]
