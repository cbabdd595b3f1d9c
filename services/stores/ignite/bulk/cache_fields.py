"""Columns `key` and `value` of transfers: typed where entries are simple and alike, else lossless JSON text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from services.errors import UsageError, ValueRefused
from services.results.marks import NUMBER_METADATA
from services.stores.ignite.bulk.fields import JSON_METADATA, PLAIN_TYPES, has_mark, word_of
from services.stores.ignite.codec import tags
from services.stores.ignite.codec.pages import KEY_COLUMNS
from services.stores.ignite.codec.pieces import WIRE
from services.stores.types import KEY_METADATA, TYPE_METADATA

Field = Any

JSON_WORD: Final = "json"
_OBJECT_NAME: Final = re.compile(r"[\w.$]+")
_NUMBER_ARRAYS: Final = frozenset(tags.ARRAY_WORDS[tag] for tag in tags.PACKED_ARRAYS)


def sampled_field(field: Field, *, is_key: bool) -> tuple[Field, str]:
    """The field for a column of sampled entries, and a note where it is not typed."""
    if _is_simple(field):
        return _marked(_typed(field), is_key=is_key), ""
    if pa.types.is_null(field.type):
        return _marked(_plain(field.name, "String"), is_key=is_key), ""
    what = "of several types" if pa.types.is_union(field.type) else f"{word_of(field) or field.type}"
    return json_field(field.name), f"{field.name}: {what}, so as JSON text that names each type"


def json_field(name: str) -> Field:
    """A column of JSON texts; without any other mark, so that files keep this one."""
    return pa.field(name, pa.string(), nullable=False, metadata={JSON_METADATA: b"1"})


def _marked(field: Field, *, is_key: bool) -> Field:
    marks = dict(field.metadata or {}) | ({KEY_METADATA: b"1"} if is_key else {})
    return field.with_metadata(marks).with_nullable(False)


def _typed(field: Field) -> Field:
    # The digits after the point are part of a decimal, and no Arrow type keeps them row by row.
    return _plain(field.name, "Decimal") if word_of(field) == "Decimal" else field


def _plain(name: str, word: str) -> Field:
    marks: dict[Any, Any] = {TYPE_METADATA: word.encode()}
    if word == "Decimal":
        marks[NUMBER_METADATA] = b"1"
    return pa.field(name, PLAIN_TYPES.get(word, pa.string()), metadata=marks)


def _is_simple(field: Field) -> bool:
    """Whether a column of a page holds values of one type, each exactly."""
    if has_mark(field, WIRE[0]) or pa.types.is_null(field.type) or pa.types.is_union(field.type):
        return False
    if pa.types.is_struct(field.type):
        return field.type.num_fields > 0 and all(_is_simple(child) for child in field.type)
    word = word_of(field)
    if pa.types.is_nested(field.type):
        return word in _NUMBER_ARRAYS
    return word in PLAIN_TYPES or word in ("Timestamp", "Date", "Decimal")


def target_fields(
    given: pa.Schema, sampled: Mapping[str, Field], options: Mapping[str, str], zone: str
) -> tuple[pa.Schema, list[str]]:
    """The columns of a cache that is written, and notes.

    Args:
        sampled: the columns of the entries that are there already.
        options: `key_type` and `value_type` name an Ignite type, or `json` for texts that are JSON.

    Raises:
        UsageError: a column is missing, or no type can be told.
    """
    fields, notes = [], []
    for name in KEY_COLUMNS:
        if name not in given.names:
            raise UsageError(f"{name}: a cache needs it", hint=f"Name the column it comes from: --map COLUMN={name}.")
        word = options.get(f"{name}_type", "")
        field = _target_field(given.field(name), sampled.get(name), word, zone)
        fields.append(_marked(field, is_key=name == KEY_COLUMNS[0]) if word_of(field) else field)
        if has_mark(field, JSON_METADATA):
            notes.append(f"{name}: its texts are read as JSON")
    return pa.schema(fields), notes


def _target_field(given: Field, sampled: Field | None, word: str, zone: str) -> Field:
    if word.lower() == JSON_WORD or (not word and has_mark(given, JSON_METADATA)):
        return json_field(given.name)
    if word:
        return _named(given, word, zone)
    if sampled is not None and not has_mark(sampled, JSON_METADATA):
        is_struct = pa.types.is_struct(given.type)
        if is_struct == pa.types.is_struct(sampled.type):
            return sampled
    return _by_type(given, zone)


def _named(given: Field, word: str, zone: str) -> Field:
    if pa.types.is_struct(given.type):
        return _object(given, word, zone)
    if word == "Timestamp":
        return pa.field(given.name, pa.timestamp("ns", tz=zone), metadata={TYPE_METADATA: b"Timestamp"})
    if word not in PLAIN_TYPES and word != "Decimal":
        raise UsageError(
            f"{given.name}: {word} is no type for it", hint=f"Use json, Decimal, Timestamp, {', '.join(PLAIN_TYPES)}."
        )
    return _plain(given.name, word)


def _by_type(given: Field, zone: str) -> Field:
    """The Ignite type for an Arrow type; a type that Ignite named itself stays."""
    kind, word = given.type, word_of(given)
    if pa.types.is_struct(kind):
        if not _OBJECT_NAME.fullmatch(word):
            raise UsageError(
                f"{given.name}: an object needs the name of its type",
                hint=f"Give it with --target-option {given.name}_type=NAME.",
            )
        return _object(given, word, zone)
    if has_mark(given, NUMBER_METADATA) or pa.types.is_decimal(kind):
        return _plain(given.name, "Decimal")
    if pa.types.is_timestamp(kind):
        return pa.field(given.name, pa.timestamp("ns", tz=zone), metadata={TYPE_METADATA: b"Timestamp"})
    if word in PLAIN_TYPES and PLAIN_TYPES[word] == kind:
        return _plain(given.name, word)
    if word in _NUMBER_ARRAYS and pa.types.is_list(kind):
        return given
    found = _WORDS.get(str(kind))
    if found is None and (pa.types.is_nested(kind) and not pa.types.is_union(kind)):
        raise ValueRefused(
            f"{given.name}: {kind} is no type of Ignite", hint="Write it as JSON text, with value_type=json."
        )
    if pa.types.is_fixed_size_binary(kind):
        found = tags.BYTE_ARRAY_WORD
    return _plain(given.name, found or "String")


def _object(given: Field, word: str, zone: str) -> Field:
    children = [_by_type(child, zone) for child in given.type]
    return pa.field(given.name, pa.struct(children), metadata={TYPE_METADATA: word.encode()})


_WORDS: Final = {
    "bool": "Bool",
    "int8": "Byte",
    "int16": "Short",
    "uint8": "Short",
    "int32": "Int",
    "uint16": "Int",
    "int64": "Long",
    "uint32": "Long",
    "uint64": "Decimal",
    "halffloat": "Float",
    "float": "Float",
    "double": "Double",
    "date32[day]": tags.SQL_DATE_WORD,
    "time32[s]": "Time",
    "time32[ms]": "Time",
    "time64[us]": "Time",
    "time64[ns]": "Time",
    "binary": tags.BYTE_ARRAY_WORD,
    "large_binary": tags.BYTE_ARRAY_WORD,
}
