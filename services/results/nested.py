"""Nested values as compact JSON-like text, written only as far as it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, Final
from uuid import UUID

import pyarrow as pa

from services.results.marks import marks_of
from services.results.presenting import Presentation
from services.results.texts import CELL_LIMIT, NULL_TEXT, binary_text, decimal_text, float_text
from services.results.typed import is_list, is_text, text_of, typed_cell, union_position
from services.times import Day, Moment, TimeOfDay, clock_text, day_text, moment_text
from services.values import ABSENT, Typed, Value

MAX_DEPTH: Final = 32


def compact_text(value: Any, limit: int = CELL_LIMIT + 1) -> str:
    """A typed value as text of at most about `limit` characters, raw (not displayable yet)."""
    pieces: list[str] = []
    room = limit
    for piece in _pieces(value, 0):
        pieces.append(piece[:room])
        room -= len(piece)
        if room <= 0:
            break
    return "".join(pieces)


def compact_cell(array: Any, index: int, field: pa.Field[Any], presentation: Presentation) -> str:
    """A nested cell as text, reading no more of it than is shown."""
    return compact_text(_shallow(array, index, field, presentation))


def _shallow(array: Any, index: int, field: pa.Field[Any], presentation: Presentation) -> Any:
    """The cell with its long lists cut to as many items as could be shown."""
    kind = array.type
    if pa.types.is_union(kind):
        child, position = union_position(array, index)
        if pa.types.is_null(kind.field(child).type) and marks_of(kind.field(child), child=True).null_is_absent:
            return ABSENT
        return _shallow(array.field(child), position, kind.field(child), presentation)
    if not array[index].is_valid:
        return ABSENT if marks_of(field).null_is_absent else None
    if pa.types.is_struct(kind):
        return _Fields(lambda: _fields(array, index, presentation))
    if pa.types.is_map(kind):
        return _map_items(array, index, presentation)
    if is_list(kind):
        items = array[index].values[:CELL_LIMIT]
        return _Items(lambda: (_shallow(items, i, kind.value_field, presentation) for i in range(len(items))))
    if is_text(kind):
        return text_of(array[index])
    return typed_cell(array, index, field, presentation)


class _Fields:
    """The fields of an object, read as they are written."""

    def __init__(self, read: Callable[[], Iterator[tuple[str, Any]]]) -> None:
        self.read = read


class _Items:
    """The items of a list, read as they are written."""

    def __init__(self, read: Callable[[], Iterator[Any]]) -> None:
        self.read = read


def _fields(array: Any, index: int, presentation: Presentation) -> Iterator[tuple[str, Any]]:
    for position in range(array.type.num_fields):
        field = array.type.field(position)
        yield field.name, _shallow(array.field(position), index, field, presentation)


def _map_items(array: Any, index: int, presentation: Presentation) -> list[tuple[Any, Any]]:
    entries = array[index].values[:CELL_LIMIT]
    names, items = entries.field(0), entries.field(1)
    kind = array.type
    return [
        (_shallow(names, i, kind.key_field, presentation), _shallow(items, i, kind.item_field, presentation))
        for i in range(len(entries))
    ]


def _pieces(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, Typed):
        value = value.value
    if depth > MAX_DEPTH:
        yield "…"
        return
    match value:
        case _Fields():
            yield from _object(value.read(), depth)
        case _Items():
            yield from _list(value.read(), depth)
        case dict():
            yield from _object(iter(value.items()), depth)
        case list() if value and isinstance(value[0], tuple):
            yield from _pairs(value, depth)
        case list():
            yield from _list(islice(value, CELL_LIMIT), depth)
        case str():
            yield '"'
            yield value[: CELL_LIMIT + 1]
            yield '"'
        case _:
            yield scalar_text(value)


def _object(fields: Iterator[tuple[str, Any]], depth: int) -> Iterator[str]:
    yield "{"
    mark = ""
    for name, item in fields:
        if item is ABSENT:
            continue
        yield f"{mark}{name}: "
        yield from _pieces(item, depth + 1)
        mark = ", "
    yield "}"


def _list(items: Iterator[Any], depth: int) -> Iterator[str]:
    yield "["
    for position, item in enumerate(items):
        if position:
            yield ", "
        yield from _pieces(item, depth + 1)
    yield "]"


def _pairs(items: list[tuple[Any, Any]], depth: int) -> Iterator[str]:
    yield "{"
    for position, (name, item) in enumerate(items):
        if position:
            yield ", "
        yield from _pieces(name, depth + 1)
        yield ": "
        yield from _pieces(item, depth + 1)
    yield "}"


def scalar_text(value: Value | Any) -> str:
    """A value without parts as text, exact."""
    match value:
        case None:
            return NULL_TEXT
        case bool():
            return "true" if value else "false"
        case float():
            return float_text(value)
        case Decimal():
            return decimal_text(value)
        case bytes() | bytearray() | memoryview():
            return binary_text(bytes(value[:16]), len(value))
        case Moment():
            return moment_text(value, separator=" ")
        case Day():
            return day_text(value.epoch_days)
        case TimeOfDay():
            return clock_text(value.nanos)
        case UUID():
            return str(value)
    return str(value)
