"""The header and the footer of a binary object: which type it is of and where its fields lie."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from services.stores.ignite.codec import hashes, tags
from services.stores.ignite.codec.binary_types import BinaryType, Resolver
from services.stores.ignite.codec.reader import Buffer, ByteReader, malformed

_HEADER = struct.Struct("<BBhiiiii")


@dataclass(frozen=True, slots=True)
class ObjectHeader:
    """The header of a binary object.

    Attributes:
        start: of the object in its buffer.
        footer: where the fields end, counted from `start`; `footer_end` where the offsets end.
        word: the name of the type, or `BinaryObject` where nobody knows it.
        names: of the fields in the order of the footer, None where the schema is unknown.
    """

    start: int
    flags: int
    type_id: int
    length: int
    schema_id: int
    footer: int
    footer_end: int
    word: str
    names: tuple[str, ...] | None

    @property
    def is_readable(self) -> bool:
        """Whether named fields hold all of the object: its schema is known and it has no raw part."""
        return self.names is not None and not self.flags & tags.HAS_RAW

    @property
    def offset_bytes(self) -> int:
        """Size of one offset in the footer."""
        return offset_bytes(self.flags)


def offset_bytes(flags: int) -> int:
    """Size of one offset in a footer."""
    if flags & tags.OFFSET_ONE:
        return 1
    return 2 if flags & tags.OFFSET_TWO else 4


def word_of(known: BinaryType | None) -> str:
    """The type word of a binary type; a type named like one of ours is told apart by a prefix."""
    if known is None:
        return tags.OBJECT_WORD
    if known.name in tags.RESERVED_WORDS or known.name.startswith(f"{tags.OBJECT_WORD} "):
        return f"{tags.OBJECT_WORD} {known.name}"
    return known.name


def name_of(word: str) -> str:
    """The name of the binary type that a type word stands for."""
    prefix = f"{tags.OBJECT_WORD} "
    return word[len(prefix) :] if word.startswith(prefix) else word


def read_header(reader: ByteReader, resolver: Resolver) -> ObjectHeader:
    """The header of the object at the reader's position, with what the resolver knows of its type."""
    start = reader.take(tags.HEADER_BYTES)
    tag, version, flags, type_id, _, length, schema_id, footer = _HEADER.unpack_from(reader.data, start)
    if tag != tags.OBJECT or version != 1:
        raise malformed(start, f"an object of tag {tag} and version {version}")
    if not tags.HEADER_BYTES <= length <= reader.end - start:
        raise malformed(start, f"an object of {length} bytes, {reader.end - start} left")
    has_schema = bool(flags & tags.HAS_SCHEMA)
    footer_end = length - (4 if has_schema and flags & tags.HAS_RAW else 0)
    if not has_schema:
        footer = length
    if not tags.HEADER_BYTES <= footer <= max(footer_end, footer):
        raise malformed(start, f"a footer at {footer} of an object of {length} bytes")
    type_id = type_id or _unregistered_id(reader, start, footer)
    known = resolver(type_id, schema_id if has_schema else 0)
    names = _names(reader.data, start, flags, schema_id, footer, footer_end, known)
    return ObjectHeader(start, flags, type_id, length, schema_id, footer, footer_end, word_of(known), names)


def _unregistered_id(reader: ByteReader, start: int, footer: int) -> int:
    name = ByteReader(reader.data, start + tags.HEADER_BYTES, min(start + footer, reader.end)).name()
    return hashes.name_id(name)


def _names(
    data: Buffer, start: int, flags: int, schema: int, footer: int, footer_end: int, known: BinaryType | None
) -> tuple[str, ...] | None:
    if known is None or footer_end < footer:
        return None
    if not flags & tags.HAS_SCHEMA:
        return () if footer == tags.HEADER_BYTES else None
    size = offset_bytes(flags)
    if flags & tags.COMPACT_FOOTER:
        names = known.schema_fields(schema)
        return names if names is not None and len(names) * size == footer_end - footer else None
    count, rest = divmod(footer_end - footer, size + 4)
    ids = [struct.unpack_from("<i", data, start + footer + index * (size + 4))[0] for index in range(count)]
    if rest or any(field_id not in known.field_names for field_id in ids):
        return None
    return tuple(known.field_names[field_id] for field_id in ids)


def field_starts(data: Buffer, header: ObjectHeader) -> list[int] | None:
    """Where the fields start in the buffer, None where they are not one after another inside the object."""
    assert header.names is not None
    size = header.offset_bytes
    step = size if header.flags & tags.COMPACT_FOOTER else size + 4
    position = header.start + header.footer + step - size
    starts, least = [], tags.HEADER_BYTES
    for _ in header.names:
        offset = int.from_bytes(data[position : position + size], "little")
        if not least <= offset < header.footer:
            return None
        starts.append(header.start + offset)
        least = offset + 1
        position += step
    return starts
