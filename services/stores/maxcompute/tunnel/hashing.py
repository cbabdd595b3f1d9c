"""Which bucket a row's key belongs to; the service and all its clients have to agree on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from services.errors import ProtocolError, UnsupportedOperation
from services.stores.maxcompute.types import OdpsType, parse_type

HASHERS: Final = ("default", "legacy")
_TRUE, _FALSE = 0x172BA9C7, -0x3A59CB12
_WIDE_DIGITS: Final = 18
_SECOND: Final = 1_000_000_000
_TEXTS: Final = frozenset({"STRING", "CHAR", "VARCHAR", "BINARY"})
_WHOLE: Final = frozenset({"TINYINT", "SMALLINT", "INT", "BIGINT", "DATETIME"})

Longs = Any
"""An array of int64."""


def _default_long(value: Longs) -> Longs:
    found = ~value + (value << np.int64(18))
    found ^= found >> np.int64(31)
    found *= np.int64(21)
    found ^= found >> np.int64(11)
    found += found << np.int64(6)
    found ^= found >> np.int64(22)
    return found.astype(np.int32)


def _legacy_long(value: Longs) -> Longs:
    return ((value >> np.int64(32)) ^ value).astype(np.int32)


def _default_step(found: Any, byte: Any) -> Any:
    found = found + byte
    found = found + (found << np.int32(10))
    return found ^ (found >> np.int32(6))


def _default_last(found: Any) -> Any:
    found = found + (found << np.int32(3))
    found = found ^ (found >> np.int32(11))
    return found + (found << np.int32(15))


def _legacy_step(found: Any, byte: Any) -> Any:
    return found * np.int32(31) + byte


_LONG: Final[dict[str, Callable[[Longs], Any]]] = {"default": _default_long, "legacy": _legacy_long}
_STEP: Final[dict[str, Callable[[Any, Any], Any]]] = {"default": _default_step, "legacy": _legacy_step}
_LAST: Final[dict[str, Callable[[Any], Any]]] = {"default": _default_last, "legacy": lambda found: found}


def buckets_of(batch: pa.RecordBatch, keys: Sequence[tuple[str, str]], hasher: str, count: int) -> Any:
    """The bucket of every row, as an array of numbers.

    Args:
        batch: rows in the tunnel's form, with no NULL in their keys.
        keys: names and type texts of the columns that the session hashes by.
    """
    if hasher not in HASHERS:
        raise ProtocolError(f"upsert: the service hashes by {hasher!r}, which is not known", hint="Use MERGE in SQL.")
    total = np.zeros(batch.num_rows, np.int64)
    with np.errstate(over="ignore"):
        for name, text in keys:
            total += _hashed(batch.column(name), parse_type(text), hasher)
        found = total.astype(np.int32)
        found ^= found >> np.int32(8)
    return np.mod(found.astype(np.int64), count)


def _hashed(array: Any, kind: OdpsType, hasher: str) -> Any:
    long = _LONG[hasher]
    if kind.name in _TEXTS:
        return _text(array, hasher).astype(np.int64)
    if kind.name == "BOOLEAN":
        return np.where(_numpy(array), _TRUE, _FALSE).astype(np.int64)
    if kind.name == "DECIMAL":
        return _decimal(array, kind, long)
    return long(_numbers(array, kind)).astype(np.int64)


def _numpy(array: Any) -> Any:
    return array.to_numpy(zero_copy_only=False)


def _numbers(array: Any, kind: OdpsType) -> Longs:
    """What stands for each value as a whole number."""
    if kind.name in _WHOLE:
        return _numpy(array.cast(pa.int64())).copy()
    if kind.name == "FLOAT":
        return _numpy(array).view(np.int32).astype(np.int64)
    if kind.name == "DOUBLE":
        return _numpy(array).view(np.int64).copy()
    if kind.name == "DATE":
        return _numpy(array.cast(pa.int32())).astype(np.int64) * 86_400
    if kind.name == "TIMESTAMP":
        nanos = _numpy(array.cast(pa.int64()))
        return (nanos // _SECOND << np.int64(30)) | nanos % _SECOND
    raise UnsupportedOperation(f"upsert: a key of {kind} has no bucket", hint="Use MERGE in SQL.")


def _decimal(array: Any, kind: OdpsType, long: Callable[[Longs], Any]) -> Any:
    digits, scale = (*kind.sizes, 0)[:2] if kind.sizes else (54, 18)
    whole = [int(value.scaleb(scale)) for value in array.to_pylist()]
    low = long(np.array([_wrapped(value) for value in whole], np.int64)).astype(np.int64)
    if digits <= _WIDE_DIGITS:
        return low
    return low + long(np.array([_wrapped(value >> 64) for value in whole], np.int64)).astype(np.int64)


def _wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def _text(array: Any, hasher: str) -> Any:
    """All texts at once, a byte of each in turn."""
    data = array.cast(pa.binary())
    offsets = np.frombuffer(data.buffers()[1], np.int32)[data.offset : data.offset + len(data) + 1].astype(np.int64)
    values = data.buffers()[2]
    raw = np.frombuffer(values, np.int8) if values is not None else np.zeros(0, np.int8)
    starts, sizes = offsets[:-1], np.diff(offsets)
    found = np.zeros(len(data), np.int32)
    step = _STEP[hasher]
    for place in range(int(sizes.max(initial=0))):
        longer = np.flatnonzero(sizes > place)
        found[longer] = step(found[longer], raw[starts[longer] + place].astype(np.int32))
    return _LAST[hasher](found)
