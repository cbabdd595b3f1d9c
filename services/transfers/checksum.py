"""A sum over rows that does not depend on their order: equal for equal sets of rows, told apart by any other value."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_NULL: Final = np.uint64(0xA5A5_1234_0F0F_9E37)
_SHIFT: Final = np.uint64(29)


def uncompared(schema: pa.Schema) -> list[str]:
    """Columns that do not count: one file format writes nested and mixed values so, another so."""
    return [field.name for field in schema if pa.types.is_nested(field.type) or pa.types.is_union(field.type)]


def row_sum(batch: pa.RecordBatch) -> int:
    """The sum, modulo 2**64, of a hash of each row."""
    return int(row_hashes(batch).sum(dtype=np.uint64))


def row_hashes(batch: pa.RecordBatch) -> Any:
    """A mixed 64-bit hash of each row; columns count by their name, not by their place."""
    batch = batch.drop_columns(uncompared(batch.schema))
    total = np.zeros(batch.num_rows, np.uint64)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        salt = np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))
        total += _mixed(_hashes(column) ^ salt)
    return _mixed(total)


def _mixed(values: Any) -> Any:
    with np.errstate(over="ignore"):
        values = (values ^ (values >> _SHIFT)) * _MIX
        return values ^ (values >> _SHIFT)


def _hashes(column: Any) -> Any:
    """A 64-bit number a cell, equal for equal values."""
    kind = column.type
    bits = _bits(column, kind)
    if bits is None:
        bits = _hashed_values(column)
    if column.null_count:
        bits = np.where(np.asarray(column.is_null()), _NULL, bits)
    return bits


def _bits(column: Any, kind: Any) -> Any:
    """Fixed numbers as they are; None for everything else."""
    types = pa.types
    if types.is_integer(kind) or types.is_boolean(kind):
        return np.asarray(pc.fill_null(column, False if types.is_boolean(kind) else 0)).astype(np.int64).view(np.uint64)
    if types.is_floating(kind) and kind != pa.float16():
        values = np.asarray(pc.fill_null(column, 0.0)).astype(np.float64)
        return np.where(np.isnan(values), np.uint64(1), values.view(np.uint64))
    if types.is_timestamp(kind) or types.is_time64(kind) or types.is_date64(kind) or types.is_duration(kind):
        return np.asarray(pc.fill_null(column.cast(pa.int64()), 0)).view(np.uint64)
    if types.is_date32(kind) or types.is_time32(kind):
        return np.asarray(pc.fill_null(column.cast(pa.int32()), 0)).astype(np.int64).view(np.uint64)
    return None


def _hashed_values(column: Any) -> Any:
    """Texts, bytes, decimals and nested values by a hash of each different value."""
    try:
        coded = column.dictionary_encode() if not pa.types.is_dictionary(column.type) else column
        words = [_word(value) for value in coded.dictionary]
        codes = np.asarray(pc.fill_null(coded.indices, 0))
        return np.array(words or [0], np.uint64)[codes]
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return np.array([_word(value) for value in column], np.uint64)


def _word(value: Any) -> int:
    data = value.as_buffer() if hasattr(value, "as_buffer") else repr(value.as_py()).encode()
    digest = hashlib.blake2b(data or b"", digest_size=8).digest()
    return int.from_bytes(digest, "little")
