"""Columns of transfers as IKV has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from services.errors import ValueRefused
from services.stores.ikv import inputs
from services.stores.ikv.columns import FIXED, VARYING
from services.stores.ikv.types import BOOLEAN, BYTES, FLOAT32, FLOAT64, INT32, INT64, STRING
from services.value_json import plain_json
from services.values import Typed

ARROW_OF: Final[Mapping[str, Any]] = {
    **{word: kind for word, (_, kind) in FIXED.items()},
    **{word: small for word, (small, _) in VARYING.items()},
}


def to_json(value: Typed) -> Any:
    """A value as JSON data that names its type: INT32 and INT64 look alike without."""
    return {"$type": value.type, "value": plain_json(value, numbers=True)}


def json_value(text: str) -> Typed:
    """The value that a JSON text stands for.

    Raises:
        ValueRefused: it is no JSON, or no value of IKV.
    """
    try:
        return inputs.from_json(json.loads(text))
    except ValueError as error:
        raise ValueRefused(f"{text[:60]!r} is no JSON") from error


def given_word(field: Any) -> str:
    """The type that holds the values of an Arrow column, STRING where no other does."""
    kind, types = field.type, pa.types
    if types.is_integer(kind):
        return INT32 if kind.bit_width < 32 or kind == pa.int32() else INT64
    if types.is_floating(kind):
        return FLOAT64 if kind == pa.float64() else FLOAT32
    if types.is_boolean(kind):
        return BOOLEAN
    is_bytes = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return BYTES if is_bytes else STRING
