"""Rows in the form that tunnels take: all of the table's columns in its order, and not a value changed on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from services.errors import ValueRefused
from services.stores.bulk import Reject
from services.stores.maxcompute.types import SECONDS_AND_NANOS, ZONED, OdpsType, parse_type, shown_type, wire_type

ColumnTypes = Sequence[tuple[str, str]]
_LENGTHS: Final = frozenset({"CHAR", "VARCHAR"})
_BYTES: Final = frozenset({"STRING", "BINARY", "JSON", "CHAR", "VARCHAR"})
_INTERVAL: Final = re.compile(r"([+-])?(\d+) (\d+):(\d\d):(\d\d)(?:\.(\d{1,9}))?")


class WireForm:
    """Brings batches of a plan to a table's columns.

    Args:
        columns: of the table, names and type texts, in its order.
        schema: of the batches; columns that it lacks are NULL.
        most_field_bytes: that one value may have; 0 for no bound.
    """

    def __init__(self, columns: ColumnTypes, schema: pa.Schema, most_field_bytes: int = 0) -> None:
        self._columns = [(name, parse_type(text)) for name, text in columns]
        self._schema = schema
        self._most = most_field_bytes
        self._wire = pa.schema([(name, wire_type(kind)) for name, kind in self._columns])
        self._needed = [field.name for field in schema if not field.nullable]
        self.rejects: list[Reject] = []
        self.rows = 0
        self._seen = 0

    def batches(self, given: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows that the table takes; the others are in `rejects`, by their place among all.

        Raises:
            ValueRefused: a batch is not of the plan's types and has a value that does not fit them.
        """
        for batch in given:
            good = self._without_misfits(self._checked(batch))
            self._seen += batch.num_rows
            self.rows += good.num_rows
            if good.num_rows:
                yield self._on_wire(good)

    def _checked(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if batch.schema.types == self._schema.types and batch.schema.names == self._schema.names:
            return batch
        missing = next((name for name in self._schema.names if name not in batch.schema.names), None)
        extra = next((name for name in batch.schema.names if name not in self._schema.names), None)
        if missing or extra:
            words = f"{missing}: the rows lack it" if missing else f"{extra}: the plan has no such column"
            raise ValueRefused(f"rows from {self._seen + 1}: {words}", hint="Plan the write for the rows as they are.")
        arrays = [self._cast(batch.column(field.name), field) for field in self._schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _cast(self, array: Any, field: Any) -> Any:
        try:
            return array.cast(field.type, safe=True)
        except pa.ArrowNotImplementedError as error:
            raise ValueRefused(
                f"{field.name}: {array.type} never becomes {field.type}", hint="Change the column, or leave it out."
            ) from error
        except pa.ArrowInvalid as error:
            row, reason = _first_misfit(array, field.type)
            raise ValueRefused(
                f"row {self._seen + row + 1}, column {field.name}: {_shown(array[row])} is no {field.type}: {reason}",
                hint="Correct the row, or change the column's type.",
            ) from error

    def _without_misfits(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        found: dict[int, Reject] = {}
        for name, kind in self._columns:
            if name in batch.schema.names:
                for row, reason in self._misfits(batch.column(name), name, kind):
                    found.setdefault(row, Reject(self._seen + row, reason, name))
        if not found:
            return batch
        self.rejects += [found[row] for row in sorted(found)]
        return batch.filter(pa.array([row not in found for row in range(batch.num_rows)]))

    def _misfits(self, array: Any, name: str, kind: OdpsType) -> Iterator[tuple[int, str]]:
        if name in self._needed and array.null_count:
            yield from ((row, "NULL, and the column takes none") for row in _rows(array.is_null()))
        if kind.name in _LENGTHS and kind.sizes:
            size = kind.sizes[0]
            too_long = pc.greater(pc.utf8_length(array), pa.scalar(size))
            yield from ((row, f"more than the {size} characters of {kind}") for row in _rows(too_long))
        if kind.name in _BYTES and self._most and array.nbytes > self._most:
            too_large = pc.greater(pc.binary_length(array), pa.scalar(self._most))
            yield from ((row, f"more than the {self._most:,} bytes of a value") for row in _rows(too_large))

    def _on_wire(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        arrays = []
        for name, kind in self._columns:
            if name in batch.schema.names:
                arrays.append(wire_array(batch.column(name), kind))
            else:
                arrays.append(pa.nulls(batch.num_rows, wire_type(kind)))
        return pa.RecordBatch.from_arrays(arrays, schema=self._wire)


def _rows(mask: Any) -> list[int]:
    return [int(row) for row in pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()]


def _shown(scalar: Any) -> str:
    """A value in an error; Python has none for nanoseconds."""
    return str(scalar.value) if pa.types.is_timestamp(scalar.type) else repr(scalar.as_py())


def _first_misfit(array: Any, kind: Any) -> tuple[int, str]:
    """The first row that does not cast, by halves, and why."""
    first, count = 0, len(array)
    while count > 1:
        half = count // 2
        if _why_not(array.slice(first, half), kind):
            count = half
        else:
            first, count = first + half, count - half
    return first, _why_not(array.slice(first, 1), kind)


def _why_not(array: Any, kind: Any) -> str:
    try:
        array.cast(kind, safe=True)
    except pa.ArrowInvalid as error:
        return str(error)
    return ""


def wire_array(array: Any, kind: OdpsType) -> Any:
    """One column in the tunnel's form; the reverse of how pages show it."""
    wanted = wire_type(kind)
    if kind.name in ZONED:
        return array.cast(wanted)
    if kind.name == "INTERVAL_DAY_TIME":
        return pa.array([_interval(text) for text in array.to_pylist()], SECONDS_AND_NANOS)
    if kind.parts and shown_type(kind) != wanted:
        return _nested(array, kind, wanted)
    return array


def _nested(array: Any, kind: OdpsType, wanted: Any) -> Any:
    buffers, size = array.buffers(), len(array)
    if kind.name == "STRUCT":
        parts = [wire_array(array.field(place), part) for place, part in enumerate(kind.parts)]
        mask = array.is_null() if array.null_count else None
        return pa.StructArray.from_arrays(parts, fields=list(wanted), mask=mask)
    if kind.name == "MAP":
        keys, items = (
            wire_array(child, part) for child, part in zip((array.keys, array.items), kind.parts, strict=True)
        )
        entries = pa.StructArray.from_arrays([keys, items], fields=[wanted.key_field, wanted.item_field])
    else:
        entries = wire_array(array.values, kind.parts[0])
    return pa.Array.from_buffers(wanted, size, buffers[:2], array.null_count, array.offset, [entries])


def _interval(text: str | None) -> dict[str, int] | None:
    if text is None:
        return None
    match = _INTERVAL.fullmatch(text.strip())
    if match is None:
        raise ValueRefused(f"{text[:60]!r}: no interval", hint="Write days and a time: 3 04:05:06.000000007.")
    days, hours, minutes, seconds = (int(part) for part in match.groups()[1:5])
    nanos = int((match[6] or "").ljust(9, "0"))
    total = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000_000 + nanos
    whole, rest = divmod(-total if match[1] == "-" else total, 1_000_000_000)
    return {"sec": whole, "nano": rest}
