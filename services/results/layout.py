"""The columns that a result set shows, grown from the schemas of its batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import pyarrow as pa

from services.results.format import NULL_CELL, Cells, Formatter, by_value, formatter, struct_member, union_formatter
from services.results.keys import KeyReader
from services.results.marks import column_names, marks_of
from services.results.presenting import Presentation
from services.results.types import ResultColumn
from services.results.widths import MAX_WIDTH, MIN_WIDTH, SAMPLE_ROWS, cell_width, widest
from services.results.wire_cells import WireCells
from services.text import displayable
from services.values import Value

NAME_LIMIT: Final = 256
MAX_TYPE_WORDS: Final = 3

Source = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reader:
    """How one batch column gives one shown column."""

    index: int
    format: Formatter

    def cells(self, batch: pa.RecordBatch) -> Cells:
        """The cells of a slice."""
        return self.format(batch.column(self.index))


@dataclass(frozen=True, slots=True)
class Shown:
    """A shown column as one schema has it."""

    source: Source
    word: str
    is_number: bool
    is_key: bool
    reader: Reader


@dataclass(frozen=True, slots=True)
class Plan:
    """How batches of one schema are shown: a reader for each shown column that they have, and one for their keys."""

    readers: dict[int, Reader]
    keys: KeyReader


class Layout:
    """Maps shown columns to the columns of each schema. Columns are added at the end and never move."""

    def __init__(self, presentation: Presentation) -> None:
        self._presentation = presentation
        self._plans: list[tuple[pa.Schema, Plan]] = []
        self._positions: dict[Source, int] = {}
        self._words: list[list[str]] = []
        self._sampled: list[int] = []
        self.columns: tuple[ResultColumn, ...] = ()

    def plan(self, schema: pa.Schema) -> Plan:
        """How a schema that was learnt is shown."""
        found = self._find(schema)
        assert found is not None
        return found

    def _find(self, schema: pa.Schema) -> Plan | None:
        """Newest first: most results have one schema, others settle on one."""
        for known, plan in reversed(self._plans):
            if known.equals(schema, check_metadata=True):
                return plan
        return None

    def learn(self, batch: pa.RecordBatch) -> bool:
        """Take in a batch's schema and, for the widths, its first rows; True if the columns changed."""
        before = self.columns
        plan = self._find(batch.schema) or self._add_schema(batch)
        self._sample(batch, plan)
        return self.columns != before

    def _add_schema(self, batch: pa.RecordBatch) -> Plan:
        readers = {self._place(shown): shown.reader for shown in shown_columns(batch, self._presentation)}
        plan = Plan(readers, KeyReader(batch.schema, self._presentation))
        self._plans.append((batch.schema, plan))
        return plan

    def _place(self, shown: Shown) -> int:
        position = self._positions.get(shown.source)
        if position is None:
            position = self._positions[shown.source] = len(self.columns)
            self.columns += (_column(shown),)
            self._words.append([shown.word])
            self._sampled.append(0)
            return position
        words = self._words[position]
        column = self.columns[position]
        if shown.word not in words:
            words.append(shown.word)
        merged = replace(column, type=_type_text(words), is_right=column.is_right and shown.is_number)
        self._set(position, merged)
        return position

    def _set(self, position: int, column: ResultColumn) -> None:
        if column != self.columns[position]:
            self.columns = (*self.columns[:position], column, *self.columns[position + 1 :])

    def _sample(self, batch: pa.RecordBatch, plan: Plan) -> None:
        for position, reader in plan.readers.items():
            wanted = min(SAMPLE_ROWS - self._sampled[position], batch.num_rows)
            if wanted <= 0:
                continue
            self._sampled[position] += wanted
            texts, _ = reader.cells(batch.slice(0, wanted))
            column = self.columns[position]
            self._set(position, replace(column, width=widest(texts, column.width)))


def _column(shown: Shown) -> ResultColumn:
    name, field = shown.source
    title = displayable(f"{name}.{field}" if field else name, NAME_LIMIT)
    return ResultColumn(
        name=title,
        source=shown.source,
        type=_type_text([shown.word]),
        is_key=shown.is_key,
        is_right=shown.is_number,
        width=min(max(cell_width(title), MIN_WIDTH), MAX_WIDTH),
    )


def _type_text(words: list[str]) -> str:
    text = " | ".join(words[:MAX_TYPE_WORDS])
    return displayable(text + " | …" if len(words) > MAX_TYPE_WORDS else text, NAME_LIMIT)


def shown_columns(batch: pa.RecordBatch, presentation: Presentation) -> list[Shown]:
    """The columns that batches of one schema show, fields of objects flattened one level."""
    found: list[Shown] = []
    for index, name in enumerate(column_names(batch.schema)):
        field = batch.schema.field(index)
        if pa.types.is_union(field.type):
            found.extend(_of_union(index, name, batch, presentation))
        elif marks_of(field).is_wire and presentation.decode_wire is not None:
            found.extend(_of_wire(index, name, batch, presentation))
        elif _is_object(field):
            found.extend(_of_struct(index, name, field, presentation))
        else:
            reader = Reader(index, formatter(field, presentation))
            marks = marks_of(field)
            found.append(Shown((name, ""), marks.word, is_number(field), marks.is_key, reader))
    return found


def _of_struct(index: int, name: str, field: pa.Field[Any], presentation: Presentation) -> list[Shown]:
    is_key = marks_of(field).is_key
    found = []
    for member in range(field.type.num_fields):
        inner = field.type.field(member)
        reader = Reader(index, struct_member(field, member, presentation))
        found.append(Shown((name, inner.name), marks_of(inner).word, is_number(inner), is_key, reader))
    return found


def _of_wire(index: int, name: str, batch: pa.RecordBatch, presentation: Presentation) -> list[Shown]:
    """A column of the system's own bytes: itself, and the fields of the objects among its first rows."""
    field = batch.schema.field(index)
    marks = marks_of(field)
    wire = WireCells(field, presentation)
    found = [Shown((name, ""), marks.word, False, marks.is_key, Reader(index, by_value(wire.value, NULL_CELL)))]
    for member, word in wire.members(batch.column(index)).items():
        reader = Reader(index, by_value(partial(_member_of, wire, member), NULL_CELL))
        found.append(Shown((name, member), word, False, marks.is_key, reader))
    return found


def _member_of(wire: WireCells, member: str, array: Any, index: int) -> Value:
    return wire.member(array, index, member)


def _of_union(index: int, name: str, batch: pa.RecordBatch, presentation: Presentation) -> list[Shown]:
    """A column of mixed types: itself, unless it holds objects only, and each field of its objects."""
    field = batch.schema.field(index)
    kind: Any = field.type
    children = [kind.field(position) for position in range(kind.num_fields)]
    plain = [formatter(child, presentation, child=True) for child in children]
    others = [child for child in children if not _is_object(child) and not pa.types.is_null(child.type)]
    is_key = marks_of(field).is_key
    found = []
    if others or not any(_is_object(child) for child in children):
        reader = Reader(index, union_formatter(plain))
        words = _words(marks_of(child, child=True).word for child in children if not pa.types.is_null(child.type))
        is_right = bool(others) and all(is_number(child) for child in others)
        found.append(Shown((name, ""), _type_text(words), is_right, is_key, reader))
    # Where there are objects only, a NULL object shows as NULL in each of its fields.
    nulls: list[Formatter | None] = [
        shown if pa.types.is_null(child.type) and not others else None
        for child, shown in zip(children, plain, strict=True)
    ]
    for member, parts in _members(children, batch.column(index), presentation).items():
        readers = list(nulls)
        for child, part in parts.items():
            readers[child] = part.format
        words = _words(part.word for part in parts.values())
        is_right = all(part.is_number for part in parts.values())
        found.append(
            Shown((name, member), _type_text(words), is_right, is_key, Reader(index, union_formatter(readers)))
        )
    return found


@dataclass(frozen=True, slots=True)
class _Member:
    """One field of the objects of one child of a union."""

    word: str
    is_number: bool
    format: Formatter


def _members(children: list[Any], column: Any, presentation: Presentation) -> dict[str, dict[int, _Member]]:
    """Every field of the objects among a union's children, by the child that has it."""
    found: dict[str, dict[int, _Member]] = {}
    for child, field in enumerate(children):
        if _is_object(field):
            for position in range(field.type.num_fields):
                inner = field.type.field(position)
                shown = struct_member(field, position, presentation)
                found.setdefault(inner.name, {})[child] = _Member(marks_of(inner).word, is_number(inner), shown)
        elif marks_of(field, child=True).is_wire and presentation.decode_wire is not None:
            wire = WireCells(field, presentation)
            for name, word in wire.members(column.field(child)).items():
                shown = by_value(partial(_member_of, wire, name), NULL_CELL)
                found.setdefault(name, {})[child] = _Member(word, False, shown)
    return found


def _is_object(field: pa.Field[Any]) -> bool:
    return pa.types.is_struct(field.type) and field.type.num_fields > 0


def _words(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def is_number(field: pa.Field[Any]) -> bool:
    """Whether the column's cells are numbers."""
    kind = field.type
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        kind = kind.value_type
    checks = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(check(kind) for check in checks) or marks_of(field).is_number
