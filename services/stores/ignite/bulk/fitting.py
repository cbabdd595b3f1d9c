"""Pages brought to the schema of a plan: exactly, and what does not fit it told as a fault."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import numpy as np
import pyarrow as pa

from services.errors import ValueRefused
from services.results.marks import NUMBER_METADATA
from services.results.typed import NANOS, union_layout
from services.stores.bulk import Fault
from services.stores.ignite.bulk.fields import JSON_METADATA, has_mark, word_of
from services.stores.ignite.codec.binary_types import Resolver
from services.stores.ignite.codec.cell_values import cell_value
from services.stores.ignite.codec.pieces import WIRE
from services.times import Day, Moment, TimeOfDay, clock_text
from services.value_json import json_text, plain_json, typed_json
from services.values import Typed

Array = Any
Field = Any
Misfits = dict[int, str]

_INT64: Final = range(-(2**63), 2**63)
_RAW_CHARACTERS: Final = 500
_ALIASES: Final = frozenset((("Date", "Timestamp"), ("Char", "String")))
"""What SQL gives for a column besides the type that declares it."""


class Fitter:
    """Brings pages to one schema.

    Args:
        is_sql: the pages are of an SQL answer, where a declared type may come as its like.
    """

    def __init__(self, schema: pa.Schema, resolver: Resolver, *, is_sql: bool) -> None:
        self._schema = schema
        self._resolver = resolver
        self._is_sql = is_sql

    def fit(self, batch: pa.RecordBatch, first: int) -> tuple[pa.RecordBatch, tuple[Fault, ...]]:
        """The rows that fit, and the others; `first` is the place of the first row in its part."""
        misfits: dict[int, tuple[str, str]] = {}
        arrays: list[Array] = []
        for place, field in enumerate(self._schema):
            array, reasons = self._column(batch.column(place), batch.schema.field(place), field)
            arrays.append(array)
            for row, reason in reasons.items():
                misfits.setdefault(row, (field.name, reason))
        if misfits:
            keep = pa.array([row not in misfits for row in range(batch.num_rows)])
            arrays = [array.filter(keep) for array in arrays]
        faults = tuple(
            Fault(first + row, reason, self._raw(batch, row), column)
            for row, (column, reason) in sorted(misfits.items())
        )
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema), faults

    def _raw(self, batch: pa.RecordBatch, row: int) -> str:
        cells = {
            field.name: plain_json(cell_value(field, batch.column(place), row, self._resolver))
            for place, field in enumerate(batch.schema)
        }
        return json_text(cells)[:_RAW_CHARACTERS]

    def _column(self, array: Array, source: Field, target: Field) -> tuple[Array, Misfits]:
        if pa.types.is_null(array.type):
            return pa.nulls(len(array), target.type), {}
        if pa.types.is_union(array.type):
            return self._union(array, target)
        if not has_mark(source, WIRE[0]) and not has_mark(target, JSON_METADATA):
            if pa.types.is_struct(array.type) and pa.types.is_struct(target.type):
                return self._struct(array, source, target)
            if array.type == target.type and self._is_meant(word_of(source), word_of(target)):
                return array, {}
            if self._is_sql and pa.types.is_decimal(array.type) and pa.types.is_decimal(target.type):
                try:
                    return array.cast(target.type), {}
                except pa.ArrowInvalid:
                    pass
        return self._singly(array, source, target)

    def _is_meant(self, word: str, wanted: str) -> bool:
        return word == wanted or (self._is_sql and (word, wanted) in _ALIASES)

    def _struct(self, array: Array, source: Field, target: Field) -> tuple[Array, Misfits]:
        """An object of the planned type, field by field."""
        names = [child.name for child in target.type]
        if word_of(source) != word_of(target) or [child.name for child in source.type] != names:
            reason = f"is a {word_of(source)} with other fields than the plan's {word_of(target)}"
            held = np.flatnonzero(np.asarray(array.is_valid()))
            return pa.nulls(len(array), target.type), {int(row): reason for row in held}
        children: list[Array] = []
        misfits: Misfits = {}
        for place, child in enumerate(target.type):
            fitted, reasons = self._column(array.field(place), source.type.field(place), child)
            children.append(fitted)
            misfits.update({row: f"{child.name}: {reason}" for row, reason in reasons.items()})
        whole = pa.StructArray.from_arrays(children, fields=list(target.type), mask=array.is_null())
        return whole, misfits

    def _union(self, array: Array, target: Field) -> tuple[Array, Misfits]:
        """Each member by itself, then gathered in the order of the rows."""
        children, places = union_layout(array)
        starts: list[int] = []
        pieces: list[Array] = []
        reasons: Misfits = {}
        total = 0
        for number in range(array.type.num_fields):
            piece, found = self._column(array.field(number), array.type.field(number), target)
            reasons.update({total + row: reason for row, reason in found.items()})
            starts.append(total)
            pieces.append(piece)
            total += len(piece)
        gather = [starts[child] + place for child, place in zip(children, places, strict=True)]
        whole = pa.concat_arrays(pieces).take(pa.array(gather, pa.int64()))
        return whole, {row: reasons[place] for row, place in enumerate(gather) if place in reasons}

    def _singly(self, array: Array, source: Field, target: Field) -> tuple[Array, Misfits]:
        values: list[Any] = []
        reasons: Misfits = {}
        for row in range(len(array)):
            value = cell_value(source, array, row, self._resolver)
            try:
                values.append(None if value.value is None else self._raw_value(value, target))
            except ValueRefused as error:
                values.append(None)
                reasons[row] = error.message
        return array_of(values, target.type), reasons

    def _raw_value(self, value: Typed, target: Field) -> Any:
        """What stands in the array's memory for a value.

        Raises:
            ValueRefused: the column cannot hold it.
        """
        if has_mark(target, JSON_METADATA):
            return json_text(typed_json(value))
        if not self._is_meant(value.type, word_of(target)):
            raise ValueRefused(f"is a {value.type}, and the plan has {word_of(target)}")
        if has_mark(target, NUMBER_METADATA):
            return str(value.value)
        if (
            not self._is_sql
            and isinstance(value.value, Decimal)
            and -int(value.value.as_tuple().exponent) != (target.type.scale)
        ):
            raise ValueRefused(f"{value.value} has another number of digits after the point than the plan")
        return raw_value(value.value, target.type)


def raw_value(value: Any, kind: Any) -> Any:
    """What stands in the memory of an array of a type for a value of the matching type word.

    Raises:
        ValueRefused: the type cannot hold it.
    """
    match value:
        case Moment() if pa.types.is_timestamp(kind):
            count, rest = divmod(value.epoch_nanos, NANOS[kind.unit])
            if rest or count not in _INT64:
                raise ValueRefused(f"{plain_json(value)} is not within what {kind} holds exactly")
            return count
        case Day() if pa.types.is_date32(kind):
            return value.epoch_days
        case TimeOfDay() if pa.types.is_string(kind):
            return clock_text(value.nanos)
        case TimeOfDay() if kind == pa.time32("ms") and 0 <= value.nanos < 86_400 * NANOS["s"]:
            return value.nanos // NANOS["ms"]
        case Decimal() if pa.types.is_decimal(kind):
            return _scaled(value, kind)
        case bool() | int() | float() | str() | bytes():
            return value
        case UUID():
            return value.bytes if pa.types.is_fixed_size_binary(kind) else str(value)
    raise ValueRefused(f"{plain_json(value)} is nothing that {kind} holds")


def _scaled(value: Decimal, kind: Any) -> Decimal:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    kept = digits
    while exponent < -kind.scale and kept[-1] == 0 and len(kept) > 1:
        kept, exponent = kept[:-1], exponent + 1
    is_zero = not any(kept)
    if not is_zero and (exponent < -kind.scale or len(kept) + exponent > kind.precision - kind.scale):
        raise ValueRefused(f"{value} has more digits than {kind}")
    return Decimal(0) if is_zero else Decimal((sign, kept, exponent))


def array_of(values: Sequence[Any], kind: Any) -> Array:
    """An array of values as they stand in its memory."""
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return pa.array(values, pa.int32()).cast(kind)
    return pa.array(values, kind)
