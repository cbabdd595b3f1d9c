"""Measuring objects without reading them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from services.stores.ignite.codec import tags
from services.stores.ignite.codec.reader import Buffer, ByteReader, malformed


def skip(buffer: Buffer, offset: int) -> int:
    """Where the object that starts at `offset` ends.

    Containers are walked by a counter, so depth costs neither stack nor memory.

    Raises:
        ProtocolError: an unknown tag, or an object that does not end inside the buffer.
    """
    reader = ByteReader(buffer, offset)
    pending = 1
    while pending:
        pending += skip_step(reader) - 1
        if pending > reader.end - reader.offset:
            raise malformed(reader.offset, f"{pending} more objects expected, too few bytes left")
    return reader.offset


def skip_step(reader: ByteReader) -> int:
    """Step over one object's own bytes; how many objects follow as its elements."""
    start = reader.offset
    tag = reader.byte()
    width = tags.WIDTHS.get(tag)
    if width is not None:
        reader.take(width)
        return 0
    step = _STEPS.get(tag)
    if step is None:
        raise malformed(start, f"unknown type tag {tag}")
    return step(reader)


def _sized(width: int, after: int = 0) -> Callable[[ByteReader], int]:
    def step(reader: ByteReader) -> int:
        reader.take(reader.count(width) * width + after)
        return 0

    return step


def _decimal(reader: ByteReader) -> int:
    reader.take(4)
    reader.take(reader.count())
    return 0


def _enum(reader: ByteReader) -> int:
    skip_type_id(reader)
    reader.take(4)
    return 0


def _object(reader: ByteReader) -> int:
    start = reader.offset - 1
    reader.take(11)
    length = reader.int32()
    if length < tags.HEADER_BYTES:
        raise malformed(start, f"an object of {length} bytes is shorter than its header")
    reader.take(length - 16)
    return 0


def _elements(reader: ByteReader) -> int:
    return reader.count()


def _object_array(reader: ByteReader) -> int:
    skip_type_id(reader)
    return reader.count()


def _collection(reader: ByteReader) -> int:
    count = reader.count()
    reader.take(1)
    return count


def _map(reader: ByteReader) -> int:
    count = reader.count(2)
    reader.take(1)
    return 2 * count


def _class(reader: ByteReader) -> int:
    skip_type_id(reader)
    return 0


def _proxy(reader: ByteReader) -> int:
    for _ in range(reader.count(4)):
        skip_type_id(reader)
    return 1


def skip_type_id(reader: ByteReader) -> str | int:
    """Read a type id; where it is 0 the name of the class follows and is given instead."""
    type_id = reader.int32()
    return type_id or reader.name()


_STEPS: Final[dict[int, Callable[[ByteReader], int]]] = {
    tags.STRING: _sized(1),
    tags.BYTE_ARRAY: _sized(1),
    tags.SHORT_ARRAY: _sized(2),
    tags.INT_ARRAY: _sized(4),
    tags.LONG_ARRAY: _sized(8),
    tags.FLOAT_ARRAY: _sized(4),
    tags.DOUBLE_ARRAY: _sized(8),
    tags.CHAR_ARRAY: _sized(2),
    tags.BOOL_ARRAY: _sized(1),
    tags.JVM: _sized(1),
    tags.WRAPPED: _sized(1, after=4),
    tags.DECIMAL: _decimal,
    tags.ENUM: _enum,
    tags.BINARY_ENUM: _enum,
    tags.OBJECT: _object,
    tags.OBJECT_ARRAY: _object_array,
    tags.ENUM_ARRAY: _object_array,
    tags.COLLECTION: _collection,
    tags.MAP: _map,
    tags.CLASS: _class,
    tags.PROXY: _proxy,
    **dict.fromkeys(tags.TAGGED_ARRAYS, _elements),
}
