"""Writing `Typed` values as Ignite objects, exactly or not at all."""

from __future__ import annotations

from typing import Any, Final

from services.errors import ProtocolError, ValueRefused
from services.stores.ignite.codec import encode_nested, encode_scalars, tags
from services.stores.ignite.codec.binary_types import Resolver, nothing_known
from services.stores.ignite.codec.skip import skip
from services.values import Typed

MAX_DEPTH: Final = 64


def encode(
    value: Typed, *, zone: str = "UTC", compact_footer: bool = True, resolver: Resolver = nothing_known
) -> bytes:
    """A value as the bytes of one object, its tag included.

    Args:
        zone: of the server's JVM, in which a Time and a SqlDate are meant.
        compact_footer: how the cluster writes the footers of binary objects (op 3004; usually compact).
        resolver: gives the ids of known binary types and checks the names of enumerations.
    Raises:
        ValueRefused: the value does not fit its type.
    """
    return Encoder(zone, compact_footer, resolver).encode(value)


class Encoder:
    """Encodes values for one cluster; see `encode` for the arguments."""

    def __init__(self, zone: str = "UTC", compact_footer: bool = True, resolver: Resolver = nothing_known) -> None:
        self.zone = zone
        self.compact_footer = compact_footer
        self.resolver = resolver
        self._depth = 0

    def encode(self, value: Typed) -> bytes:
        """The bytes of one object."""
        if not isinstance(value, Typed):
            raise ValueRefused(
                f"{value!r:.60}: has no Ignite type", hint="Choose one of the types, such as Int or String."
            )
        if value.value is None:
            return bytes((tags.NULL,))
        scalar = encode_scalars.WRITERS.get(value.type)
        if scalar is not None:
            return scalar(value.value, self.zone)
        if self._depth >= MAX_DEPTH:
            raise ValueRefused(f"{value.type}: nested more than {MAX_DEPTH} levels deep")
        self._depth += 1
        try:
            return self._nested(value.type, value.value)
        finally:
            self._depth -= 1

    def _nested(self, word: str, value: Any) -> bytes:
        if isinstance(value, bytes | bytearray | memoryview):
            return _whole_object(word, bytes(value))
        writer = encode_nested.writer_for(word)
        if writer is not None:
            return writer(self, word, value)
        if isinstance(value, dict):
            return encode_nested.binary_object(self, word, value)
        raise encode_scalars.refused(word, value, "is no such object")


def _whole_object(word: str, data: bytes) -> bytes:
    """An object kept as its own bytes goes back as it came."""
    starts = (tags.OBJECT, tags.WRAPPED, tags.CLASS, tags.PROXY, tags.COLLECTION, tags.MAP, tags.OBJECT_ARRAY)
    try:
        is_whole = bool(data) and data[0] in starts and skip(data, 0) == len(data)
    except ProtocolError as error:
        raise ValueRefused(f"{word}: these {len(data)} bytes are no Ignite object") from error
    if not is_whole:
        raise ValueRefused(f"{word}: these {len(data)} bytes are no Ignite object")
    return data
