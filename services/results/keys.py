"""The canonical key tokens of visible rows, the same texts as `key_token` makes, without its detours."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from services.results.marks import column_names, marks_of
from services.results.presenting import Presentation
from services.results.typed import is_text, typed_cell
from services.stores.types import KEY_METADATA, TYPE_METADATA
from services.value_json import json_text, typed_json
from services.values import ABSENT, Typed

ColumnTokens = Callable[[Any], list[str | None]]
_quoted = json.JSONEncoder(ensure_ascii=False).encode


class KeyReader:
    """Makes the tokens of rows of one schema."""

    def __init__(self, schema: pa.Schema, presentation: Presentation) -> None:
        names = column_names(schema)
        self.columns = [index for index in range(len(names)) if marks_of(schema.field(index)).is_key]
        self._readers = [_column_tokens(names[index], schema.field(index), presentation) for index in self.columns]

    def tokens(self, batch: pa.RecordBatch) -> list[str]:
        """One token a row; empty where the result has no key or the row lacks part of it."""
        if not self.columns:
            return [""] * batch.num_rows
        if len(self.columns) == 1:
            texts = self._readers[0](batch.column(self.columns[0]))
            return ["" if text is None else f"[{text}]" for text in texts]
        parts = [reader(batch.column(index)) for index, reader in zip(self.columns, self._readers, strict=True)]
        return ["" if None in row else "[" + ",".join(map(str, row)) + "]" for row in zip(*parts, strict=True)]


def _column_tokens(name: str, field: pa.Field[Any], presentation: Presentation) -> ColumnTokens:
    def slowly(array: Any) -> list[str | None]:
        return [_token(name, array, index, field, presentation) for index in range(len(array))]

    is_plain = set(field.metadata or {}) <= {KEY_METADATA, TYPE_METADATA}
    shorthand: Callable[[Any], str] = str if pa.types.is_integer(field.type) else _quoted
    if not is_plain or not (pa.types.is_integer(field.type) or is_text(field.type)):
        return slowly
    head = f'[{_quoted(name)},{{"$type":{_quoted(marks_of(field).word)},"value":'

    def tokens(array: Any) -> list[str | None]:
        if array.null_count:
            return slowly(array)
        try:
            return [f"{head}{shorthand(value)}}}]" for value in array.to_pylist()]
        except UnicodeDecodeError:
            return slowly(array)

    return tokens


def _token(name: str, array: Any, index: int, field: pa.Field[Any], presentation: Presentation) -> str | None:
    value = typed_cell(array, index, field, presentation)
    if value is ABSENT:
        return None
    assert isinstance(value, Typed)
    return json_text([name, typed_json(value)])
