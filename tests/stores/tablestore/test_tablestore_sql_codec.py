"""SQL answers to Arrow: all types, NULL, run-length texts, names that come twice, and broken bytes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sql_columns import BINARY, BOOLEAN, DOUBLE, LONG, NONE, STRING, STRING_RLE, Column, written_answer

from services.errors import ProtocolError
from services.stores.tablestore.codec.sql_answers import decode_answer
from services.stores.types import TYPE_METADATA

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES: dict[int, st.SearchStrategy[Any]] = {
    NONE: st.none(),
    LONG: st.integers(-(2**63), 2**63 - 1),
    BOOLEAN: st.booleans(),
    DOUBLE: st.floats(allow_nan=False),
    STRING: TEXTS,
    BINARY: st.binary(max_size=8),
    STRING_RLE: TEXTS,
}
WORDS = ("Null", "Integer", "Boolean", "Double", "String", "Binary", "String")


@st.composite
def answers(draw: st.DrawFn) -> list[Column]:
    """Columns of any types, names and NULLs, all of the same length."""
    rows = draw(st.integers(0, 20))
    columns: list[Column] = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(list(VALUES)))
        value = VALUES[kind] | st.none()
        columns.append((draw(st.sampled_from(["a", "b", "a", "ü"])), kind, [draw(value) for _ in range(rows)]))
    return columns


@given(answers())
def test_every_value_comes_back(columns: list[Column]) -> None:
    """Names in order, also those that come twice; values exact; NULL is NULL; types are told."""
    batch = decode_answer(written_answer(columns))
    batch.validate(full=True)
    assert [name for name, _, _ in columns] == batch.schema.names
    assert [list(values) for _, _, values in columns] == [column.to_pylist() for column in batch.columns]
    told = [(field.metadata or {})[TYPE_METADATA].decode() for field in batch.schema]
    assert [WORDS[kind] for _, kind, _ in columns] == told


def test_an_empty_result_keeps_its_columns() -> None:
    """No rows, but the columns are there with their types."""
    batch = decode_answer(written_answer([("id", LONG, []), ("name", STRING, [])]))
    assert ["id", "name"] == batch.schema.names
    assert batch.num_rows == 0
    assert decode_answer(b"").num_columns == 0


@given(answers(), st.data())
def test_mutated_answers_are_read_or_refused(columns: list[Column], data: st.DataObject) -> None:
    """Any bytes changed or cut off end in a page or in a refusal."""
    whole = bytearray(written_answer(columns))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(1, len(whole)))])
    try:
        decode_answer(cut).validate(full=True)
    except ProtocolError:
        return


@given(st.binary(min_size=1, max_size=120))
def test_garbage_is_read_or_refused(data: bytes) -> None:
    """Bytes of any kind are never another error."""
    try:
        decode_answer(data)
    except ProtocolError:
        return


def test_columns_of_different_lengths_are_refused() -> None:
    """What does not fit together is no answer."""
    with pytest.raises(ProtocolError, match="different lengths"):
        decode_answer(written_answer([("a", LONG, [1, 2]), ("b", LONG, [1])]))


def test_an_unknown_type_is_refused() -> None:
    """A type that this decoder does not know is named."""
    with pytest.raises(ProtocolError, match="unknown type 7"):
        decode_answer(written_answer([("a", 7, [])]))
