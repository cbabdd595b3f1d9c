"""Arrow cells as exact typed values."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import pyarrow as pa

from services.results.marks import Marks, marks_of
from services.results.presenting import PLAIN, Presentation
from services.times import Day, Moment, TimeOfDay
from services.values import ABSENT, Typed, Value

NANOS: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
DAY_MILLIS: Final = 86_400_000


def typed_cell(array: pa.Array[Any], index: int, field: pa.Field[Any], presentation: Presentation = PLAIN) -> Value:
    """The exact value of one cell, or ABSENT."""
    return typed_value(array, index, field, marks_of(field), presentation)


def typed_value(
    array: pa.Array[Any], index: int, field: pa.Field[Any], marks: Marks, presentation: Presentation
) -> Value:
    """As `typed_cell`, with the marks already read."""
    if presentation.typed_cell is not None:
        found = presentation.typed_cell(field, array, index)
        if found is not None:
            return found
    kind = array.type
    if pa.types.is_union(kind):
        return _union_value(array, index, presentation)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        array, index = pa.array([array[index].as_py()], kind.value_type), 0
        kind = array.type
    if not array[index].is_valid:
        return ABSENT if marks.null_is_absent else Typed(marks.word, None)
    if marks.is_wire and presentation.decode_wire is not None:
        return presentation.decode_wire(bytes(array[index].as_py()))
    return Typed(marks.word, _plain_value(array, index, field, marks, presentation))


def _union_value(array: Any, index: int, presentation: Presentation) -> Value:
    child, position = union_position(array, index)
    field = array.type.field(child)
    return typed_value(array.field(child), position, field, marks_of(field, child=True), presentation)


def union_position(array: Any, index: int) -> tuple[int, int]:
    """Which child of a union holds a row, and where in it."""
    children, places = union_layout(array.slice(index, 1))
    return children[0], places[0] if array.type.mode == "dense" else index


def union_layout(array: Any) -> tuple[list[int], list[int]]:
    """For each row of a union, which child holds it and where in it.

    Read from the buffers, because the properties of pyarrow for them forget that an array is a slice.
    """
    if not len(array):
        return [], []
    _, codes, offsets = array.buffers()[:3]
    start, count = array.offset, len(array)
    kinds = memoryview(codes).cast("b")[start : start + count]
    by_code = {code: position for position, code in enumerate(array.type.type_codes)}
    children = [by_code[code] for code in kinds]
    if array.type.mode != "dense":
        return children, list(range(count))
    return children, memoryview(offsets).cast("B").cast("i")[start : start + count].tolist()


def _plain_value(array: Any, index: int, field: pa.Field[Any], marks: Marks, presentation: Presentation) -> Any:
    kind = array.type
    if pa.types.is_struct(kind):
        return _struct_value(array, index, presentation)
    if pa.types.is_map(kind):
        return _map_value(array, index, presentation)
    if is_list(kind):
        items = array[index].values
        return [_inner(items, position, kind.value_field, presentation) for position in range(len(items))]
    if pa.types.is_temporal(kind):
        return _time_value(array[index], kind)
    value = array[index].as_py() if not is_text(kind) else text_of(array[index])
    if marks.word.upper() == "UUID" and isinstance(value, bytes) and len(value) == 16:
        return UUID(bytes=value)
    return value


def is_list(kind: pa.DataType) -> bool:
    """Whether the type is any kind of list (a map is not)."""
    checks = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(check(kind) for check in checks)


def is_text(kind: pa.DataType) -> bool:
    """Whether the type is any kind of text."""
    checks = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(check(kind) for check in checks)


def text_of(scalar: Any) -> str:
    """A text cell; bytes that are no UTF-8 come back as lone surrogates and are kept."""
    buffer = scalar.as_buffer()
    return str(memoryview(buffer), "utf-8", "surrogatepass") if _is_encodable(buffer) else _escaped(buffer)


def _is_encodable(buffer: Any) -> bool:
    try:
        str(memoryview(buffer), "utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _escaped(buffer: Any) -> str:
    return str(memoryview(buffer), "utf-8", "surrogateescape")


def _inner(array: Any, index: int, field: pa.Field[Any], presentation: Presentation) -> Typed:
    value = typed_value(array, index, field, marks_of(field), presentation)
    return value if isinstance(value, Typed) else Typed(marks_of(field).word, None)


def _struct_value(array: Any, index: int, presentation: Presentation) -> dict[str, Typed]:
    fields: dict[str, Typed] = {}
    for position in range(array.type.num_fields):
        field = array.type.field(position)
        value = typed_value(array.field(position), index, field, marks_of(field), presentation)
        if value is not ABSENT:
            assert isinstance(value, Typed)
            fields[field.name] = value
    return fields


def _map_value(array: Any, index: int, presentation: Presentation) -> list[tuple[Typed, Typed]]:
    entries = array[index].values
    names, items = entries.field(0), entries.field(1)
    kind = array.type
    return [
        (_inner(names, position, kind.key_field, presentation), _inner(items, position, kind.item_field, presentation))
        for position in range(len(entries))
    ]


def _time_value(scalar: Any, kind: Any) -> Any:
    """A temporal scalar as our own exact value; a duration stays a count of its unit."""
    if pa.types.is_timestamp(kind):
        return Moment(scalar.value * NANOS[kind.unit], kind.tz or "")
    if pa.types.is_date32(kind):
        return Day(scalar.value)
    if pa.types.is_date64(kind):
        return Day(scalar.value // DAY_MILLIS)
    if pa.types.is_time(kind):
        return TimeOfDay(scalar.value * NANOS[kind.unit])
    if pa.types.is_duration(kind):
        return scalar.value
    return str(scalar.as_py())
