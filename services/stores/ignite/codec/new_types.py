"""Which binary types a value needs that the cluster does not have yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.stores.ignite.codec import hashes, tags
from services.stores.ignite.codec.binary_types import BinaryField, BinaryType, Resolver
from services.stores.ignite.codec.encode_nested import writer_for
from services.stores.ignite.codec.schemas import name_of
from services.values import Typed

_TAGS: Final = {
    **{word: tag for tag, word in tags.SCALAR_WORDS.items()},
    **{word: tag for tag, word in tags.ARRAY_WORDS.items()},
    **{word: tag for tag, word in tags.ENUM_WORDS.items()},
    **dict.fromkeys(tags.COLLECTION_WORDS.values(), tags.COLLECTION),
    **dict.fromkeys(tags.MAP_WORDS.values(), tags.MAP),
    tags.BYTE_ARRAY_WORD: tags.BYTE_ARRAY,
    tags.STRING_BYTES_WORD: tags.STRING,
    tags.OBJECT_ARRAY_WORD: tags.OBJECT_ARRAY,
    tags.ENUM_ARRAY_WORD: tags.ENUM_ARRAY,
}


def unregistered_types(value: Typed, resolver: Resolver) -> list[BinaryType]:
    """The types, and new schemas of known types, to register (op 3003) before the value is written."""
    found: dict[tuple[int, int], BinaryType] = {}
    for word, fields in _objects(value):
        field_ids = tuple(hashes.name_id(name) for name in fields)
        type_id, schema_id = hashes.name_id(name_of(word)), hashes.schema_id(field_ids)
        known = resolver(type_id, schema_id)
        if known is not None and (not fields or schema_id in known.schemas):
            continue
        found[type_id, schema_id] = BinaryType(
            type_id,
            name_of(word),
            tuple(_field(name, item, known) for name, item in fields.items()),
            {schema_id: field_ids} if fields else {},
            "" if known is None else known.affinity_field,
        )
    return list(found.values())


def _field(name: str, value: Typed, known: BinaryType | None) -> BinaryField:
    """A field as it is registered; its type must stay what the cluster has."""
    field_id = hashes.name_id(name)
    for item in known.fields if known is not None else ():
        if item.field_id == field_id:
            return item
    return BinaryField(name, _TAGS.get(value.type.partition("(")[0], tags.OBJECT), field_id)


def _objects(value: Typed) -> Iterator[tuple[str, dict[str, Typed]]]:
    """All binary objects inside a value, the innermost first."""
    content = value.value
    if isinstance(content, dict):
        for item in content.values():
            yield from _objects(item)
        if writer_for(value.type) is None:
            yield value.type, content
    elif isinstance(content, list | tuple):
        for entry in content:
            for item in entry if isinstance(entry, tuple) else (entry,):
                yield from _objects(item)
