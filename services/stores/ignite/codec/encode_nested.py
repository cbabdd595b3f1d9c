"""Writing values that hold others: arrays, collections, maps, enumerations and binary objects."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from services.stores.ignite.codec import encode_scalars, hashes, tags
from services.stores.ignite.codec.encode_scalars import refused
from services.stores.ignite.codec.schemas import name_of
from services.values import Typed

if TYPE_CHECKING:
    from services.stores.ignite.codec.encode import Encoder

NestedWriter = Callable[["Encoder", str, Any], bytes]

_COLLECTION_KINDS: Final = {word: kind for kind, word in tags.COLLECTION_WORDS.items()}
_MAP_KINDS: Final = {word: kind for kind, word in tags.MAP_WORDS.items()}
_PACKED: Final = {tags.ARRAY_WORDS[tag]: (tag, element) for tag, element in tags.PACKED_ARRAYS.items()}
_TAGGED: Final = {tags.ARRAY_WORDS[tag]: (tag, element) for tag, element in tags.TAGGED_ARRAYS.items()}
_ENUM_TAGS: Final = {word: tag for tag, word in tags.ENUM_WORDS.items()}
_QUALIFIED: Final = re.compile(r"^(ObjectArray|EnumArray|Collection|Map)\((.+)\)$", re.DOTALL)


def writer_for(word: str) -> NestedWriter | None:
    """The writer of a type word, None for the name of a binary type."""
    match = _QUALIFIED.match(word)
    return _WRITERS.get(match.group(1) if match else word)


def _items(word: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise refused(word, value, "is not a list")
    return value


def _packed_array(encoder: Encoder, word: str, value: Any) -> bytes:
    tag, element = _PACKED[word]
    expected, write = tags.SCALAR_WORDS[element], encode_scalars.UNTAGGED[element]
    parts = [struct.pack("<Bi", tag, len(_items(word, value)))]
    for item in value:
        if not isinstance(item, Typed) or item.type != expected:
            raise refused(word, item, f"is not of type {expected}")
        parts.append(write(item.value))
    return b"".join(parts)


def _tagged_array(encoder: Encoder, word: str, value: Any) -> bytes:
    tag, element = _TAGGED[word]
    expected = (tags.SCALAR_WORDS[element], tags.NULL_WORD, tags.STRING_BYTES_WORD)
    for item in _items(word, value):
        if not isinstance(item, Typed) or item.type not in expected[: 3 if element == tags.STRING else 2]:
            raise refused(word, item, f"is not of type {expected[0]}")
    return struct.pack("<Bi", tag, len(value)) + b"".join(map(encoder.encode, value))


def _type_id(encoder: Encoder, word: str) -> bytes:
    """The type id of an array: -1 for any object, a number, or 0 and the name of a class."""
    match = _QUALIFIED.match(word)
    if match is None:
        return struct.pack("<i", -1)
    try:
        return encode_scalars.integer("Int", int(match.group(2)))
    except ValueError:
        return struct.pack("<i", 0) + encode_scalars.string(match.group(2))


def _object_array(encoder: Encoder, word: str, value: Any) -> bytes:
    items = b"".join(map(encoder.encode, _items(word, value)))
    return bytes((tags.OBJECT_ARRAY,)) + _type_id(encoder, word) + struct.pack("<i", len(value)) + items


def _enum_array(encoder: Encoder, word: str, value: Any) -> bytes:
    for item in _items(word, value):
        if not isinstance(item, Typed) or item.type not in (*_ENUM_TAGS, tags.NULL_WORD):
            raise refused(word, item, "is not of type Enum")
    items = b"".join(map(encoder.encode, value))
    return bytes((tags.ENUM_ARRAY,)) + _type_id(encoder, word) + struct.pack("<i", len(value)) + items


def _kind(word: str, kinds: dict[str, int]) -> int:
    match = _QUALIFIED.match(word)
    if match is None:
        return kinds[word]
    if not re.fullmatch(r"-?\d{1,3}", match.group(2)) or not -128 <= int(match.group(2)) <= 127:
        raise refused(word, match.group(2), "is no kind of container")
    return int(match.group(2))


def _collection(encoder: Encoder, word: str, value: Any) -> bytes:
    kind = _kind(word, _COLLECTION_KINDS)
    items = b"".join(map(encoder.encode, _items(word, value)))
    return struct.pack("<Bib", tags.COLLECTION, len(value), kind) + items


def _map(encoder: Encoder, word: str, value: Any) -> bytes:
    kind = _kind(word, _MAP_KINDS)
    parts = [struct.pack("<Bib", tags.MAP, len(_items(word, value)), kind)]
    for pair in value:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise refused(word, pair, "is not a pair of key and value")
        parts += (encoder.encode(pair[0]), encoder.encode(pair[1]))
    return b"".join(parts)


def _enum(encoder: Encoder, word: str, value: Any) -> bytes:
    if not isinstance(value, dict) or not {"type", "ordinal"} <= value.keys() <= {"type", "ordinal", "name"}:
        raise refused(word, value, "needs the fields type and ordinal")
    kind, ordinal = value["type"].value, value["ordinal"].value
    number = encode_scalars.integer("Int", ordinal)
    if isinstance(kind, str):
        return struct.pack("<Bi", _ENUM_TAGS[word], 0) + encode_scalars.string(kind) + number
    type_id = encode_scalars.integer("Int", kind)
    known = encoder.resolver(kind, 0) if "name" in value else None
    if known is not None and known.literals.get(ordinal) != value["name"].value:
        raise refused(word, value["name"].value, f"is not the name of number {ordinal} of {known.name}")
    return bytes((_ENUM_TAGS[word],)) + type_id + number


_WRITERS: Final[dict[str, NestedWriter]] = {
    **dict.fromkeys(_PACKED, _packed_array),
    **dict.fromkeys(_TAGGED, _tagged_array),
    **dict.fromkeys(_COLLECTION_KINDS, _collection),
    **dict.fromkeys(_MAP_KINDS, _map),
    **dict.fromkeys(_ENUM_TAGS, _enum),
    tags.OBJECT_ARRAY_WORD: _object_array,
    tags.ENUM_ARRAY_WORD: _enum_array,
}


def _offsets(starts: list[int]) -> tuple[int, str]:
    """The flag and the format of the smallest offsets that reach the last field."""
    last = starts[-1] if starts else 0
    if last <= 0xFF:
        return tags.OFFSET_ONE, "B"
    return (tags.OFFSET_TWO, "H") if last <= 0xFFFF else (0, "I")


def binary_object(encoder: Encoder, word: str, value: dict[str, Any]) -> bytes:
    """A binary object: header, fields in their order, footer."""
    name = name_of(word)
    if not name or name == tags.OBJECT_WORD:
        raise refused(word, value, "needs the name of its binary type")
    field_ids = [hashes.name_id(field) for field in value]
    if len(set(field_ids)) != len(field_ids):
        raise refused(word, list(value), "has two fields of the same id")
    body, starts = bytearray(), []
    for item in value.values():
        starts.append(tags.HEADER_BYTES + len(body))
        body += encoder.encode(item)
    flags, code = tags.USER_TYPE, ""
    if value:
        offset_flag, code = _offsets(starts)
        flags |= tags.HAS_SCHEMA | offset_flag
    if encoder.compact_footer:
        flags |= tags.COMPACT_FOOTER
    footer = _footer(encoder.compact_footer, field_ids, starts, code)
    end = tags.HEADER_BYTES + len(body)
    header = struct.pack(
        "<BBhiiiii",
        tags.OBJECT,
        1,
        flags,
        hashes.name_id(name),
        hashes.bytes_hash(body),
        end + len(footer),
        hashes.schema_id(field_ids),
        end if value else 0,
    )
    return header + bytes(body) + footer


def _footer(is_compact: bool, field_ids: list[int], starts: list[int], code: str) -> bytes:
    if is_compact:
        return struct.pack(f"<{len(starts)}{code or 'B'}", *starts)
    return b"".join(
        struct.pack("<i" + code, field_id, start) for field_id, start in zip(field_ids, starts, strict=True)
    )
