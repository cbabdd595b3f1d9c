"""Query entities: how the keys and values of a cache appear as a SQL table."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.sandbox.ignite import wire
from services.sandbox.ignite.objects import NULL, read_object
from services.sandbox.ignite.wire import Reader

Pairs = list[tuple[str | None, str | None]]


@dataclass
class QueryField:
    """One field of a query entity; `type_name` is a Java class."""

    name: str
    type_name: str
    is_key: bool = False
    is_not_null: bool = False
    default: bytes = NULL
    precision: int = -1
    scale: int = -1


@dataclass
class QueryIndex:
    """An index of a query entity; the fields are names with a descending mark."""

    name: str | None
    kind: int
    inline_size: int
    fields: list[tuple[str, bool]]


@dataclass
class QueryEntity:
    """The SQL side of one key type and one value type."""

    key_type: str | None
    value_type: str | None
    table: str | None = None
    key_field: str | None = None
    value_field: str | None = None
    fields: list[QueryField] = field(default_factory=list)
    aliases: Pairs = field(default_factory=list)
    indexes: list[QueryIndex] = field(default_factory=list)


def _read_field(reader: Reader) -> QueryField:
    return QueryField(
        reader.text(),
        reader.text(),
        reader.boolean(),
        reader.boolean(),
        read_object(reader),
        reader.int32(),
        reader.int32(),
    )


def _write_field(item: QueryField) -> bytes:
    return b"".join(
        (
            wire.string(item.name),
            wire.string(item.type_name),
            wire.boolean(item.is_key),
            wire.boolean(item.is_not_null),
            item.default,
            wire.int32(item.precision),
            wire.int32(item.scale),
        )
    )


def _read_index(reader: Reader) -> QueryIndex:
    name, kind, inline = reader.string(), reader.byte(), reader.int32()
    return QueryIndex(name, kind, inline, [(reader.text(), reader.boolean()) for _ in range(reader.count())])


def _write_index(item: QueryIndex) -> bytes:
    head = wire.string(item.name) + wire.byte(item.kind) + wire.int32(item.inline_size)
    fields = b"".join(wire.string(name) + wire.boolean(descending) for name, descending in item.fields)
    return head + wire.int32(len(item.fields)) + fields


def _read_pairs(reader: Reader) -> Pairs:
    return [(reader.string(), reader.string()) for _ in range(reader.count())]


def _write_pairs(items: Pairs) -> bytes:
    return wire.int32(len(items)) + b"".join(wire.string(a) + wire.string(b) for a, b in items)


read_key_configurations = _read_pairs
write_key_configurations = _write_pairs


def _read_entity(reader: Reader) -> QueryEntity:
    names = [reader.string() for _ in range(5)]
    fields = [_read_field(reader) for _ in range(reader.count())]
    aliases = _read_pairs(reader)
    indexes = [_read_index(reader) for _ in range(reader.count())]
    return QueryEntity(names[0], names[1], names[2], names[3], names[4], fields, aliases, indexes)


def _write_entity(item: QueryEntity) -> bytes:
    names = (item.key_type, item.value_type, item.table, item.key_field, item.value_field)
    return b"".join(
        (
            *map(wire.string, names),
            wire.int32(len(item.fields)),
            *map(_write_field, item.fields),
            _write_pairs(item.aliases),
            wire.int32(len(item.indexes)),
            *map(_write_index, item.indexes),
        )
    )


def read_entities(reader: Reader) -> list[QueryEntity]:
    return [_read_entity(reader) for _ in range(reader.count())]


def write_entities(items: list[QueryEntity]) -> bytes:
    return wire.int32(len(items)) + b"".join(map(_write_entity, items))
