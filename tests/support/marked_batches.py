"""Batches whose fields are marked as stores mark them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from services.results.result_set import ResultSet


def marked(name: str, kind: Any, word: str = "", **marks: str) -> pa.Field:
    """A field with a type word and other marks (`key="1"`, `null="absent"`, `wire="1"`)."""
    metadata = {f"storedeck.{mark}": text for mark, text in marks.items()}
    return pa.field(name, kind, metadata=metadata | ({"storedeck.type": word} if word else {}))


def batch(*columns: tuple[pa.Field, list[Any] | pa.Array], **schema_marks: str) -> pa.RecordBatch:
    """A batch of fields with their values."""
    arrays = [values if isinstance(values, pa.Array) else pa.array(values, field.type) for field, values in columns]
    metadata = {f"storedeck.{mark}": text for mark, text in schema_marks.items()}
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([field for field, _ in columns], metadata=metadata))


def union(name: str, members: list[tuple[pa.Field, list[Any]]], rows: list[tuple[int, int]]) -> tuple[pa.Field, Any]:
    """A column of mixed types: `rows` names the member and the place in it."""
    kind = pa.dense_union([field for field, _ in members])
    codes = pa.array([code for code, _ in rows], pa.int8())
    places = pa.array([place for _, place in rows], pa.int32())
    children = [pa.array(values, field.type) for field, values in members]
    buffers: list[Any] = [None, codes.buffers()[1], places.buffers()[1]]
    return pa.field(name, kind), pa.Array.from_buffers(kind, len(rows), buffers, children=children)


def result_of(*batches: pa.RecordBatch, **options: Any) -> ResultSet:
    """A result set of these batches."""
    result = ResultSet(**options)
    for one in batches:
        result.append(one)
    return result


def shown(result: ResultSet) -> dict[str, list[tuple[str, str]]]:
    """Every cell and its kind, by column."""
    window = result.window(0, result.shown_rows, range(len(result.columns)))
    return {
        column.name: list(zip(cells, kinds, strict=True))
        for column, cells, kinds in zip(result.columns, window.cells, window.kinds, strict=True)
    }
