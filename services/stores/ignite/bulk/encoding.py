"""Columns of transfers as Ignite objects, a column at a time, and the rows of which a value cannot be one."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.errors import StoredeckError, ValueRefused
from services.results.marks import NUMBER_METADATA
from services.results.typed import typed_cell
from services.stores.ignite import inputs
from services.stores.ignite.bulk.fields import JSON_METADATA, LENGTH_METADATA, has_mark, word_of
from services.stores.ignite.codec import tags
from services.stores.ignite.codec.encode_scalars import string
from services.times import day_text
from services.value_json import from_typed_json
from services.values import Typed

if TYPE_CHECKING:
    from services.stores.ignite.cluster_types import ClusterTypes

Array = Any
Field = Any
Encoded = tuple[list[bytes], dict[int, str]]
"""An object a row, and why some rows have none."""

NULL: Final = bytes((tags.NULL,))
_NUMBERS: Final = {
    "Byte": (tags.BYTE, "b"),
    "Short": (tags.SHORT, "h"),
    "Int": (tags.INT, "i"),
    "Long": (tags.LONG, "q"),
    "Float": (tags.FLOAT, "f"),
    "Double": (tags.DOUBLE, "d"),
    "Bool": (tags.BOOL, "?"),
}
_STRING_HEAD: Final = struct.Struct("<Bi").pack
_TIMESTAMP: Final = struct.Struct("<Bqi").pack
_MS_OF_UNIT: Final = {"s": (1000, 1), "ms": (1, 1), "us": (1, 1000), "ns": (1, 1_000_000)}


def encode_column(array: Array, field: Field, types: ClusterTypes, *, is_sql: bool) -> Encoded:
    """A column's cells as objects.

    Args:
        is_sql: they are arguments of statements, where a DATE travels as text.
    """
    word = word_of(field)
    if has_mark(field, JSON_METADATA):
        return _each(array.to_pylist(), lambda text: json_object(text, types))
    if word in _NUMBERS:
        tag, code = _NUMBERS[word]
        pack = struct.Struct(f"<B{code}").pack
        return [NULL if value is None else pack(tag, value) for value in array.to_pylist()], {}
    if word == "Timestamp":
        return _timestamps(array), {}
    if pa.types.is_string(array.type):
        return _texts(array, field, types)
    if word == tags.SQL_DATE_WORD and is_sql:
        days = array.cast(pa.int32()).to_pylist()
        return [NULL if day is None else string(day_text(day)) for day in days], {}
    return _cells(array, field, types)


def relabelled(array: Array, kind: Any) -> Array:
    """The same values with the names and marks of a type of the same layout, inside of objects too."""
    if not pa.types.is_struct(kind):
        return array
    children = [relabelled(array.field(place), kind.field(place).type) for place in range(kind.num_fields)]
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())


def _timestamps(array: Array) -> list[bytes]:
    factor, rest = _MS_OF_UNIT[array.type.unit]
    nanos = 1_000_000 // rest
    made = []
    for value in array.cast(pa.int64()).to_pylist():
        if value is None:
            made.append(NULL)
            continue
        whole, part = divmod(value, rest)
        made.append(_TIMESTAMP(tags.TIMESTAMP, whole * factor, part * nanos))
    return made


def _texts(array: Array, field: Field, types: ClusterTypes) -> Encoded:
    word = word_of(field)
    if has_mark(field, NUMBER_METADATA):
        return _each(array.to_pylist(), lambda text: types.encode(Typed("Decimal", _number(text))))
    if word in ("UUID", "Time"):
        return _each(array.to_pylist(), lambda text: types.encode(inputs.parse(word, text, types.zone)))
    raw = array.cast(pa.binary()).to_pylist()
    made = [NULL if data is None else _STRING_HEAD(tags.STRING, len(data)) + data for data in raw]
    return made, {**_too_long(raw, field), **_broken(array, raw)}


def _too_long(raw: list[bytes | None], field: Field) -> dict[int, str]:
    declared = (field.metadata or {}).get(LENGTH_METADATA)
    if declared is None:
        return {}
    most = int(declared)
    return {
        row: f"has {units} characters, and the column takes {most}"
        for row, data in enumerate(raw)
        if data is not None
        and len(data) > most
        and (units := len(data.decode("utf-8", "replace").encode("utf-16-le")) // 2) > most
    }


def _broken(array: Array, raw: list[bytes | None]) -> dict[int, str]:
    """Texts that are not UTF-8, which a server would silently replace."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return {row: "is not UTF-8" for row, data in enumerate(raw) if data is not None and not _is_utf8(data)}
    return {}


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _cells(array: Array, field: Field, types: ClusterTypes) -> Encoded:
    """Any cells, by their exact values."""

    def encoded(row: int) -> bytes:
        value = typed_cell(array, row, field)
        return types.encode(value) if isinstance(value, Typed) else NULL

    return _each(list(range(len(array))), encoded)


def _each(values: list[Any], encode: Callable[[Any], bytes]) -> Encoded:
    made: list[bytes] = []
    reasons: dict[int, str] = {}
    for row, value in enumerate(values):
        try:
            made.append(NULL if value is None else encode(value))
        except ValueRefused as error:
            made.append(NULL)
            reasons[row] = error.message
    return made, reasons


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueRefused(f"{text[:60]!r} is no number") from error
    return value


def json_value(text: str, zone: str) -> Typed:
    """The value of a JSON text: exactly where every value names its type, else as the command line reads JSON.

    Raises:
        ValueRefused: the text is no JSON.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueRefused(f"{text[:60]!r} is no JSON") from error
    if isinstance(data, dict) and "$type" in data and "value" in data:
        try:
            value = from_typed_json(data)
        except (KeyError, TypeError, ValueError, AttributeError):
            return inputs.from_json(data, zone)
        if isinstance(value, Typed) and not _is_plain_text_of_other(value):
            return value
    return inputs.from_json(data, zone)


def _is_plain_text_of_other(value: Typed) -> bool:
    """Whether a text stands where a type has a form of its own, such as the text of a Timestamp."""
    return isinstance(value.value, str) and value.type not in ("String", "Char")


def json_object(text: str, types: ClusterTypes) -> bytes:
    """The object of a JSON text; the cluster is told of binary types that it does not know.

    Raises:
        ValueRefused: the text is no JSON, or no such value.
    """
    value = json_value(text, types.zone)
    data = types.encode(value)
    try:
        types.register(value)
    except StoredeckError as error:
        raise ValueRefused(error.message, hint=error.hint) from error
    return data
