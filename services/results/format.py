"""Arrow arrays as cells: exact displayable text and one kind letter each.

A formatter is chosen once a column and schema; per window it sees the visible rows only. Strings are cut in Arrow
before they become Python objects, so a cell of a megabyte costs what a short one costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from services.results.marks import Marks, marks_of
from services.results.nested import compact_cell, compact_text
from services.results.presenting import Presentation
from services.results.texts import (
    ABSENT_TEXT,
    BINARY_HEAD,
    CELL_LIMIT,
    NULL_TEXT,
    Cell,
    are_plain,
    binary_text,
    decimal_text,
    float_text,
    float_texts,
    single_text,
    text_cell,
)
from services.results.time_texts import time_texts
from services.results.typed import is_text, text_of, union_layout
from services.results.types import ABSENT_CELL, BINARY, CUT, NESTED, NULL, NUMBER, TEXT
from services.results.wire_cells import WireCells
from services.text import displayable
from services.values import Typed

Cells = tuple[list[str], str]
Formatter = Callable[[Any], Cells]

ABSENT_PAIR: Final[Cell] = (ABSENT_TEXT, ABSENT_CELL)
NULL_CELL: Final[Cell] = (NULL_TEXT, NULL)


def absent_cells(count: int) -> Cells:
    """Cells of rows that lack the column."""
    return [ABSENT_TEXT] * count, ABSENT_CELL * count


def null_cell(marks: Marks) -> Cell:
    """What a null of the column stands for."""
    return ABSENT_PAIR if marks.null_is_absent else NULL_CELL


def formatter(field: pa.Field[Any], presentation: Presentation, *, child: bool = False) -> Formatter:
    """The formatter of a column, or of a union's child."""
    kind = field.type
    marks = marks_of(field, child=child)
    null = null_cell(marks)
    if pa.types.is_union(kind):
        children = [formatter(kind.field(i), presentation, child=True) for i in range(kind.num_fields)]
        return union_formatter(children)
    if marks.is_wire and presentation.decode_wire is not None:
        return by_value(WireCells(field, presentation).value, null)
    if pa.types.is_dictionary(kind):
        inner = formatter(field.with_type(kind.value_type), presentation)
        return lambda array: inner(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        inner = formatter(field.with_type(kind.value_type), presentation)
        return lambda array: inner(pc.call_function("run_end_decode", [array]))
    if pa.types.is_nested(kind):
        return _nested(field, presentation, null)
    return _scalar(kind, marks, null)


def struct_member(field: pa.Field[Any], member: int, presentation: Presentation) -> Formatter:
    """The formatter of one field of an object column; a NULL object has NULL fields."""
    null_text, null_letter = null_cell(marks_of(field))
    inner_field = field.type.field(member)
    inner = formatter(inner_field, presentation)

    def cells(array: Any) -> Cells:
        if not array.null_count:
            return inner(array.field(member))
        texts, kinds = inner(array.field(member))
        valid = array.is_valid().to_pylist()
        shown = [text if ok else null_text for text, ok in zip(texts, valid, strict=True)]
        return shown, "".join(kind if ok else null_letter for kind, ok in zip(kinds, valid, strict=True))

    return cells


def union_formatter(children: Sequence[Formatter | None]) -> Formatter:
    """The formatter of a column of mixed types; a child without one is not part of the column shown."""

    def cells(array: Any) -> Cells:
        count = len(array)
        texts, kinds = [ABSENT_TEXT] * count, [ABSENT_CELL] * count
        members, places = union_layout(array)
        rows_of: dict[int, list[int]] = {}
        for row, child in enumerate(members):
            rows_of.setdefault(child, []).append(row)
        for child, rows in rows_of.items():
            shown = children[child]
            if shown is None:
                continue
            picked = array.field(child).take(pa.array([places[row] for row in rows], pa.int64()))
            for row, text, letter in zip(rows, *shown(picked), strict=True):
                texts[row], kinds[row] = text, letter
        return texts, "".join(kinds)

    return cells


def _scalar(kind: Any, marks: Marks, null: Cell) -> Formatter:
    types = pa.types
    if types.is_null(kind):
        return lambda array: ([null[0]] * len(array), null[1] * len(array))
    if types.is_boolean(kind):
        return _mapped(lambda value: "true" if value else "false", TEXT, null)
    if types.is_integer(kind):
        return _mapped(str, NUMBER, null)
    if types.is_float64(kind):
        return _floats(null)
    if types.is_floating(kind):
        return _mapped(single_text, NUMBER, null, lambda array: array.cast(pa.string()))
    if types.is_decimal(kind):
        return _mapped(decimal_text, NUMBER, null)
    if is_text(kind):
        return _strings(NUMBER if marks.is_number else TEXT, null)
    if types.is_temporal(kind):
        prepare, convert = time_texts(kind)
        return _mapped(convert, TEXT, null, prepare)
    if isinstance(kind, pa.UuidType) or (kind == pa.binary(16) and marks.word.upper() == "UUID"):
        return _mapped(_uuid_text, TEXT, null)
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _binaries(null)
    return _mapped(lambda value: displayable(str(value), CELL_LIMIT), TEXT, null)


def _uuid_text(value: UUID | bytes) -> str:
    return str(value if isinstance(value, UUID) else UUID(bytes=value))


def _floats(null: Cell) -> Formatter:
    slowly = _mapped(float_text, NUMBER, null)
    return lambda array: slowly(array) if array.null_count else (float_texts(array.to_pylist()), NUMBER * len(array))


def _mapped(
    convert: Callable[[Any], str], letter: str, null: Cell, prepare: Callable[[Any], Any] = lambda array: array
) -> Formatter:
    null_text, null_letter = null

    def cells(array: Any) -> Cells:
        values = prepare(array).to_pylist()
        if not array.null_count:
            return list(map(convert, values)), letter * len(values)
        texts = [null_text if value is None else convert(value) for value in values]
        return texts, "".join(null_letter if value is None else letter for value in values)

    return cells


def _split(pairs: list[Cell]) -> Cells:
    return [pair[0] for pair in pairs], "".join([pair[1] for pair in pairs])


def _strings(letter: str, null: Cell) -> Formatter:
    def cells(array: Any) -> Cells:
        try:
            values = pc.utf8_slice_codeunits(array, 0, CELL_LIMIT + 1).to_pylist()
        except (UnicodeDecodeError, pa.ArrowInvalid, pa.ArrowNotImplementedError):
            values = [text_of(scalar)[: CELL_LIMIT + 1] if scalar.is_valid else None for scalar in array]
        if values and not array.null_count and are_plain(values):
            return values, letter * len(values)
        pairs = [null if value is None else text_cell(value) for value in values]
        texts, kinds = _split(pairs)
        return texts, kinds.replace(TEXT, letter) if letter != TEXT else kinds

    return cells


def _binaries(null: Cell) -> Formatter:
    def cells(array: Any) -> Cells:
        heads = pc.binary_slice(array, 0, BINARY_HEAD).to_pylist()
        sizes = pc.binary_length(array).to_pylist()
        return _split(
            [
                null if head is None else (binary_text(head, size), BINARY)
                for head, size in zip(heads, sizes, strict=True)
            ]
        )

    return cells


def _nested(field: pa.Field[Any], presentation: Presentation, null: Cell) -> Formatter:
    def cells(array: Any) -> Cells:
        valid = array.is_valid().to_pylist()
        return _split(
            [
                nested_cell(compact_cell(array, index, field, presentation)) if ok else null
                for index, ok in enumerate(valid)
            ]
        )

    return cells


def nested_cell(text: str) -> Cell:
    """A nested value's text as a cell."""
    return displayable(text, CELL_LIMIT), CUT if len(text) > CELL_LIMIT else NESTED


def by_value(value_of: Callable[[Any, int], Any], null: Cell) -> Formatter:
    """Cells that only a store's own hook can read, one by one."""

    def cells(array: Any) -> Cells:
        return _split([_value_cell(value_of(array, index), null) for index in range(len(array))])

    return cells


def _value_cell(value: Any, null: Cell) -> Cell:
    if not isinstance(value, Typed):
        return ABSENT_PAIR
    match value.value:
        case None:
            return null
        case str():
            return text_cell(value.value[: CELL_LIMIT + 1])
        case bytes():
            return binary_text(value.value, len(value.value)), BINARY
        case bool():
            return compact_text(value), TEXT
        case dict() | list():
            return nested_cell(compact_text(value))
        case int() | float() | Decimal():
            return compact_text(value), NUMBER
    return displayable(compact_text(value), CELL_LIMIT), TEXT
