"""Columns of transfers out of stores without a schema: one type each, or JSON text where a column mixes types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from services.results.marks import ABSENT_WORD, NULL_METADATA
from services.results.typed import typed_cell, union_layout
from services.stores.bulk import Fault
from services.stores.types import KEY_METADATA, TYPE_METADATA
from services.value_json import json_text, plain_json
from services.values import ABSENT, Typed

Array = Any
Field = Any

JSON_METADATA: Final = b"storedeck.json"
"""`1` on a column of text whose texts are JSON."""

_RAW_CHARACTERS: Final = 500


def planned_field(name: str, words: Iterable[str], kinds: Mapping[str, Any], *, is_key: bool) -> Field:
    """The field for a column of these types; without any mark but one where it is JSON, so that files keep it.

    Args:
        words: the types of its values; text where there is none.
        kinds: the Arrow type of each type of the store.
    """
    known = list(words)
    if len(known) > 1:
        return pa.field(name, pa.string(), metadata={JSON_METADATA: b"1"})
    word = known[0] if known else next(word for word, kind in kinds.items() if kind == pa.string())
    marks = {TYPE_METADATA: word.encode()}
    marks |= {KEY_METADATA: b"1"} if is_key else {NULL_METADATA: ABSENT_WORD.encode()}
    return pa.field(name, kinds[word], nullable=not is_key, metadata=dict(marks.items()))


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

    def __init__(self, schema: pa.Schema, to_json: Callable[[Typed], Any], *, is_whole: bool) -> None:
        """
        Args:
            to_json: a value as JSON data from which the store has it back exactly.
            is_whole: the plan has all columns, so that any other is a fault.
        """
        self._schema = schema
        self._to_json = to_json
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
            return pa.array([self._json(array, row, source) for row in range(len(array))], pa.string())
        if word_of(source) == word_of(field) and not pa.types.is_union(array.type):
            return _checked(array.cast(field.type), field, misfits)
        if array.null_count == len(array):
            return pa.nulls(len(array), field.type)
        return _checked(_chosen(array, source, field, misfits), field, misfits)

    def _json(self, array: Array, row: int, source: Field) -> str | None:
        value = typed_cell(array, row, source)
        return json_text(self._to_json(value)) if isinstance(value, Typed) else None


def _checked(array: Array, field: Field, misfits: dict[int, tuple[str, str]]) -> Array:
    """The array; a text that is none is a misfit, and NULL."""
    if not pa.types.is_string(field.type):
        return array
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        values = array.cast(pa.binary()).to_pylist()
        texts = [None if value is None or not _is_utf8(value) else value.decode() for value in values]
        lost = [row for row, value in enumerate(values) if value is not None and texts[row] is None]
        misfits.update({row: (field.name, "is a text that is not UTF-8") for row in lost if row not in misfits})
        return pa.array(texts, field.type)
    return array


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


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


def _raw(batch: pa.RecordBatch, row: int) -> str:
    cells = {
        field.name: plain_json(value)
        for field, array in zip(batch.schema, batch.columns, strict=True)
        if (value := typed_cell(array, row, field)) is not ABSENT
    }
    return json_text(cells)[:_RAW_CHARACTERS]


def python_columns(batch: pa.RecordBatch) -> tuple[list[list[Any]], dict[int, tuple[str, str]]]:
    """The cells of each column as Python values, and rows with a text that is none: the column and why."""
    misfits: dict[int, tuple[str, str]] = {}
    columns = [
        _checked(array, field, misfits).to_pylist() for field, array in zip(batch.schema, batch.columns, strict=True)
    ]
    return columns, misfits
