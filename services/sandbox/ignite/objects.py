"""Typed objects: measuring them, bringing them to the form a node stores, and the form it sends."""

from __future__ import annotations

import struct

from services.sandbox.ignite.errors import BadRequest
from services.sandbox.ignite.wire import Reader

NULL = b"\x65"
STRING, COLLECTION, MAP, WRAPPED, DECIMAL, OBJECT_ARRAY = 9, 24, 25, 27, 30, 23
BACK_REFERENCE, COMPLEX, MARSHALLED = 102, 103, 254

FIXED_SIZES = {
    1: 1, 2: 2, 3: 4, 4: 8, 5: 4, 6: 8, 7: 2, 8: 1, 10: 16, 11: 8, 33: 12, 36: 8, 101: 0, 102: 4,
}  # fmt: skip
ELEMENT_SIZES = {12: 1, 13: 2, 14: 4, 15: 8, 16: 4, 17: 8, 18: 2, 19: 1}
TYPED_ARRAYS = frozenset({20, 21, 22, 31, 34, 37})
CLASS_ARRAYS = frozenset({23, 29})
ENUMS = frozenset({28, 38})
HEADER_SIZE = 24
HAS_SCHEMA, HAS_RAW = 2, 4
_COUNT = struct.Struct("<i")
_FLAGS = struct.Struct("<H")


def _int_at(data: bytes, position: int) -> int:
    try:
        return int(_COUNT.unpack_from(data, position)[0])
    except struct.error as error:
        raise BadRequest("An object ends early") from error


def _count_at(data: bytes, position: int) -> int:
    count = _int_at(data, position)
    if not 0 <= count <= len(data):
        raise BadRequest(f"An object has an impossible length: {count}")
    return count


def object_end(data: bytes, position: int) -> int:
    """The position behind the object that starts at `position`."""
    if position >= len(data):
        raise BadRequest("An object was expected, the request ends")
    end = _end(data, position)
    if end > len(data):
        raise BadRequest("An object is longer than the request")
    return end


def _end(data: bytes, position: int) -> int:
    tag = data[position]
    body = position + 1
    if tag in FIXED_SIZES:
        return body + FIXED_SIZES[tag]
    if tag in {STRING, MARSHALLED}:
        return body + 4 + _count_at(data, body)
    if tag in ELEMENT_SIZES:
        return body + 4 + _count_at(data, body) * ELEMENT_SIZES[tag]
    if tag == COMPLEX:
        return position + max(_count_at(data, position + 12), HEADER_SIZE)
    if tag == DECIMAL:
        return body + 8 + _count_at(data, body + 4)
    if tag == WRAPPED:
        return body + 8 + _count_at(data, body)
    if tag in ENUMS:
        return _type_end(data, body) + 4
    if tag == 32:
        return _type_end(data, body)
    return _container_end(data, tag, body)


def _container_end(data: bytes, tag: int, body: int) -> int:
    if tag in TYPED_ARRAYS:
        return _elements_end(data, body + 4, _count_at(data, body))
    if tag in CLASS_ARRAYS:
        body = _type_end(data, body)
        return _elements_end(data, body + 4, _count_at(data, body))
    if tag == COLLECTION:
        return _elements_end(data, body + 5, _count_at(data, body))
    if tag == MAP:
        return _elements_end(data, body + 5, 2 * _count_at(data, body))
    raise BadRequest(f"Unknown type code: {tag}")


def _type_end(data: bytes, position: int) -> int:
    """Behind a type id; type 0 is an unregistered class and names it in a string."""
    if _int_at(data, position) == 0:
        return object_end(data, position + 4)
    return position + 4


def _elements_end(data: bytes, position: int, count: int) -> int:
    for _ in range(count):
        position = object_end(data, position)
    return position


def read_object(reader: Reader) -> bytes:
    """The bytes of the next object, tag included, exactly as sent."""
    start = reader.position
    reader.position = object_end(reader.data, start)
    return reader.data[start : reader.position]


def is_null(data: bytes) -> bool:
    return data[:1] == NULL


def unwrapped(data: bytes) -> bytes:
    """A complex object without the wrapper of type 27; anything else as it is."""
    if data[0] != WRAPPED:
        return data
    length = _count_at(data, 1)
    start = 5 + _count_at(data, 5 + length)
    return data[start : object_end(data, start)]


def stored(data: bytes) -> bytes:
    """The form in which a node keeps (and compares) a value.

    Wrappers go, collection kind 0 becomes an array list, minus zero becomes zero: seen on real nodes.
    """
    tag = data[0]
    if tag == WRAPPED:
        return unwrapped(data)
    if tag == COLLECTION and data[5] == 0:
        return data[:5] + b"\1" + data[6:]
    if tag == DECIMAL and len(data) > 9 and data[9] == 0x80 and not any(data[10:]):
        return data[:9] + b"\0" + data[10:]
    return data


def sent(data: bytes) -> bytes:
    """The form in which a node sends a stored value: complex objects travel wrapped, elements too."""
    tag = data[0]
    if tag == COMPLEX:
        return b"\x1b" + _COUNT.pack(len(data)) + data + b"\0\0\0\0"
    if tag in _CONTAINERS and bytes((COMPLEX,)) in data:
        return _container_sent(data, tag)
    return data


_CONTAINERS = frozenset({OBJECT_ARRAY, COLLECTION, MAP})


def _container_sent(data: bytes, tag: int) -> bytes:
    position = _type_end(data, 1) + 4 if tag == OBJECT_ARRAY else 6
    parts = [data[:position]]
    while position < len(data):
        end = object_end(data, position)
        if _refers_outside(data, position, end):
            return data  # wrapped on its own, the element would lose what it refers to
        parts.append(sent(data[position:end]))
        position = end
    return b"".join(parts)


def _refers_outside(data: bytes, start: int, end: int) -> bool:
    """Whether the object from `start` to `end` holds a reference to something before it; raw data is not looked at."""
    waiting = [(start, end)]
    while waiting:
        position, limit = waiting.pop()
        while position < limit:
            tag, behind = data[position], object_end(data, position)
            if tag == BACK_REFERENCE and position - _int_at(data, position + 1) < start:
                return True
            if tag == COMPLEX and _FLAGS.unpack_from(data, position + 2)[0] & (HAS_SCHEMA | HAS_RAW) == HAS_SCHEMA:
                waiting.append((position + HEADER_SIZE, min(position + _int_at(data, position + 20), behind)))
            elif tag in {COLLECTION, MAP}:
                waiting.append((position + 6, behind))
            elif tag == OBJECT_ARRAY:
                waiting.append((_type_end(data, position + 1) + 4, behind))
            position = behind
    return False


def read_stored(reader: Reader, role: str = "value") -> bytes:
    """The next object in the form a node keeps; null is refused as a real cache does."""
    data = read_object(reader)
    if is_null(data):
        raise BadRequest(f"Ouch! Argument cannot be null: {role}")
    return stored(data)
