"""Query entities of a cache configuration: which fields and indexes SQL sees; and its key configuration."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.errors import ValueRefused
from services.stores.ignite.codec import tags
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.codec.encode_scalars import integer
from services.stores.ignite.codec.generic import decode_object
from services.stores.ignite.codec.reader import ByteReader
from services.stores.ignite.codec.requests import text
from services.values import Typed

_NAMES: Final = ("key_type", "value_type", "table", "key_field", "value_field")
_INDEX_TYPES: Final = ("SORTED", "FULLTEXT", "GEOSPATIAL")
_NULL: Final = Typed(tags.NULL_WORD, None)


def _list(items: Sequence[Mapping[str, Any]] | None, write: Any) -> bytes:
    items = items or ()
    return struct.pack("<i", len(items)) + b"".join(write(item) for item in items)


def write_entities(entities: Any) -> bytes:
    """Query entities: dicts with `key_type`, `value_type`, `table`, `key_field`, `value_field`, `fields` (`name`,
    `type`, `is_key`, `is_not_null`, `default`, `precision`, `scale`), `aliases` and `indexes`."""
    return _list(entities, _entity)


def _entity(entity: Mapping[str, Any]) -> bytes:
    names = b"".join(text(entity.get(name)) for name in _NAMES)
    aliases = [{"field": field, "alias": alias} for field, alias in (entity.get("aliases") or {}).items()]
    return (
        names
        + _list(entity.get("fields"), _field)
        + _list(aliases, lambda item: text(item["field"]) + text(item["alias"]))
        + _list(entity.get("indexes"), _index)
    )


def _field(item: Mapping[str, Any]) -> bytes:
    flags = struct.pack("<??", bool(item.get("is_key")), bool(item.get("is_not_null")))
    limits = integer("Int", item.get("precision", -1)) + integer("Int", item.get("scale", -1))
    return text(item["name"]) + text(item["type"]) + flags + encode(item.get("default") or _NULL) + limits


def _index(item: Mapping[str, Any]) -> bytes:
    kind = str(item.get("type", "SORTED")).upper()
    if kind not in _INDEX_TYPES:
        raise ValueRefused(f"{kind:.60}: no type of index", hint="One of " + ", ".join(_INDEX_TYPES) + ".")
    fields = item.get("fields") or {}
    ordered = [{"name": name, "descending": is_descending} for name, is_descending in fields.items()]
    return (
        text(item.get("name"))
        + struct.pack("<b", _INDEX_TYPES.index(kind))
        + integer("Int", item.get("inline_size", -1))
        + _list(ordered, lambda entry: text(entry["name"]) + struct.pack("<?", bool(entry["descending"])))
    )


def read_entities(reader: ByteReader) -> list[dict[str, Any]]:
    """Query entities in the shape that `write_entities` takes."""
    return [_read_entity(reader) for _ in range(reader.count(17))]


def _read_entity(reader: ByteReader) -> dict[str, Any]:
    entity: dict[str, Any] = {name: reader.text() for name in _NAMES}
    entity["fields"] = [_read_field(reader) for _ in range(reader.count(13))]
    entity["aliases"] = {reader.name(): reader.name() for _ in range(reader.count(2))}
    entity["indexes"] = [_read_index(reader) for _ in range(reader.count(10))]
    return entity


def _read_field(reader: ByteReader) -> dict[str, Any]:
    item: dict[str, Any] = {
        "name": reader.name(),
        "type": reader.name(),
        "is_key": reader.flag(),
        "is_not_null": reader.flag(),
    }
    default, end = decode_object(reader.data, reader.offset)
    reader.take(end - reader.offset)
    item["default"] = None if default.value is None else default
    item["precision"], item["scale"] = reader.int32(), reader.int32()
    return item


def _read_index(reader: ByteReader) -> dict[str, Any]:
    name, kind, inline_size = reader.text(), reader.byte(), reader.int32()
    fields = {reader.name(): reader.flag() for _ in range(reader.count(2))}
    word = _INDEX_TYPES[kind] if kind < len(_INDEX_TYPES) else str(kind)
    return {"name": name, "type": word, "inline_size": inline_size, "fields": fields}


def write_key_configuration(items: Any) -> bytes:
    """The affinity field of key types: dicts with `type` and `affinity_field`."""
    return _list(items, lambda item: text(item["type"]) + text(item["affinity_field"]))


def read_key_configuration(reader: ByteReader) -> list[dict[str, Any]]:
    """Key configurations in the shape that `write_key_configuration` takes."""
    return [{"type": reader.text(), "affinity_field": reader.text()} for _ in range(reader.count(2))]
