"""Marks on the columns of a page: which belong to the key, and the type of a column that came all NULL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from services.stores.types import KEY_METADATA, TYPE_METADATA


def marked(batch: pa.RecordBatch, key: Sequence[str], words: Mapping[str, str]) -> pa.RecordBatch:
    """The same rows with the key's columns marked; a column of NULLs alone gets its declared type word."""
    fields = []
    for field in batch.schema:
        metadata: dict[bytes | str, bytes | str] = dict((field.metadata or {}).items())
        if field.name in key:
            metadata[KEY_METADATA] = b"1"
        if pa.types.is_null(field.type) and field.name in words:
            metadata[TYPE_METADATA] = words[field.name].encode()
        fields.append(field.with_metadata(metadata))
    return pa.RecordBatch.from_arrays(batch.columns, schema=pa.schema(fields))
