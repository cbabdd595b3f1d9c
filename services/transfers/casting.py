"""Rows brought to the target's columns: safe casts of whole batches, and the rows that do not fit found one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.results.marks import ABSENT_WORD
from services.results.typed import union_layout
from services.text import one_line

_REASON_CHARACTERS: Final = 300
Array = Any


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row of a batch that does not fit: its offset in the batch, the column of the target, and why."""

    row: int
    column: str
    reason: str


class Caster:
    """Casts batches of one schema to another.

    Args:
        columns: pairs of source and target column; a column of the target that none fills is NULL.
    """

    def __init__(self, source: pa.Schema, target: pa.Schema, columns: Sequence[tuple[str, str]]) -> None:
        self._target = target
        by_target = {name: source.get_field_index(origin) for origin, name in columns}
        self._places = [by_target.get(field.name) for field in target]
        self._is_same = (
            self._places == list(range(len(source)))
            and all(
                source.field(place).type == target.field(place).type and target.field(place).nullable
                for place in range(len(source))
                if len(source) == len(target)
            )
            and len(source) == len(target)
        )

    def cast(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[Misfit]]:
        """The rows that fit, and the others; values are never rounded, cut or wrapped."""
        if self._is_same:
            return pa.RecordBatch.from_arrays(batch.columns, schema=self._target), []
        misfits: list[Misfit] = []
        arrays = [
            self._column(batch, place, field, misfits) for place, field in zip(self._places, self._target, strict=True)
        ]
        if misfits:
            bad = {misfit.row for misfit in misfits}
            keep = pa.array([row not in bad for row in range(batch.num_rows)])
            arrays = [array.filter(keep) for array in arrays]
        return pa.RecordBatch.from_arrays(arrays, schema=self._target), _first_of_each_row(misfits)

    def _column(self, batch: pa.RecordBatch, place: int | None, field: Any, misfits: list[Misfit]) -> Array:
        if place is None:
            return pa.nulls(batch.num_rows, field.type)
        array, errors = cast_array(batch.column(place), field.type)
        misfits.extend(Misfit(row, field.name, reason) for row, reason in errors)
        if not field.nullable and array.null_count:
            bad = {row for row, _ in errors}
            missing = np.flatnonzero(np.asarray(array.is_null()))
            misfits.extend(
                Misfit(int(row), field.name, "NULL, and the column takes none")
                for row in missing
                if int(row) not in bad
            )
        return array


def _first_of_each_row(misfits: list[Misfit]) -> list[Misfit]:
    found: dict[int, Misfit] = {}
    for misfit in misfits:
        found.setdefault(misfit.row, misfit)
    return [found[row] for row in sorted(found)]


def cast_array(array: Array, kind: Any) -> tuple[Array, list[tuple[int, str]]]:
    """An array of another type, NULL where a value does not fit, and those rows with the reason."""
    if array.type == kind:
        return array, []
    if pa.types.is_union(array.type):
        return _cast_union(array, kind)
    if pa.types.is_dictionary(array.type) or pa.types.is_run_end_encoded(array.type):
        array = array.cast(array.type.value_type)
    convert = _converter(array.type, kind)
    try:
        return convert(array), []
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _cast_singly(array, kind, convert)


def _converter(source: Any, kind: Any) -> Callable[[Array], Array]:
    """How to cast between two types; by way of text where Arrow demands room for digits that are not there."""
    if pa.types.is_decimal(kind) and pa.types.is_integer(source):
        return lambda array: array.cast(pa.string()).cast(kind)
    if pa.types.is_boolean(source) and _is_text(kind):
        return lambda array: pc.if_else(array, "true", "false").cast(kind)
    if _is_text(source) and pa.types.is_binary(kind):
        return lambda array: array.cast(kind)
    if pa.types.is_binary(source) and _is_text(kind):
        return _checked_text(kind)
    return lambda array: array.cast(kind, safe=True)


def _checked_text(kind: Any) -> Callable[[Array], Array]:
    def convert(array: Array) -> Array:
        text = array.cast(kind)
        text.validate(full=True)
        return text

    return convert


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _cast_singly(array: Array, kind: Any, convert: Callable[[Array], Array]) -> tuple[Array, list[tuple[int, str]]]:
    """Halve the array until what is left over are the single values that do not fit."""
    pieces: list[Array] = []
    errors: list[tuple[int, str]] = []
    stack = [(0, len(array))]
    while stack:
        first, count = stack.pop()
        try:
            pieces.append(convert(array.slice(first, count)))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            if count == 1:
                errors.append((first, one_line(str(error))[:_REASON_CHARACTERS]))
                pieces.append(pa.nulls(1, kind))
            else:
                half = count // 2
                stack += [(first + half, count - half), (first, half)]
    return _joined(pieces, kind), errors


def _joined(pieces: list[Array], kind: Any) -> Array:
    return pa.concat_arrays(pieces) if pieces else pa.nulls(0, kind)


def _cast_union(array: Array, kind: Any) -> tuple[Array, list[tuple[int, str]]]:
    """Each member cast by itself, then gathered in the order of the rows; NULL and absent are NULL."""
    children, places = union_layout(array)
    starts: list[int] = []
    pieces: list[Array] = []
    reasons: dict[int, str] = {}
    total = 0
    for number in range(array.type.num_fields):
        member = array.field(number)
        is_nothing = pa.types.is_null(member.type) or array.type.field(number).name == ABSENT_WORD
        cast, errors = (pa.nulls(len(member), kind), []) if is_nothing else cast_array(member, kind)
        reasons.update({total + row: reason for row, reason in errors})
        starts.append(total)
        total += len(member)
        pieces.append(cast)
    gather = [starts[child] + place for child, place in zip(children, places, strict=True)]
    result = _joined(pieces, kind).take(pa.array(gather, pa.int64()))
    return result, [(row, reasons[place]) for row, place in enumerate(gather) if place in reasons]


def cast_word(source: Any, target: Any) -> str:
    """How a column fares: `same`, `lossless` (every value fits) or `checked` (each value is, and may be rejected).

    Raises:
        pa.ArrowNotImplementedError: no value of the one type is ever one of the other.
    """
    if source == target:
        return "same"
    if pa.types.is_union(source):
        return "checked"
    if not pa.types.is_null(source):
        _converter(source, target)(pa.array([], source))
    return "lossless" if _is_wider(source, target) else "checked"


def _is_wider(source: Any, target: Any) -> bool:
    types = pa.types
    if types.is_null(source):
        return True
    if types.is_integer(source) and types.is_integer(target):
        gains = types.is_signed_integer(target) and types.is_unsigned_integer(source)
        same_sign = types.is_signed_integer(source) == types.is_signed_integer(target)
        return (same_sign and target.bit_width >= source.bit_width) or (gains and target.bit_width > source.bit_width)
    if types.is_floating(source) and types.is_floating(target):
        return bool(target.bit_width >= source.bit_width)
    if types.is_integer(source) and types.is_floating(target):
        return bool(source.bit_width <= {64: 32, 32: 16}.get(target.bit_width, 8))
    if _is_text(target):
        return not types.is_binary(source)
    return bool(
        (_is_text(source) and types.is_binary(target)) or (types.is_dictionary(source) and source.value_type == target)
    )
