"""Binary types known to the cluster, and complex objects built and read by them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from services.sandbox.ignite import wire
from services.sandbox.ignite.errors import BadRequest
from services.sandbox.ignite.hashes import bytes_hash, name_id, schema_id
from services.sandbox.ignite.objects import COMPLEX, HEADER_SIZE, object_end
from services.sandbox.ignite.wire import Reader

USER_TYPE, HAS_SCHEMA, ONE_BYTE_OFFSETS, TWO_BYTE_OFFSETS, COMPACT_FOOTER = 1, 2, 8, 16, 32
_HEADER = struct.Struct("<BBHiiiii")


@dataclass
class BinaryType:
    """The metadata of one type: fields in the order they were first seen, and its schemas."""

    type_id: int
    name: str
    affinity_field: str | None = None
    fields: dict[str, tuple[int, int]] = field(default_factory=dict)
    literals: dict[str, int] | None = None
    schemas: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def field_names(self) -> dict[int, str]:
        return {field_id: name for name, (_, field_id) in self.fields.items()}


class BinaryTypes:
    """The registry of binary types, shared by all nodes."""

    def __init__(self) -> None:
        self.by_id: dict[int, BinaryType] = {}
        self.class_names: dict[int, str] = {}

    def register(self, name: str, fields: Mapping[str, int], affinity_field: str | None = None) -> BinaryType:
        """Adds (or widens) a type by field names and type codes; returns it with the schema registered."""
        kind = self.by_id.setdefault(name_id(name), BinaryType(name_id(name), name, affinity_field))
        for field_name, code in fields.items():
            kind.fields.setdefault(field_name, (code, name_id(field_name)))
        ids = tuple(name_id(field_name) for field_name in fields)
        kind.schemas[schema_id(ids)] = ids
        return kind

    def register_enum(self, name: str, literals: Mapping[str, int]) -> BinaryType:
        kind = BinaryType(name_id(name), name, literals=dict(literals))
        self.by_id[kind.type_id] = kind
        return kind

    def merge(self, new: BinaryType) -> None:
        """Takes what a client registers; schemas and fields add up."""
        known = self.by_id.setdefault(new.type_id, new)
        if known is not new:
            clashing = [n for n, f in new.fields.items() if known.fields.get(n, f)[0] != f[0]]
            if clashing:
                raise BadRequest(
                    f"Binary type has different field types [typeName={new.name}, fieldName={clashing[0]}]"
                )
            known.fields |= new.fields
            known.schemas |= new.schemas
            known.literals = new.literals or known.literals
        self.class_names.setdefault(new.type_id, new.name)

    def build(self, name: str, fields: Mapping[str, bytes], codes: Mapping[str, int] | None = None) -> bytes:
        """A complex object from encoded fields, registering its type and schema."""
        kind = self.register(name, codes or {key: data[0] for key, data in fields.items()})
        return complex_object(kind.type_id, [name_id(key) for key in fields], list(fields.values()))

    def fields_of(self, data: bytes) -> dict[int, bytes]:
        """The fields of a complex object by field id; the footer or the registered schema names them."""
        _, _, flags, type_id, _, length, schema, offset = _HEADER.unpack_from(data)
        if not flags & HAS_SCHEMA:
            return {}
        size = 1 if flags & ONE_BYTE_OFFSETS else 2 if flags & TWO_BYTE_OFFSETS else 4
        ids: Iterable[int] = ()
        if flags & COMPACT_FOOTER:
            kind = self.by_id.get(type_id)
            if kind is None or schema not in kind.schemas:
                raise BadRequest(f"Cannot find schema for object with compact footer [typeId={type_id}]")
            ids, step = kind.schemas[schema], size
        else:
            step = size + 4
            ids = [wire.INT.unpack_from(data, at)[0] for at in range(offset, length - step + 1, step)]
        result = {}
        for index, field_id in enumerate(ids):
            at = offset + (index + 1) * step - size
            start = int.from_bytes(data[at : at + size], "little")
            result[field_id] = data[start : object_end(data, start)]
        return result


def complex_object(type_id: int, ids: Sequence[int], fields: Sequence[bytes]) -> bytes:
    """The bytes of a complex object with a compact footer, from encoded fields and their ids."""
    body = b"".join(fields)
    if not ids:
        return _HEADER.pack(COMPLEX, 1, USER_TYPE | COMPACT_FOOTER, type_id, bytes_hash(body), HEADER_SIZE, 0, 0)
    offsets = list(accumulate(map(len, fields[:-1]), initial=HEADER_SIZE))
    size, mark = _offset_size(offsets[-1])
    footer = bytes(offsets) if size == 1 else b"".join(offset.to_bytes(size, "little") for offset in offsets)
    flags = USER_TYPE | COMPACT_FOOTER | HAS_SCHEMA | mark
    at = HEADER_SIZE + len(body)
    schema = _schema_of(tuple(ids))
    return _HEADER.pack(COMPLEX, 1, flags, type_id, bytes_hash(body), at + len(footer), schema, at) + body + footer


_schema_of = lru_cache(maxsize=4096)(schema_id)


def _offset_size(last: int) -> tuple[int, int]:
    """How many bytes an offset takes, and the flag that says so."""
    return (1, ONE_BYTE_OFFSETS) if last < 256 else (2, TWO_BYTE_OFFSETS) if last < 65536 else (4, 0)


def read_type(reader: Reader) -> BinaryType:
    """A type as a put request carries it."""
    kind = BinaryType(reader.int32(), reader.string() or "", reader.string())
    for _ in range(reader.count()):
        name = reader.text()
        kind.fields[name] = (reader.int32(), reader.int32())
    if reader.boolean():
        kind.literals = {reader.text(): reader.int32() for _ in range(reader.count())}
    for _ in range(reader.count()):
        schema = reader.int32()
        kind.schemas[schema] = tuple(reader.int32() for _ in range(reader.count(4)))
    return kind


def write_type(kind: BinaryType) -> bytes:
    """A type as a node reports it."""
    parts = [wire.int32(kind.type_id), wire.string(kind.name), wire.string(kind.affinity_field)]
    parts.append(wire.int32(len(kind.fields)))
    for name, (code, field_id) in kind.fields.items():
        parts += [wire.string(name), wire.int32(code), wire.int32(field_id)]
    parts.append(wire.boolean(kind.literals is not None))
    if kind.literals is not None:
        parts.append(wire.int32(len(kind.literals)))
        parts += [wire.string(name) + wire.int32(ordinal) for name, ordinal in kind.literals.items()]
    parts.append(wire.int32(len(kind.schemas)))
    for schema, ids in kind.schemas.items():
        parts += [wire.int32(schema), wire.int32(len(ids)), *map(wire.int32, ids)]
    return b"".join(parts)
