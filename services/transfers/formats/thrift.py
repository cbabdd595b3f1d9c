"""Thrift's compact protocol, as far as the footer of a Parquet file needs it: read any struct, write it again.

A struct is a list of `[field id, type, value]` in the order read, so what is not understood is kept as it was.
Source: the Thrift compact protocol's specification.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

TRUE: Final = 1
FALSE: Final = 2
BYTE: Final = 3
I16: Final = 4
I32: Final = 5
I64: Final = 6
DOUBLE: Final = 7
BINARY: Final = 8
LIST: Final = 9
SET: Final = 10
MAP: Final = 11
STRUCT: Final = 12

_DEEPEST: Final = 64


@dataclass(slots=True)
class Struct:
    """Fields by their id; `types` has the wire type of each, in the order read."""

    types: dict[int, int] = field(default_factory=dict)
    values: dict[int, Any] = field(default_factory=dict)

    def get(self, number: int, default: Any = None) -> Any:
        """A field's value."""
        return self.values.get(number, default)

    def put(self, number: int, kind: int, value: Any) -> None:
        """Set a field."""
        self.types[number] = kind
        self.values[number] = value


@dataclass(slots=True)
class Items:
    """A list or set."""

    kind: int
    values: list[Any]


class CompactReader:
    """Reads one struct from bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self, depth: int = 0) -> Struct:
        """The struct that begins here.

        Raises:
            ValueError: the bytes are no struct.
        """
        if depth > _DEEPEST:
            raise ValueError("nested too deep")
        found, number = Struct(), 0
        while header := self._byte():
            delta, kind = header >> 4, header & 15
            number = number + delta if delta else self._zigzag()
            found.put(number, kind, self._value(kind, depth, in_struct=True))
        return found

    def _byte(self) -> int:
        if self._at >= len(self._data):
            raise ValueError("ends too early")
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        result = shift = 0
        while True:
            byte = self._byte()
            result |= (byte & 127) << shift
            if byte < 128:
                return result
            shift += 7

    def _zigzag(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def _take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise ValueError("ends too early")
        self._at += count
        return self._data[self._at - count : self._at]

    def _value(self, kind: int, depth: int, *, in_struct: bool) -> Any:
        if kind in (TRUE, FALSE):
            return kind == TRUE if in_struct else self._byte() == TRUE
        if kind == BYTE:
            return self._byte()
        if kind in (I16, I32, I64):
            return self._zigzag()
        if kind == DOUBLE:
            return self._take(8)
        if kind == BINARY:
            return self._take(self._varint())
        if kind in (LIST, SET):
            return self._items(depth)
        if kind == MAP:
            return self._map(depth)
        if kind == STRUCT:
            return self.struct(depth + 1)
        raise ValueError(f"unknown type {kind}")

    def _items(self, depth: int) -> Items:
        header = self._byte()
        count, kind = header >> 4, header & 15
        count = self._varint() if count == 15 else count
        if count > len(self._data):
            raise ValueError("a list is longer than the data")
        return Items(kind, [self._value(kind, depth + 1, in_struct=False) for _ in range(count)])

    def _map(self, depth: int) -> tuple[int, list[tuple[Any, Any]]]:
        count = self._varint()
        kinds = self._byte() if count else 0
        if count > len(self._data):
            raise ValueError("a map is longer than the data")
        return kinds, [
            (
                self._value(kinds >> 4, depth + 1, in_struct=False),
                self._value(kinds & 15, depth + 1, in_struct=False),
            )
            for _ in range(count)
        ]


def written(struct: Struct) -> bytes:
    """The bytes of a struct."""
    out = bytearray()
    _write_struct(out, struct)
    return bytes(out)


def _write_struct(out: bytearray, struct: Struct) -> None:
    last = 0
    for number in sorted(struct.values):
        kind, value = struct.types[number], struct.values[number]
        if kind in (TRUE, FALSE):
            kind = TRUE if value else FALSE
        if 0 < number - last <= 15:
            out.append((number - last) << 4 | kind)
        else:
            out.append(kind)
            _write_varint(out, _zigzagged(number))
        if kind not in (TRUE, FALSE):
            _write_value(out, kind, value)
        last = number
    out.append(0)


def _write_value(out: bytearray, kind: int, value: Any) -> None:
    if kind in (TRUE, FALSE):
        out.append(TRUE if value else FALSE)
    elif kind == BYTE:
        out.append(value)
    elif kind in (I16, I32, I64):
        _write_varint(out, _zigzagged(value))
    elif kind == DOUBLE:
        out += value
    elif kind == BINARY:
        _write_varint(out, len(value))
        out += value
    elif kind in (LIST, SET):
        _write_items(out, value)
    elif kind == MAP:
        _write_map(out, *value)
    else:
        _write_struct(out, value)


def _write_items(out: bytearray, items: Items) -> None:
    count = len(items.values)
    if count < 15:
        out.append(count << 4 | items.kind)
    else:
        out.append(0xF0 | items.kind)
        _write_varint(out, count)
    for value in items.values:
        _write_value(out, items.kind, value)


def _write_map(out: bytearray, kinds: int, pairs: list[tuple[Any, Any]]) -> None:
    _write_varint(out, len(pairs))
    if pairs:
        out.append(kinds)
    for key, value in pairs:
        _write_value(out, kinds >> 4, key)
        _write_value(out, kinds & 15, value)


def _zigzagged(number: int) -> int:
    return (number << 1) ^ (number >> 63)


def _write_varint(out: bytearray, number: int) -> None:
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
