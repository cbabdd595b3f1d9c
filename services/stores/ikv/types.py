"""The seven field types: their words, their numbers on the wire, and the bytes of their values."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

from services.errors import ValueRefused
from services.values import Typed

INT32: Final = "INT32"
INT64: Final = "INT64"
FLOAT32: Final = "FLOAT32"
FLOAT64: Final = "FLOAT64"
STRING: Final = "STRING"
BYTES: Final = "BYTES"
BOOLEAN: Final = "BOOLEAN"

WORDS: Final = (STRING, INT64, FLOAT64, BOOLEAN, BYTES, INT32, FLOAT32)
"""Every type, the usual ones first."""

NUMBERS: Final[Mapping[str, int]] = {
    INT32: 1,
    INT64: 2,
    FLOAT32: 3,
    FLOAT64: 4,
    STRING: 5,
    BYTES: 6,
    BOOLEAN: 7,
}
"""The `FieldType` of the service's messages and of the index."""

NAMES: Final[Mapping[int, str]] = {number: word for word, number in NUMBERS.items()}
BITS: Final[Mapping[str, int]] = {INT32: 32, INT64: 64}
LAYOUTS: Final[Mapping[str, struct.Struct]] = {
    INT32: struct.Struct("<i"),
    INT64: struct.Struct("<q"),
    FLOAT32: struct.Struct("<f"),
    FLOAT64: struct.Struct("<d"),
    BOOLEAN: struct.Struct("<?"),
}
"""Numbers are little endian, as the vendor's Java client writes them and the index keeps them."""


def encode(name: str, value: Typed) -> bytes:
    """The bytes of a value of field `name`.

    Raises:
        ValueRefused: it is NULL or empty, which IKV does not keep, or does not fit its type.
    """
    raw = value.value
    if value.type not in NUMBERS:
        raise ValueRefused(f"{name}: {value.type} is no IKV type", hint=f"The types are {', '.join(WORDS)}.")
    if raw is None:
        hint = "IKV has no NULL: delete the field instead (set it to absent)."
        raise ValueRefused(f"{name}: NULL cannot be written", hint=hint)
    data = _bytes(name, value.type, raw)
    if not data:
        hint = "IKV's own clients refuse empty values: delete the field instead, or write something."
        raise ValueRefused(f"{name}: empty values cannot be written", hint=hint)
    return data


def _bytes(name: str, word: str, raw: Any) -> bytes:
    if word == STRING and isinstance(raw, str):
        try:
            return raw.encode("utf-8")
        except UnicodeEncodeError as error:
            hint = "It holds half of a surrogate pair; use BYTES for data that is no text."
            raise ValueRefused(f"{name}: the text is no Unicode", hint=hint) from error
    if word == BYTES and isinstance(raw, bytes | bytearray | memoryview):
        return bytes(raw)
    layout = LAYOUTS.get(word)
    if layout is None or not _fits(word, raw):
        raise ValueRefused(f"{name}: a {type(raw).__name__} is no {word}")
    try:
        return layout.pack(raw)
    except (struct.error, OverflowError) as error:
        raise ValueRefused(f"{name}: {raw} is out of range for {word}") from error


def _fits(word: str, raw: Any) -> bool:
    if word == BOOLEAN:
        return isinstance(raw, bool)
    if isinstance(raw, bool):
        return False
    return isinstance(raw, int) if word in BITS else isinstance(raw, int | float)


def decode(word: str, data: bytes) -> Any:
    """The Python value of a type's bytes; texts that are no UTF-8 keep their bytes as lone surrogates."""
    if word == BYTES:
        return data
    layout = LAYOUTS.get(word)
    if layout is not None and layout.size == len(data):
        return layout.unpack(data)[0]
    return data.decode("utf-8", "surrogateescape") if word == STRING else data


def guessed(data: bytes) -> str:
    """The type of a key whose own field is gone: STRING where it is text, else BYTES."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return BYTES
    return STRING
