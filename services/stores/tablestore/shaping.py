"""Pages in the shape that was asked for: chosen columns, empty pages with columns, locked pages of indexes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from services.results.marks import LOCKED_METADATA
from services.stores.tablestore.answers import TableAnswer
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.arrow import build
from services.stores.tablestore.codec.columns import ARROW_TYPES, marked_field

INDEX_LOCK: Final = "an index is changed through its table"
_ARROW_OF: Final = {word: ARROW_TYPES[kind] for kind, word in tags.WORDS.items()}


def empty_page(table: TableAnswer) -> pa.RecordBatch:
    """A page without rows: the key and the defined columns."""
    fields = [_field(name, word, is_key=True) for name, word, _ in table.key]
    fields += [_field(name, word, is_key=False) for name, word in table.columns]
    return pa.RecordBatch.from_arrays([pa.nulls(0, one.type) for one in fields], schema=pa.schema(fields))


def _field(name: str, word: str, *, is_key: bool) -> Any:
    return marked_field(name, _ARROW_OF[word], word, is_key=is_key, has_absent=False)


def chosen(batch: pa.RecordBatch, columns: Sequence[str], words: Mapping[str, str]) -> pa.RecordBatch:
    """The columns asked for in their order; one that no row of the page has is absent in all of them."""
    if not columns:
        return batch
    arrays, fields = [], []
    for name in columns:
        place = batch.schema.get_field_index(name)
        if place >= 0:
            arrays.append(batch.column(place))
            fields.append(batch.schema.field(place))
        else:
            kind: Any = _ARROW_OF.get(words.get(name, ""), pa.null())
            arrays.append(build([None] * batch.num_rows, kind))
            fields.append(marked_field(name, kind, words.get(name, ""), is_key=False, has_absent=True))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def locked(batch: pa.RecordBatch, reason: str) -> pa.RecordBatch:
    """The same rows, marked as not to be edited."""
    return batch.replace_schema_metadata({LOCKED_METADATA: reason.encode()})
