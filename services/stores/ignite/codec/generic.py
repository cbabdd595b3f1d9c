"""The reference decoder: any object to a `Typed` value, one at a time, exactly.

The decoder of whole pages (`pages`) must agree with it on every object.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from services.stores.ignite.codec import scalars, tags
from services.stores.ignite.codec.binary_types import Resolver, nothing_known
from services.stores.ignite.codec.reader import Buffer, ByteReader, malformed
from services.stores.ignite.codec.schemas import ObjectHeader, field_starts, read_header
from services.stores.ignite.codec.skip import skip, skip_type_id
from services.values import Typed

MAX_DEPTH = 64
MAX_VALUES = 1_000_000

NULL = Typed(tags.NULL_WORD, None)


class _TooTangledError(Exception):
    """References in a circle, or more depth or repetition than a value tree should hold."""


def decode_object(
    buffer: Buffer, offset: int = 0, resolver: Resolver = nothing_known, zone: str = "UTC"
) -> tuple[Typed, int]:
    """The object at `offset` and where it ends.

    An object that no tree of values can show (references in a circle, no schema known, raw mode) becomes its own
    bytes under the name of its type, which `encode` writes back as they are.

    Args:
        zone: of the server's JVM, in which DATE, TIME and TIMESTAMP are meant.
    Raises:
        ProtocolError: the bytes are no object.
    """
    end = skip(buffer, offset)
    try:
        value = ObjectDecoder(buffer, resolver, zone).read(ByteReader(buffer, offset, end))
    except _TooTangledError:
        value = Typed(type_word(buffer, offset, resolver), bytes(buffer[offset:end]))
    return value, end


def has_references(buffer: Buffer, start: int, end: int, resolver: Resolver = nothing_known) -> bool:
    """Whether an object holds back-references, so that its bytes may mean nothing outside of their buffer.

    Raises:
        ProtocolError: the bytes are no object.
    """
    decoder = ObjectDecoder(buffer, resolver, "UTC")
    try:
        decoder.read(ByteReader(buffer, start, end))
    except _TooTangledError:
        return True
    return decoder.references > 0


def type_word(buffer: Buffer, offset: int, resolver: Resolver = nothing_known) -> str:
    """The word for the type of an object, without decoding it."""
    reader = ByteReader(buffer, offset)
    tag = reader.byte()
    if tag in tags.SCALAR_WORDS:
        return tags.SCALAR_WORDS[tag]
    if tag == tags.OBJECT:
        return read_header(ByteReader(buffer, offset), resolver).word
    return _CONTAINER_WORDS.get(tag, tags.WRAPPED_WORD)


_CONTAINER_WORDS = {
    tags.NULL: tags.NULL_WORD,
    tags.BYTE_ARRAY: tags.BYTE_ARRAY_WORD,
    tags.OBJECT_ARRAY: tags.OBJECT_ARRAY_WORD,
    tags.ENUM_ARRAY: tags.ENUM_ARRAY_WORD,
    tags.COLLECTION: tags.COLLECTION_WORDS[0],
    tags.MAP: tags.MAP_WORDS[0],
    tags.CLASS: tags.CLASS_WORD,
    tags.PROXY: tags.PROXY_WORD,
    tags.JVM: tags.JVM_WORD,
    **tags.ENUM_WORDS,
    **tags.ARRAY_WORDS,
}


class ObjectDecoder:
    """Decodes one object of a buffer; objects met before are kept so that back-references find them.

    Attributes:
        references: back-references met so far.
    """

    def __init__(self, buffer: Buffer, resolver: Resolver, zone: str) -> None:
        self._buffer = buffer
        self._resolver = resolver
        self._zone = zone
        self._depth = 0
        self._weight = 0
        self.references = 0
        self._known: dict[int, tuple[Typed, int]] = {}
        self._open: set[int] = set()

    def read(self, reader: ByteReader) -> Typed:
        """The next object."""
        start = reader.offset
        tag = reader.byte()
        self._weight += 1
        scalar = scalars.READERS.get(tag)
        if scalar is not None:
            return scalar(reader, self._zone)
        if tag == tags.NULL:
            return NULL
        if tag == tags.HANDLE:
            return self._back_reference(start, reader)
        return self._remembered(start, tag, reader)

    def _remembered(self, start: int, tag: int, reader: ByteReader) -> Typed:
        container = _CONTAINERS.get(tag)
        if container is None:
            raise malformed(start, f"unknown type tag {tag}")
        if self._depth >= MAX_DEPTH or self._weight > MAX_VALUES:
            raise _TooTangledError
        before = self._weight
        self._depth += 1
        self._open.add(start)
        value = container(self, reader)
        self._open.discard(start)
        self._depth -= 1
        self._known[start] = value, self._weight - before
        return value

    def _back_reference(self, start: int, reader: ByteReader) -> Typed:
        self.references += 1
        target = start - reader.int32()
        if not 0 <= target < start:
            raise malformed(start, f"a reference to byte {target}, outside of the answer")
        if target in self._open or self._depth >= MAX_DEPTH:
            raise _TooTangledError
        if target not in self._known:
            self._depth += 1
            value = self.read(ByteReader(self._buffer, target, reader.end))
            self._depth -= 1
            self._known.setdefault(target, (value, 1))
        value, weight = self._known[target]
        self._weight += weight
        if self._weight > MAX_VALUES:
            raise _TooTangledError
        return value

    def _items(self, reader: ByteReader, count: int) -> list[Typed]:
        return [self.read(reader) for _ in range(count)]

    def _packed(self, reader: ByteReader, element: int) -> Typed:
        word = tags.SCALAR_WORDS[element]
        values = scalars.unpack_array(reader, element)
        return Typed(word + "Array", [Typed(word, value) for value in values])

    def _tagged(self, reader: ByteReader, element: int) -> Typed:
        items = self._items(reader, reader.count())
        return Typed(tags.SCALAR_WORDS[element] + "Array", items)

    def _byte_array(self, reader: ByteReader) -> Typed:
        return Typed(tags.BYTE_ARRAY_WORD, reader.raw(reader.count()))

    def _object_array(self, reader: ByteReader) -> Typed:
        word = _with_type(tags.OBJECT_ARRAY_WORD, skip_type_id(reader))
        return Typed(word, self._items(reader, reader.count()))

    def _enum_array(self, reader: ByteReader) -> Typed:
        word = _with_type(tags.ENUM_ARRAY_WORD, skip_type_id(reader))
        return Typed(word, self._items(reader, reader.count()))

    def _collection(self, reader: ByteReader) -> Typed:
        count = reader.count()
        kind = reader.signed_byte()
        word = tags.COLLECTION_WORDS.get(kind, f"Collection({kind})")
        return Typed(word, self._items(reader, count))

    def _map(self, reader: ByteReader) -> Typed:
        count = reader.count(2)
        kind = reader.signed_byte()
        pairs = [(self.read(reader), self.read(reader)) for _ in range(count)]
        return Typed(tags.MAP_WORDS.get(kind, f"Map({kind})"), pairs)

    def _enum(self, reader: ByteReader, word: str) -> Typed:
        type_id = skip_type_id(reader)
        ordinal = reader.int32()
        if isinstance(type_id, str):
            kind = Typed("String", type_id)
            known = None
        else:
            kind = Typed("Int", type_id)
            known = self._resolver(type_id, 0)
        value: dict[str, Typed] = {"type": kind, "ordinal": Typed("Int", ordinal)}
        if known is not None and ordinal in known.literals:
            value["name"] = Typed("String", known.literals[ordinal])
        return Typed(word, value)

    def _class(self, reader: ByteReader) -> Typed:
        return self._as_bytes(tags.CLASS_WORD, reader.offset - 1, reader)

    def _proxy(self, reader: ByteReader) -> Typed:
        return self._as_bytes(tags.PROXY_WORD, reader.offset - 1, reader)

    def _as_bytes(self, word: str, start: int, reader: ByteReader) -> Typed:
        end = skip(self._buffer, start)
        reader.take(end - reader.offset)
        return Typed(word, bytes(self._buffer[start:end]))

    def _jvm(self, reader: ByteReader) -> Typed:
        data = reader.raw(reader.count())
        return scalars.jvm_value(data, self._zone)

    def _wrapped(self, reader: ByteReader) -> Typed:
        start = reader.offset - 1
        size = reader.count()
        inner = reader.take(size)
        root = reader.int32()
        if not 0 <= root < size:
            raise malformed(start, f"a wrapped object at {root} of {size} bytes")
        if self._buffer[inner + root] == tags.HANDLE:
            return Typed(tags.WRAPPED_WORD, bytes(self._buffer[start : reader.offset]))
        return self.read(ByteReader(self._buffer, inner + root, inner + size))

    def _object(self, reader: ByteReader) -> Typed:
        start = reader.offset - 1
        header = read_header(ByteReader(self._buffer, start, reader.end), self._resolver)
        reader.take(header.length - 1)
        starts = field_starts(self._buffer, header) if header.is_readable else None
        if starts is None:
            return Typed(header.word, bytes(self._buffer[start : start + header.length]))
        return Typed(header.word, self._fields(header, starts))

    def _fields(self, header: ObjectHeader, starts: list[int]) -> dict[str, Typed]:
        assert header.names is not None
        limits = [*starts[1:], header.start + header.footer]
        return {
            name: self.read(ByteReader(self._buffer, begin, limit))
            for name, begin, limit in zip(header.names, starts, limits, strict=True)
        }


def _with_type(word: str, type_id: int | str) -> str:
    return word if type_id == -1 else f"{word}({type_id})"


_CONTAINERS: dict[int, Callable[[ObjectDecoder, ByteReader], Typed]] = {
    tags.BYTE_ARRAY: ObjectDecoder._byte_array,
    tags.OBJECT_ARRAY: ObjectDecoder._object_array,
    tags.ENUM_ARRAY: ObjectDecoder._enum_array,
    tags.COLLECTION: ObjectDecoder._collection,
    tags.MAP: ObjectDecoder._map,
    tags.CLASS: ObjectDecoder._class,
    tags.PROXY: ObjectDecoder._proxy,
    tags.JVM: ObjectDecoder._jvm,
    tags.WRAPPED: ObjectDecoder._wrapped,
    tags.OBJECT: ObjectDecoder._object,
    **{tag: partial(ObjectDecoder._enum, word=word) for tag, word in tags.ENUM_WORDS.items()},
    **{tag: partial(ObjectDecoder._packed, element=item) for tag, item in tags.PACKED_ARRAYS.items()},
    **{tag: partial(ObjectDecoder._tagged, element=item) for tag, item in tags.TAGGED_ARRAYS.items()},
}
