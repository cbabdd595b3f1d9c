"""Columns of transfers as Tablestore has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from services.errors import ValueRefused
from services.stores.tablestore import inputs
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.columns import ARROW_TYPES
from services.value_json import plain_json
from services.values import Typed

ARROW_OF: Final[Mapping[str, Any]] = {word: ARROW_TYPES[kind] for kind, word in tags.WORDS.items()}


def to_json(value: Typed) -> Any:
    """A value as JSON data: each of the five types has a form of its own."""
    return plain_json(value, numbers=True)


def json_value(text: str) -> Typed:
    """The value that a JSON text stands for.

    Raises:
        ValueRefused: it is no JSON, or no value of Tablestore.
    """
    try:
        return inputs.from_json(json.loads(text))
    except ValueError as error:
        raise ValueRefused(f"{text[:60]!r} is no JSON") from error


def given_word(field: Any) -> str:
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
