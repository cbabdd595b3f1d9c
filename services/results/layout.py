"""The columns that a result set shows, grown from the schemas of its batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from services.results.format import Cells, Formatter, formatter, struct_member, union_formatter
from services.results.marks import marks_of
from services.results.presenting import Presentation
from services.results.types import ResultColumn
from services.results.widths import MAX_WIDTH, MIN_WIDTH, SAMPLE_ROWS, cell_width, widest
from services.text import displayable

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


class Layout:
    """Maps shown columns to the columns of each schema. Columns are added at the end and never move."""

    def __init__(self, presentation: Presentation) -> None:
        self._presentation = presentation
        self._plans: list[tuple[pa.Schema, dict[int, Reader]]] = []
        self._positions: dict[Source, int] = {}
        self._words: list[list[str]] = []
        self._sampled: list[int] = []
        self.columns: tuple[ResultColumn, ...] = ()

    def plan(self, schema: pa.Schema) -> dict[int, Reader]:
        """The readers of a schema that was learnt, by shown column."""
        for known, plan in reversed(self._plans):
            if known is schema:
                return plan
        for known, plan in self._plans:
            if known.equals(schema, check_metadata=True):
                return plan
        return {}

    def learn(self, batch: pa.RecordBatch) -> bool:
        """Take in a batch's schema and, for the widths, its first rows; True if the columns changed."""
        before = self.columns
        plan = self.plan(batch.schema)
        if not plan and batch.num_columns:
            plan = self._add_schema(batch.schema)
        self._sample(batch, plan)
        return self.columns != before

    def _add_schema(self, schema: pa.Schema) -> dict[int, Reader]:
        plan: dict[int, Reader] = {}
        for shown in shown_columns(schema, self._presentation):
            plan[self._place(shown)] = shown.reader
        self._plans.append((schema, plan))
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

    def _sample(self, batch: pa.RecordBatch, plan: dict[int, Reader]) -> None:
        for position, reader in plan.items():
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


def column_names(schema: pa.Schema) -> list[str]:
    """The raw names of a schema's columns, a number added to those that repeat."""
    seen: dict[str, int] = {}
    names = []
    for name in schema.names:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def shown_columns(schema: pa.Schema, presentation: Presentation) -> list[Shown]:
    """The columns that one schema shows, fields of objects flattened one level."""
    found: list[Shown] = []
    for index, name in enumerate(column_names(schema)):
        field = schema.field(index)
        if pa.types.is_union(field.type):
            found.extend(_of_union(index, name, field, presentation))
        elif pa.types.is_struct(field.type) and field.type.num_fields:
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


def _of_union(index: int, name: str, field: pa.Field[Any], presentation: Presentation) -> list[Shown]:
    """A column of mixed types: objects by field, everything else in a column of its own."""
    kind: Any = field.type
    children = [kind.field(position) for position in range(kind.num_fields)]
    is_key = marks_of(field).is_key
    plain: list[Formatter | None] = []
    words: list[str] = []
    numbers: list[bool] = []
    members: dict[str, list[tuple[int, int]]] = {}
    for position, child in enumerate(children):
        if pa.types.is_struct(child.type) and child.type.num_fields:
            plain.append(None)
            for member in range(child.type.num_fields):
                members.setdefault(child.type.field(member).name, []).append((position, member))
            continue
        plain.append(formatter(child, presentation, child=True))
        if not pa.types.is_null(child.type):
            words.append(marks_of(child, child=True).word)
            numbers.append(is_number(child))
    found = []
    if words or not members:
        reader = Reader(index, union_formatter(kind, plain))
        found.append(Shown((name, ""), _type_text(words), bool(words) and all(numbers), is_key, reader))
    else:
        _keep_nulls(children, plain, members)
    for member_name, places in members.items():
        found.append(_of_member(index, (name, member_name), kind, places, plain, presentation, is_key=is_key))
    return found


def _keep_nulls(children: list[Any], plain: list[Formatter | None], members: dict[str, list[tuple[int, int]]]) -> None:
    """Leave only the children that say NULL: with objects alone, a NULL object shows in every field."""
    for position, child in enumerate(children):
        if not pa.types.is_null(child.type) or not members:
            plain[position] = None


def _of_member(
    index: int,
    source: Source,
    kind: Any,
    places: list[tuple[int, int]],
    plain: list[Formatter | None],
    presentation: Presentation,
    *,
    is_key: bool,
) -> Shown:
    readers: list[Formatter | None] = [
        shown if pa.types.is_null(kind.field(position).type) else None for position, shown in enumerate(plain)
    ]
    words: list[str] = []
    numbers = []
    for position, member in places:
        child = kind.field(position)
        inner = child.type.field(member)
        readers[position] = struct_member(child, member, presentation)
        word = marks_of(inner).word
        words.extend([word] if word not in words else [])
        numbers.append(is_number(inner))
    return Shown(source, _type_text(words), all(numbers), is_key, Reader(index, union_formatter(kind, readers)))


def is_number(field: pa.Field[Any]) -> bool:
    """Whether the column's cells are numbers."""
    kind = field.type
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        kind = kind.value_type
    checks = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(check(kind) for check in checks) or marks_of(field).is_number
