"""Columns of transfers: one type each, or JSON text where a column of the table mixes types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from services.errors import ValueRefused
from services.results.marks import ABSENT_WORD, NULL_METADATA
from services.results.typed import typed_cell, union_layout
from services.stores.bulk import Fault
from services.stores.tablestore import inputs
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.columns import ARROW_TYPES
from services.stores.types import KEY_METADATA, TYPE_METADATA
from services.value_json import json_text, plain_json
from services.values import ABSENT, Typed, Value

Array = Any
Field = Any

JSON_METADATA: Final = b"storedeck.json"
"""`1` on a column of text whose texts are JSON."""

ARROW_OF: Final[Mapping[str, Any]] = {word: ARROW_TYPES[kind] for kind, word in tags.WORDS.items()}
_RAW_CHARACTERS: Final = 500


def planned_field(name: str, words: Iterable[str], *, is_key: bool) -> Field:
    """The field for a column of these types; without any mark but one where it is JSON, so that files keep it."""
    known = list(words)
    if len(known) > 1:
        return pa.field(name, pa.string(), metadata={JSON_METADATA: b"1"})
    word = known[0] if known else "String"
    marks = {TYPE_METADATA: word.encode(), (KEY_METADATA if is_key else NULL_METADATA): b"1"}
    if not is_key:
        marks[NULL_METADATA] = ABSENT_WORD.encode()
    return pa.field(name, ARROW_OF[word], nullable=not is_key, metadata=dict(marks.items()))


def is_json(field: Field) -> bool:
    """Whether the texts of a column are JSON."""
    return JSON_METADATA in (field.metadata or {})


def word_of(field: Field) -> str:
    """The type that a field's metadata names."""
    return str((field.metadata or {}).get(TYPE_METADATA, b"").decode())


def words_in(batch: pa.RecordBatch) -> Iterator[tuple[str, list[str]]]:
    """The types of the values that each column of a page has."""
    for field, array in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_union(field.type):
            kinds = [field.type.field(place).name for place in range(field.type.num_fields)]
            yield field.name, [word for word in kinds if word != ABSENT_WORD]
        elif array.null_count < len(array):
            yield field.name, [word_of(field)]


class PageFitter:
    """Brings pages to the schema of a plan; a row that holds what the plan has no place for is a fault."""

    def __init__(self, schema: pa.Schema, *, is_whole: bool) -> None:
        """
        Args:
            is_whole: the plan has all columns, so that any other is a fault.
        """
        self._schema = schema
        self._is_whole = is_whole

    def fit(self, batch: pa.RecordBatch, first: int) -> tuple[pa.RecordBatch, tuple[Fault, ...]]:
        """The rows that fit, and the others; `first` is the place of the first row in its part."""
        misfits: dict[int, tuple[str, str]] = {}
        arrays = [self._column(batch, field, misfits) for field in self._schema]
        for field, array in zip(batch.schema, batch.columns, strict=True):
            if self._is_whole and field.name not in self._schema.names:
                reason = "a column that no row of the sample had"
                misfits.update({row: (field.name, reason) for row in _present(array) if row not in misfits})
        if misfits:
            keep = pa.array([row not in misfits for row in range(batch.num_rows)])
            arrays = [array.filter(keep) for array in arrays]
        faults = tuple(
            Fault(first + row, reason, _raw(batch, row), column) for row, (column, reason) in sorted(misfits.items())
        )
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema), faults

    def _column(self, batch: pa.RecordBatch, field: Field, misfits: dict[int, tuple[str, str]]) -> Array:
        place = batch.schema.get_field_index(field.name)
        if place < 0:
            return pa.nulls(batch.num_rows, field.type)
        source, array = batch.schema.field(place), batch.column(place)
        if is_json(field):
            return pa.array([_json(typed_cell(array, row, source)) for row in range(len(array))], pa.string())
        if array.type == field.type:
            return array
        if array.null_count == len(array):
            return pa.nulls(len(array), field.type)
        return _chosen(array, source, field, misfits)


def _chosen(array: Array, source: Field, field: Field, misfits: dict[int, tuple[str, str]]) -> Array:
    """The cells of the planned type; every other is a misfit."""
    children, places = union_layout(array) if pa.types.is_union(array.type) else ([0] * len(array), range(len(array)))
    members = (
        [(array.type.field(number).name, array.field(number)) for number in range(array.type.num_fields)]
        if pa.types.is_union(array.type)
        else [(word_of(source), array)]
    )
    wanted = word_of(field)
    good = next((values for name, values in members if name == wanted), pa.nulls(0, field.type))
    gather: list[int | None] = []
    for row, (child, place) in enumerate(zip(children, places, strict=True)):
        word, values = members[child]
        is_there = word != ABSENT_WORD and values[place].is_valid
        gather.append(place if is_there and word == wanted else None)
        if is_there and word != wanted:
            misfits.setdefault(row, (field.name, f"{_article(word)}, and the sample had {wanted} only"))
    return good.take(pa.array(gather, pa.int64()))


def _article(word: str) -> str:
    return f"is {'an' if word[:1] in 'AEIOU' else 'a'} {word}"


def _present(array: Array) -> list[int]:
    if pa.types.is_union(array.type):
        names = [array.type.field(number).name for number in range(array.type.num_fields)]
        return [row for row, child in enumerate(union_layout(array)[0]) if names[child] != ABSENT_WORD]
    return [row for row, is_there in enumerate(array.is_valid().to_pylist()) if is_there]


def _json(value: Value) -> str | None:
    return None if value is ABSENT else json_text(plain_json(value, numbers=True))


def _raw(batch: pa.RecordBatch, row: int) -> str:
    cells = {
        field.name: plain_json(value)
        for field, array in zip(batch.schema, batch.columns, strict=True)
        if (value := typed_cell(array, row, field)) is not ABSENT
    }
    return json_text(cells)[:_RAW_CHARACTERS]


def json_value(text: str) -> Typed:
    """The value that a JSON text stands for.

    Raises:
        ValueRefused: it is no JSON, or no value of Tablestore.
    """
    try:
        return inputs.from_json(json.loads(text))
    except ValueError as error:
        raise ValueRefused(f"{text[:60]!r} is no JSON") from error


def given_word(field: Field) -> str:
    """The type that holds the values of an Arrow column, String where no other does."""
    kind, types = field.type, pa.types
    if types.is_integer(kind):
        return "Integer"
    if types.is_floating(kind):
        return "Double"
    if types.is_boolean(kind):
        return "Boolean"
    is_bytes = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return "Binary" if is_bytes else "String"
